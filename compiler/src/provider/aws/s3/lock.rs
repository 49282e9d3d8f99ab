//! Object Lock of a bucket with a default retention: each version is locked when it is written. What was written before stays as it is.
//!
//! Sources: Amazon S3 User Guide, "Locking objects with Object Lock" and "Object Lock considerations" (it can be enabled on a bucket that
//! has versioning, and nobody can disable it or suspend versioning after that; compliance mode); Amazon S3 API Reference,
//! `PutObjectLockConfiguration`, `DefaultRetention`.

use serde_json::Value;

use super::replication;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, on};
use crate::resource::{AttributeSchema, Irreversible, Kind, KindSchema, Made, Values, calls};

/// The bucket.
pub const BUCKET: &str = "bucket";
/// The id of its region.
pub const REGION: &str = "region";
/// [`GOVERNANCE`], [`COMPLIANCE`], or null if no default retention locks what is written.
pub const MODE: &str = "mode";
/// Whole days for which a version is locked after it was written. Null if it is not, or for a number of years.
pub const DAYS: &str = "days";

/// Whoever has the permission `s3:BypassGovernanceRetention` can delete a version before its time.
pub const GOVERNANCE: &str = "GOVERNANCE";
/// Nobody can.
pub const COMPLIANCE: &str = "COMPLIANCE";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. A bucket without Object Lock has no such object.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "bucket-lock",
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(MODE)
            .irreversible(Irreversible { sets: locks, stays: |_| None })
            .caution(weaker),
        AttributeSchema::new(DAYS)
            .irreversible(Irreversible { sets: locks_longer, stays: |_| None })
            .caution(shorter),
    ],
    never_deleted: Some("nobody can disable Object Lock, and new versions are locked as before"),
    held: Some(held),
    aside: true,
    stops: Some(stops),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "s3:GetObjectLockConfiguration", made [Made::Observe],
        takes [on("s3:GetBucketObjectLockConfiguration", &BUCKETS)];
    PUT = "s3:PutObjectLockConfiguration", made [Made::Create, Made::Update(&[REGION, MODE, DAYS])],
        takes [on("s3:PutBucketObjectLockConfiguration", &BUCKETS)];
}

/// The attributes of a bucket with Object Lock. `mode` and `days`: its default retention.
#[must_use]
pub fn attributes(bucket: &str, region: &str, mode: Option<&str>, days: Option<u64>) -> Values {
    let all = [(BUCKET, bucket.into()), (REGION, region.into()), (MODE, mode.into()), (DAYS, days.into())];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn locks(before: &Value, after: &Value) -> Option<&'static str> {
    match after.as_str()? {
        _ if before == after => None,
        COMPLIANCE => Some(
            "locks each version from now on in compliance mode: nobody can delete it before its time, not even the owner of the account or \
             AWS. Nobody can ever disable Object Lock of the bucket, or suspend its versioning. Versions that exist stay unlocked",
        ),
        _ if before.is_null() => Some(
            "locks each version from now on in governance mode. Nobody can ever disable Object Lock of the bucket, or suspend its \
             versioning. Versions that exist stay unlocked",
        ),
        _ => None,
    }
}

fn locks_longer(before: &Value, after: &Value) -> Option<&'static str> {
    (after.as_u64()? > before.as_u64()?)
        .then_some("locks each version from now on for longer, which nobody can shorten for a version in compliance mode")
}

fn weaker(before: &Value, after: &Value) -> Option<&'static str> {
    (before == COMPLIANCE && after != COMPLIANCE)
        .then_some("whoever has the permission to bypass it can then delete new versions before their time")
}

fn shorter(before: &Value, after: &Value) -> Option<&'static str> {
    let days = |value: &Value| value.as_u64().unwrap_or_default();
    (days(after) < days(before))
        .then_some("new versions are then locked for a shorter time; those that are locked stay so")
}

/// No setting of a bucket says until when its versions are locked, and each may have a retention of its own.
fn held(values: &Values) -> Option<String> {
    let days = values.get(DAYS).and_then(Value::as_u64)?;
    let who = match values.get(MODE).and_then(Value::as_str)? {
        COMPLIANCE => "nobody can delete a version",
        _ => "only who may bypass the lock can delete a version",
    };
    Some(format!(
        "{who} before it is {days} days old, or older if it has a retention of its own, so the bucket stays at least until then"
    ))
}

/// A replication from the bucket. Its copies may have no Object Lock.
fn stops(values: &Values, schema: &KindSchema, other: &Values) -> bool {
    schema.name == replication::SCHEMA.name && values.get(BUCKET) == other.get(replication::BUCKET)
}
