//! Whether Amazon EventBridge gets the events of a bucket: one read for each wanted bucket. Other receivers stay.

use aws_sdk_s3::types::EventBridgeConfiguration;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::events as kind;
use holdfast_compiler::resource::Values;
use serde_json::json;

use super::clients::Clients;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::unless;
use super::fields::{lacks, required};
use super::{bucket_notification, done};
use crate::cloud::{CloudError, Command, Done};

/// The wanted buckets whose events EventBridge gets. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let there = look.buckets_of(kind::KIND, kind::BUCKET).await?;
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let found = look.bucket_notification(name, region).await;
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

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    if !matches!(command.action, Action::Create | Action::Update) {
        return Err(lacks(&kind::PUT, "action"));
    }
    let values = &command.values;
    let (bucket, region) =
        (required(values, kind::BUCKET, &kind::PUT)?, required(values, kind::REGION, &kind::PUT)?);
    bucket_notification::change(clients, (&kind::GET, &kind::PUT), (bucket, region), |all| {
        all.event_bridge_configuration = Some(EventBridgeConfiguration::builder().build());
        Ok(true)
    })
    .await?;
    Ok(done(bucket, Values::new()))
}

/// Nothing of it grants a right.
fn check(_: &Command, _: &str) -> Result<(), CloudError> {
    Ok(())
}

driver!(kind::KIND, observe, check, execute);
