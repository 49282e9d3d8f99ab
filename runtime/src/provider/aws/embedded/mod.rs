//! The kinds of AWS in the embedded cloud. To add one, add a file beside this one, and a line here.

mod alarm;
mod backfill;
mod backup_plan;
mod backup_selection;
mod backup_vault;
mod bucket;
mod bucket_access;
mod bucket_events;
mod bucket_lifecycle;
mod bucket_lock;
mod bucket_policy;
mod event_rule;
mod health_check;
mod hosted_zone;
mod key;
mod kms_key;
mod other_backups;
mod record;
mod replication;
mod replication_events;
mod role;
mod subscription;
mod topic;
mod vault_notifications;

use holdfast_compiler::resource::Values;
use serde_json::Value;

use crate::local::embedded::Embedded;
use crate::local::embedded::values;

/// All kinds of AWS in the embedded cloud.
pub(super) static KINDS: &[&dyn Embedded] = &[
    &bucket::Bucket,
    &replication::Replication,
    &role::Role,
    &hosted_zone::HostedZone,
    &record::Record,
    &health_check::HealthCheck,
    &bucket_access::BucketAccess,
    &key::Key,
    &kms_key::KmsKey,
    &backup_vault::BackupVault,
    &backup_plan::BackupPlan,
    &backup_selection::BackupSelection,
    &other_backups::OtherBackups,
    &backfill::Backfill,
    &bucket_events::BucketEvents,
    &replication_events::ReplicationEvents,
    &bucket_policy::BucketPolicy,
    &bucket_lifecycle::BucketLifecycle,
    &bucket_lock::BucketLock,
    &topic::Topic,
    &subscription::Subscription,
    &alarm::Alarm,
    &vault_notifications::VaultNotifications,
    &event_rule::EventRule,
];

/// An attribute as text; empty if it is not a string.
fn text(values: &Values, name: &str) -> String {
    values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
