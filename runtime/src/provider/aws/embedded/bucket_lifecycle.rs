//! Our rule in the lifecycle configurations of buckets. Source: Amazon S3 API Reference, `PutBucketLifecycleConfiguration`.

use holdfast_compiler::provider::aws::s3::{bucket, lifecycle as kind};
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// The lifecycle configurations of buckets in the embedded cloud.
pub(super) struct BucketLifecycle;

impl Embedded for BucketLifecycle {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::BUCKET), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        if look.state.get(bucket::KIND, look.text(kind::BUCKET)).is_none() {
            return look.refuse("NoSuchBucket", "the bucket does not exist");
        }
        let days = |name: &str| look.get(name).as_u64().is_some_and(|days| days > 0);
        match days(kind::KEPT) && days(kind::UPLOADS) {
            true => Ok(()),
            false => look.refuse("InvalidArgument", "days must be whole and positive"),
        }
    }
}
