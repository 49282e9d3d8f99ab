//! Recovery procedures: the steps, who does them, how long they take and in which order.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{ApiCall, Name, Prose, StepAction};
use crate::units::Duration;

/// What can go wrong. AWS Resilience Hub distinguishes software, hardware, zone and region; data loss needs
/// finer distinctions (AWS Well-Architected Framework, REL13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Disruption {
    /// A site is lost with everything in it.
    SiteLoss,
    /// Data was deleted or corrupted, by mistake or by a fault.
    Corruption,
    /// An attacker who wants to destroy data controls the account.
    AccountCompromise,
    /// The primary site's encryption key is lost.
    KeyLoss,
}

impl Disruption {
    /// All disruptions, in display order.
    pub const ALL: [Self; 4] = [Self::SiteLoss, Self::Corruption, Self::AccountCompromise, Self::KeyLoss];

    /// The key in the language.
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
    /// As part of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SiteLoss => "the loss of the primary site",
            Self::Corruption => "deletion or corruption",
            Self::AccountCompromise => "a compromise of the account",
            Self::KeyLoss => "the loss of the key",
        })
    }
}

/// One step of a recovery. It starts when all steps in `after` are done and the person who does it is free.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["takes"], "properties": {"takes": true}},
        {"required": ["does"], "properties": {"does": true}}
    ],
    "allOf" = [
        {"if": {"required": ["does"], "properties": {"does": {"const": "declare"}}}, "then": {"required": ["takes", "by"]}},
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
    /// Who does it: a contact of the continuity plan. Without it the step is automatic; a person declares.
    #[serde(default)]
    pub by: Option<Name>,
    /// The longest time it takes, once it has started.
    #[serde(default)]
    pub takes: Option<Duration>,
    /// The steps that must be done first.
    #[serde(default)]
    pub after: Vec<Name>,
    /// How to do it, for a reader who does not know the system.
    #[serde(default)]
    #[schemars(with = "Option<Prose>", length(min = 1, max = 2000))]
    pub how: Option<String>,
    /// The cloud APIs it calls, as IAM names them, such as `ec2:RunInstances`. A recovery should not need a
    /// control plane.
    #[serde(default)]
    #[schemars(extend("maxItems" = 50))]
    pub calls: Vec<ApiCall>,
}
