//! Object replication policies, at one of their accounts.

use serde::{Deserialize, Serialize};

/// A policy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) properties: Properties,
}

/// What it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    /// Only answered.
    #[serde(skip_serializing)]
    pub(crate) policy_id: String,
    /// Only answered: since when the source copies.
    #[serde(default, skip_serializing)]
    pub(crate) enabled_time: Option<String>,
    /// The resource id of the source account, or its name.
    pub(crate) source_account: String,
    /// The resource id of the destination account, or its name.
    pub(crate) destination_account: String,
    #[serde(default)]
    pub(crate) rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics: Option<Switch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority_replication: Option<Switch>,
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Switch {
    #[serde(default)]
    pub(crate) enabled: bool,
}

/// A rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    /// What the destination has given it; absent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule_id: Option<String>,
    pub(crate) source_container: String,
    pub(crate) destination_container: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) filters: Option<Filters>,
}

/// What of the container a rule is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Filters {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) prefix_match: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_creation_time: Option<String>,
}
