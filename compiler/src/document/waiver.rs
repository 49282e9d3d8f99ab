//! Waivers: findings that somebody accepts for a limited time.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{FindingCode, Name, Prose};
use crate::units::Date;

/// A finding of this document that somebody has accepted. Every report shows it until it expires.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    /// The finding's code: a warning, or an error about objectives or recovery (E08, E09).
    pub code: FindingCode,
    /// Why it can be accepted.
    #[schemars(with = "Prose", length(min = 1, max = 1000))]
    pub because: String,
    /// Who has accepted it: a contact of the continuity plan.
    pub owner: Name,
    /// The last day it is valid.
    pub until: Date,
}
