//! A service as a whole: complete when all its resources are set up. Others can depend on it with one edge
//! instead of one per resource. It exists in no cloud.

use super::schema::{KindSchema, Lifecycle};

/// The declaration.
pub static SCHEMA: KindSchema =
    KindSchema { name: "service", lifecycle: Lifecycle::Milestone, ..KindSchema::BASE };
