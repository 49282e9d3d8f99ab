//! Containers.

use serde::{Deserialize, Serialize};

/// A container.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Container {
    #[serde(default)]
    pub(crate) properties: Properties,
}

/// The settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_access: Option<String>,
}
