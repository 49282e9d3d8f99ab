//! Resources: what should exist. A kind, an address, attributes.
//!
//! An attribute is a value that is known now, or the output of another resource that only the cloud can
//! tell; such references are the edges of the graph. An attribute that a resource does not set is not
//! managed and never a difference; where absence itself is wanted, the value is null.

mod bucket;
mod health_check;
mod hosted_zone;
mod identity;
mod kind;
mod named;
mod record;
mod replication;
mod role;
mod schema;
mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::source::Span;
pub use health_check::reference;
pub use identity::Identity;
pub use kind::Kind;
pub use named::Named;
pub use schema::{AttributeSchema, Change, Coexist, KindSchema, Lifecycle, Shape};

/// The attributes of a thing in the cloud, or the resolved ones of a resource. Sorted by name.
pub type Values = BTreeMap<String, Value>;

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

    /// The names without the kind.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

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
        let (kind, path) = text.split_once('.').ok_or_else(|| format!("`{text}` is not an address"))?;
        let kind = Kind::parse(kind).ok_or_else(|| format!("there is no kind of resource `{kind}`"))?;
        // A hosted zone is one name with dots in it.
        let path = match kind {
            Kind::HostedZone => vec![path.to_owned()],
            _ => path.split('.').map(str::to_owned).collect(),
        };
        Ok(Self { kind, path })
    }
}

/// The wanted value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// A value known now.
    Known(Value),
    /// An output of another resource.
    Output {
        /// The resource.
        of: Address,
        /// The name of the output.
        name: String,
    },
}

/// The wanted attributes of a resource, by name.
pub type Attributes = BTreeMap<String, Attribute>;

/// The attributes that are known before anything is applied.
#[must_use]
pub fn known(attributes: &Attributes) -> Values {
    let known = attributes.iter().filter_map(|(name, attribute)| match attribute {
        Attribute::Known(value) => Some((name.clone(), value.clone())),
        Attribute::Output { .. } => None,
    });
    known.collect()
}

/// A thing that should exist.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// What it is for, in a few words.
    pub purpose: String,
    /// The place in the policy that asks for it.
    pub origin: Span,
    /// What it should be like.
    pub attributes: Attributes,
    /// Resources that have to be there first, beside those whose outputs it uses.
    pub after: BTreeSet<Address>,
    /// What the policy names for it of things that are not Holdfast's own.
    pub named: Named,
}

impl Resource {
    /// A resource without attributes.
    #[must_use]
    pub fn new(address: Address, purpose: impl Into<String>, origin: Span) -> Self {
        let (attributes, after, named) = (BTreeMap::new(), BTreeSet::new(), Named::default());
        Self { address, purpose: purpose.into(), origin, attributes, after, named }
    }

    /// Set an attribute to a value.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.to_owned(), Attribute::Known(value.into()));
        self
    }

    /// Set an attribute to the output of another resource.
    #[must_use]
    pub fn refer(mut self, name: &str, of: &Address, output: &str) -> Self {
        let attribute = Attribute::Output { of: of.clone(), name: output.to_owned() };
        self.attributes.insert(name.to_owned(), attribute);
        self
    }

    /// Put it behind another resource whose outputs it does not use.
    #[must_use]
    pub fn after(mut self, other: &Address) -> Self {
        self.after.insert(other.clone());
        self
    }

    /// Everything that has to be there first, in order, each once.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<&Address> {
        let outputs = self.attributes.values().filter_map(|attribute| match attribute {
            Attribute::Output { of, .. } => Some(of),
            Attribute::Known(_) => None,
        });
        outputs.chain(&self.after).collect()
    }

    /// What the cloud knows it by. Identity attributes are always known.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::of(self.address.kind(), &known(&self.attributes))
    }
}
