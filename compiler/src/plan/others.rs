//! What is done while a name that a resource uses belongs to somebody else: what uses the name stops doing so, and the rest of
//! the resource goes on.

use serde_json::Value;

use super::unknown::{Blind, Unknown};
use crate::graph::Graph;
use crate::observation::Object;
use crate::resource::{Address, Attribute, Resource, Rest, Values};

/// What is done with a resource.
pub(super) enum Part {
    /// It is what this resource says.
    Rest(Box<Resource>),
    /// It is removed.
    Nothing,
}

/// The part of a resource that uses no name of somebody else, and whose the name is. `None` if it uses none, or waits as a
/// whole.
pub(super) fn part(
    resource: &Resource,
    object: Option<&Object>,
    graph: &Graph,
    blind: &Blind<'_>,
) -> Option<(Part, String)> {
    let schema = resource.address.kind().schema();
    let without = schema.without?;
    let taken: Vec<&Unknown> = resource.needs().into_iter().filter_map(|need| blind.taken(need)).collect();
    let why = taken.first()?.reason.clone();
    let values: Vec<Values> =
        taken.iter().filter_map(|one| Some(graph.get(&one.address)?.identity().values())).collect();
    let Attribute::Known(wanted) = resource.attributes.get(without.attribute)? else { return None };
    let found = object.and_then(|object| object.attributes.get(without.attribute)).unwrap_or(&Value::Null);
    match (without.rest)(wanted, found, &values) {
        Rest::Waits => None,
        // What somebody else set up is not removed.
        Rest::Nothing => {
            let ours = |object: &Object| schema.ours.is_none_or(|ours| ours(&object.attributes));
            object.is_some_and(ours).then_some((Part::Nothing, why))
        }
        Rest::Value(rest) => {
            let mut part = resource.clone();
            part.attributes.insert(without.attribute.to_owned(), Attribute::Known(rest));
            // Neither for them, nor for what belongs to them.
            let belongs = |need: &Address, one: &Unknown| {
                one.address == *need
                    || graph.get(need).is_some_and(|other| other.needs().contains(&one.address))
            };
            part.after.retain(|need| !taken.iter().any(|one| belongs(need, one)));
            Some((Part::Rest(Box::new(part)), why))
        }
    }
}
