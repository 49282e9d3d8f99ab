//! Amazon S3: buckets and their replication.

pub mod backfill;
pub mod bucket;
pub mod bucket_access;
pub mod bucket_policy;
mod copying;
pub mod events;
pub mod lifecycle;
pub mod lock;
mod lower;
mod protect;
pub mod replication;
pub mod replication_events;
mod watching;

pub(super) use lower::{foreign_keys, lower};
pub(super) use watching::lower as lower_watching;

/// The ARN of a bucket (Amazon S3 User Guide, "Policy resources for Amazon S3").
#[must_use]
pub fn arn(bucket: &str) -> String {
    format!("{ARN}{bucket}")
}

/// The bucket of an ARN.
#[must_use]
pub fn bucket_of(arn: &str) -> Option<&str> {
    arn.strip_prefix(ARN)
}

/// Why a bucket with the name that a policy declares is not ours. The name of a bucket is unique in all accounts of a partition
/// (Amazon S3 User Guide, "General purpose bucket naming rules").
#[must_use]
pub fn of_another_account(name: &str, region: &str, account: &str) -> String {
    format!(
        "the bucket `{name}` belongs to another account: it exists in {region}, and S3 does not list it for account {account}"
    )
}

const ARN: &str = "arn:aws:s3:::";
