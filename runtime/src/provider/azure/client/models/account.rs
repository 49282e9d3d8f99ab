//! Storage accounts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An account, as it is answered.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) location: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) properties: Properties,
}

/// An account to create.
#[derive(Debug, Serialize)]
pub(crate) struct New {
    pub(crate) sku: Sku,
    pub(crate) kind: &'static str,
    pub(crate) location: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) properties: Properties,
}

/// How it keeps its data.
#[derive(Debug, Serialize)]
pub(crate) struct Sku {
    pub(crate) name: &'static str,
}

/// What changes of an account.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Changes {
    /// All tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    pub(crate) properties: Properties,
}

/// The settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supports_https_traffic_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minimum_tls_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_blob_public_access: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_cross_tenant_replication: Option<bool>,
}

impl Properties {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
