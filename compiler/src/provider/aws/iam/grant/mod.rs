//! The permissions of the roles that Holdfast creates, for replication and for backups: the documents that `lower` writes, and a
//! check whether a document is one that it could have written. The check runs last, before a document is sent
//! to a cloud, whatever plan it comes from.

mod others;
mod policy;

use serde_json::{Value, json};

use crate::provider::aws::named::PREFIX;

pub use others::{FOREIGN, Foreign};
pub use policy::check as policy;

/// The prefix of the name of every role that Holdfast creates.
pub const ROLE_PREFIX: &str = PREFIX;

/// The service that acts with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Amazon S3, which replicates.
    S3,
    /// AWS Backup.
    Backup,
    /// S3 Batch Operations, which copies older objects.
    Batch,
    /// Amazon EventBridge, which sends events to other regions.
    Events,
}

impl Service {
    /// The service that a trust policy of Holdfast names.
    #[must_use]
    pub fn of(trust: &Value, account: &str) -> Option<Self> {
        [Self::S3, Self::Backup, Self::Batch, Self::Events]
            .into_iter()
            .find(|service| *trust == self::trust(*service, account))
    }

    /// Its name in trust policies.
    #[must_use]
    pub fn principal(self) -> &'static str {
        match self {
            Self::S3 => "s3.amazonaws.com",
            Self::Backup => "backup.amazonaws.com",
            Self::Batch => "batchoperations.s3.amazonaws.com",
            Self::Events => "events.amazonaws.com",
        }
    }
}

/// What a statement of a role's policy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Buckets: `arn:aws:s3:::NAME`.
    Buckets,
    /// All objects of buckets: `arn:aws:s3:::NAME/*`.
    Objects,
    /// All objects of buckets in other accounts that the policy names.
    ObjectsElsewhere,
    /// The reports of jobs in buckets: `arn:aws:s3:::NAME/PREFIX/*`.
    Reports,
    /// KMS keys, only through S3 and for buckets.
    Keys,
    /// KMS keys, only through S3.
    DescribedKeys,
    /// KMS keys of vaults, only for services of AWS.
    GrantedKeys,
    /// KMS keys of vaults, named by their ARNs or aliases.
    VaultKeys,
    /// Everything, for actions that do not support resources.
    Any,
    /// The EventBridge rules that AWS Backup manages.
    EventRules,
    /// Vaults: `arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME`.
    Vaults,
    /// All recovery points of the account.
    RecoveryPoints,
    /// The default event buses of the account: `arn:aws:events:REGION:ACCOUNT:event-bus/default`.
    Buses,
}

/// A kind of statement.
#[derive(Debug)]
pub struct Grant {
    /// The service that it is for.
    pub service: Service,
    /// The `Sid`. A statement about keys by ARN has the suffix `ByArn`, one that goes [`KEPT`].
    pub id: &'static str,
    /// What it applies to.
    pub on: On,
    /// The allowed actions, sorted.
    pub actions: &'static [&'static str],
}

/// The id of the grant that only a bucket with Object Lock needs.
pub const READ_LOCKS: &str = "ReadLocks";

/// The id of the grant for copies in other accounts.
pub const HAND_OVER: &str = "HandOverCopies";

/// All permissions that a role can have. Sources: Amazon S3 User Guide, "Setting up permissions for live replication" and
/// "Replicating encrypted objects (SSE-S3, SSE-KMS, DSSE-KMS, SSE-C)". For backups: AWS Managed Policy Reference,
/// `AWSBackupServiceRolePolicyForS3Backup`, and for copies the statements about vaults and grants of
/// `AWSBackupServiceRolePolicyForBackup`; both apply to all resources, and these only to those of one data set.
/// For jobs: Amazon S3 User Guide, "Configuring an IAM role for S3 Batch Replication", without what only a manifest of one's own, or one
/// that is kept, needs.
pub const GRANTS: [Grant; 21] = [
    Grant {
        service: Service::S3,
        id: "ReadConfiguration",
        on: On::Buckets,
        actions: &["s3:GetReplicationConfiguration", "s3:ListBucket"],
    },
    Grant {
        service: Service::S3,
        id: "ReadObjects",
        on: On::Objects,
        actions: &[
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionTagging",
        ],
    },
    // For a bucket with Object Lock, which S3 copies with the retention and the legal hold of each object.
    Grant {
        service: Service::S3,
        id: READ_LOCKS,
        on: On::Objects,
        actions: &["s3:GetObjectLegalHold", "s3:GetObjectRetention"],
    },
    Grant {
        service: Service::S3,
        id: "WriteCopies",
        on: On::Objects,
        actions: &["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
    },
    // Copies in another account belong to that account (Amazon S3 User Guide, "Changing the replica owner").
    Grant {
        service: Service::S3,
        id: HAND_OVER,
        on: On::ObjectsElsewhere,
        actions: &[
            "s3:ObjectOwnerOverrideToBucketOwner",
            "s3:ReplicateDelete",
            "s3:ReplicateObject",
            "s3:ReplicateTags",
        ],
    },
    Grant { service: Service::S3, id: "ReadKey", on: On::Keys, actions: &["kms:Decrypt"] },
    Grant {
        service: Service::S3,
        id: "WriteKey",
        on: On::Keys,
        actions: &["kms:Encrypt", "kms:GenerateDataKey"],
    },
    Grant {
        service: Service::Backup,
        id: "ReadBucket",
        on: On::Buckets,
        actions: &[
            "s3:GetBucketAcl",
            "s3:GetBucketLocation",
            "s3:GetBucketNotification",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetInventoryConfiguration",
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:ListTagsForResource",
            "s3:PutBucketNotification",
            "s3:PutInventoryConfiguration",
        ],
    },
    Grant {
        service: Service::Backup,
        id: "BackUpObjects",
        on: On::Objects,
        actions: &[
            "s3:GetObject",
            "s3:GetObjectAcl",
            "s3:GetObjectTagging",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionTagging",
        ],
    },
    Grant {
        service: Service::Backup,
        id: "WatchAccount",
        on: On::Any,
        actions: &["cloudwatch:GetMetricData", "events:ListRules", "s3:ListAllMyBuckets"],
    },
    Grant {
        service: Service::Backup,
        id: "WatchBucket",
        on: On::EventRules,
        actions: &[
            "events:DeleteRule",
            "events:DescribeRule",
            "events:DisableRule",
            "events:EnableRule",
            "events:ListTargetsByRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
        ],
    },
    Grant {
        service: Service::Backup,
        id: "TakeBackups",
        on: On::RecoveryPoints,
        actions: &["backup:CopyFromBackupVault", "backup:TagResource"],
    },
    Grant {
        service: Service::Backup,
        id: "CopyBackups",
        on: On::Vaults,
        actions: &["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"],
    },
    Grant { service: Service::Backup, id: "ReadDataKey", on: On::Keys, actions: &["kms:Decrypt"] },
    Grant {
        service: Service::Backup,
        id: "DescribeDataKey",
        on: On::DescribedKeys,
        actions: &["kms:DescribeKey"],
    },
    Grant {
        service: Service::Backup,
        id: "GrantVaultKey",
        on: On::GrantedKeys,
        actions: &["kms:CreateGrant"],
    },
    Grant {
        service: Service::Backup,
        id: "DescribeVaultKey",
        on: On::VaultKeys,
        actions: &["kms:DescribeKey"],
    },
    Grant {
        service: Service::Batch,
        id: "ListObjects",
        on: On::Buckets,
        actions: &["s3:GetReplicationConfiguration", "s3:PutInventoryConfiguration"],
    },
    Grant {
        service: Service::Batch,
        id: "CopyObjects",
        on: On::Objects,
        actions: &["s3:InitiateReplication"],
    },
    Grant { service: Service::Batch, id: "WriteReports", on: On::Reports, actions: &["s3:PutObject"] },
    // Amazon EventBridge User Guide, "Example policy: Send events to an event bus in a different Region".
    Grant { service: Service::Events, id: "SendHeartbeats", on: On::Buses, actions: &["events:PutEvents"] },
];

/// The EventBridge rules that AWS Backup manages for the buckets that it backs up (AWS Managed Policy Reference,
/// `AWSBackupServiceRolePolicyForS3Backup`).
#[must_use]
pub fn event_rules(account: &str) -> String {
    format!("arn:aws:events:*:{account}:rule/AwsBackupManagedRule*")
}

/// All recovery points of an account.
#[must_use]
pub fn recovery_points(account: &str) -> String {
    format!("arn:aws:backup:*:{account}:recovery-point:*")
}

/// The end of the `Sid` of a statement that stays only while a role changes to another document.
pub const KEPT: &str = "Before";

impl Grant {
    /// The grant of a statement, by its `Sid`.
    #[must_use]
    pub fn of(sid: &str) -> Option<&'static Self> {
        let id = sid.strip_suffix(KEPT).unwrap_or(sid);
        GRANTS.iter().find(|grant| {
            let keys = matches!(grant.on, On::Keys | On::DescribedKeys | On::GrantedKeys | On::VaultKeys);
            grant.id == id || (keys && id.strip_suffix("ByArn") == Some(grant.id))
        })
    }
}

/// The trust policy: the service may assume the role on behalf of a resource of this account, so that nobody can make S3
/// use it for a bucket in another account (IAM User Guide, "The confused deputy problem"; `aws:SourceAccount`
/// in "AWS global condition context keys"). The documentation of replication shows the trust policy without
/// this condition, and no emulator evaluates it: only a test in a real account can confirm that S3 sends the
/// key when it replicates. If it did not, no object would be copied, and the replication status of every
/// object would be `FAILED`. For AWS Backup, the condition is documented (AWS Backup Developer Guide, "Cross-service confused deputy
/// prevention"). For S3 Batch Operations, the documented policy has no condition (Amazon S3 User Guide, "Granting permissions for Batch
/// Operations"), and none is needed: a job gets its role from whoever creates it, who must be allowed to pass it. The same holds for
/// EventBridge and the targets of a rule (Amazon EventBridge User Guide, "Permissions for event buses in Amazon EventBridge").
#[must_use]
pub fn trust(service: Service, account: &str) -> Value {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": service.principal()},
        "Action": "sts:AssumeRole",
    });
    if let (Service::S3 | Service::Backup, Value::Object(statement)) = (service, &mut statement) {
        let condition = json!({"StringEquals": {"aws:SourceAccount": account}});
        statement.insert("Condition".to_owned(), condition);
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The condition that buckets belong to an account (Amazon S3 User Guide, "Bucket policy examples using
/// condition keys": `s3:ResourceAccount`). Without it, anybody could take a bucket name that was given up.
#[must_use]
pub fn owned_by(account: &str) -> Value {
    json!({"StringEquals": {"s3:ResourceAccount": account}})
}

/// The same for buckets that each belong to one of these accounts. IAM returns a list of one item as the item itself.
#[must_use]
pub fn owned_by_any(accounts: Vec<&str>) -> Value {
    match accounts.as_slice() {
        [one] => owned_by(one),
        all => json!({"StringEquals": {"s3:ResourceAccount": all}}),
    }
}
