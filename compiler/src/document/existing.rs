//! The part `existing` of a service: resources that already exist, under their own names or with settings
//! that Holdfast must not change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// An existing resource, and what Holdfast leaves unchanged.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Existing {
    /// Its names in the cloud, if Holdfast would generate other ones: the `name` of a role, the
    /// `set-identifier` of a record, the `reference` (the whole caller reference) of a health check.
    #[serde(default, rename = "as")]
    pub known_as: BTreeMap<String, String>,
    /// Attributes to leave unmanaged: Holdfast neither changes nor compares them. Holdfast cannot derive
    /// objectives from unmanaged settings: if the rules of a replication are left, its RPO has no bound.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true, "maxItems" = 20))]
    pub leave: Vec<String>,
}
