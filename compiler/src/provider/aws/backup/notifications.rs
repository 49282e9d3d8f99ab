//! What a vault tells of: objects that a job could not back up or restore, a continuous backup that broke off, and copies that failed.
//! A job that lost objects ends as `COMPLETED`, so that no event about jobs says it.
//!
//! Sources: AWS Backup API Reference, `PutBackupVaultNotifications`; AWS Backup Developer Guide, "Notification options with AWS Backup".

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{VAULTS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Shape, calls};

/// The name of the vault.
pub const VAULT: &str = "vault";
/// Its region.
pub const REGION: &str = "region";
/// The ARN of the topic: one of the vault's account and region.
pub const TOPIC: &str = "topic";
/// The names of the events.
pub const EVENTS: &str = "events";

/// The events that are told.
pub const TOLD: [&str; 4] = [
    "CONTINUOUS_BACKUP_INTERRUPTED",
    "COPY_JOB_FAILED",
    "S3_BACKUP_OBJECT_FAILED",
    "S3_RESTORE_OBJECT_FAILED",
];

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. A vault tells one topic.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "vault-notifications",
    watches: true,
    of_estate: true,
    attributes: &[
        AttributeSchema::identity(VAULT),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(TOPIC),
        AttributeSchema::new(EVENTS).shaped(Shape::Set),
    ],
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "backup:GetBackupVaultNotifications", made [Made::Observe], takes [on("backup:GetBackupVaultNotifications", &VAULTS)];
    PUT = "backup:PutBackupVaultNotifications", made [Made::Create, Made::Update(&[TOPIC, EVENTS])],
        takes [on("backup:PutBackupVaultNotifications", &VAULTS)];
    DELETE = "backup:DeleteBackupVaultNotifications", made [Made::Delete],
        takes [on("backup:DeleteBackupVaultNotifications", &VAULTS)];
}
