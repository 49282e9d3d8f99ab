//! What exists in the cloud: observed by the runtime, matched to resources here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::resource::{Address, Identity, Kind, Lifecycle, Values};

/// A thing in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// The cloud's id of it.
    pub id: String,
    /// Its attributes, named and shaped as its kind documents them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: Values,
    /// Its outputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: Values,
}

/// Everything a plan rests on.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// The things found, in any order.
    pub objects: Vec<Object>,
}

/// A thing to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wanted {
    /// Its kind.
    pub kind: Kind,
    /// What the cloud knows it by.
    pub identity: Identity,
}

/// A thing that Holdfast made, after the journal. An address can have had several, one per identity: the
/// old one of a record that was renamed is ours for as long as it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// The resource it was made for.
    pub address: Address,
    /// What the cloud knows it by.
    pub identity: Identity,
    /// What it needed when it was made.
    pub needs: BTreeSet<Address>,
    /// The number of the run that made it, from 1: what was made together is as old. 0 for what was there before
    /// and has been adopted: nobody knows how old it is.
    pub run: u64,
    /// Its managed attributes as they were last applied. Nothing where no apply is known to have ended well.
    pub applied: Option<Values>,
    /// What a step wanted of it whose end is not known, or not a good one; empty for a removal.
    pub begun: Option<Values>,
}

impl Wanted {
    /// The place that it competes for, where things of its kind do.
    #[must_use]
    pub fn place(&self) -> Option<(Kind, Vec<String>)> {
        let coexist = self.kind.schema().coexist.as_ref()?;
        let values = self.identity.values();
        Some((self.kind, coexist.place(&values)))
    }
}

impl Object {
    /// What the cloud knows it by.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::of(self.kind, &self.attributes)
    }
}

impl Observation {
    /// The things in an order of their own.
    #[must_use]
    pub fn sorted(&self) -> Vec<Object> {
        let mut objects = self.objects.clone();
        objects.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
        objects
    }
}

/// The things to look for: all that the graph wants, and all that Holdfast once made.
#[must_use]
pub fn scope(graph: &Graph, owned: &[Owned]) -> Vec<Wanted> {
    let wanted = graph
        .iter()
        .filter(|resource| resource.address.kind().schema().lifecycle != Lifecycle::Milestone)
        .map(|resource| (resource.address.clone(), resource.identity()));
    let made = owned.iter().map(|owned| (owned.address.clone(), owned.identity.clone()));
    let all: BTreeSet<(Address, Identity)> = wanted.chain(made).collect();
    all.into_iter().map(|(address, identity)| Wanted { kind: address.kind(), identity }).collect()
}
