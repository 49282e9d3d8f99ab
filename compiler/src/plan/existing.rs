//! A resource whose object exists: what changes, in place or by a replacement.

use serde_json::Value;

use super::differ::Differ;
use super::pretty::{brief, summary_of};
use super::{Action, After, Cause, Change, Step, cause, irreversible, obstacle, owner};
use crate::observation::Object;
use crate::resource::{Attribute, Resource, Values, known};

impl<'a> Differ<'a> {
    pub(super) fn existing(&mut self, resource: &Resource, object: &'a Object) {
        let schema = resource.address.kind().schema();
        let mut step = self.step(resource, Action::Update, "");
        let ours = self.ours.of(object.kind, &resource.identity());
        step.attributes = resource.attributes.clone();
        for attribute in schema.attributes {
            let before = object.attributes.get(attribute.name).unwrap_or(&Value::Null);
            let after = self.after(resource, attribute, before);
            if let Some(left) = irreversible::stays(resource, attribute, before, after.as_ref()) {
                self.left.push(left);
                continue;
            }
            let Some(after) = after else { continue };
            let wanted = match &after {
                After::Known(wanted) => wanted,
                After::Unknown => &Value::Null,
            };
            if matches!(after, After::Known(_)) {
                if attribute.shape.same(before, wanted) {
                    continue;
                }
                if matches!(resource.attributes.get(attribute.name), Some(Attribute::Known(_))) {
                    // An update writes the complete value: the desired part and the unmanaged part.
                    step.attributes.insert(attribute.name.to_owned(), Attribute::Known(wanted.clone()));
                }
            }
            let caution = attribute.caution.and_then(|caution| caution(before, wanted));
            step.cautions.extend(caution.map(str::to_owned));
            let replaces = after != After::Unknown && attribute.replaces(before, wanted);
            let applied =
                ours.and_then(|ours| cause::last_set(ours, attribute.name, attribute.shape, before));
            let follows = match resource.attributes.get(attribute.name) {
                Some(Attribute::Output { of, .. }) => self.causes.get(of).copied(),
                _ => None,
            };
            let cause = cause::attribute(attribute.shape, applied, before, &after, follows);
            let applied = applied.filter(|_| cause.is_drift()).cloned();
            let (name, before) = (attribute.name.to_owned(), before.clone());
            step.changes.push(Change { name, before, after, cause, applied, replaces });
        }
        if let Some(owner) = owner::other(resource, object, ours, self.estate, self.graph, &step.changes) {
            if let Some(error) = owner::refusal(resource, object, &owner, &self.consents) {
                return self.errors.push(error);
            }
            step.cautions.push(format!("takes it over from {owner}"));
        }
        let changes = !step.changes.is_empty();
        if let Some(error) = obstacle::rights_of_others(resource, object, ours.is_some(), changes) {
            return self.errors.push(error);
        }
        if step.changes.is_empty() {
            return self.keep(resource, Some(object));
        }
        let replaced = names(step.changes.iter().filter(|change| change.replaces));
        step.object = Some(object.clone());
        if replaced.is_empty() {
            let all = names(&step.changes);
            step.unfinished =
                ours.and_then(|ours| ours.begun.as_ref()).is_some_and(|begun| finishes(&step, begun));
            step.reason = if step.unfinished {
                format!("an interrupted apply has not set {all} yet")
            } else {
                reason(&step.changes)
            };
            self.outputs.insert(resource.address.clone(), &object.outputs);
        } else if schema.stateful {
            return self.errors.push(obstacle::elsewhere(resource, object, &step.changes));
        } else if let Some(by_person) = schema.by_person {
            let cure = by_person(&object.outputs, &known(&resource.attributes));
            return self.errors.push(obstacle::by_person(resource, object, &replaced, &cure));
        } else {
            step.action = Action::Replace;
            step.reason = format!("{replaced} cannot change in place");
            step.cautions.extend(schema.replacement.map(str::to_owned));
            if schema.batched_by.is_some() {
                // Delete the old object and create the new one in one atomic batch.
                step.displaces.push(object.clone());
                self.displaced.insert(object.id.clone());
            }
        }
        self.displace(resource, &mut step);
        self.push(step, false);
    }

    /// Handle objects of other owners that compete for the place. Objects that a failover pair can replace
    /// are deleted in the same batch; others are an error.
    pub(super) fn displace(&mut self, resource: &Resource, step: &mut Step) {
        let kind = resource.address.kind();
        let Some(coexist) = &kind.schema().coexist else { return };
        let wanted = known(&resource.attributes);
        let place = (kind, coexist.place(&wanted));
        let competitors = self.places.get(&place).into_iter().flatten().copied();
        let in_the_way: Vec<&Object> = competitors
            .filter(|object| !self.taken.contains(&(kind, object.id.as_str())))
            .filter(|object| !self.displaced.contains(&object.id))
            .filter(|object| !(coexist.rule)(&wanted, &object.attributes))
            .collect();
        for object in in_the_way {
            if let Some(what) = (coexist.immovable)(&object.attributes) {
                self.displaced.insert(object.id.clone());
                self.errors.push(obstacle::immovable(resource, &what));
                continue;
            }
            self.displaced.insert(object.id.clone());
            let answers = coexist.answers.iter().filter_map(|name| object.attributes.get(*name));
            let answer = answers.into_iter().find(|answer| !answer.is_null()).map(brief).unwrap_or_default();
            step.cautions.push(format!("takes the place of {} ({answer})", summary_of(object)));
            step.displaces.push(object.clone());
        }
    }
}

/// Whether all changes of a step were also the target of an earlier step whose result is unknown.
fn finishes(step: &Step, begun: &Values) -> bool {
    let schema = step.address.kind().schema();
    step.changes.iter().all(|change| {
        match (begun.get(&change.name), &change.after, schema.attribute(&change.name)) {
            (Some(begun), After::Known(after), Some(attribute)) => attribute.shape.same(after, begun),
            (begun, ..) => begun.is_some(),
        }
    })
}

fn names<'a>(changes: impl IntoIterator<Item = &'a Change>) -> String {
    changes.into_iter().map(|change| format!("`{}`", change.name)).collect::<Vec<_>>().join(", ")
}

/// Why an object is updated.
pub(super) fn reason(changes: &[Change]) -> String {
    let names = names(changes);
    if changes.iter().all(|change| change.cause == Cause::Drift) {
        return format!("somebody has changed {names}");
    }
    let (noun, verb) = if changes.len() == 1 { ("attribute", "differs") } else { ("attributes", "differ") };
    format!("its {noun} {names} {verb} from your policy files")
}
