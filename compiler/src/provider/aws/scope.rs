//! The resources of IAM permissions. `ACCOUNT`, `PREFIX`, `ZONE`, `JOURNAL` and `JOURNAL-PREFIX` are
//! placeholders for the reader.
//!
//! Source: AWS Service Authorization Reference, "Actions, resources, and condition keys" for Amazon S3, IAM, Route 53,
//! KMS.

use serde_json::{Value, json};

use crate::resource::{Permission, Scope};

/// A permission on a scope.
pub(super) const fn on(action: &'static str, on: &'static Scope) -> Permission {
    Permission::new(action, on)
}

const fn scope(name: &'static str, resource: &'static str) -> Scope {
    Scope { name, resource, all: None, condition: None }
}

const ROLE: &str = "arn:aws:iam::ACCOUNT:role/holdfast-*";

/// Any resource, for actions that do not support resources.
pub static ANY: Scope = scope("any", "*");
/// The buckets of the estate.
pub static BUCKETS: Scope =
    Scope { all: Some("arn:aws:s3:::*"), ..scope("buckets", "arn:aws:s3:::PREFIX-*") };
/// The roles that Holdfast creates.
pub static ROLES: Scope = scope("roles", ROLE);
/// The same roles, only with the permissions boundary.
pub static ROLES_WITHIN: Scope = Scope { condition: Some(within), ..scope("roles-within", ROLE) };
/// The same roles, only when passed to S3.
pub static PASSED_ROLES: Scope = Scope { condition: Some(passed), ..scope("roles-passed", ROLE) };
/// Hosted zones.
pub static ZONES: Scope = Scope {
    all: Some("arn:aws:route53:::hostedzone/*"),
    ..scope("zones", "arn:aws:route53:::hostedzone/ZONE")
};
/// Health checks.
pub static HEALTH_CHECKS: Scope = scope("health-checks", "arn:aws:route53:::healthcheck/*");
/// The keys that policies name. Those of another account are described only if their key policies allow it.
pub static KEYS: Scope = scope("keys", "arn:aws:kms:*:*:key/*");
/// The bucket of a journal.
pub static JOURNAL: Scope = scope("journal", "arn:aws:s3:::JOURNAL");
/// The objects of a journal.
pub static JOURNAL_OBJECTS: Scope = scope("journal-objects", "arn:aws:s3:::JOURNAL/JOURNAL-PREFIX/*");

fn within() -> Value {
    json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/holdfast-boundary"}})
}

fn passed() -> Value {
    json!({"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}})
}
