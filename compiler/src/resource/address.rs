//! Addresses: what a resource is called in plans, journals and on the command line.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// The address of a resource: stable for as long as the policy's names are, unique in the graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    path: Vec<String>,
    kind: Kind,
}

impl Address {
    /// The address of a kind and the names that lead to it, the service's first.
    #[must_use]
    pub fn new(kind: Kind, path: &[&str]) -> Self {
        Self { kind, path: path.iter().map(|part| (*part).to_owned()).collect() }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The first name: the service, for all that belongs to one.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// The service and the part of it that a resource belongs to: one data set, one entry of traffic.
    #[must_use]
    pub fn entry(&self) -> String {
        self.path.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(".")
    }

    /// What a policy calls it under `existing` of its service: `bucket.ledger.ireland`. The site says the provider.
    #[must_use]
    pub fn within_service(&self) -> String {
        let own = self.path.iter().skip(1).map(String::as_str);
        std::iter::once(self.kind.name()).chain(own).collect::<Vec<_>>().join(".")
    }

    /// The names without the kind.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

/// `aws.bucket.payments.ledger.ireland`: provider, kind, names.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.path.join("."))
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let unknown = || format!("`{text}` is not an address: there is no such provider or kind");
        let (first, rest) = text.split_once('.').ok_or_else(|| format!("`{text}` is not an address"))?;
        let (kind, path) = match (Kind::find(None, first), rest.split_once('.')) {
            (Some(kind), _) => (kind, rest),
            (None, Some((name, path))) => (Kind::find(Some(first), name).ok_or_else(unknown)?, path),
            (None, None) => return Err(unknown()),
        };
        // What is shared is called by its own name, dots and all.
        let path = match kind.is_shared() {
            true => vec![path.to_owned()],
            false => path.split('.').map(str::to_owned).collect(),
        };
        Ok(Self { path, kind })
    }
}
