//! Which permission of IAM each call of AWS takes, on what, and which command makes it: the one table from which
//! `runtime/PERMISSIONS.md` is written (`permissions_page.rs`) and against which the tests hold every request.
//!
//! Source: AWS Service Authorization Reference, "Actions, resources, and condition keys" for Amazon S3, IAM, Route 53.

use On::{Any, Buckets, HealthChecks, Journal, JournalObjects, PassedRoles, Roles, RolesWithin, Zones};
use Use::{Apply, Import, Plan, Teardown};

/// What a person wants to do. Whoever applies also plans; whoever tears down also applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// `plan`, `status` and the like: reading what the policies are about.
    Plan,
    /// `import`: reading everything.
    Import,
    /// `apply` of a plan that deletes no data.
    Apply,
    /// `apply` of a plan that deletes buckets.
    Teardown,
}

impl Use {
    /// Every use, the least first.
    pub const ALL: [Self; 4] = [Plan, Import, Apply, Teardown];

    /// Whether it also does what another one does.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        match (self, other) {
            (Teardown, Apply) | (Teardown | Apply | Import, Plan) => true,
            (one, other) => one == other,
        }
    }
}

/// What a permission is given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// No resource can be named.
    Any,
    /// The buckets of the estate.
    Buckets,
    /// The roles that Holdfast makes.
    Roles,
    /// The same, where they are held within the permissions boundary.
    RolesWithin,
    /// The same, passed to S3 only.
    PassedRoles,
    /// Hosted zones.
    Zones,
    /// Health checks.
    HealthChecks,
    /// The bucket of a journal.
    Journal,
    /// The objects of a journal.
    JournalObjects,
}

/// A permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// The action of IAM, such as `s3:PutEncryptionConfiguration`.
    pub action: &'static str,
    /// What it is needed on.
    pub on: On,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The operation, such as `s3:PutBucketEncryption`.
    pub operation: &'static str,
    /// The least uses that make it.
    pub by: &'static [Use],
    /// What it takes. Nothing where everybody may.
    pub takes: &'static [Permission],
}

impl Call {
    /// Whether a use makes it.
    #[must_use]
    pub fn is_made_by(&self, wanted: Use) -> bool {
        self.by.iter().any(|by| wanted.includes(*by))
    }
}

const fn on(action: &'static str, on: On) -> Permission {
    Permission { action, on }
}

const fn call(operation: &'static str, by: &'static [Use], takes: &'static [Permission]) -> Call {
    Call { operation, by, takes }
}

/// Every call that Holdfast makes.
pub const CALLS: [Call; 44] = [
    // Everybody may (AWS STS API Reference, `GetCallerIdentity`).
    call("sts:GetCallerIdentity", &[Plan], &[]),
    call("s3:ListBuckets", &[Plan], &[on("s3:ListAllMyBuckets", Any)]),
    call("s3:GetBucketLocation", &[Plan], &[on("s3:GetBucketLocation", Buckets)]),
    call("s3:GetBucketVersioning", &[Plan], &[on("s3:GetBucketVersioning", Buckets)]),
    call("s3:GetBucketEncryption", &[Plan], &[on("s3:GetEncryptionConfiguration", Buckets)]),
    call("s3:GetPublicAccessBlock", &[Plan], &[on("s3:GetBucketPublicAccessBlock", Buckets)]),
    call("s3:GetBucketOwnershipControls", &[Plan], &[on("s3:GetBucketOwnershipControls", Buckets)]),
    call("s3:GetBucketTagging", &[Plan], &[on("s3:GetBucketTagging", Buckets)]),
    call("s3:GetBucketReplication", &[Plan], &[on("s3:GetReplicationConfiguration", Buckets)]),
    call("iam:GetAccountAuthorizationDetails", &[Plan], &[on("iam:GetAccountAuthorizationDetails", Any)]),
    call("route53:ListHostedZonesByName", &[Plan], &[on("route53:ListHostedZonesByName", Any)]),
    call("route53:ListResourceRecordSets", &[Plan], &[on("route53:ListResourceRecordSets", Zones)]),
    call("route53:ListHealthChecks", &[Plan], &[on("route53:ListHealthChecks", Any)]),
    call("route53:ListTagsForResource", &[Plan], &[on("route53:ListTagsForResource", HealthChecks)]),
    call("route53:ListTagsForResources", &[Plan], &[on("route53:ListTagsForResources", HealthChecks)]),
    call("route53:ListHostedZones", &[Import], &[on("route53:ListHostedZones", Any)]),
    call(
        "s3:CreateBucket",
        &[Apply],
        // With tags and an ownership of its objects (Amazon S3 API Reference, `CreateBucket`, "Permissions").
        &[
            on("s3:CreateBucket", Buckets),
            on("s3:PutBucketOwnershipControls", Buckets),
            on("s3:TagResource", Buckets),
        ],
    ),
    call("s3:PutBucketVersioning", &[Apply], &[on("s3:PutBucketVersioning", Buckets)]),
    call("s3:PutBucketEncryption", &[Apply], &[on("s3:PutEncryptionConfiguration", Buckets)]),
    call("s3:PutPublicAccessBlock", &[Apply], &[on("s3:PutBucketPublicAccessBlock", Buckets)]),
    call("s3:PutBucketOwnershipControls", &[Apply], &[on("s3:PutBucketOwnershipControls", Buckets)]),
    call("s3:PutBucketTagging", &[Apply], &[on("s3:PutBucketTagging", Buckets)]),
    call(
        "s3:PutBucketReplication",
        &[Apply],
        &[on("s3:PutReplicationConfiguration", Buckets), on("iam:PassRole", PassedRoles)],
    ),
    call("s3:DeleteBucketReplication", &[Apply], &[on("s3:PutReplicationConfiguration", Buckets)]),
    call("iam:CreateRole", &[Apply], &[on("iam:CreateRole", RolesWithin), on("iam:TagRole", Roles)]),
    call("iam:GetRole", &[Apply], &[on("iam:GetRole", Roles)]),
    call("iam:ListRolePolicies", &[Apply], &[on("iam:ListRolePolicies", Roles)]),
    call("iam:ListAttachedRolePolicies", &[Apply], &[on("iam:ListAttachedRolePolicies", Roles)]),
    call("iam:PutRolePolicy", &[Apply], &[on("iam:PutRolePolicy", RolesWithin)]),
    call("iam:UpdateAssumeRolePolicy", &[Apply], &[on("iam:UpdateAssumeRolePolicy", Roles)]),
    call("iam:TagRole", &[Apply], &[on("iam:TagRole", Roles)]),
    call("iam:DeleteRolePolicy", &[Apply], &[on("iam:DeleteRolePolicy", Roles)]),
    call("iam:DeleteRole", &[Apply], &[on("iam:DeleteRole", Roles)]),
    call("route53:ChangeResourceRecordSets", &[Apply], &[on("route53:ChangeResourceRecordSets", Zones)]),
    call("route53:GetChange", &[Apply], &[on("route53:GetChange", Any)]),
    call("route53:CreateHealthCheck", &[Apply], &[on("route53:CreateHealthCheck", Any)]),
    call("route53:UpdateHealthCheck", &[Apply], &[on("route53:UpdateHealthCheck", HealthChecks)]),
    call("route53:DeleteHealthCheck", &[Apply], &[on("route53:DeleteHealthCheck", HealthChecks)]),
    call("route53:ChangeTagsForResource", &[Apply], &[on("route53:ChangeTagsForResource", HealthChecks)]),
    call("s3:DeleteBucket", &[Teardown], &[on("s3:DeleteBucket", Buckets)]),
    call("s3:HeadBucket", &[Plan], &[on("s3:ListBucket", Journal)]),
    call("s3:ListObjectsV2", &[Plan], &[on("s3:ListBucket", Journal)]),
    call("s3:GetObject", &[Plan], &[on("s3:GetObject", JournalObjects)]),
    // Of those who only read, nobody writes a journal.
    call("s3:PutObject", &[Import, Apply], &[on("s3:PutObject", JournalObjects)]),
];

/// The permissions of a use, each once, in the order of the table.
#[must_use]
pub fn of(wanted: Use) -> Vec<Permission> {
    let mut all: Vec<Permission> = Vec::new();
    for call in CALLS.iter().filter(|call| call.is_made_by(wanted)) {
        for permission in call.takes {
            if !all.contains(permission) {
                all.push(*permission);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::OPERATIONS;

    #[test]
    fn every_call_that_is_paced_has_its_permission() {
        for operation in OPERATIONS {
            let calls = CALLS.iter().filter(|call| call.operation == operation).count();
            assert_eq!(calls, 1, "{operation}");
        }
    }

    #[test]
    fn nothing_is_listed_twice() {
        for (nth, call) in CALLS.iter().enumerate() {
            assert!(
                CALLS[nth + 1..].iter().all(|other| other.operation != call.operation),
                "{}",
                call.operation
            );
        }
    }

    #[test]
    fn reading_takes_no_right_to_write() {
        let writes = |by: Use| -> Vec<&str> {
            let reads =
                |action: &str| ["Get", "List"].iter().any(|verb| action.contains(&format!(":{verb}")));
            of(by).iter().map(|one| one.action).filter(|action| !reads(action)).collect()
        };
        assert_eq!(writes(Use::Plan), [""; 0]);
        assert_eq!(writes(Use::Import), ["s3:PutObject"], "what it takes over is written down");
    }
}
