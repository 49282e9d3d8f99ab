//! AWS Identity and Access Management: the roles that services act with.

pub mod grant;
pub(super) mod lower;
pub mod rights;
pub mod role;
mod union;

/// The ARN of a role without a path.
#[must_use]
pub fn role_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}
