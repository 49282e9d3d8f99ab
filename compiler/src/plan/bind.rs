//! Matches observed objects to resources.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::observation::{Object, Observation, Owned};
use crate::resource::{Address, Attribute, Identity, Kind, Lifecycle, Resource};

/// The observed objects of each address.
pub(crate) struct Bound<'a> {
    /// The one object of each resource that exists.
    pub(crate) found: BTreeMap<Address, &'a Object>,
    /// Further objects with the same identity: left by an interrupted replacement.
    pub(super) leftover: BTreeMap<Address, Vec<&'a Object>>,
    /// Objects that Holdfast made and no policy declares, by address. An address that had several identities
    /// appears once for each.
    pub(super) orphans: Vec<(Address, Vec<&'a Object>)>,
}

pub(crate) fn bind<'a>(graph: &Graph, owned: &[Owned], observation: &'a Observation) -> Bound<'a> {
    let mut index: BTreeMap<(Kind, Identity), Vec<&Object>> = BTreeMap::new();
    for object in &observation.objects {
        index.entry((object.kind, object.identity())).or_default().push(object);
    }
    let mut bound = Bound { found: BTreeMap::new(), leftover: BTreeMap::new(), orphans: Vec::new() };
    for resource in graph.iter() {
        let kind = resource.address.kind();
        if kind.schema().lifecycle == Lifecycle::Milestone {
            continue;
        }
        let Some(mut objects) = index.remove(&(kind, resource.identity())) else { continue };
        objects.sort_by_cached_key(|object| {
            (misfit(resource, object), !in_use(object, observation), object.id.clone())
        });
        let mut objects = objects.into_iter();
        bound.found.extend(objects.next().map(|object| (resource.address.clone(), object)));
        let rest: Vec<&Object> = objects.collect();
        if !rest.is_empty() {
            bound.leftover.insert(resource.address.clone(), rest);
        }
    }
    // Objects that the graph wants are removed from the index, so the remaining ones are declared by no
    // policy.
    for made in owned {
        if let Some(objects) = index.remove(&(made.address.kind(), made.identity.clone())) {
            bound.orphans.push((made.address.clone(), objects));
        }
    }
    bound
}

/// The number of attributes that would require a replacement.
fn misfit(resource: &Resource, object: &Object) -> usize {
    let schema = resource.address.kind().schema();
    let null = serde_json::Value::Null;
    let replaces = schema.attributes.iter().filter(|attribute| {
        let found = object.attributes.get(attribute.name).unwrap_or(&null);
        match resource.attributes.get(attribute.name) {
            Some(Attribute::Known(wanted)) => {
                !attribute.shape.same(found, wanted) && attribute.replaces(found, wanted)
            }
            _ => false,
        }
    });
    replaces.count()
}

/// Whether another object refers to this one's id.
fn in_use(object: &Object, observation: &Observation) -> bool {
    observation.objects.iter().any(|other| other.attributes.values().any(|value| *value == object.id))
}
