//! A backup vault: it holds the backups at a site. A lock is a property of a whole vault, so backups that are locked
//! differently are in different vaults.
//!
//! An observed vault can have further attributes, which no policy sets: [`LOCK_DATE`], [`MIN_DAYS`], [`MAX_DAYS`].

use serde_json::{Value, json};

use crate::provider::aws::iam::root_arn;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, VAULT_KEYS, VAULTS, on};
use crate::resource::{
    AttributeSchema, Change, Irreversible, Kind, KindSchema, Made, Mark, Shape, Values, calls,
};

/// Text, unique in the account and region.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// The ARN of the key that encrypts every backup in it, or null for the account's key for AWS Backup. It cannot change.
pub const KMS_KEY: &str = "kms-key";
/// The policy document that decides what may be done with the vault and its backups, or null.
pub const ACCESS_POLICY: &str = "access-policy";
/// [`GOVERNANCE`], [`COMPLIANCE`] or null.
pub const LOCK: &str = "lock";
/// The date from which nobody can remove the lock, of an observed vault with a compliance lock.
pub const LOCK_DATE: &str = "lock-date";
/// The least and the most days that a backup in an observed vault is kept: AWS Backup refuses others.
pub const MIN_DAYS: &str = "min-days";
/// See [`MIN_DAYS`].
pub const MAX_DAYS: &str = "max-days";
/// A lock that whoever has the permission can remove.
pub const GOVERNANCE: &str = "governance";
/// A lock that nobody can remove after [`GRACE_DAYS`].
pub const COMPLIANCE: &str = "compliance";
/// The days in which a new compliance lock can still be removed: the fewest that AWS Backup accepts, because until then whoever holds
/// the account can remove it (AWS Backup API Reference, `PutBackupVaultLockConfiguration`, `ChangeableForDays`).
pub const GRACE_DAYS: u64 = 3;
/// A mapping.
pub const TAGS: &str = "tags";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "backup-vault",
    of_estate: true,
    stateful: true,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(KMS_KEY).change(Change::Replace),
        AttributeSchema::new(ACCESS_POLICY).shaped(Shape::Document),
        AttributeSchema::new(LOCK)
            .unset(|| Value::Null)
            .irreversible(Irreversible { sets: locks, stays: is_locked }),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    held: Some(held),
    foreign_settings: Some(limits),
    removal: Some("it holds backups, and is removed only if it is empty"),
    mark: Mark::Attribute(TAGS),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// All vaults of a region. `DescribeBackupVault` answers with a missing permission for a vault that does not exist.
    LIST = "backup:ListBackupVaults", made [Made::Observe], takes [on("backup:ListBackupVaults", &ANY)];
    GET_POLICY = "backup:GetBackupVaultAccessPolicy", made [Made::Observe],
        takes [on("backup:GetBackupVaultAccessPolicy", &VAULTS)];
    /// What a status reads of backups.
    LIST_POINTS = "backup:ListRecoveryPointsByBackupVault", made [Made::Observe],
        takes [on("backup:ListRecoveryPointsByBackupVault", &VAULTS)];
    GET_TAGS = "backup:ListTags", made [Made::Observe], takes [on("backup:ListTags", &ANY)];
    /// With tags, and with a grant on the key that only AWS Backup uses (AWS Backup API Reference, "AWS Backup API permissions").
    CREATE = "backup:CreateBackupVault", made [Made::Create], takes [
        on("backup:CreateBackupVault", &VAULTS),
        on("backup:TagResource", &VAULTS),
        on("backup-storage:MountCapsule", &ANY),
        on("kms:CreateGrant", &VAULT_KEYS),
        on("kms:GenerateDataKey", &VAULT_KEYS),
        on("kms:Decrypt", &VAULT_KEYS),
        on("kms:RetireGrant", &VAULT_KEYS),
        on("kms:DescribeKey", &VAULT_KEYS)
    ];
    PUT_POLICY = "backup:PutBackupVaultAccessPolicy", made [Made::Create, Made::Update(&[ACCESS_POLICY])],
        takes [on("backup:PutBackupVaultAccessPolicy", &VAULTS)];
    /// Locks a new vault, or a vault whose lock somebody removed.
    PUT_LOCK = "backup:PutBackupVaultLockConfiguration", made [Made::CreateUnless(LOCK), Made::Update(&[LOCK])],
        takes [on("backup:PutBackupVaultLockConfiguration", &VAULTS)];
    TAG = "backup:TagResource", made [Made::Update(&[TAGS])], takes [on("backup:TagResource", &VAULTS)];
    DELETE = "backup:DeleteBackupVault", made [Made::Delete], takes [on("backup:DeleteBackupVault", &VAULTS)];
}

/// The access policy of a vault: nobody deletes a backup before its time, shortens its retention, or detaches it. Whoever may
/// change the policy can lift that, so it protects from mistakes and not from whoever holds the account. The action that changes
/// the policy is not denied, because nobody could ever change it then (AWS Backup Developer Guide, "Vault access policies"; no
/// wildcard is allowed in `Action`).
///
/// `writers` is the account of the estate, if the vault is in another one: AWS Backup copies from there into the vault, and lets that account
/// do nothing else (AWS Backup Developer Guide, "Creating backup copies across AWS accounts": any other action across accounts is rejected).
#[must_use]
pub fn access_policy(writers: Option<&str>) -> Value {
    let writers = writers.map(|writers| {
        json!({
            "Sid": "TakeCopies",
            "Effect": "Allow",
            "Principal": {"AWS": root_arn(writers)},
            "Action": "backup:CopyIntoBackupVault",
            "Resource": "*",
        })
    });
    let keeps = json!({
        "Sid": "KeepBackups",
        "Effect": "Deny",
        "Principal": "*",
        "Action": [
            "backup:DeleteRecoveryPoint",
            "backup:DisassociateRecoveryPoint",
            "backup:UpdateRecoveryPointLifecycle",
        ],
        "Resource": "*",
    });
    let statements: Vec<Value> = writers.into_iter().chain([keeps]).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// For how long backups must be kept in a vault, if somebody has limited that. Holdfast sets no limit but one day (AWS Backup
/// Developer Guide, "AWS Backup Vault Lock": a job with another retention fails).
fn limits(values: &Values, _: &dyn Fn(&'static KindSchema) -> bool) -> Option<String> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let days = |name: &str| values.get(name).and_then(Value::as_u64);
    let least = days(MIN_DAYS).filter(|days| *days > 1).map(|days| format!("at least {days} days"));
    let most = days(MAX_DAYS).map(|days| format!("at most {days} days"));
    let limits: Vec<String> = least.into_iter().chain(most).collect();
    (!limits.is_empty()).then(|| {
        format!(
            "the lock of the vault `{}` in {} takes only backups that are kept for {}: the policy does not manage that, and a backup that is \
             to be kept for another time fails",
            text(NAME),
            text(REGION),
            limits.join(" and ")
        )
    })
}

/// Source: AWS Backup Developer Guide, "AWS Backup Vault Lock".
fn locks(before: &Value, after: &Value) -> Option<&'static str> {
    (after == COMPLIANCE && before != COMPLIANCE).then_some(
        "gets a compliance lock: from three days after the apply nobody can remove the lock, or delete a backup in it before its \
         time, not even the owner of the account or AWS",
    )
}

/// Why a vault stays although somebody deletes it: AWS Backup deletes an empty one only, and from a locked one nobody deletes a backup
/// before its time (AWS Backup Developer Guide, "AWS Backup Vault Lock"). Which days its backups are kept stands in no setting
/// of a vault but its limit, if it has one.
fn held(values: &Values) -> Option<String> {
    let lock = values.get(LOCK).and_then(Value::as_str)?;
    let date = values.get(LOCK_DATE).and_then(Value::as_str).unwrap_or("its lock date");
    let lock = match lock {
        COMPLIANCE => format!("nobody can remove its compliance lock after {date}"),
        _ => format!("it has a {lock} lock, which whoever has the permission can remove"),
    };
    let days = values.get(MAX_DAYS).and_then(Value::as_u64);
    let days = days.map(|days| format!(", at most {days} days after it was made")).unwrap_or_default();
    Some(format!(
        "{lock}: AWS Backup deletes only an empty vault, so it stays until its last backup has expired{days}"
    ))
}

fn is_locked(value: &Value) -> Option<&'static str> {
    (value == COMPLIANCE).then_some(
        "it is a compliance lock, which nobody can remove after its lock date (AWS Backup Developer Guide, \"AWS Backup Vault Lock\")",
    )
}
