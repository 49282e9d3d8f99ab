//! A service as a whole: reached when everything it consists of is set up. Others can wait for it with one
//! edge instead of one per resource.

use super::schema::{KindSchema, Lifecycle};

pub(super) static SCHEMA: KindSchema = KindSchema {
    name: "service",
    lifecycle: Lifecycle::Milestone,
    stateful: false,
    attributes: &[],
    outputs: &[],
    batched_by: None,
    removal: None,
    ours: None,
    coexist: None,
};
