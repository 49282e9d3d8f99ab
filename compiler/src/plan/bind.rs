//! Which thing in the cloud is which resource.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::observation::{Object, Observation, Owned};
use crate::resource::{Address, Attribute, Identity, Kind, Lifecycle, Resource};

/// The things of each address.
pub(crate) struct Bound<'a> {
    /// The one thing of each resource that exists.
    pub(crate) found: BTreeMap<Address, &'a Object>,
    /// Further things of the same identity: leftovers of an interrupted replacement.
    pub(super) leftover: BTreeMap<Address, Vec<&'a Object>>,
    /// Things that Holdfast made and that no policy asks for any more, by address; an address that had
    /// several identities appears once for each.
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
    // What the graph wants has left the index, so what is still there is nobody's any more.
    for made in owned {
        if let Some(objects) = index.remove(&(made.address.kind(), made.identity.clone())) {
            bound.orphans.push((made.address.clone(), objects));
        }
    }
    bound
}

/// How many attributes would make a replacement necessary.
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

/// Whether another thing mentions this one's id.
fn in_use(object: &Object, observation: &Observation) -> bool {
    observation.objects.iter().any(|other| other.attributes.values().any(|value| *value == object.id))
}
