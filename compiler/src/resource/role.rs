//! An IAM role with its trust policy and one inline policy.
//!
//! | attribute | value |
//! | --- | --- |
//! | `name` | text, at most 64 characters, unique in the account |
//! | `trust` | policy document |
//! | `policy` | the inline policy document, or null if it is missing |
//! | `tags` | mapping |
//!
//! An observed role may have a further attribute, [`FOREIGN`](crate::grant::FOREIGN): what others have put on it.

use serde_json::Value;

use super::Values;
use super::schema::{AttributeSchema, KindSchema, Lifecycle, Shape};
use crate::grant::{Foreign, ROLE_PREFIX};

pub(super) static SCHEMA: KindSchema = KindSchema {
    name: "role",
    lifecycle: Lifecycle::Managed,
    stateful: false,
    attributes: &[
        AttributeSchema::identity("name"),
        AttributeSchema::new("trust").shaped(Shape::Document),
        AttributeSchema::new("policy").shaped(Shape::Document),
        AttributeSchema::new("tags").shaped(Shape::Tags),
    ],
    outputs: &["arn"],
    batched_by: None,
    removal: None,
    ours: Some(ours),
    coexist: None,
};

/// Whether Holdfast made a role and nobody has put anything on it since. A role that was there before is none of ours,
/// though it bears our tags.
fn ours(role: &Values) -> bool {
    let named = role.get("name").and_then(Value::as_str).is_some_and(|name| name.starts_with(ROLE_PREFIX));
    let tagged = role.get("tags").is_some_and(|tags| tags.get("holdfast:estate").is_some());
    named && tagged && Foreign::of(role).is_none()
}
