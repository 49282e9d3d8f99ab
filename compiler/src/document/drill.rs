//! The document of kind `drill`: a test of the recovery, and its schedule.
//!
//! The types follow NIST SP 800-34 rev. 1 §3.5.4, SP 800-53 rev. 5 CP-4, and FFIEC Business Continuity Management
//! (2019) VII.G.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::criterion::Criterion;
use super::recovery::Disruption;
use super::text::Name;
use super::waiver::Waiver;
use crate::units::{Date, Duration};

/// Always `drill`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DrillKind {
    /// A drill.
    Drill,
}

/// A drill: a test of the recovery of some services, and its schedule.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Drill {
    /// `drill`: this document describes a drill.
    pub kind: DrillKind,
    /// The drill's name, unique in the estate.
    pub name: Name,
    /// What kind of test it is.
    #[serde(rename = "type")]
    pub form: Form,
    /// How often it is held.
    pub every: Duration,
    /// The day it was last held.
    #[serde(default)]
    pub last: Option<Date>,
    /// The services it tests.
    #[schemars(extend("minItems" = 1, "maxItems" = 1000))]
    pub services: Vec<Name>,
    /// The disruption that is exercised.
    pub disruption: Disruption,
    /// The site that is lost in it, for `site-loss`.
    #[serde(default)]
    pub site: Option<Name>,
    /// Who leads it: a contact.
    #[serde(default)]
    pub lead: Option<Name>,
    /// When it counts as passed.
    pub success: Success,
    /// Findings that somebody has accepted for a limited time.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub waivers: Vec<Waiver>,
}

/// When a drill counts as passed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Success {
    /// Every service is back within this time. Without it: within its own objective.
    #[serde(default)]
    pub rto: Option<Duration>,
    /// No service loses more data than this. Without it: than its own objective allows.
    #[serde(default)]
    pub rpo: Option<Duration>,
    /// Further conditions: sentences that somebody answers for, and probes that the drill sends itself.
    #[serde(default)]
    #[schemars(extend("maxItems" = 50))]
    pub criteria: Vec<Criterion>,
}

/// What kind of test a drill is, from the least to the most convincing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Everybody checks their part of the plan alone.
    Checklist,
    /// The participants read the plan together, step by step.
    WalkThrough,
    /// The participants discuss a scenario. This alone does not show that a recovery works.
    Tabletop,
    /// People act on a scenario as if it were real, without touching production.
    Simulation,
    /// People do their duties in a simulated environment and restore from backups.
    Functional,
    /// The service fails over to the standby and back, with everybody who would take part.
    FullScale,
}

impl Form {
    /// Whether nothing is recovered in it (NIST SP 800-34 rev. 1 §3.5.4).
    #[must_use]
    pub fn recovers_nothing(self) -> bool {
        self < Self::Functional
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checklist => "checklist",
            Self::WalkThrough => "walk-through",
            Self::Tabletop => "tabletop",
            Self::Simulation => "simulation",
            Self::Functional => "functional",
            Self::FullScale => "full-scale",
        })
    }
}
