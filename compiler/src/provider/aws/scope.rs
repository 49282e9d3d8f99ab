//! The resources of IAM permissions. `ACCOUNT`, `PREFIX`, `ZONE`, `JOURNAL` and `JOURNAL-PREFIX` are
//! placeholders for the reader.
//!
//! Source: AWS Service Authorization Reference, "Actions, resources, and condition keys" for Amazon S3, IAM, Route 53,
//! KMS, AWS Backup, SNS, CloudWatch, EventBridge.

use serde_json::{Value, json};

use crate::lower::context::ESTATE_TAG;
use crate::resource::{Permission, Scope};

/// A permission on a scope.
pub(super) const fn on(action: &'static str, on: &'static Scope) -> Permission {
    Permission::new(action, on)
}

const fn scope(name: &'static str, resource: &'static str) -> Scope {
    Scope { name, resource, all: None, condition: None }
}

const ROLE: &str = "arn:aws:iam::ACCOUNT:role/holdfast-*";

/// Any resource, for actions that do not support resources.
pub static ANY: Scope = scope("any", "*");
/// The buckets of the estate.
pub static BUCKETS: Scope =
    Scope { all: Some("arn:aws:s3:::*"), ..scope("buckets", "arn:aws:s3:::PREFIX-*") };
/// The roles that Holdfast creates.
pub static ROLES: Scope = scope("roles", ROLE);
/// The same roles, only with the permissions boundary.
pub static ROLES_WITHIN: Scope = Scope { condition: Some(within), ..scope("roles-within", ROLE) };
/// The same roles, only when passed to S3.
pub static PASSED_ROLES: Scope = Scope { condition: Some(passed), ..scope("roles-passed", ROLE) };
/// Hosted zones.
pub static ZONES: Scope = Scope {
    all: Some("arn:aws:route53:::hostedzone/*"),
    ..scope("zones", "arn:aws:route53:::hostedzone/ZONE")
};
/// Health checks.
pub static HEALTH_CHECKS: Scope = scope("health-checks", "arn:aws:route53:::healthcheck/*");
/// The keys that policies name. Those of another account are described only if their key policies allow it.
pub static KEYS: Scope = scope("keys", "arn:aws:kms:*:*:key/*");
/// The keys that Holdfast makes: those with the tag of an estate. That keeps from mistakes; whoever may tag keys can tag any. What
/// follows the creation at once has no such condition, because KMS may take five minutes to see a tag (AWS KMS Developer Guide,
/// "ABAC for AWS KMS").
pub static MADE_KEYS: Scope =
    Scope { condition: Some(tagged), ..scope("made-keys", "arn:aws:kms:*:ACCOUNT:key/*") };
/// The role with which KMS keeps multi-Region keys alike, made with the first one (AWS KMS Developer Guide, "Authorizing AWS KMS to
/// synchronize multi-Region keys").
pub static MULTI_REGION_ROLE: Scope = Scope {
    condition: Some(for_multi_region),
    ..scope("multi-region-role", "arn:aws:iam::ACCOUNT:role/aws-service-role/mrk.kms.amazonaws.com/*")
};
/// The aliases of the keys that Holdfast makes.
pub static ALIASES: Scope = scope("key-aliases", "arn:aws:kms:*:ACCOUNT:alias/holdfast-*");
/// The vaults of the estate.
pub static VAULTS: Scope = scope("vaults", "arn:aws:backup:*:ACCOUNT:backup-vault:holdfast-*");
/// Backup plans, whose ids AWS Backup gives.
pub static PLANS: Scope = scope("backup-plans", "arn:aws:backup:*:ACCOUNT:backup-plan:*");
/// The keys of vaults, only through AWS Backup.
pub static VAULT_KEYS: Scope =
    Scope { condition: Some(through_backup), ..scope("vault-keys", "arn:aws:kms:*:*:key/*") };
/// The roles that Holdfast creates, only when passed to AWS Backup.
pub static PASSED_BACKUP_ROLES: Scope =
    Scope { condition: Some(passed_to_backup), ..scope("roles-passed-to-backup", ROLE) };
/// The roles that Holdfast creates, only when passed to S3 Batch Operations.
pub static PASSED_BATCH_ROLES: Scope =
    Scope { condition: Some(passed_to_batch), ..scope("roles-passed-to-batch", ROLE) };
/// The roles that Holdfast creates, only when passed to EventBridge.
pub static PASSED_EVENT_ROLES: Scope =
    Scope { condition: Some(passed_to_events), ..scope("roles-passed-to-events", ROLE) };
/// Jobs of S3 Batch Operations, whose ids S3 gives.
pub static JOBS: Scope = scope("jobs", "arn:aws:s3:*:ACCOUNT:job/*");
/// The topics that Holdfast makes.
pub static TOPICS: Scope = scope("topics", "arn:aws:sns:*:ACCOUNT:holdfast-*");
/// The rules of EventBridge that Holdfast makes.
pub static EVENT_RULES: Scope = scope("event-rules", "arn:aws:events:*:ACCOUNT:rule/holdfast-*");
/// The alarms that Holdfast makes.
pub static ALARMS: Scope = scope("alarms", "arn:aws:cloudwatch:*:ACCOUNT:alarm:holdfast-*");
/// Every alarm of the account: a list has no name.
pub static EVERY_ALARM: Scope = scope("every-alarm", "arn:aws:cloudwatch:*:ACCOUNT:alarm:*");
/// The roles of sites in other accounts, as the policies name them.
pub static SITE_ROLES: Scope = scope("site-roles", "arn:aws:iam::SITE-ACCOUNT:role/SITE-ROLE");
/// The bucket of a journal.
pub static JOURNAL: Scope = scope("journal", "arn:aws:s3:::JOURNAL");
/// The objects of a journal.
pub static JOURNAL_OBJECTS: Scope = scope("journal-objects", "arn:aws:s3:::JOURNAL/JOURNAL-PREFIX/*");

/// The objects of the estate's buckets.
pub static OBJECTS: Scope = scope("objects", "arn:aws:s3:::PREFIX-*/*");
/// The bucket that a restore writes to.
pub static DESTINATION: Scope = scope("destination", "arn:aws:s3:::DESTINATION");
/// The objects of that bucket.
pub static DESTINATION_OBJECTS: Scope = scope("destination-objects", "arn:aws:s3:::DESTINATION/*");
/// Recovery points, whose ids AWS Backup gives.
pub static RECOVERY_POINTS: Scope = scope("recovery-points", "arn:aws:backup:*:ACCOUNT:recovery-point:*");
/// The role that restore jobs write with, only when passed to AWS Backup.
pub static RESTORE_ROLE: Scope = Scope {
    condition: Some(passed_to_backup),
    ..scope("restore-role", "arn:aws:iam::ACCOUNT:role/RESTORE-ROLE")
};
/// The keys of objects, only through S3.
pub static OBJECT_KEYS: Scope =
    Scope { condition: Some(through_s3), ..scope("object-keys", "arn:aws:kms:*:*:key/*") };

fn within() -> Value {
    json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/holdfast-boundary"}})
}

fn passed() -> Value {
    json!({"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}})
}

fn passed_to_backup() -> Value {
    json!({"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}})
}

fn passed_to_batch() -> Value {
    json!({"StringEquals": {"iam:PassedToService": "batchoperations.s3.amazonaws.com"}})
}

fn passed_to_events() -> Value {
    json!({"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}})
}

fn for_multi_region() -> Value {
    json!({"StringEquals": {"iam:AWSServiceName": "mrk.kms.amazonaws.com"}})
}

fn tagged() -> Value {
    json!({"StringLike": {(format!("aws:ResourceTag/{ESTATE_TAG}")): "*"}})
}

/// AWS Backup makes a grant on the key of a new vault on behalf of the caller (AWS Backup Developer Guide, "Encryption for backups in
/// AWS Backup").
fn through_backup() -> Value {
    json!({"StringLike": {"kms:ViaService": "backup.*.amazonaws.com"}})
}

fn through_s3() -> Value {
    json!({"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}})
}
