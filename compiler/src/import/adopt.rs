//! Adoption: existing resources that the policies describe and that the journal does not yet record as owned.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::graph::Graph;
use crate::observation::{Observation, Owned};
use crate::plan::{bind, recorded};
use crate::resource::{Address, Identity, Kind, Lifecycle, Values};

/// A resource that is adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Its address in the policy.
    pub address: Address,
    /// What the cloud identifies it by.
    pub identity: Identity,
    /// Its managed attributes as observed.
    pub attributes: Values,
    /// The addresses of the resources it needs.
    pub needs: BTreeSet<Address>,
    /// Its account, if that is not the estate's.
    pub account: Option<String>,
}

/// The adopted resources, in the order of the graph.
#[must_use]
pub fn adoptions(graph: &Graph, owned: &[Owned], observation: &Observation) -> Vec<Adoption> {
    let ours: BTreeSet<(Kind, &Identity)> =
        owned.iter().map(|made| (made.address.kind(), &made.identity)).collect();
    let bound = bind::bind(graph, owned, observation);
    let managed = graph.iter().filter(|r| r.address.kind().schema().lifecycle == Lifecycle::Managed);
    let adopted = managed.filter_map(|resource| {
        let object = bound.found.get(&resource.address)?;
        let identity = object.identity();
        if ours.contains(&(object.kind, &identity)) {
            return None;
        }
        let found = |name: &String| object.attributes.get(name).cloned().unwrap_or(Value::Null);
        Some(Adoption {
            address: resource.address.clone(),
            identity,
            attributes: recorded(
                object.kind,
                &resource.attributes.keys().map(|name| (name.clone(), found(name))).collect(),
            ),
            needs: resource.needs().into_iter().cloned().collect(),
            account: resource.named.account.clone(),
        })
    });
    adopted.collect()
}
