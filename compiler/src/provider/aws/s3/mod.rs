//! Amazon S3: buckets and their replication.

pub mod bucket;
pub mod bucket_access;
mod lower;
pub mod replication;

pub(super) use lower::lower;

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

const ARN: &str = "arn:aws:s3:::";
