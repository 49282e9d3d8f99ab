//! A public hosted zone. Holdfast makes none: whoever delegates the domain does.

use super::schema::{AttributeSchema, KindSchema, Lifecycle};

pub(super) static SCHEMA: KindSchema = KindSchema {
    name: "hosted-zone",
    lifecycle: Lifecycle::Prerequisite,
    stateful: true,
    attributes: &[AttributeSchema::identity("name")],
    outputs: &["id"],
    batched_by: None,
    removal: None,
    ours: None,
    coexist: None,
};
