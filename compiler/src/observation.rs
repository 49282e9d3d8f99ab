//! What exists in the cloud. The runtime observes it; the compiler matches it to resources.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::backups::SeenBackups;
use crate::graph::Graph;
use crate::resource::{Address, Identity, Kind, Lifecycle, Values};
use crate::signals::SeenSignals;

/// An object in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// The id that the cloud gave it.
    pub id: String,
    /// Its attributes. Names and types are those of its kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: Values,
    /// Its outputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: Values,
}

/// Everything that a plan is computed from, besides the policy.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// The objects found, in any order.
    pub objects: Vec<Object>,
    /// Objects that were looked for and could not be seen, in any order. Whether they exist is unknown.
    pub unseen: Vec<Unseen>,
    /// The scheduled backups. `None`: nobody has looked.
    pub backups: Option<SeenBackups>,
    /// What the cloud measures. `None`: nobody has looked.
    pub signals: Option<SeenSignals>,
}

/// An object that was looked for and could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unseen {
    /// Its kind.
    pub kind: Kind,
    /// What the cloud would know it by.
    pub identity: Identity,
    /// The region that did not answer. `None` for a service without regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Why it could not be seen.
    pub reason: String,
    /// Whether its name was seen to belong to somebody else, so that it cannot be what the policy declares.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
    /// Whether nobody looked, because its site is evacuated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub evacuated: bool,
}

/// An object to look up in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wanted {
    /// Its kind.
    pub kind: Kind,
    /// What the cloud identifies it by.
    pub identity: Identity,
}

/// An object that Holdfast made, from the journal. One address can have several, each with its own identity:
/// the old record of a renamed one is owned until it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// The resource it was made for.
    pub address: Address,
    /// What the cloud identifies it by.
    pub identity: Identity,
    /// What it needed when it was made.
    pub needs: BTreeSet<Address>,
    /// The number of the run that made it, from 1; objects of one run have the same age. 0 for an adopted
    /// object, whose age is unknown.
    pub run: u64,
    /// Its managed attributes as last applied. `None` if no apply is known to have succeeded.
    pub applied: Option<Values>,
    /// The attributes of a step whose result is unknown or a failure. Empty for a removal.
    pub begun: Option<Values>,
    /// The account that it was made in. `None`: an earlier version of Holdfast, which did not record it, made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl Wanted {
    /// The place that it competes for, if objects of its kind compete for places.
    #[must_use]
    pub fn place(&self) -> Option<(Kind, Vec<String>)> {
        let coexist = self.kind.schema().coexist.as_ref()?;
        let values = self.identity.values();
        Some((self.kind, coexist.place(&values)))
    }
}

impl Object {
    /// What the cloud identifies it by.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::of(self.kind, &self.attributes)
    }
}

impl Observation {
    /// The unseen objects in a canonical order.
    #[must_use]
    pub fn unseen_sorted(&self) -> Vec<Unseen> {
        let mut unseen = self.unseen.clone();
        unseen.sort();
        unseen
    }

    /// The objects in a canonical order.
    #[must_use]
    pub fn sorted(&self) -> Vec<Object> {
        let mut objects = self.objects.clone();
        objects.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
        objects
    }
}

/// The objects to look up: every resource of the graph and what it looks at, every object that Holdfast owns, and what that is in. A resource
/// group that has left the policies is looked at as long as something in it is owned: what nobody looked for would seem to be gone.
#[must_use]
pub fn scope(graph: &Graph, owned: &[Owned]) -> Vec<Wanted> {
    let wanted = graph
        .iter()
        .filter(|resource| resource.address.kind().schema().lifecycle != Lifecycle::Milestone)
        .map(|resource| (resource.address.clone(), resource.identity()));
    let made = owned.iter().map(|owned| (owned.address.clone(), owned.identity.clone()));
    let around = owned.iter().flat_map(|owned| &owned.needs).filter(|need| need.kind().schema().contains);
    let around = around.map(|need| (need.clone(), Identity::of_prerequisite(need)));
    let all: BTreeSet<(Address, Identity)> = wanted.chain(made).chain(around).collect();
    let looks: BTreeSet<&(Kind, Identity)> =
        graph.iter().flat_map(|resource| resource.looks.keys()).collect();
    let looks = looks.into_iter().map(|(kind, identity)| Wanted { kind: *kind, identity: identity.clone() });
    let all = all.into_iter().map(|(address, identity)| Wanted { kind: address.kind(), identity });
    all.chain(looks).collect()
}
