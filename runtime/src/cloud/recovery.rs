//! Recovery points in vaults: what a restore lists, and the jobs of the backup service that restore them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use holdfast_compiler::backups::BackupPlace;
use holdfast_compiler::restore::{JobSeen, RecoveryPoint};

use super::CloudError;

/// A job that restores a recovery point as a whole into an empty bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreOrder {
    /// The recovery point, as the provider calls it.
    pub point: String,
    /// The id of its region, in which the bucket is as well.
    pub region: String,
    /// The moment, in milliseconds since 1970-01-01 UTC, of a continuous recovery point.
    pub moment: Option<i64>,
    /// The bucket.
    pub into: String,
    /// The role that the backup service writes with.
    pub role: String,
    /// The key that encrypts the objects. `None`: the store's own.
    pub kms_key: Option<String>,
    /// The same token always means the same job.
    pub token: String,
}

/// Vaults with recovery points that can be restored.
#[async_trait]
pub trait RecoveryPoints: Send + Sync {
    /// The recovery points at some places, in any order, with those that lack something.
    ///
    /// # Errors
    /// A vault cannot be listed. A vault that does not exist is empty, and jobs that cannot be listed are a part of the answer.
    async fn points(&self, places: &BTreeSet<BackupPlace>) -> Result<Vec<RecoveryPoint>, CloudError>;

    /// Start a job, once for each token. Returns its id.
    ///
    /// # Errors
    /// The service refuses it.
    async fn start_restore(&self, order: &RestoreOrder) -> Result<String, CloudError>;

    /// Look at a job of a region.
    ///
    /// # Errors
    /// There is no such job, or it cannot be seen.
    async fn restore_job(&self, region: &str, id: &str) -> Result<JobSeen, CloudError>;
}
