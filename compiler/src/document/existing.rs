//! The part `existing` of a service: resources that already exist, under their own names or with settings that Holdfast
//! must not change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A thing that is there already, and what Holdfast takes as it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Existing {
    /// What the cloud knows it as, where that is not what Holdfast would call it: the `name` of a role, the
    /// `set-identifier` of a record, the `reference` (the whole caller reference) of a health check.
    #[serde(default, rename = "as")]
    pub known_as: BTreeMap<String, String>,
    /// The attributes that are left as they are: Holdfast neither changes nor compares them. What nobody keeps
    /// cannot be promised: where the rules of a replication are left, its RPO has no bound.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true, "maxItems" = 20))]
    pub leave: Vec<String>,
}
