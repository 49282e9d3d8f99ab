//! The regions of buckets: one listing for all.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::types::{Bucket, BucketLocationConstraint};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_compiler::provider::aws::s3::bucket as kind;

use super::clients::{Clients, HOME};
use super::error::{Named, status};
use crate::cloud::{Class, CloudError};

/// How many buckets are read concurrently, with five requests each.
pub(super) const AT_A_TIME: usize = 8;

/// Buckets per page: the maximum of S3.
const PAGE: i32 = 10_000;

/// The region of every wanted bucket of the account that exists. Any region can be asked: `at`.
pub(super) async fn find(
    clients: &Clients,
    at: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, String>, CloudError> {
    let mut found = BTreeMap::new();
    let client = clients.s3(at);
    let mut next = None;
    loop {
        let request = client.list_buckets().max_buckets(PAGE).set_continuation_token(next);
        let page = request.send().await.named(&kind::LIST)?;
        let named = page.buckets().iter().filter_map(|bucket| Some((bucket.name()?, bucket)));
        let asks: Vec<_> =
            named
                .filter(|(name, _)| wanted(name))
                .map(|(name, bucket)| async move {
                    Ok((name.to_owned(), region(clients, at, name, bucket).await?))
                })
                .collect();
        let regions: Vec<_> = stream::iter(asks).buffer_unordered(AT_A_TIME).try_collect().await?;
        found.extend(regions);
        next = page.continuation_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// Where buckets are that are not listed although somebody has them: a name is unique in all accounts of a partition. Any
/// region can be asked: `at`.
pub(super) async fn elsewhere(
    clients: &Clients,
    at: &str,
    names: &BTreeSet<&str>,
) -> Result<Vec<Elsewhere>, CloudError> {
    let asks: Vec<_> = names.iter().map(|name| ask(clients, at, name)).collect();
    let found: Vec<_> = stream::iter(asks).buffer_unordered(AT_A_TIME).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// A bucket that is not listed and exists.
#[derive(Debug)]
pub(super) struct Elsewhere {
    pub(super) name: String,
    pub(super) region: String,
    /// Whether we may look into it, so that it is ours and only the listing is behind.
    pub(super) ours: bool,
}

/// Ask for a bucket. The request names us as the expected owner, so it is refused if the bucket belongs to somebody else. A
/// refusal without the region says nothing about the bucket.
async fn ask(clients: &Clients, at: &str, name: &str) -> Result<Option<Elsewhere>, CloudError> {
    let found = |region: &str, ours| Elsewhere { name: name.to_owned(), region: region.to_owned(), ours };
    match clients.s3(at).head_bucket().bucket(name).send().await {
        Ok(answer) => Ok(Some(found(answer.bucket_region().unwrap_or(at), true))),
        Err(error) => {
            let headers = error.raw_response().map(|response| response.headers());
            let region = headers.and_then(|headers| headers.get("x-amz-bucket-region"));
            let region = region.filter(|_| status(&error) != Some(404)).map(str::to_owned);
            match (region, Err::<(), _>(error).named(&kind::EXISTS)) {
                (Some(region), _) => Ok(Some(found(&region, false))),
                (None, Err(error)) if error.is_silence() || error.class == Class::Throttled => Err(error),
                (None, _) => Ok(None),
            }
        }
    }
}

/// The region of a listed bucket. AWS includes it in the listing; other endpoints may not.
async fn region(clients: &Clients, at: &str, name: &str, bucket: &Bucket) -> Result<String, CloudError> {
    if let Some(region) = bucket.bucket_region().filter(|region| !region.is_empty()) {
        return Ok(region.to_owned());
    }
    location(clients, at, name).await
}

/// The region of a bucket of the account of the region `at`, from its location constraint.
pub(super) async fn location(clients: &Clients, at: &str, name: &str) -> Result<String, CloudError> {
    let home = if clients.account_of(HOME) == clients.account_of(at) { HOME } else { at };
    let answer = clients.s3(home).get_bucket_location().bucket(name).send().await;
    let answer = answer.named(&kind::LOCATION)?;
    let constraint = answer.location_constraint().map_or("", BucketLocationConstraint::as_str);
    // Source: Amazon S3 API Reference, `GetBucketLocation`.
    Ok(match constraint {
        "" => HOME,
        "EU" => "eu-west-1",
        region => region,
    }
    .to_owned())
}
