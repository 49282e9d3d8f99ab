//! The document of kind `service`: where it lives, what data it must not lose, how its traffic moves, and how
//! people bring it back.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::assumptions::Assumptions;
use super::data::Data;
use super::existing::Existing;
use super::recovery::{Disruption, RecoveryStep};
use super::text::Name;
use super::traffic::Traffic;
use super::waiver::Waiver;
use crate::units::Duration;

/// Always `service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    /// A service.
    Service,
}

/// A service: what has to survive the loss of a site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Service {
    /// `service`: this document describes a service.
    pub kind: ServiceKind,
    /// The service's name, unique in the estate.
    pub name: Name,
    /// The tier it belongs to, one of the estate's: what holds for the tier holds for the service.
    #[serde(default)]
    pub tier: Option<Name>,
    /// Who answers for it: a contact of the continuity plan.
    #[serde(default)]
    pub owner: Option<Name>,
    /// The site it normally runs at.
    pub primary: Name,
    /// The sites that take over, in this order.
    #[serde(default)]
    pub standby: Vec<Name>,
    /// How fast it has to be back, and how much data it may lose.
    #[serde(default)]
    pub objectives: Option<Objectives>,
    /// Services it cannot do without: they are set up first, and it is back only when they are.
    #[serde(default)]
    pub depends_on: Vec<Name>,
    /// The data sets by name.
    #[serde(default)]
    pub data: BTreeMap<Name, Data>,
    /// The entries of traffic by name.
    #[serde(default)]
    pub traffic: BTreeMap<Name, Traffic>,
    /// What of it is there already, under a name of its own or to be left as it is. The key is the address that
    /// plans show, without the service: `bucket.DATA.SITE`, `role.DATA`, `replication.DATA`,
    /// `health-check.TRAFFIC.SITE`, `record.TRAFFIC.SITE`. `holdfast import` writes this.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1000))]
    pub existing: BTreeMap<String, Existing>,
    /// How it is brought back when its primary site is lost, step by step. Traffic with a probe moves by itself.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub recovery: Vec<RecoveryStep>,
    /// How it is brought back after other disruptions, step by step.
    #[serde(default)]
    pub recovery_from: RecoveryFrom,
    /// What the author takes for granted, with the reason.
    #[serde(default)]
    pub assumptions: Assumptions,
    /// Findings that somebody has decided to live with, for a time.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub waivers: Vec<Waiver>,
}

/// What an objective allows at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So long.
    Within(Duration),
    /// Nobody has decided yet. It is said, so that nobody takes silence for an answer, and it is a warning.
    Undecided,
}

impl Limit {
    const UNDECIDED: &str = "undecided";
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == Self::UNDECIDED {
            return Ok(Self::Undecided);
        }
        let parsed = Duration::parse(&text).map(Self::Within);
        parsed.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a duration")))
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let description = "A span of time, or undecided where nobody has decided yet.";
        schemars::json_schema!({
            "type": "string",
            "description": description,
            "pattern": format!("{}|^{}$", Duration::PATTERN, Self::UNDECIDED),
            "patternErrorMessage": description,
            "examples": ["15m", "4h", Self::UNDECIDED],
        })
    }
}

/// Recovery objectives: of the loss of a site, and of the other disruptions where somebody asks for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objectives {
    /// Recovery time objective: the longest time the service may be away when a site is lost.
    #[serde(default)]
    pub rto: Option<Limit>,
    /// Recovery point objective: the longest stretch of data that may be lost with a site.
    #[serde(default)]
    pub rpo: Option<Limit>,
    /// The same for data that was deleted or corrupted, by mistake or by a fault.
    #[serde(default)]
    pub corruption: Option<Objective>,
    /// The same for an account in the hands of somebody who wants to destroy it.
    #[serde(default)]
    pub account_compromise: Option<Objective>,
    /// The same for the loss of the primary site's encryption key.
    #[serde(default)]
    pub key_loss: Option<Objective>,
}

/// What one disruption may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objective {
    /// Recovery time objective: the longest time the service may be away.
    #[serde(default)]
    pub rto: Option<Limit>,
    /// Recovery point objective: the longest stretch of data that may be lost.
    #[serde(default)]
    pub rpo: Option<Limit>,
}

impl Objectives {
    /// What is asked of one disruption.
    #[must_use]
    pub fn of(&self, disruption: Disruption) -> Objective {
        match disruption {
            Disruption::SiteLoss => Objective { rto: self.rto, rpo: self.rpo },
            Disruption::Corruption => self.corruption.unwrap_or_default(),
            Disruption::AccountCompromise => self.account_compromise.unwrap_or_default(),
            Disruption::KeyLoss => self.key_loss.unwrap_or_default(),
        }
    }
}

/// How a service is brought back after disruptions that lose no site.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecoveryFrom {
    /// When data was deleted or corrupted.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub corruption: Vec<RecoveryStep>,
    /// When the account is in the hands of somebody who wants to destroy it.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub account_compromise: Vec<RecoveryStep>,
    /// When the primary site's encryption key is lost.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub key_loss: Vec<RecoveryStep>,
}
