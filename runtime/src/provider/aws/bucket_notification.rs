//! The one document in which a bucket says who gets its events. Two kinds have a part in it, and others may have more.
//!
//! S3 replaces the whole document and takes no condition: what somebody else writes between the read and the write is lost. AWS Backup
//! adds itself when its first job runs, long after. The writes of one run wait for each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::types::NotificationConfiguration;
use holdfast_compiler::provider::aws::s3::replication_events as kind;
use holdfast_compiler::resource::Call;

use super::clients::Clients;
use super::error::Named;
use super::retry::{DESTINATION, NEW_BUCKET, retry};
use crate::cloud::CloudError;

/// Who writes the document of a bucket now.
#[derive(Debug, Default)]
pub(crate) struct Writers(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Writers {
    fn of(&self, bucket: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(bucket.to_owned()).or_default().clone()
    }
}

/// The whole document.
pub(super) async fn read(
    clients: &Clients,
    call: &Call,
    bucket: &str,
    region: &str,
) -> Result<NotificationConfiguration, CloudError> {
    let answer = clients.s3(region).get_bucket_notification_configuration().bucket(bucket).send().await;
    let found = answer.named(call)?;
    let all = NotificationConfiguration::builder()
        .set_topic_configurations(found.topic_configurations)
        .set_queue_configurations(found.queue_configurations)
        .set_lambda_function_configurations(found.lambda_function_configurations)
        .set_event_bridge_configuration(found.event_bridge_configuration);
    Ok(all.build())
}

/// Change the document, by the calls that read and write it. `change` says whether there is anything to write.
pub(super) async fn change(
    clients: &Clients,
    (get, put): (&Call, &Call),
    (bucket, region): (&str, &str),
    change: impl FnOnce(&mut NotificationConfiguration) -> Result<bool, CloudError>,
) -> Result<(), CloudError> {
    let writer = clients.notifications.of(bucket);
    let _alone = writer.lock().await;
    let mut all = retry(NEW_BUCKET, || async { read(clients, get, bucket, region).await }).await?;
    if !change(&mut all)? {
        return Ok(());
    }
    // S3 sends a message to every receiver before it takes the document. Whether those of others can be reached is not ours to check.
    let others = all.topic_configurations().iter().any(|one| one.id() != Some(kind::ID))
        || !all.queue_configurations().is_empty()
        || !all.lambda_function_configurations().is_empty();
    retry(DESTINATION, || async {
        let request = clients.s3(region).put_bucket_notification_configuration().bucket(bucket);
        let request = request.notification_configuration(all.clone()).skip_destination_validation(others);
        request.send().await.named(put)
    })
    .await
    .map(drop)
}
