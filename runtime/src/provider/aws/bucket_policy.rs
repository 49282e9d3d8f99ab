//! Our statements in the policies of buckets. S3 replaces the whole document and takes no condition: what somebody else writes between
//! the read and the write is lost.

use aws_sdk_s3::Client;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::bucket_policy as kind;
use holdfast_compiler::resource::Values;
use serde_json::Value;

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, required, with_found};
use super::guard;
use super::policy_document as normal;
use super::retry::{BUCKET_POLICY, NEW_BUCKET, retry};
use crate::cloud::{CloudError, Command, Done};

/// The wanted buckets with statements of ours. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let there = look.buckets_of(kind::KIND, kind::BUCKET).await?;
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let found = unless(look.bucket_policy(name, region).await, &["NoSuchBucket"]);
            (name, region, found.map(|found| found.and_then(|found| object(name, region, &found))))
        })
        .collect();
    look.seen(kind::KIND, kind::BUCKET, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

fn object(bucket: &str, region: &str, policy: &Value) -> Option<Object> {
    let attributes = kind::attributes(bucket, region, policy)?;
    Some(Object { kind: kind::KIND, id: bucket.to_owned(), attributes, outputs: Values::new() })
}

/// The policy of a bucket in normal form; null if it has none.
pub(super) async fn read(client: &Client, bucket: &str) -> Result<Value, CloudError> {
    let answer = client.get_bucket_policy().bucket(bucket).send().await.named(&kind::GET);
    let text = unless(answer, &["NoSuchBucketPolicy"])?.and_then(|answer| answer.policy);
    let document = text.map(|text| normal::plain(&kind::GET, &text)).transpose()?;
    Ok(document.unwrap_or_default())
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    if !matches!(command.action, Action::Create | Action::Update) {
        return Err(lacks(&kind::PUT, "action"));
    }
    let wanted = with_found(command);
    let (bucket, region) =
        (required(&wanted, kind::BUCKET, &kind::PUT)?, required(&wanted, kind::REGION, &kind::PUT)?);
    let client = clients.s3(region);
    let found = match command.action == Action::Create && clients.is_new_bucket(bucket) {
        true => Value::Null,
        false => retry(NEW_BUCKET, || read(&client, bucket)).await?,
    };
    if let Some(document) = kind::document(&found, &wanted).map(|document| document.to_string()) {
        retry(BUCKET_POLICY, || async {
            client.put_bucket_policy().bucket(bucket).policy(&document).send().await.named(&kind::PUT)
        })
        .await?;
    }
    Ok(done(bucket, Values::new()))
}

driver!(kind::KIND, observe, guard::bucket_policy, execute);
