//! What a policy names explicitly.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a policy names of things that are not Holdfast's own. It goes with a resource into the plan and from there to
/// the cloud, which refuses what is neither Holdfast's own nor named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name, from `existing:`, of the identity with whose rights the resource acts, or that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_as: Option<String>,
    /// The accounts of KMS keys that the resource uses, beside the account of the estate.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accounts: BTreeSet<String>,
}

impl Named {
    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.acts_as.is_none() && self.accounts.is_empty()
    }
}
