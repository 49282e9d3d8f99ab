//! Whether Amazon EventBridge gets the events of a bucket: one read for each wanted bucket. Other receivers stay.
//!
//! S3 replaces the whole document and takes no condition: what somebody else writes between the read and the write is lost. AWS Backup
//! adds itself when its first job runs, long after.

use aws_sdk_s3::types::{EventBridgeConfiguration, NotificationConfiguration};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::events as kind;
use holdfast_compiler::resource::Values;
use serde_json::json;

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, required};
use super::retry::{NEW_BUCKET, retry};
use crate::cloud::{CloudError, Command, Done};

/// The wanted buckets whose events EventBridge gets. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let (clients, there) = (look.clients, look.buckets_of(kind::KIND, kind::BUCKET).await?);
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let found = clients.reach.ask(&kind::GET, region, read(clients, name, region)).await;
            let found = unless(found, &["NoSuchBucket"]).map(|found| {
                let on = found.is_some_and(|found| found.event_bridge_configuration.is_some());
                on.then(|| object(name, region))
            });
            (name, region, found)
        })
        .collect();
    look.seen(kind::KIND, kind::BUCKET, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

fn object(bucket: &str, region: &str) -> Object {
    let attributes =
        [(kind::BUCKET, json!(bucket)), (kind::REGION, json!(region)), (kind::EVENT_BRIDGE, json!(true))];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Object { kind: kind::KIND, id: bucket.to_owned(), attributes, outputs: Values::new() }
}

/// The whole document.
async fn read(
    clients: &Clients,
    bucket: &str,
    region: &str,
) -> Result<NotificationConfiguration, CloudError> {
    let answer = clients.s3(region).get_bucket_notification_configuration().bucket(bucket).send().await;
    let found = answer.named(&kind::GET)?;
    let all = NotificationConfiguration::builder()
        .set_topic_configurations(found.topic_configurations)
        .set_queue_configurations(found.queue_configurations)
        .set_lambda_function_configurations(found.lambda_function_configurations)
        .set_event_bridge_configuration(found.event_bridge_configuration);
    Ok(all.build())
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    if !matches!(command.action, Action::Create | Action::Update) {
        return Err(lacks(&kind::PUT, "action"));
    }
    let values = &command.values;
    let (bucket, region) =
        (required(values, kind::BUCKET, &kind::PUT)?, required(values, kind::REGION, &kind::PUT)?);
    let mut all = retry(NEW_BUCKET, || async { read(clients, bucket, region).await }).await?;
    all.event_bridge_configuration = Some(EventBridgeConfiguration::builder().build());
    retry(NEW_BUCKET, || async {
        // Whether other receivers can be reached is not ours to check.
        let request = clients.s3(region).put_bucket_notification_configuration().bucket(bucket);
        let request = request.notification_configuration(all.clone()).skip_destination_validation(true);
        request.send().await.named(&kind::PUT)
    })
    .await?;
    Ok(done(bucket, Values::new()))
}

/// Nothing of it grants a right.
fn check(_: &Command, _: &str) -> Result<(), CloudError> {
    Ok(())
}

driver!(kind::KIND, observe, check, execute);
