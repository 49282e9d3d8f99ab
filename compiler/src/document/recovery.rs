//! Recovery procedures: what is done, by whom, how long it takes, after what.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{ApiCall, Name, StepAction};
use crate::units::Duration;

/// What can go wrong. AWS Resilience Hub tells apart software, hardware, zone and region; what loses data needs
/// a finer grain (AWS Well-Architected Framework, REL13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Disruption {
    /// A site is gone, with all that is in it.
    SiteLoss,
    /// Data was deleted or corrupted, by mistake or by a fault.
    Corruption,
    /// Somebody who wants to destroy it holds the account.
    AccountCompromise,
    /// The primary site's encryption key is gone.
    KeyLoss,
}

impl Disruption {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::SiteLoss, Self::Corruption, Self::AccountCompromise, Self::KeyLoss];

    /// The word of the language.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SiteLoss => "site-loss",
            Self::Corruption => "corruption",
            Self::AccountCompromise => "account-compromise",
            Self::KeyLoss => "key-loss",
        }
    }
}

impl fmt::Display for Disruption {
    /// For sentences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SiteLoss => "the loss of the primary site",
            Self::Corruption => "deletion or corruption",
            Self::AccountCompromise => "a compromise of the account",
            Self::KeyLoss => "the loss of the key",
        })
    }
}

/// One step of a recovery. It starts when all steps in `after` are done and whoever does it is free.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["takes"], "properties": {"takes": true}},
        {"required": ["does"], "properties": {"does": true}}
    ],
    "allOf" = [
        {"if": {"required": ["does"], "properties": {"does": {"const": "declare"}}}, "then": {"required": ["takes"]}},
        {"if": {"required": ["does"], "properties": {"does": {"const": "verify"}}}, "then": {"required": ["takes"]}}
    ]
))]
pub struct RecoveryStep {
    /// The step's name, unique in its procedure.
    pub step: Name,
    /// What is done: `declare`, `verify`, `failover traffic.NAME` or `restore data.NAME`. How long a failover or a
    /// restore takes is derived.
    #[serde(default)]
    pub does: Option<StepAction>,
    /// Who does it: a contact of the continuity plan. Without it the step is automatic.
    #[serde(default)]
    pub by: Option<Name>,
    /// How long it takes at the most, once it is begun.
    #[serde(default)]
    pub takes: Option<Duration>,
    /// The steps that have to be done before.
    #[serde(default)]
    pub after: Vec<Name>,
    /// How it is done, for somebody who does not know the system.
    #[serde(default)]
    #[schemars(length(min = 1, max = 2000))]
    pub how: Option<String>,
    /// The cloud APIs it calls, as IAM names them, such as `ec2:RunInstances`: a recovery should need no control
    /// plane.
    #[serde(default)]
    #[schemars(extend("maxItems" = 50))]
    pub calls: Vec<ApiCall>,
}
