//! Our rule in the lifecycle configurations of buckets. S3 replaces the whole document and takes no condition: what somebody else writes
//! between the read and the write is lost.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration, TransitionDefaultMinimumObjectSize,
};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::lifecycle as kind;
use holdfast_compiler::resource::Values;

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, fault, unless};
use super::fields::{lacks, number, required};
use super::retry::{NEW_BUCKET, retry};
use crate::cloud::{CloudError, Command, Done};

/// The lifecycle configuration of a bucket: no rules if it has none.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) rules: Vec<LifecycleRule>,
    /// From which size objects move to another class: a write without it would change that for the rules of others.
    smallest: Option<TransitionDefaultMinimumObjectSize>,
}

/// The wanted buckets with our rule. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let there = look.buckets_of(kind::KIND, kind::BUCKET).await?;
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let found = unless(look.bucket_lifecycle(name, region).await, &["NoSuchBucket"]);
            (name, region, found.map(|found| found.and_then(|found| object(name, region, &found))))
        })
        .collect();
    look.seen(kind::KIND, kind::BUCKET, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

/// A rule that does anything else besides, or is off, has no numbers: then it differs from what the policy wants.
fn object(bucket: &str, region: &str, found: &Rules) -> Option<Object> {
    let rule = found.rules.iter().find(|rule| is_ours(rule))?;
    let kept = rule.noncurrent_version_expiration().and_then(NoncurrentVersionExpiration::noncurrent_days);
    let uploads = rule.abort_incomplete_multipart_upload().and_then(|abort| abort.days_after_initiation());
    let alone = kept.zip(uploads).and_then(|(kept, uploads)| made(kept, uploads).ok());
    let (kept, uploads) = match alone.is_some_and(|made| same(&made, rule)) {
        true => (kept, uploads),
        false => (None, None),
    };
    let days = |days: Option<i32>| days.and_then(|days| u64::try_from(days).ok());
    let attributes = kind::attributes(bucket, region, days(kept), days(uploads));
    Some(Object { kind: kind::KIND, id: bucket.to_owned(), attributes, outputs: Values::new() })
}

/// Whether two rules are the same. S3 may give the filter of the whole bucket back as an empty prefix.
fn same(made: &LifecycleRule, found: &LifecycleRule) -> bool {
    let whole = |rule: &LifecycleRule| {
        let filter = rule.filter();
        let prefix = filter.and_then(|filter| filter.prefix()).unwrap_or_default().is_empty();
        let more = filter.is_some_and(|filter| {
            let size = filter.object_size_greater_than().or(filter.object_size_less_than());
            filter.tag().is_some() || filter.and().is_some() || size.is_some()
        });
        prefix && !more
    };
    let mut found = found.clone();
    let whole = whole(made) && whole(&found);
    found.filter.clone_from(&made.filter);
    #[expect(deprecated, reason = "S3 may give an empty prefix back in the old form too")]
    found.prefix.take_if(|prefix| prefix.is_empty());
    whole && found == *made
}

fn is_ours(rule: &LifecycleRule) -> bool {
    rule.id() == Some(kind::RULE)
}

fn made(kept: i32, uploads: i32) -> Result<LifecycleRule, CloudError> {
    let rule = LifecycleRule::builder()
        .id(kind::RULE)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .noncurrent_version_expiration(NoncurrentVersionExpiration::builder().noncurrent_days(kept).build())
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder().days_after_initiation(uploads).build(),
        );
    rule.build().map_err(|error| fault(&kind::PUT, "IncompleteStep", error.to_string()))
}

/// The lifecycle configuration of a bucket.
pub(super) async fn read(client: &Client, bucket: &str) -> Result<Rules, CloudError> {
    let answer = client.get_bucket_lifecycle_configuration().bucket(bucket).send().await.named(&kind::GET);
    let found = unless(answer, &["NoSuchLifecycleConfiguration"])?;
    Ok(found.map_or_else(Rules::default, |found| Rules {
        rules: found.rules.unwrap_or_default(),
        smallest: found.transition_default_minimum_object_size,
    }))
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let deleted = command.action == Action::Delete;
    let place =
        command.object.as_ref().filter(|_| deleted).map_or(&command.values, |object| &object.attributes);
    let (bucket, region) =
        (required(place, kind::BUCKET, &kind::PUT)?, required(place, kind::REGION, &kind::PUT)?);
    let client = clients.s3(region);
    let mut found = match command.action == Action::Create && clients.is_new_bucket(bucket) {
        true => Rules::default(),
        false => retry(NEW_BUCKET, || read(&client, bucket)).await?,
    };
    let before = found.rules.len();
    found.rules.retain(|rule| !is_ours(rule));
    if !deleted {
        let days = |name| number(&command.values, name).ok_or_else(|| lacks(&kind::PUT, name));
        found.rules.push(made(days(kind::KEPT)?, days(kind::UPLOADS)?)?);
    }
    if found.rules.is_empty() {
        if before > 0 {
            client.delete_bucket_lifecycle().bucket(bucket).send().await.named(&kind::DELETE)?;
        }
        return Ok(done(bucket, Values::new()));
    }
    let all = BucketLifecycleConfiguration::builder().set_rules(Some(found.rules)).build();
    let all = all.map_err(|error| fault(&kind::PUT, "IncompleteStep", error.to_string()))?;
    retry(NEW_BUCKET, || async {
        let request = client.put_bucket_lifecycle_configuration().bucket(bucket);
        let request = request.lifecycle_configuration(all.clone());
        let request = request.set_transition_default_minimum_object_size(found.smallest.clone());
        request.send().await.named(&kind::PUT)
    })
    .await?;
    Ok(done(bucket, Values::new()))
}

/// The rule grants nothing.
fn check(_: &Command, _: &str) -> Result<(), CloudError> {
    Ok(())
}

driver!(kind::KIND, observe, check, execute);
