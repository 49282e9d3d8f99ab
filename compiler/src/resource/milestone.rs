//! A service as a whole: reached when everything it consists of is set up. Others can wait for it with one
//! edge instead of one per resource. It is in no cloud.

use super::schema::{KindSchema, Lifecycle};

/// The declaration.
pub static SCHEMA: KindSchema =
    KindSchema { name: "service", lifecycle: Lifecycle::Milestone, ..KindSchema::BASE };
