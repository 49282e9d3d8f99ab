//! A KMS key that Holdfast makes: a customer managed key with an alias, automatic rotation and a policy. Others name it by its alias.
//!
//! It is never deleted: what it encrypted can be read only with it, and nothing says what that is.

use serde_json::{Value, json};

use super::ARN as KMS;
use super::key::ENABLED;
use crate::document::{KmsKey, Name};
use crate::provider::aws::iam::root_arn;
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::provider::aws::scope::{ALIASES, ANY, KEYS, MADE_KEYS, MULTI_REGION_ROLE, on};
use crate::provider::facts::KeyUse;
use crate::resource::{AttributeSchema, Change, Kind, KindSchema, Made, Mark, Shape, calls};

/// The ARN of its alias, with its region and account.
pub const ALIAS: &str = "alias";
/// The id of its region.
pub const REGION: &str = "region";
/// [`ENABLED`], `Disabled`, `PendingDeletion`, … (AWS KMS Developer Guide, "Key states of AWS KMS keys").
pub const STATE: &str = "state";
/// Boolean: whether other regions can have replicas of it. It is decided when a key is made (AWS KMS Developer Guide, "Multi-Region
/// keys in AWS KMS").
pub const MULTI_REGION: &str = "multi-region";
/// The ARN of the key that it is a replica of. Only its id counts, which all keys of one multi-Region key share: which of them is the
/// primary key can change (AWS KMS API Reference, `UpdatePrimaryRegion`).
pub const REPLICA_OF: &str = "replica-of";
/// The days after which its material is replaced, or null. A replica has the material of its primary key, and is rotated with it.
pub const ROTATION: &str = "rotation-days";
/// The key policy.
pub const POLICY: &str = "policy";
/// A mapping.
pub const TAGS: &str = "tags";

/// The output: the ARN of the key itself.
pub const ARN: &str = "arn";

/// Days between rotations: the default of KMS (AWS KMS API Reference, `EnableKeyRotation`, `RotationPeriodInDays`: 90 to 2,560).
pub const ROTATES_AFTER: u64 = 365;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "kms-key",
    of_estate: true,
    stateful: true,
    attributes: &[
        AttributeSchema::identity(ALIAS),
        AttributeSchema::new(REGION).change(Change::Replace),
        AttributeSchema::new(STATE).caution(state).unset(|| ENABLED.into()),
        AttributeSchema::new(MULTI_REGION).change(Change::Replace),
        AttributeSchema::new(REPLICA_OF)
            .shaped(Shape::LastPart)
            .change(Change::Replace)
            .unset(|| Value::Null),
        AttributeSchema::new(ROTATION).unset(|| Value::Null),
        AttributeSchema::new(POLICY).shaped(Shape::Document),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    outputs: &[ARN],
    never_deleted: Some("what it encrypted can be read only with it, so Holdfast never deletes a key"),
    mark: Mark::Attribute(TAGS),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// The keys by their aliases.
    LIST_ALIASES = "kms:ListAliases", made [Made::Observe, Made::Create], takes [on("kms:ListAliases", &ANY)];
    DESCRIBE = "kms:DescribeKey", made [Made::Observe], takes [on("kms:DescribeKey", &KEYS)];
    GET_POLICY = "kms:GetKeyPolicy", made [Made::Observe], takes [on("kms:GetKeyPolicy", &KEYS)];
    GET_ROTATION = "kms:GetKeyRotationStatus", made [Made::Observe], takes [on("kms:GetKeyRotationStatus", &KEYS)];
    GET_TAGS = "kms:ListResourceTags", made [Made::Observe, Made::Recover], takes [on("kms:ListResourceTags", &KEYS)];
    /// Before a key is made, those that an interrupted run may have made without an alias: `CreateKey` takes no token.
    LIST = "kms:ListKeys", made [Made::Create], takes [on("kms:ListKeys", &ANY)];
    /// With the policy and the tags.
    CREATE = "kms:CreateKey", made [Made::CreateUnless(ROTATION)], takes [on("kms:CreateKey", &ANY), on("kms:TagResource", &KEYS), on("iam:CreateServiceLinkedRole", &MULTI_REGION_ROLE)];
    /// Makes a replica, with the policy and the tags: the permission is needed on the primary key, and the other two in the region of
    /// the replica (AWS KMS API Reference, `ReplicateKey`, "Required permissions").
    REPLICATE = "kms:ReplicateKey", made [Made::CreateUnless(REPLICA_OF)],
        takes [on("kms:ReplicateKey", &KEYS), on("kms:CreateKey", &ANY), on("kms:TagResource", &KEYS)];
    CREATE_ALIAS = "kms:CreateAlias", made [Made::Create], takes [on("kms:CreateAlias", &ALIASES), on("kms:CreateAlias", &KEYS)];
    ROTATE = "kms:EnableKeyRotation", made [Made::CreateUnless(ROTATION), Made::Update(&[ROTATION])],
        takes [on("kms:EnableKeyRotation", &KEYS)];
    PUT_POLICY = "kms:PutKeyPolicy", made [Made::Update(&[POLICY])], takes [on("kms:PutKeyPolicy", &MADE_KEYS)];
    TAG = "kms:TagResource", made [Made::Update(&[TAGS])], takes [on("kms:TagResource", &KEYS)];
    ENABLE = "kms:EnableKey", made [Made::Update(&[STATE])], takes [on("kms:EnableKey", &MADE_KEYS)];
    /// For a key whose deletion somebody has scheduled.
    CANCEL_DELETION = "kms:CancelKeyDeletion", made [Made::Update(&[STATE])], takes [on("kms:CancelKeyDeletion", &MADE_KEYS)];
}

/// The name of a key that Holdfast makes: its alias. A key cannot become a multi-Region key, so one that has to be is another key.
#[must_use]
pub fn name(estate: &Name, site: &Name, of: KeyUse, multi_region: bool) -> KmsKey {
    let vault = Some("vault").filter(|_| of == KeyUse::Vault);
    let parts: Vec<&str> = [estate.as_str(), site.as_str()].into_iter().chain(vault).collect();
    let more = if multi_region { "multi-region" } else { "" };
    KmsKey::made(format!("{ALIAS_PREFIX}{}", generated(&parts, more, LONGEST_ALIAS - ALIAS_PREFIX.len())))
}

/// Whether Holdfast makes a key.
#[must_use]
pub fn is_made(key: &KmsKey) -> bool {
    key.as_str().starts_with(MADE_PREFIX)
}

/// The ARN of an alias in a region and account.
#[must_use]
pub fn alias_arn(region: &str, account: &str, alias: &str) -> String {
    format!("{KMS}{region}:{account}:{alias}")
}

/// Whether an ARN is that of the alias of a key that Holdfast makes.
#[must_use]
pub fn is_made_alias(arn: &str) -> bool {
    alias_of(arn).is_some_and(|alias| alias.starts_with(MADE_PREFIX))
}

/// The alias of an ARN: `alias/NAME`.
#[must_use]
pub fn alias_of(arn: &str) -> Option<&str> {
    arn.strip_prefix(KMS)?.splitn(3, ':').nth(2).filter(|name| name.starts_with(ALIAS_PREFIX))
}

/// The ARN of a key in a region and account.
#[must_use]
pub fn key_arn(region: &str, account: &str, id: &str) -> String {
    format!("{KMS}{region}:{account}:key/{id}")
}

/// The prefix of every alias.
const ALIAS_PREFIX: &str = "alias/";
/// The prefix of the aliases of keys that Holdfast makes.
const MADE_PREFIX: &str = "alias/holdfast-";

/// The longest alias, in characters (AWS KMS API Reference, `CreateAlias`).
const LONGEST_ALIAS: usize = 256;

/// The key policy: IAM policies of the account decide who uses the key, and nobody deletes or disables it. Whoever may change the policy
/// can lift that, so it protects from mistakes and not from whoever holds the account (AWS KMS Developer Guide, "Default key
/// policy"; a policy that the caller could not change again is refused, `PutKeyPolicy`).
///
/// `writers` is the account of the estate, if the key is in another one: S3 encrypts copies with it for the role there, and nobody there
/// can decrypt them (Amazon S3 User Guide, "Granting additional permissions for cross-account scenarios").
#[must_use]
pub fn policy(account: &str, writers: Option<&str>, region: &str) -> Value {
    let writers = writers.map(|writers| {
        json!({
            "Sid": "EncryptCopies",
            "Effect": "Allow",
            "Principal": {"AWS": root_arn(writers)},
            "Action": ["kms:Encrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": format!("s3.{region}.amazonaws.com")}},
        })
    });
    let mut policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "UseByPoliciesOfTheAccount",
                "Effect": "Allow",
                "Principal": {"AWS": root_arn(account)},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "KeepKey",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["kms:DisableKey", "kms:ScheduleKeyDeletion"],
                "Resource": "*",
            },
        ],
    });
    if let (Some(writers), Some(Value::Array(all))) = (writers, policy.get_mut("Statement")) {
        all.push(writers);
    }
    policy
}

fn state(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_str()?.contains("Deletion").then_some("somebody has scheduled its deletion, which this cancels")
}
