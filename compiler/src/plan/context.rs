//! The scope of a plan: an estate in certain accounts.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::resource::Kind;

/// The scope of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Context {
    /// The estate.
    pub estate: String,
    /// The cloud as the user selected it: the name of a provider, or `local:FILE`.
    pub cloud: String,
    /// The account at each provider.
    pub accounts: Accounts,
}

/// An account of a provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// The account id.
    pub id: String,
    /// The partition of the provider. Account ids are unique within a partition.
    pub partition: String,
}

/// The accounts by provider. Shown as the id if there is one account, otherwise as `aws 111122223333, …`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Accounts(BTreeMap<String, Account>);

impl Accounts {
    /// One account of one provider.
    #[must_use]
    pub fn one(provider: &str, id: impl Into<String>, partition: impl Into<String>) -> Self {
        let account = Account { id: id.into(), partition: partition.into() };
        Self(BTreeMap::from([(provider.to_owned(), account)]))
    }

    /// The account of something of a kind: the one that its site names, or that of the estate.
    #[must_use]
    pub fn of(&self, kind: Kind, named: Option<&str>) -> Option<String> {
        let own = || self.get(kind.schema().provider?).map(|account| account.id.clone());
        named.map(str::to_owned).or_else(own)
    }

    /// The account at a provider.
    #[must_use]
    pub fn get(&self, provider: &str) -> Option<&Account> {
        self.0.get(provider)
    }

    /// All accounts with their providers, sorted by provider.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Account)> {
        self.0.iter().map(|(provider, account)| (provider.as_str(), account))
    }
}

impl FromIterator<(String, Account)> for Accounts {
    fn from_iter<T: IntoIterator<Item = (String, Account)>>(accounts: T) -> Self {
        Self(accounts.into_iter().collect())
    }
}

impl fmt::Display for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (1, Some(only)) = (self.0.len(), self.0.values().next()) {
            return f.write_str(&only.id);
        }
        let each: Vec<String> =
            self.iter().map(|(provider, account)| format!("{provider} {}", account.id)).collect();
        f.write_str(&each.join(", "))
    }
}

impl Context {
    /// Whether another plan, of any estate, may affect the same account of the same cloud. Embedded clouds
    /// are identified by the path the user gave, and one file can have many paths, so two of them may always
    /// be the same.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        let kind = |context: &Self| context.cloud.split(':').next().map(str::to_owned);
        let shared = || self.accounts.iter().any(|(name, account)| other.accounts.get(name) == Some(account));
        kind(self) == kind(other) && shared()
    }

    /// Whether it is an embedded cloud, which is in no real account.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.cloud.split(':').next() == Some("local")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> Account {
        Account { id: id.to_owned(), partition: "one".to_owned() }
    }

    #[test]
    fn several_accounts_are_shown_with_their_providers() {
        let two = [("a", "1"), ("b", "2")].map(|(name, id)| (name.to_owned(), account(id)));
        let two: Accounts = two.into_iter().collect();
        assert_eq!(two.to_string(), "a 1, b 2");
        assert_eq!(Accounts::one("a", "1", "one").to_string(), "1");
    }

    #[test]
    fn contexts_overlap_when_they_share_a_cloud_and_an_account() {
        let context = |cloud: &str, accounts: &[(&str, &str)]| Context {
            estate: "e".to_owned(),
            cloud: cloud.to_owned(),
            accounts: accounts.iter().map(|(name, id)| ((*name).to_owned(), account(id))).collect(),
        };
        let first = context("a", &[("a", "1"), ("b", "2")]);
        assert!(first.is_beside(&context("a", &[("b", "2")])));
        assert!(!first.is_beside(&context("a", &[("b", "1")])));
        assert!(!first.is_beside(&context("local:x", &[("b", "2")])));
    }
}
