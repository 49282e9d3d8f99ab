//! Resources: what should exist. A resource has a kind, an address and attributes.
//!
//! An attribute is a known value, or the output of another resource that is known only after that one exists.
//! Such references are the edges of the graph. An attribute that a resource does not set is not managed and
//! never a difference. To require that an attribute is absent, set it to null.

mod address;
mod call;
mod identity;
mod kind;
pub mod milestone;
mod named;
mod schema;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::source::Span;
pub use address::{Address, ESTATE};
pub(crate) use call::calls;
pub use call::{Call, Made, Permission, Rate, Scope};
pub use identity::Identity;
pub use kind::Kind;
pub use named::Named;
pub use schema::{
    ActsWith, AttributeSchema, Change, Coexist, ForeignSettings, Irreversible, KindSchema, Lapses, Lifecycle,
    Mark, Rest, Shape, Waits, Without,
};
pub use values::Values;

/// The desired value of an attribute.
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

/// The desired attributes of a resource, by name.
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

/// A resource that should exist.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// What it is for, in a few words.
    pub purpose: String,
    /// The place in the policy that declares it.
    pub origin: Span,
    /// Its desired attributes.
    pub attributes: Attributes,
    /// Resources that must exist first, besides those whose outputs it uses.
    pub after: BTreeSet<Address>,
    /// What the policy names explicitly for it, outside of Holdfast's ownership.
    pub named: Named,
    /// Resources that change first if both change, although this one does not depend on them.
    pub follows: BTreeSet<Address>,
    /// Whether others use it in a way that its kind's [`KindSchema::between`] keeps possible while it changes.
    pub phased: bool,
    /// What is looked at besides, because an objective depends on it, with the id of the region that it is in: kinds that are
    /// only evidence.
    pub looks: BTreeMap<(Kind, Identity), String>,
}

impl Resource {
    /// A resource without attributes.
    #[must_use]
    pub fn new(address: Address, purpose: impl Into<String>, origin: Span) -> Self {
        let (attributes, after, named) = (BTreeMap::new(), BTreeSet::new(), Named::default());
        let (follows, looks) = (BTreeSet::new(), BTreeMap::new());
        let purpose = purpose.into();
        Self { address, purpose, origin, attributes, after, follows, phased: false, named, looks }
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

    /// Order it after another resource whose outputs it does not use.
    #[must_use]
    pub fn after(mut self, other: &Address) -> Self {
        self.after.insert(other.clone());
        self
    }

    /// Change it in two steps where one value does not serve those who use it now and those who will.
    #[must_use]
    pub fn phased(mut self) -> Self {
        self.phased = true;
        self
    }

    /// Look at something besides in a region, by the one attribute that identifies it.
    #[must_use]
    pub fn look(mut self, kind: Kind, region: &str, name: &str, value: impl Into<Value>) -> Self {
        let identity = Identity::of(kind, &Values::from([(name.to_owned(), value.into())]));
        self.looks.insert((kind, identity), region.to_owned());
        self
    }

    /// The resources that must exist first, each once.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<&Address> {
        let outputs = self.attributes.values().filter_map(|attribute| match attribute {
            Attribute::Output { of, .. } => Some(of),
            Attribute::Known(_) => None,
        });
        outputs.chain(&self.after).collect()
    }

    /// What the cloud identifies it by. Identity attributes are always known.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::of_resource(self.address.kind(), &self.attributes)
    }
}
