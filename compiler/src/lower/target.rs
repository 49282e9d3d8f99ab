//! Where a policy is applied.

use std::collections::BTreeMap;

/// What the policy cannot know: where it is applied.
#[derive(Debug, Clone)]
pub struct TargetAccounts {
    /// The id of the account at each provider.
    pub accounts: BTreeMap<String, String>,
}

impl TargetAccounts {
    /// One account of one provider.
    #[must_use]
    pub fn one(provider: &str, account: impl Into<String>) -> Self {
        Self { accounts: BTreeMap::from([(provider.to_owned(), account.into())]) }
    }

    /// The account at a provider; empty where there is none, which no cloud takes for an account.
    #[must_use]
    pub fn account(&self, provider: &str) -> &str {
        self.accounts.get(provider).map_or("", String::as_str)
    }
}
