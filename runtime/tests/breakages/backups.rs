//! What somebody can break of a scheduled backup: the plan, what it selects, the role, the vaults, and the bucket.

use serde_json::{Value, json};

use crate::breakages::breaks::{BUCKET, ROLE, Row, deny, each, revoke};

pub(crate) const VAULT: &str = "aws.backup-vault";
pub(crate) const PLAN: &str = "aws.backup-plan";
pub(crate) const MADE_KEY: &str = "aws.kms-key";
pub(crate) const SELECTION: &str = "aws.backup-selection";

/// The part of the id of the role that backs up the ledger.
const READER: &str = "AWSBackup-acme-payments-ledger";
const HOME: &str = "acme-virginia";
const AWAY: &str = "acme-ireland-compliance";

fn copies(plan: &mut Value, change: impl Fn(&mut Value)) {
    for rule in plan["attributes"]["rules"].as_array_mut().unwrap() {
        rule["copies"].as_array_mut().unwrap().iter_mut().for_each(&change);
    }
}

/// The daily backup of `payments.ledger`, which is copied from us-east-1 to a locked vault in eu-west-1.
pub(crate) const BACKUPS: &[Row] = &[
    Row("backup plan is gone", PLAN, "", |o| *o = Value::Null, "nothing is backed up"),
    Row(
        "backup plan has no rules",
        PLAN,
        "",
        |o| o["attributes"]["rules"] = json!([]),
        "nothing is backed up",
    ),
    Row(
        "backups are weekly",
        PLAN,
        "",
        |o| each(o, "schedule", json!("cron(0 3 ? * SUN *)")),
        "a week is more than a day",
    ),
    Row(
        "backups are monthly",
        PLAN,
        "",
        |o| each(o, "schedule", json!("cron(0 3 1 * ? *)")),
        "a month is more than a day",
    ),
    Row(
        "backups are made on workdays",
        PLAN,
        "",
        |o| each(o, "schedule", json!("cron(0 3 ? * MON-FRI *)")),
        "a weekend is more than a day",
    ),
    Row("start window is longer", PLAN, "", |o| each(o, "start-minutes", json!(600)), "it may start later"),
    Row(
        "completion window is longer",
        PLAN,
        "",
        |o| each(o, "complete-minutes", json!(1440)),
        "it may take longer",
    ),
    Row(
        "backups are not copied",
        PLAN,
        "",
        |o| each(o, "copies", json!([])),
        "none is beyond the account's reach",
    ),
    Row(
        "backups are copied elsewhere",
        PLAN,
        "",
        |o| {
            copies(o, |copy| {
                copy["vault"] = json!("arn:aws:backup:eu-west-1:000000000000:backup-vault:other")
            })
        },
        "that vault has no lock",
    ),
    Row(
        "copies are kept for a day",
        PLAN,
        "",
        |o| copies(o, |copy| copy["delete-after-days"] = json!(1)),
        "they expire before anybody restores them",
    ),
    Row(
        "backups are made in another vault",
        PLAN,
        "",
        |o| each(o, "vault", json!("Default")),
        "nobody knows what that vault allows",
    ),
    Row("selection is gone", SELECTION, "", |o| *o = Value::Null, "nothing is backed up"),
    Row(
        "another bucket is selected",
        SELECTION,
        "",
        |o| o["attributes"]["resources"] = json!(["arn:aws:s3:::acme-other"]),
        "the ledger is not backed up",
    ),
    Row(
        "selection has a condition",
        SELECTION,
        "",
        |o| o["attributes"]["more"] = json!(["tag backup = yes"]),
        "the bucket may not have the tag",
    ),
    Row(
        "selection has another role",
        SELECTION,
        "",
        |o| o["attributes"]["role"] = json!("arn:aws:iam::000000000000:role/other"),
        "it may have no right to read",
    ),
    Row("role of the backups is gone", ROLE, READER, |o| *o = Value::Null, "nobody may read"),
    Row(
        "role of the backups trusts another service",
        ROLE,
        READER,
        |o| o["attributes"]["trust"]["Statement"][0]["Principal"] = json!({"Service": "ec2.amazonaws.com"}),
        "AWS Backup cannot assume it",
    ),
    Row(
        "role of the backups cannot read objects",
        ROLE,
        READER,
        |o| revoke(o, "s3:GetObjectVersion"),
        "the backup fails",
    ),
    Row(
        "role of the backups cannot copy",
        ROLE,
        READER,
        |o| revoke(o, "backup:CopyIntoBackupVault"),
        "nothing arrives in the other vault",
    ),
    Row(
        "role of the backups is denied the key",
        ROLE,
        READER,
        |o| deny(o, json!({"Sid": "NoKey", "Action": ["kms:Decrypt"], "Resource": ["*"]})),
        "objects under KMS are left out",
    ),
    Row(
        "role of the backups has a policy of others",
        ROLE,
        READER,
        |o| o["attributes"]["foreign"] = json!({"inline-policies": ["limits"]}),
        "it may deny anything",
    ),
    Row(
        "key of the vault of the backups waits for its deletion",
        MADE_KEY,
        "us-east-1",
        |o| o["attributes"]["state"] = json!("PendingDeletion"),
        "AWS Backup can encrypt nothing with it",
    ),
    Row("key of the vault of the backups is gone", MADE_KEY, "us-east-1", |o| *o = Value::Null, "the same"),
    Row("vault of the copies is gone", VAULT, AWAY, |o| *o = Value::Null, "nothing can arrive there"),
    Row("vault of the backups is gone", VAULT, HOME, |o| *o = Value::Null, "no backup can be made"),
    Row("lock is removed", VAULT, AWAY, |o| o["attributes"]["lock"] = Value::Null, "backups can be deleted"),
    Row(
        "lock has a date that cannot be read",
        VAULT,
        AWAY,
        |o| o["attributes"]["lock-date"] = json!("+10000-01-01"),
        "backups can be deleted",
    ),
    Row(
        "lock is one that can be removed",
        VAULT,
        AWAY,
        |o| o["attributes"]["lock"] = json!("governance"),
        "whoever holds the account can remove it",
    ),
    Row(
        "vault takes longer retention only",
        VAULT,
        AWAY,
        |o| o["attributes"]["min-days"] = json!(60),
        "jobs with 35 days fail",
    ),
    Row(
        "vault takes shorter retention only",
        VAULT,
        HOME,
        |o| o["attributes"]["max-days"] = json!(7),
        "jobs with 35 days fail",
    ),
    Row(
        "policy of the vault denies copies",
        VAULT,
        AWAY,
        |o| o["attributes"]["access-policy"]["Statement"][0]["Action"] = json!("backup:CopyIntoBackupVault"),
        "nothing arrives there",
    ),
    Row(
        "ledger is not versioned any more",
        BUCKET,
        "acme-payments-ledger",
        |o| o["attributes"]["versioning"] = json!("Suspended"),
        "AWS Backup needs versioning",
    ),
];

/// What promises as much as the policy does.
pub(crate) const HARMLESS: &[Row] = &[
    Row(
        "backups are made at another hour",
        PLAN,
        "",
        |o| each(o, "schedule", json!("cron(30 14 * * ? *)")),
        "",
    ),
    Row("backups start sooner", PLAN, "", |o| each(o, "start-minutes", json!(60)), ""),
    Row("copies are kept longer", PLAN, "", |o| copies(o, |copy| copy["delete-after-days"] = json!(90)), ""),
];
