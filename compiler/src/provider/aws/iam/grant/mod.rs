//! What a replication role of ours may do: the documents that `lower` writes, and the test whether a document is one
//! that it could have written. The test is the last check before a document is sent to a cloud, whatever plan it comes
//! from.

mod others;
mod policy;

use serde_json::{Value, json};

pub use others::{FOREIGN, Foreign};
pub use policy::check as policy;

/// What every name of a role that Holdfast makes begins with.
pub const ROLE_PREFIX: &str = "holdfast-";

/// What a statement of a role's policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Buckets: `arn:aws:s3:::NAME`.
    Buckets,
    /// All objects of buckets: `arn:aws:s3:::NAME/*`.
    Objects,
    /// KMS keys, through S3 and for buckets only.
    Keys,
}

/// One kind of statement.
#[derive(Debug)]
pub struct Grant {
    /// The `Sid`; that of a statement about keys named by ARN has `ByArn` behind it.
    pub id: &'static str,
    /// What it is about.
    pub on: On,
    /// What it allows, sorted.
    pub actions: &'static [&'static str],
}

/// All that a role may be allowed. Sources: Amazon S3 User Guide, "Setting up permissions for live replication" and
/// "Replicating encrypted objects (SSE-S3, SSE-KMS, DSSE-KMS, SSE-C)".
pub const GRANTS: [Grant; 5] = [
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
    Grant {
        id: "WriteCopies",
        on: On::Objects,
        actions: &["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
    },
    Grant { id: "ReadKey", on: On::Keys, actions: &["kms:Decrypt"] },
    Grant { id: "WriteKey", on: On::Keys, actions: &["kms:Encrypt", "kms:GenerateDataKey"] },
];

/// Who may be the role: S3, on behalf of a bucket of this account, so that nobody can make S3 use it for a bucket of
/// theirs (IAM User Guide, "The confused deputy problem"; `aws:SourceAccount` in "AWS global condition context keys").
/// The pages about replication show the trust policy without the condition, and no stand-in evaluates it: that S3
/// sends the key when it replicates, only a real account can confirm. If it did not, no object would be copied, and
/// the replication status of every object would say so (`FAILED`).
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

/// The condition that buckets belong to an account (Amazon S3 User Guide, "Bucket policy examples using condition
/// keys": `s3:ResourceAccount`). A name that was given up can be taken by anybody.
#[must_use]
pub fn owned_by(account: &str) -> Value {
    json!({"StringEquals": {"s3:ResourceAccount": account}})
}
