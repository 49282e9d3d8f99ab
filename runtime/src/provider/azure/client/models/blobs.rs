//! The blob service of an account. It is written as a whole.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Blobs {
    pub(crate) properties: Properties,
}

/// The settings, with those that Holdfast does not manage.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_versioning_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change_feed: Option<ChangeFeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delete_retention_policy: Option<Retention>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restore_policy: Option<Restore>,
    /// Everything else, as it was read.
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

/// The change feed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangeFeed {
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retention_in_days: Option<u32>,
}

/// For how long a deleted blob can be taken back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Retention {
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_permanent_delete: Option<bool>,
}

/// The restore to a point in time, which somebody else may have set up. Its times are only answered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Restore {
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<u64>,
}
