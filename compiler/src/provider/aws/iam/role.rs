//! An IAM role with its trust policy and one inline policy.
//!
//! An observed role can have a further attribute, [`FOREIGN`](super::grant::FOREIGN): permissions from other
//! sources.

use serde_json::Value;

use super::grant::{Foreign, ROLE_PREFIX};
use super::union::union;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, ROLES, ROLES_WITHIN, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Mark, Shape, Values, calls};

/// Text, at most [`LONGEST_NAME`] characters, unique in the account.
pub const NAME: &str = "name";
/// The policy document that says who may assume the role.
pub const TRUST: &str = "trust";
/// The inline policy document, or null if there is none.
pub const POLICY: &str = "policy";
/// A mapping.
pub const TAGS: &str = "tags";

/// The output: its ARN.
pub const ARN: &str = "arn";

/// The longest name of a role, in characters (IAM API Reference, `CreateRole`).
pub const LONGEST_NAME: usize = 64;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "role",
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::new(TRUST).shaped(Shape::Document).leavable(),
        AttributeSchema::new(POLICY).shaped(Shape::Document).leavable(),
        AttributeSchema::new(TAGS).shaped(Shape::Tags).leavable(),
    ],
    outputs: &[ARN],
    ours: Some(ours),
    mark: Mark::Attribute(TAGS),
    known_as: &[NAME],
    acts: true,
    between: Some(between),
    rights_of_others: Some(|role| Foreign::of(role).map(|foreign| foreign.in_words())),
    rights: &[TRUST, POLICY],
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    READ_ALL = "iam:GetAccountAuthorizationDetails", made [Made::Observe],
        takes [on("iam:GetAccountAuthorizationDetails", &ANY)];
    CREATE = "iam:CreateRole", made [Made::Create],
        takes [on("iam:CreateRole", &ROLES_WITHIN), on("iam:TagRole", &ROLES)];
    GET = "iam:GetRole", made [Made::Recover], takes [on("iam:GetRole", &ROLES)];
    LIST_POLICIES = "iam:ListRolePolicies", made [Made::Recover], takes [on("iam:ListRolePolicies", &ROLES)];
    LIST_ATTACHED = "iam:ListAttachedRolePolicies", made [Made::Recover],
        takes [on("iam:ListAttachedRolePolicies", &ROLES)];
    PUT_POLICY = "iam:PutRolePolicy", made [Made::Create, Made::Update(&[POLICY])],
        takes [on("iam:PutRolePolicy", &ROLES_WITHIN)];
    PUT_TRUST = "iam:UpdateAssumeRolePolicy", made [Made::Update(&[TRUST])],
        takes [on("iam:UpdateAssumeRolePolicy", &ROLES)];
    TAG = "iam:TagRole", made [Made::Update(&[TAGS])], takes [on("iam:TagRole", &ROLES)];
    DELETE_POLICY = "iam:DeleteRolePolicy", made [Made::Delete], takes [on("iam:DeleteRolePolicy", &ROLES)];
    DELETE = "iam:DeleteRole", made [Made::Delete], takes [on("iam:DeleteRole", &ROLES)];
}

/// While the role changes, it allows what the old and the new configuration of replication need.
fn between(before: &Values, after: &Values) -> Option<Values> {
    let middle = union(before.get(POLICY)?, after.get(POLICY)?)?;
    Some(Values::from([(POLICY.to_owned(), middle)]))
}

/// Whether Holdfast created a role and nobody has added anything to it since. A role that existed before is
/// not owned, although it has Holdfast's tags.
fn ours(role: &Values) -> bool {
    let named = role.get("name").and_then(Value::as_str).is_some_and(|name| name.starts_with(ROLE_PREFIX));
    let tagged = role.get("tags").is_some_and(|tags| tags.get("holdfast:estate").is_some());
    named && tagged && Foreign::of(role).is_none()
}
