//! Resumes an interrupted plan: completed steps are left out, and started ones are observed again. A crash
//! costs only time, and the approval stays valid, because nothing outside the plan is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::stale::{Shift, shifts};
use super::{Action, After, Change, Plan, Step, StepId};
use crate::observation::{Object, Observation};
use crate::resource::{Address, Attribute, Attributes, Identity, Kind, Mark, Values, known};

/// The rest of a plan whose steps `begun` were started by earlier runs, and all shifts that these steps do
/// not explain. If no step was started, the rest is the whole plan.
#[must_use]
pub fn resume(plan: &Plan, begun: &BTreeSet<StepId>, now: &Observation) -> (Plan, Vec<Shift>) {
    let shifts = shifts(plan, now);
    if begun.is_empty() {
        return (plan.clone(), shifts);
    }
    let current = Current::at(now, plan);
    let begun: Vec<&Step> = plan.steps.iter().filter(|step| begun.contains(&step.id)).collect();
    let unexplained =
        shifts.into_iter().filter(|shift| !begun.iter().any(|step| explains(step, shift))).collect();
    let mut rest = plan.clone();
    let begun: BTreeSet<StepId> = begun.into_iter().map(|step| step.id.clone()).collect();
    let mut outputs: BTreeMap<Address, Values> = BTreeMap::new();
    for step in &mut rest.steps {
        // The second half of an update begins only when the first one is done.
        if begun.contains(&StepId::late(&step.address)) && !step.is_late() && step.action == Action::Update {
            mark_done(step);
        } else if begun.contains(&step.id) {
            refresh(step, &current, &outputs);
        }
        if let Some(object) = step.object.as_ref().filter(|_| step.action != Action::Replace) {
            outputs.insert(step.address.clone(), object.outputs.clone());
        }
        step.displaces.retain(|object| current.same(object));
    }
    rest.observed = now.sorted();
    (rest, unexplained)
}

/// The observed objects, indexed.
struct Current<'a> {
    ids: BTreeMap<(Kind, &'a str), &'a Object>,
    identities: BTreeMap<(Kind, Identity), Vec<&'a Object>>,
    /// The objects that existed when the plan was made, so no step of it has created them.
    before: BTreeSet<(Kind, &'a str)>,
}

impl<'a> Current<'a> {
    fn at(now: &'a Observation, plan: &'a Plan) -> Self {
        let ids = now.objects.iter().map(|object| ((object.kind, object.id.as_str()), object)).collect();
        let mut identities: BTreeMap<(Kind, Identity), Vec<&Object>> = BTreeMap::new();
        for object in &now.objects {
            identities.entry((object.kind, object.identity())).or_default().push(object);
        }
        let before = plan.observed.iter().map(|object| (object.kind, object.id.as_str())).collect();
        Self { ids, identities, before }
    }

    fn id(&self, kind: Kind, id: &str) -> Option<&'a Object> {
        self.ids.get(&(kind, id)).copied()
    }

    fn same(&self, object: &Object) -> bool {
        self.id(object.kind, &object.id) == Some(object)
    }

    /// The object that a step created, distinguished from the one that it replaces.
    fn made(&self, step: &Step) -> Option<&'a Object> {
        let kind = step.address.kind();
        let objects = self.identities.get(&(kind, Identity::of_resource(kind, &step.attributes)))?;
        // A replaced record keeps its id, so only its attributes can be compared.
        let batched = kind.schema().batched_by.is_some();
        let is_old = |object: &Object| match &step.object {
            Some(old) if batched => old == object,
            _ => self.before.contains(&(kind, object.id.as_str())),
        };
        objects.iter().copied().find(|object| !is_old(object) && has_mark(step, object))
    }
}

/// Whether a started step explains a shift: what it creates exists, what it removes is gone, or what it
/// updates has old or new values.
fn explains(step: &Step, shift: &Shift) -> bool {
    let Some(object) = shift.now.as_ref().or(shift.before.as_ref()) else { return true };
    let kind = step.address.kind();
    if object.kind != kind {
        return false;
    }
    let own = step.object.as_ref().is_some_and(|own| own.id == object.id);
    let goes = step.displaces.iter().any(|displaced| displaced.id == object.id)
        || own && matches!(step.action, Action::Delete | Action::Replace);
    if goes && shift.now.is_none() {
        return true;
    }
    let wanted = known(&step.attributes);
    let subject = !wanted.is_empty() && Identity::of(kind, &wanted) == object.identity();
    match (step.action, &shift.now) {
        (Action::Create | Action::Replace, Some(now)) => subject && has_mark(step, now),
        (Action::Update, Some(now)) => own && partly_applied(step, now),
        _ => false,
    }
}

/// Whether a step can have created an object, judged by the mark of its kind.
fn has_mark(step: &Step, object: &Object) -> bool {
    let wanted = known(&step.attributes);
    let same = |(name, shape): (&'static str, crate::resource::Shape)| {
        let found = object.attributes.get(name).unwrap_or(&Value::Null);
        wanted.get(name).is_none_or(|wanted| shape.same(found, wanted))
    };
    match object.kind.schema().mark {
        Mark::Identity => true,
        Mark::Attribute(mark) if wanted.contains_key(mark) => {
            kind_attributes(step).filter(|(name, _)| *name == mark).all(same)
        }
        Mark::Attribute(_) | Mark::Attributes => kind_attributes(step).all(same),
    }
}

/// Whether every attribute has its old or its new value.
fn partly_applied(step: &Step, now: &Object) -> bool {
    let before = step.before();
    kind_attributes(step).all(|(name, shape)| {
        let get = |values: Option<&Values>| values.and_then(|v| v.get(name)).cloned().unwrap_or(Value::Null);
        let found = get(Some(&now.attributes));
        let change = step.changes.iter().find(|change| change.name == name);
        found == get(before)
            || change.is_some_and(|change| match &change.after {
                After::Known(after) => shape.same(&found, after),
                After::Unknown => true,
            })
    })
}

fn kind_attributes(step: &Step) -> impl Iterator<Item = (&'static str, crate::resource::Shape)> {
    step.address.kind().schema().attributes.iter().map(|attribute| (attribute.name, attribute.shape))
}

/// Update a started step from the current observation.
fn refresh(step: &mut Step, current: &Current<'_>, outputs: &BTreeMap<Address, Values>) {
    let kind = step.address.kind();
    let found = match step.action {
        Action::Keep => return,
        Action::Delete => {
            let gone = step.object.as_ref().is_none_or(|object| current.id(kind, &object.id).is_none());
            if gone {
                step.object = None;
                mark_done(step);
            }
            return;
        }
        Action::Update => step.object.as_ref().and_then(|object| current.id(kind, &object.id)),
        Action::Create | Action::Replace => current.made(step),
    };
    let Some(object) = found else { return };
    step.changes = changes(step, object, outputs);
    step.object = Some(object.clone());
    if step.changes.is_empty() {
        mark_done(step);
    } else {
        step.action = Action::Update;
        step.reason = "started by an earlier run of this plan".to_owned();
    }
}

fn mark_done(step: &mut Step) {
    step.action = Action::Keep;
    step.cause = None;
    step.reason = "done by an earlier run of this plan".to_owned();
    step.changes.clear();
    step.displaces.clear();
    step.attributes.clear();
    step.batch = None;
}

/// The remaining differences from the target of the step.
fn changes(step: &Step, object: &Object, outputs: &BTreeMap<Address, Values>) -> Vec<Change> {
    let cause = step.cause.unwrap_or(super::Cause::Policy);
    let differs = |(name, shape): (&'static str, crate::resource::Shape)| {
        let before = object.attributes.get(name).cloned().unwrap_or(Value::Null);
        let after = after(&step.attributes, name, outputs)?;
        let same = matches!(&after, After::Known(after) if shape.same(&before, after));
        (!same).then(|| Change {
            name: name.to_owned(),
            before,
            after,
            cause,
            applied: None,
            replaces: false,
        })
    };
    kind_attributes(step).filter_map(differs).collect()
}

fn after(attributes: &Attributes, name: &str, outputs: &BTreeMap<Address, Values>) -> Option<After> {
    Some(match attributes.get(name)? {
        Attribute::Known(value) => After::Known(value.clone()),
        Attribute::Output { of, name } => outputs
            .get(of)
            .and_then(|outputs| outputs.get(name))
            .map_or(After::Unknown, |value| After::Known(value.clone())),
    })
}
