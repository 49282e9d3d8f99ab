//! What a policy names expressly.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a policy names of things that are not Holdfast's own. It goes with a resource into the plan and from there to
/// the cloud, which refuses what is neither Holdfast's own nor named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name of the role that the resource is or uses, from `existing:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The accounts of KMS keys that the resource uses, beside the account of the estate.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accounts: BTreeSet<String>,
}

impl Named {
    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.role.is_none() && self.accounts.is_empty()
    }
}
