//! AWS Identity and Access Management: the roles that services act with.

pub(super) mod backfill;
pub(super) mod backup;
pub(super) mod events;
pub mod grant;
pub(super) mod lower;
pub mod rights;
pub mod role;
mod statements;
mod union;

use serde_json::Value;

use crate::resource::Values;

/// Whether a role with these identity attributes is the one of an ARN.
pub(super) fn is_role(arn: &str, identity: &Values) -> bool {
    let name = identity.get(role::NAME).and_then(Value::as_str);
    name.is_some_and(|name| arn.rsplit('/').next() == Some(name))
}

/// The ARN that stands for an account as a principal (IAM User Guide, "AWS JSON policy elements: Principal").
#[must_use]
pub fn root_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// The ARN of a role without a path.
#[must_use]
pub fn role_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}
