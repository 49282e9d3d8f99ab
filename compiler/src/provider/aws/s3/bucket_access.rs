//! Settings of a bucket that decide whether S3 copies into or out of it, and that no policy of Holdfast manages: the bucket
//! policy, the lifecycle rules, who pays for requests, and Object Lock. They are read only for the buckets of a real-time copy.

use serde_json::Value;

use super::{lifecycle, lock};
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Lifecycle, Made, Shape, Values, calls};

/// The bucket.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// The bucket policy as a document, or null.
pub const POLICY: &str = "policy";
/// The lifecycle rules: a list of mappings with the keys of [`rule`], or null.
pub const LIFECYCLE: &str = "lifecycle";
/// [`OWNER_PAYS`] or [`REQUESTER_PAYS`].
pub const PAYER: &str = "payer";
/// The default retention of Object Lock: a mapping `{mode, days, years}`, empty if there is none; null if the bucket has no
/// Object Lock.
pub const OBJECT_LOCK: &str = "object-lock";
/// What could not be read: a mapping from the attribute to the reason. Absent if everything was read.
pub const UNREAD: &str = "unread";

/// The bucket's owner pays for requests, which is the default.
pub const OWNER_PAYS: &str = "BucketOwner";
/// Whoever makes a request pays for it.
pub const REQUESTER_PAYS: &str = "Requester";

/// The keys of a lifecycle rule.
pub mod rule {
    /// Text, unique in the configuration.
    pub const ID: &str = "id";
    /// `Enabled` or `Disabled`.
    pub const STATUS: &str = "status";
    /// A mapping of what the rule is about; empty for the whole bucket.
    pub const FILTER: &str = "filter";
    /// Days after which the current version of an object expires, or null.
    pub const EXPIRES_DAYS: &str = "expires-days";
    /// The day on which current versions expire, or null.
    pub const EXPIRES_ON: &str = "expires-on";
    /// Days after which a version expires that is no longer the current one, or null.
    pub const NONCURRENT_DAYS: &str = "noncurrent-days";
    /// How many noncurrent versions stay however old they are, or null.
    pub const NONCURRENT_KEPT: &str = "noncurrent-kept";
    /// The storage classes that current versions move to.
    pub const MOVES_TO: &str = "moves-to";
    /// The value of an enabled rule.
    pub const ON: &str = "Enabled";
}

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "bucket-access",
    lifecycle: Lifecycle::Evidence,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::new(REGION),
        AttributeSchema::new(POLICY).shaped(Shape::Document),
        AttributeSchema::new(LIFECYCLE).shaped(Shape::Document),
        AttributeSchema::new(PAYER),
        AttributeSchema::new(OBJECT_LOCK),
        AttributeSchema::new(UNREAD),
    ],
    foreign_settings: Some(foreign_settings),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET_POLICY = "s3:GetBucketPolicy", made [Made::Observe], takes [on("s3:GetBucketPolicy", &BUCKETS)];
    GET_LIFECYCLE = "s3:GetBucketLifecycleConfiguration", made [Made::Observe],
        takes [on("s3:GetLifecycleConfiguration", &BUCKETS)];
    GET_PAYER = "s3:GetBucketRequestPayment", made [Made::Observe], takes [on("s3:GetBucketRequestPayment", &BUCKETS)];
    GET_LOCK = "s3:GetObjectLockConfiguration", made [Made::Observe],
        takes [on("s3:GetBucketObjectLockConfiguration", &BUCKETS)];
}

/// The enabled lifecycle rules.
pub fn enabled_rules(access: &Values) -> impl Iterator<Item = &Value> {
    let rules = access.get(LIFECYCLE).and_then(Value::as_array);
    rules.into_iter().flatten().filter(|rule| rule.get(rule::STATUS).is_some_and(|status| status == rule::ON))
}

/// Object Lock, lifecycle rules that remove or move objects, and requesters who pay. A bucket policy is named with the
/// objective that it breaks: most are harmless.
fn foreign_settings(access: &Values, managed: &dyn Fn(&'static KindSchema) -> bool) -> Option<String> {
    let lock = access
        .get(OBJECT_LOCK)
        .filter(|lock| lock.is_object() && !managed(&lock::SCHEMA))
        .map(|_| "Object Lock".to_owned());
    let does = |one: &&Value| {
        let set = |key: &str| one.get(key).is_some_and(|value| !value.is_null());
        let moves = one.get(rule::MOVES_TO).and_then(Value::as_array).is_some_and(|to| !to.is_empty());
        moves || [rule::EXPIRES_DAYS, rule::EXPIRES_ON, rule::NONCURRENT_DAYS].into_iter().any(set)
    };
    let id = |one: &Value| one.get(rule::ID).and_then(Value::as_str).unwrap_or_default().to_owned();
    let theirs = |one: &&Value| one.get(rule::ID).is_none_or(|id| id != lifecycle::RULE);
    let rules =
        enabled_rules(access).filter(theirs).filter(does).map(|one| format!("lifecycle rule `{}`", id(one)));
    let pays = access.get(PAYER).filter(|payer| **payer == REQUESTER_PAYS);
    let pays = pays.map(|_| "requesters who pay".to_owned());
    let all: Vec<String> = lock.into_iter().chain(rules).chain(pays).collect();
    let name = access.get(NAME).and_then(Value::as_str).unwrap_or_default();
    (!all.is_empty()).then(|| KindSchema::decides(&format!("the bucket `{name}` has {}", all.join(", "))))
}
