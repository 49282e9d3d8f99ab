//! Documents of buckets that several kinds are in: each is read once in an observation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::types::NotificationConfiguration;
use holdfast_compiler::provider::aws::s3::{
    bucket_policy as policy_kind, events as events_kind, lifecycle as lifecycle_kind, lock as lock_kind,
};
use holdfast_compiler::resource::Call;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::bucket_lifecycle::Rules;
use super::bucket_lock::Lock;
use super::driver::Look;
use super::{bucket_lifecycle, bucket_lock, bucket_notification, bucket_policy};
use crate::cloud::CloudError;

/// The documents that were read, by bucket.
#[derive(Debug, Default)]
pub(super) struct Documents {
    policies: Once<Value>,
    lifecycles: Once<Rules>,
    locks: Once<Lock>,
    notifications: Once<NotificationConfiguration>,
}

/// What is read once for each bucket.
type Once<T> = Mutex<BTreeMap<String, Arc<OnceCell<Result<T, CloudError>>>>>;

async fn once<T: Clone>(
    all: &Once<T>,
    bucket: &str,
    read: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    let cell =
        all.lock().unwrap_or_else(PoisonError::into_inner).entry(bucket.to_owned()).or_default().clone();
    cell.get_or_init(|| read).await.clone()
}

impl Look<'_> {
    /// The policy of a bucket in normal form; null if it has none.
    pub(super) async fn bucket_policy(&self, bucket: &str, region: &str) -> Result<Value, CloudError> {
        let clients = self.clients;
        let read = async { bucket_policy::read(&clients.s3(region), bucket).await };
        let ask = clients.reach.ask(&policy_kind::GET, region, read);
        once(&self.documents.policies, bucket, ask).await
    }

    /// The lifecycle rules of a bucket.
    pub(super) async fn bucket_lifecycle(&self, bucket: &str, region: &str) -> Result<Rules, CloudError> {
        let clients = self.clients;
        let read = async { bucket_lifecycle::read(&clients.s3(region), bucket).await };
        let ask = clients.reach.ask(&lifecycle_kind::GET, region, read);
        once(&self.documents.lifecycles, bucket, ask).await
    }

    /// Object Lock of a bucket.
    pub(super) async fn bucket_lock(&self, bucket: &str, region: &str) -> Result<Lock, CloudError> {
        let clients = self.clients;
        let read = async { bucket_lock::read(&clients.s3(region), bucket).await };
        let ask = clients.reach.ask(&lock_kind::GET, region, read);
        once(&self.documents.locks, bucket, ask).await
    }
    /// Who gets the events of a bucket.
    pub(super) async fn bucket_notification(
        &self,
        bucket: &str,
        region: &str,
    ) -> Result<NotificationConfiguration, CloudError> {
        const GET: &Call = &events_kind::GET;
        let clients = self.clients;
        let read = bucket_notification::read(clients, GET, bucket, region);
        let ask = clients.reach.ask(GET, region, read);
        once(&self.documents.notifications, bucket, ask).await
    }
}
