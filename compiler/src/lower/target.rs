//! The accounts that a policy is applied in.

use std::collections::BTreeMap;

/// The accounts that a policy is applied in. The policy does not contain them.
#[derive(Debug, Clone)]
pub struct TargetAccounts {
    /// The id of the account at each provider.
    pub accounts: BTreeMap<String, String>,
}

impl TargetAccounts {
    /// A single account of one provider.
    #[must_use]
    pub fn one(provider: &str, account: impl Into<String>) -> Self {
        Self { accounts: BTreeMap::from([(provider.to_owned(), account.into())]) }
    }

    /// The account at a provider. Empty if there is none; no cloud has an empty account id.
    #[must_use]
    pub fn account(&self, provider: &str) -> &str {
        self.accounts.get(provider).map_or("", String::as_str)
    }
}
