//! Addresses: the names of resources in plans, journals and on the command line.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::schema::Lifecycle;

/// The first name of what belongs to the estate, of a kind that services have too. No service can have it.
pub const ESTATE: &str = "@estate";

/// The address of a resource. It is unique in the graph, and stable as long as the names in the policy are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    path: Vec<String>,
    kind: Kind,
}

impl Address {
    /// The address of a kind and its names, starting with the service.
    #[must_use]
    pub fn new(kind: Kind, path: &[&str]) -> Self {
        Self { kind, path: path.iter().map(|part| (*part).to_owned()).collect() }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it belongs to the estate, and to no service.
    #[must_use]
    pub fn is_of_estate(&self) -> bool {
        self.kind.schema().of_estate || self.path.first().is_some_and(|first| first == ESTATE)
    }

    /// Whether it belongs to no service and can be used by all.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.is_of_estate() || self.kind.is_shared()
    }

    /// The first name: the service, if the resource belongs to one. Empty for a resource of the estate.
    #[must_use]
    pub fn owner(&self) -> &str {
        let first = if self.is_of_estate() { None } else { self.path.first() };
        first.map_or("", String::as_str)
    }

    /// The service and the entry in it that a resource belongs to: a data set or an entry of traffic. A resource of the estate
    /// is an entry of its own.
    #[must_use]
    pub fn entry(&self) -> String {
        if self.is_of_estate() {
            return self.to_string();
        }
        self.path.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(".")
    }

    /// The address in `existing` of its service: `bucket.ledger.ireland`. It omits the provider, which
    /// follows from the site.
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
        // A prerequisite has its own name as its address, which can contain dots.
        let path = match kind.schema().lifecycle == Lifecycle::Prerequisite {
            true => vec![path.to_owned()],
            false => path.split('.').map(str::to_owned).collect(),
        };
        Ok(Self { path, kind })
    }
}
