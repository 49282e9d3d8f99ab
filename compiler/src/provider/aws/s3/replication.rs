//! The replication configuration of a bucket (V2 rules).

use serde_json::Value;

use crate::provider::aws::iam::role;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, PASSED_ROLES, on};
use crate::resource::{ActsWith, AttributeSchema, Kind, KindSchema, Made, Shape, Values, calls};

/// The source bucket.
pub const BUCKET: &str = "bucket";
/// Its region.
pub const REGION: &str = "region";
/// The ARN of the role.
pub const ROLE: &str = "role";
/// The rules, highest priority first. A rule is a mapping: `id`, `priority`, `status`, `filter` (`{prefix}`),
/// `delete-markers`, `destination` (ARN), `account`, `replication-time` and `metrics` (minutes or null),
/// `sse-kms-objects`, `replica-kms-key`, and any other key that a configuration made by others has, so that
/// its removal is visible.
pub const RULES: &str = "rules";

/// The keys of a rule.
pub mod rule {
    /// Text, unique in the configuration.
    pub const ID: &str = "id";
    /// A number, unique in the configuration; the highest wins.
    pub const PRIORITY: &str = "priority";
    /// `Enabled` or `Disabled`.
    pub const STATUS: &str = "status";
    /// The filter of objects: `{prefix}`, and other keys of rules made by others.
    pub const FILTER: &str = "filter";
    /// `Enabled` or `Disabled`.
    pub const DELETE_MARKERS: &str = "delete-markers";
    /// The ARN of the destination bucket.
    pub const DESTINATION: &str = "destination";
    /// The account that owns the destination bucket.
    pub const ACCOUNT: &str = "account";
    /// Minutes of replication time control, or null.
    pub const TIME: &str = "replication-time";
    /// Minutes of the metrics' threshold, or null.
    pub const METRICS: &str = "metrics";
    /// `Enabled` if objects under SSE-KMS are copied.
    pub const SSE_KMS: &str = "sse-kms-objects";
    /// The key that the copies are encrypted with.
    pub const REPLICA_KEY: &str = "replica-kms-key";
    /// The value of an enabled setting.
    pub const ON: &str = "Enabled";
}

/// The prefix of the ids of Holdfast's rules.
pub const RULE_PREFIX: &str = "holdfast-";
/// Minutes of replication time control; the only value S3 accepts (S3 API Reference, `ReplicationTimeValue`).
pub const MINUTES: u64 = 15;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "replication",
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(ROLE),
        AttributeSchema::new(RULES).shaped(Shape::Document).caution(rules).leavable(),
    ],
    removal: Some("new objects are no longer copied"),
    ours: Some(ours),
    acts_with: Some(ActsWith { attribute: ROLE, names: names_role }),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "s3:GetBucketReplication", made [Made::Observe], takes [on("s3:GetReplicationConfiguration", &BUCKETS)];
    PUT = "s3:PutBucketReplication", made [Made::Create, Made::Update(&[REGION, ROLE, RULES])],
        takes [on("s3:PutReplicationConfiguration", &BUCKETS), on("iam:PassRole", &PASSED_ROLES)];
    DELETE = "s3:DeleteBucketReplication", made [Made::Delete],
        takes [on("s3:PutReplicationConfiguration", &BUCKETS)];
}

/// Whether every rule has an id of Holdfast.
fn names_role(arn: &str, identity: &Values) -> bool {
    let name = identity.get(role::NAME).and_then(Value::as_str);
    name.is_some_and(|name| arn.rsplit('/').next() == Some(name))
}

fn ours(values: &Values) -> bool {
    let rules = values.get(RULES).and_then(Value::as_array);
    let id =
        |one: &Value| one.get(rule::ID).and_then(Value::as_str).is_some_and(|id| id.starts_with(RULE_PREFIX));
    rules.is_some_and(|rules| rules.iter().all(id))
}

fn rules(before: &Value, after: &Value) -> Option<&'static str> {
    let destinations = |rules: &Value| -> Vec<Value> {
        let rules = rules.as_array().into_iter().flatten();
        rules.filter_map(|one| one.get(rule::DESTINATION).cloned()).collect()
    };
    let after = destinations(after);
    let lost = destinations(before).iter().any(|destination| !after.contains(destination));
    lost.then_some("an existing destination receives no further copies")
}
