//! What a policy names explicitly.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a policy names outside of Holdfast's ownership. It is passed with a resource into the plan and to the
/// cloud driver, which refuses anything that is neither owned nor named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name, from `existing:`, of the identity that the resource is, or whose permissions it acts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_as: Option<String>,
    /// The account that the resource is in, if that is not the estate's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The accounts of sites that the resource copies to, besides its own.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub copied_to: BTreeSet<String>,
    /// The accounts of KMS keys that the resource uses, and of whom it lets in, besides its own.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accounts: BTreeSet<String>,
}

impl Named {
    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.acts_as.is_none()
            && self.account.is_none()
            && self.accounts.is_empty()
            && self.copied_to.is_empty()
    }
}
