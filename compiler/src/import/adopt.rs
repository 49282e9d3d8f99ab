//! What the policies describe, what is there, and what the journal does not know as ours yet.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::graph::Graph;
use crate::observation::{Observation, Owned};
use crate::plan::bind;
use crate::resource::{Address, Kind, Lifecycle, Values};

/// A thing that becomes ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The resource it is.
    pub address: Address,
    /// What the cloud knows it by.
    pub identity: Values,
    /// The managed attributes, as they were found.
    pub attributes: Values,
    /// What it needs.
    pub needs: BTreeSet<Address>,
}

/// The things that become ours, in the order of the graph.
#[must_use]
pub fn adoptions(graph: &Graph, owned: &[Owned], observation: &Observation) -> Vec<Adoption> {
    let key = |kind: Kind, identity: &Values| (kind, serde_json::to_string(identity).unwrap_or_default());
    let ours: BTreeSet<_> = owned.iter().map(|made| key(made.address.kind(), &made.identity)).collect();
    let bound = bind::bind(graph, owned, observation);
    let managed = graph.iter().filter(|r| r.address.kind().schema().lifecycle == Lifecycle::Managed);
    let adopted = managed.filter_map(|resource| {
        let object = bound.found.get(&resource.address)?;
        let identity = object.identity();
        if ours.contains(&key(object.kind, &identity)) {
            return None;
        }
        let found = |name: &String| object.attributes.get(name).cloned().unwrap_or(Value::Null);
        Some(Adoption {
            address: resource.address.clone(),
            identity,
            attributes: resource.attributes.keys().map(|name| (name.clone(), found(name))).collect(),
            needs: resource.needs().into_iter().cloned().collect(),
        })
    });
    adopted.collect()
}
