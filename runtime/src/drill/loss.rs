//! What would have been lost of a data set if its primary bucket were gone.

use holdfast_compiler::policy::Bucket;

use super::behind::{Behind, behind};
use crate::cloud::{BucketPlace, Cloud, CloudError, Objects};

/// The age of the oldest change that a copy lacks, in seconds, and what that number is. `None`: nobody can tell.
pub(super) async fn loss(
    cloud: &dyn Cloud,
    primary: &Bucket,
    copy: &Bucket,
    moment: i64,
) -> (Option<u64>, String) {
    let Some(objects) = cloud.objects(copy.site.region.provider.name) else {
        return (None, format!("the cloud `{}` has no objects", cloud.name()));
    };
    let place = |bucket: &Bucket| {
        let (name, region) = (bucket.name.as_str().to_owned(), bucket.site.region.as_str().to_owned());
        async move { objects.place(&name, Some(&region)).await }
    };
    match place(copy).await {
        Ok(copy) => between(objects, place(primary).await.as_ref(), &copy, moment).await,
        Err(error) => (None, format!("the copy cannot be seen: {error}")),
    }
}

/// The same, of places that were looked up.
pub(super) async fn between(
    objects: &dyn Objects,
    primary: Result<&BucketPlace, &CloudError>,
    copy: &BucketPlace,
    moment: i64,
) -> (Option<u64>, String) {
    let primary = match primary {
        Ok(primary) => primary,
        Err(error) => return (None, format!("the primary bucket cannot be compared: {error}")),
    };
    match behind(objects, primary, copy, moment).await {
        Ok(Behind::Nothing) => (Some(0), "the copy had every change when it was compared".to_owned()),
        Ok(Behind::By { keys, since }) => {
            let age = u64::try_from(moment.saturating_sub(since)).unwrap_or_default().div_ceil(1000);
            (
                Some(age),
                format!("the copy lacked the newest version of {keys} keys, the oldest change of that age"),
            )
        }
        Ok(Behind::Unknown) => {
            (None, "the copy has too many versions to compare, or one without a time".to_owned())
        }
        Err(error) => (None, format!("the copy cannot be compared with the primary: {error}")),
    }
}
