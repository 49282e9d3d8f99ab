//! The permissions of the replication roles that Holdfast creates: the documents that `lower` writes, and a
//! check whether a document is one that it could have written. The check runs last, before a document is sent
//! to a cloud, whatever plan it comes from.

mod others;
mod policy;

use serde_json::{Value, json};

pub use others::{FOREIGN, Foreign};
pub use policy::check as policy;

/// The prefix of the name of every role that Holdfast creates.
pub const ROLE_PREFIX: &str = "holdfast-";

/// What a statement of a role's policy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Buckets: `arn:aws:s3:::NAME`.
    Buckets,
    /// All objects of buckets: `arn:aws:s3:::NAME/*`.
    Objects,
    /// KMS keys, only through S3 and for buckets.
    Keys,
}

/// A kind of statement.
#[derive(Debug)]
pub struct Grant {
    /// The `Sid`. A statement about keys by ARN has the suffix `ByArn`, one that goes [`KEPT`].
    pub id: &'static str,
    /// What it applies to.
    pub on: On,
    /// The allowed actions, sorted.
    pub actions: &'static [&'static str],
}

/// The id of the grant that only a bucket with Object Lock needs.
pub const READ_LOCKS: &str = "ReadLocks";

/// All permissions that a role can have. Sources: Amazon S3 User Guide, "Setting up permissions for live
/// replication" and "Replicating encrypted objects (SSE-S3, SSE-KMS, DSSE-KMS, SSE-C)".
pub const GRANTS: [Grant; 6] = [
    Grant {
        id: "ReadConfiguration",
        on: On::Buckets,
        actions: &["s3:GetReplicationConfiguration", "s3:ListBucket"],
    },
    Grant {
        id: "ReadObjects",
        on: On::Objects,
        actions: &[
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionTagging",
        ],
    },
    // For a bucket with Object Lock, which S3 copies with the retention and the legal hold of each object.
    Grant { id: READ_LOCKS, on: On::Objects, actions: &["s3:GetObjectLegalHold", "s3:GetObjectRetention"] },
    Grant {
        id: "WriteCopies",
        on: On::Objects,
        actions: &["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
    },
    Grant { id: "ReadKey", on: On::Keys, actions: &["kms:Decrypt"] },
    Grant { id: "WriteKey", on: On::Keys, actions: &["kms:Encrypt", "kms:GenerateDataKey"] },
];

/// The end of the `Sid` of a statement that stays only while a role changes to another document.
pub const KEPT: &str = "Before";

impl Grant {
    /// The grant of a statement, by its `Sid`.
    #[must_use]
    pub fn of(sid: &str) -> Option<&'static Self> {
        let id = sid.strip_suffix(KEPT).unwrap_or(sid);
        GRANTS.iter().find(|grant| {
            grant.id == id || (grant.on == On::Keys && id.strip_suffix("ByArn") == Some(grant.id))
        })
    }
}

/// The trust policy: S3 may assume the role on behalf of a bucket of this account, so that nobody can make S3
/// use it for a bucket in another account (IAM User Guide, "The confused deputy problem"; `aws:SourceAccount`
/// in "AWS global condition context keys"). The documentation of replication shows the trust policy without
/// this condition, and no emulator evaluates it: only a test in a real account can confirm that S3 sends the
/// key when it replicates. If it did not, no object would be copied, and the replication status of every
/// object would be `FAILED`.
#[must_use]
pub fn trust(account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }],
    })
}

/// The condition that buckets belong to an account (Amazon S3 User Guide, "Bucket policy examples using
/// condition keys": `s3:ResourceAccount`). Without it, anybody could take a bucket name that was given up.
#[must_use]
pub fn owned_by(account: &str) -> Value {
    json!({"StringEquals": {"s3:ResourceAccount": account}})
}
