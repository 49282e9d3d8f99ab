//! An IAM role with its trust policy and one inline policy.
//!
//! | attribute | value |
//! | --- | --- |
//! | `name` | text, at most 64 characters, unique in the account |
//! | `trust` | policy document |
//! | `policy` | the inline policy document, or null if it is missing |
//! | `tags` | mapping |

use super::schema::{AttributeSchema, KindSchema, Lifecycle, Shape};

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
    ours: Some(|role| role.get("tags").is_some_and(|tags| tags.get("holdfast:estate").is_some())),
    coexist: None,
};
