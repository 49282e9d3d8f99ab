//! Object Lock of buckets with a default retention.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::provider::aws::s3::lock as kind;
use holdfast_compiler::resource::Values;

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, number, required};
use super::retry::{NEW_LOCK, retry};
use crate::cloud::{CloudError, Command, Done};

/// Object Lock of a bucket: its default retention, which can be absent. `None`: the bucket has no Object Lock.
pub(super) type Lock = Option<Option<DefaultRetention>>;

/// The wanted buckets that have Object Lock. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let there = look.buckets_of(kind::KIND, kind::BUCKET).await?;
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let found = unless(look.bucket_lock(name, region).await, &["NoSuchBucket"]);
            (
                name,
                region,
                found.map(|found| found.flatten().map(|found| object(name, region, found.as_ref()))),
            )
        })
        .collect();
    look.seen(kind::KIND, kind::BUCKET, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

fn object(bucket: &str, region: &str, found: Option<&DefaultRetention>) -> Object {
    let mode = found.and_then(|found| found.mode()).map(ObjectLockRetentionMode::as_str);
    let (days, years) = (found.and_then(|found| found.days()), found.and_then(|found| found.years()));
    let attributes = kind::attributes(bucket, region, mode, days, years);
    Object { kind: kind::KIND, id: bucket.to_owned(), attributes, outputs: Values::new() }
}

/// Object Lock of a bucket.
pub(super) async fn read(client: &Client, bucket: &str) -> Result<Lock, CloudError> {
    let answer = client.get_object_lock_configuration().bucket(bucket).send().await.named(&kind::GET);
    let answer = unless(answer, &["ObjectLockConfigurationNotFoundError"])?;
    let found = answer.and_then(|answer| answer.object_lock_configuration);
    let found = found.filter(|found| found.object_lock_enabled() == Some(&ObjectLockEnabled::Enabled));
    Ok(found.map(|found| found.rule.and_then(|rule| rule.default_retention)))
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let values = &command.values;
    let bucket = required(values, kind::BUCKET, &kind::PUT)?;
    let client = clients.s3(required(values, kind::REGION, &kind::PUT)?);
    let retention = DefaultRetention::builder()
        .mode(required(values, kind::MODE, &kind::PUT)?.into())
        .days(number(values, kind::DAYS).ok_or_else(|| lacks(&kind::PUT, kind::DAYS))?)
        .build();
    let all = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(ObjectLockRule::builder().default_retention(retention).build())
        .build();
    retry(NEW_LOCK, || async {
        let request = client.put_object_lock_configuration().bucket(bucket);
        request.object_lock_configuration(all.clone()).send().await.named(&kind::PUT)
    })
    .await?;
    Ok(done(bucket, Values::new()))
}

/// A lock grants nothing.
fn check(_: &Command, _: &str) -> Result<(), CloudError> {
    Ok(())
}

driver!(kind::KIND, observe, check, execute);
