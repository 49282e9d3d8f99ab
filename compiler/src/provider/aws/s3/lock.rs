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
/// Whole days for which a version is locked after it was written; for a number of years, as S3 has it too, a text such as `10 years`.
/// Null if it is not locked.
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
    never_deleted: Some("nobody can disable Object Lock"),
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

/// The attributes of a bucket with Object Lock, from its default retention.
#[must_use]
pub fn attributes(
    bucket: &str,
    region: &str,
    mode: Option<&str>,
    days: Option<i32>,
    years: Option<i32>,
) -> Values {
    let time = days.map(Value::from).or_else(|| years.map(|years| format!("{years} years").into()));
    let time = time.unwrap_or_default();
    let all = [(BUCKET, bucket.into()), (REGION, region.into()), (MODE, mode.into()), (DAYS, time)];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Closing an account ends its locks with it, and who deletes the key of the data makes it unreadable (Amazon S3 User Guide, "Locking
/// objects with Object Lock").
fn locks(before: &Value, after: &Value) -> Option<&'static str> {
    match (before.as_str(), after.as_str()?) {
        (Some(COMPLIANCE), _) | (Some(_), GOVERNANCE) => None,
        (Some(_), _) => Some(
            "locks each version from now on in compliance mode: nobody can delete it before its time, except by closing the account. Versions \
             that exist keep the lock that they have",
        ),
        (None, COMPLIANCE) => Some(
            "locks each version from now on in compliance mode: nobody can delete it before its time, except by closing the account. Nobody can \
             ever disable Object Lock of the bucket, or suspend its versioning. Versions that exist get no lock from this",
        ),
        (None, _) => Some(
            "locks each version from now on in governance mode: only who has `s3:BypassGovernanceRetention` can delete it before its time. \
             Nobody can ever disable Object Lock of the bucket, or suspend its versioning. Versions that exist get no lock from this",
        ),
    }
}

/// A retention that is there and is not in days is in years: how it compares is not known.
fn locks_longer(before: &Value, after: &Value) -> Option<&'static str> {
    let longer = match (before.as_u64(), after.as_u64()?) {
        (Some(before), after) => after > before,
        (None, _) => !before.is_null(),
    };
    longer.then_some("locks each version from now on for longer, which nobody can shorten for a version in compliance mode")
}

fn weaker(before: &Value, after: &Value) -> Option<&'static str> {
    (before == COMPLIANCE && after != COMPLIANCE)
        .then_some("whoever has the permission to bypass it can then delete new versions before their time")
}

fn shorter(before: &Value, after: &Value) -> Option<&'static str> {
    let shorter = match (before.as_u64(), after.as_u64()?) {
        (Some(before), after) => after < before,
        (None, _) => !before.is_null(),
    };
    shorter.then_some(
        "new versions are then locked for a shorter time, or may be; those that are locked stay so",
    )
}

/// No setting of a bucket says until when its versions are locked, and each may have a retention of its own.
fn held(values: &Values) -> Option<String> {
    let Some(mode) = values.get(MODE).and_then(Value::as_str) else {
        return Some(
            "it locks no new versions; those that have a retention of their own stay locked".to_owned(),
        );
    };
    let who = match mode {
        COMPLIANCE => "nobody can delete a version",
        _ => "only who may bypass the lock can delete a version",
    };
    let old = match values.get(DAYS) {
        Some(Value::Number(days)) => format!("it is {days} days old"),
        Some(Value::String(years)) => format!("it is {years} old"),
        _ => "its lock ends".to_owned(),
    };
    Some(format!(
        "new versions are locked as before: {who} before {old}, or later if it has a retention of its own, so the bucket stays at least \
         until then. To lock no more, remove the default retention by hand"
    ))
}

/// A replication from the bucket. Its copies may have no Object Lock.
fn stops(values: &Values, schema: &KindSchema, other: &Values) -> bool {
    schema.name == replication::SCHEMA.name && values.get(BUCKET) == other.get(replication::BUCKET)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn retention_in_years_is_neither_shortened_nor_made_longer_in_silence() {
        let found = attributes("docs", "us-east-1", Some(COMPLIANCE), None, Some(10));
        let (before, after) = (&found[DAYS], json!(36_500));
        assert!(locks_longer(before, &after).is_some() && shorter(before, &after).is_some());
        assert!(held(&found).is_some_and(|held| held.contains("10 years old")));
        let none = attributes("docs", "us-east-1", None, None, None);
        assert!(locks_longer(&none[DAYS], &after).is_none() && shorter(&none[DAYS], &after).is_none());
        assert!(held(&none).is_some_and(|held| held.contains("no new versions")));
    }

    #[test]
    fn each_way_into_a_lock_needs_a_consent() {
        for (before, after) in
            [(json!(null), GOVERNANCE), (json!(null), COMPLIANCE), (json!(GOVERNANCE), COMPLIANCE)]
        {
            assert!(locks(&before, &json!(after)).is_some(), "{before} to {after}");
        }
        assert!(locks(&json!(COMPLIANCE), &json!(GOVERNANCE)).is_none());
        assert!(weaker(&json!(COMPLIANCE), &json!(GOVERNANCE)).is_some());
    }
}
