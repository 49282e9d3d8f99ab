//! The document of kind `service`: where it runs, its data, how its traffic fails over, and how people
//! recover it.

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

/// A service: what must survive the loss of a site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Service {
    /// `service`: this document describes a service.
    pub kind: ServiceKind,
    /// The service's name, unique in the estate.
    pub name: Name,
    /// The tier it belongs to, one of the estate's. The defaults of the tier apply to it.
    #[serde(default)]
    pub tier: Option<Name>,
    /// Who is responsible for it: a contact of the continuity plan.
    #[serde(default)]
    pub owner: Option<Name>,
    /// The site it normally runs at.
    pub primary: Name,
    /// The sites that take over, in this order.
    #[serde(default)]
    pub standby: Vec<Name>,
    /// How fast it must be back, and how much data it may lose.
    #[serde(default)]
    pub objectives: Option<Objectives>,
    /// Services that it needs: they are set up first, and it is back only when they are back.
    #[serde(default)]
    pub depends_on: Vec<Name>,
    /// The data sets by name.
    #[serde(default)]
    pub data: BTreeMap<Name, Data>,
    /// The traffic entries by name.
    #[serde(default)]
    pub traffic: BTreeMap<Name, Traffic>,
    /// Its resources that already exist, with a name of their own or with settings to leave unmanaged. The
    /// key is the address that plans show, without the service: `bucket.DATA.SITE`, `role.DATA`,
    /// `replication.DATA`, `health-check.TRAFFIC.SITE`, `record.TRAFFIC.SITE`. `holdfast import` writes this.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 1000))]
    pub existing: BTreeMap<String, Existing>,
    /// The steps to recover it when its primary site is lost. Traffic with a probe fails over without a step.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub recovery: Vec<RecoveryStep>,
    /// The steps to recover it after other disruptions.
    #[serde(default)]
    pub recovery_from: RecoveryFrom,
    /// Assumptions of the author, with reasons.
    #[serde(default)]
    pub assumptions: Assumptions,
    /// Findings that somebody has accepted for a limited time.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub waivers: Vec<Waiver>,
}

/// The limit that an objective sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At most this long.
    Within(Duration),
    /// Not decided yet. It is written explicitly, so that a missing value cannot be mistaken for a decision,
    /// and it gives a warning.
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
        let description = "A span of time, or undecided if nobody has decided yet.";
        schemars::json_schema!({
            "type": "string",
            "description": description,
            "pattern": format!("{}|^{}$", Duration::PATTERN, Self::UNDECIDED),
            "patternErrorMessage": description,
            "examples": ["15m", "4h", Self::UNDECIDED],
        })
    }
}

/// Recovery objectives: for the loss of a site, and for other disruptions if they are set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objectives {
    /// Recovery time objective: the longest time the service may be unavailable after a site is lost.
    #[serde(default)]
    pub rto: Option<Limit>,
    /// Recovery point objective: the longest span of recent data that may be lost with a site.
    #[serde(default)]
    pub rpo: Option<Limit>,
    /// The objectives for deleted or corrupted data.
    #[serde(default)]
    pub corruption: Option<Objective>,
    /// The objectives for an account that an attacker controls.
    #[serde(default)]
    pub account_compromise: Option<Objective>,
    /// The objectives for the loss of the primary site's encryption key.
    #[serde(default)]
    pub key_loss: Option<Objective>,
}

/// The objectives for one disruption.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objective {
    /// Recovery time objective: the longest time the service may be unavailable.
    #[serde(default)]
    pub rto: Option<Limit>,
    /// Recovery point objective: the longest span of recent data that may be lost.
    #[serde(default)]
    pub rpo: Option<Limit>,
}

impl Objectives {
    /// The objectives for one disruption.
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

/// The steps to recover a service after disruptions other than the loss of a site.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecoveryFrom {
    /// After data was deleted or corrupted.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub corruption: Vec<RecoveryStep>,
    /// After an attacker took control of the account.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub account_compromise: Vec<RecoveryStep>,
    /// After the primary site's encryption key was lost.
    #[serde(default)]
    #[schemars(extend("maxItems" = 100))]
    pub key_loss: Vec<RecoveryStep>,
}
