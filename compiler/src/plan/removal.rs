//! Removals: replaced objects, and what Holdfast created that no policy declares any more.
//!
//! A resource is removed after every step that changes or removes something that refers to it in the cloud
//! today, and after what depends on it according to the journal.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bind::Bound;
use super::inputs::Inputs;
use super::pretty::summary_of;
use super::unknown::Blind;
use super::{Action, Cause, Consent, Left, Step, StepId};
use crate::observation::{Object, Owned};
use crate::policy::Policy;
use crate::resource::{Address, Lifecycle, Named};

/// Append the removals to the steps. Returns the objects that no policy declares and that stay.
pub(super) fn plan(
    steps: &mut Vec<Step>,
    blind: &mut Blind<'_>,
    bound: &Bound<'_>,
    displaced: &BTreeSet<String>,
    inputs: &Inputs<'_>,
) -> Vec<Left> {
    let Inputs { graph, owned, consents, .. } = inputs;
    let mut removals = superseded(steps, bound);
    let mut left = Vec::new();
    let mut staying: Vec<(&Address, &Object)> = kept(steps, bound);
    for (address, objects) in &bound.orphans {
        let schema = address.kind().schema();
        // What a task did stays done.
        if schema.lifecycle == Lifecycle::Task {
            continue;
        }
        let held = |object: &Object| {
            let held = schema.held.and_then(|held| held(&object.attributes));
            held.map(|held| format!("; {held}")).unwrap_or_default()
        };
        if let Some(why) = schema.never_deleted {
            let stays =
                |object: &&Object| Left::object(address, format!("`{}`: {why}{}", object.id, held(object)));
            left.extend(objects.iter().map(stays));
            continue;
        }
        // An object with data is protected by its kind, not by the policy block that declared it.
        let consent = Consent::Destroy(address.clone());
        if schema.stateful && !consents.contains(&consent) {
            // An address can have several, and one that the policy still declares under another name.
            for object in objects {
                let same = bound.orphans.iter().filter(|(other, _)| other == address).count();
                let what = match same > 1 || objects.len() > 1 || graph.get(address).is_some() {
                    true => format!("`{}` holds data", object.id),
                    false => "it holds data".to_owned(),
                };
                let held = held(object);
                let reason = format!("{what}{held}; to delete it, plan with `{}`", consent.flag());
                left.push(Left::object(address, reason));
            }
            continue;
        }
        let not_ours = |object: &&&Object| schema.ours.is_some_and(|ours| !ours(&object.attributes));
        if objects.iter().any(|object| not_ours(&object)) {
            let reason =
                "somebody else created it or added to it; to remove it, delete it by hand".to_owned();
            left.push(Left::object(address, reason));
            staying.extend(objects.iter().map(|object| (address, *object)));
            continue;
        }
        let mut before: Option<StepId> = None;
        let going: Vec<&&Object> = objects.iter().filter(|object| !displaced.contains(&object.id)).collect();
        for (nth, object) in going.iter().enumerate() {
            let mut removal = removal(address, object, "no policy declares it any more");
            removal.cautions.extend(schema.removal.map(str::to_owned));
            removal.cautions.extend(schema.held.and_then(|held| held(&object.attributes)));
            let several = going.len() > 1 || removals.iter().any(|other| other.id == removal.id);
            if several || graph.get(address).is_some() {
                removal.id = StepId::superseded(address, &object.id);
            }
            // Of several objects with one identity, the removal of the last one ends the ownership.
            removal.superseded = nth + 1 < going.len();
            removal.needs.extend(before.replace(removal.id.clone()));
            if graph.get(address).is_some() {
                // Create the new object first, as in any replacement.
                removal.needs.insert(StepId::of(address));
            }
            removals.push(removal);
        }
    }
    keep_used(&mut removals, &mut left, &staying);
    order(steps, removals, owned, blind);
    let policy = &inputs.compiled.policy;
    for step in steps.iter_mut().filter(|step| step.action == Action::Delete) {
        step.named.account = step.object.as_ref().and_then(|object| account_of(policy, object));
    }
    left
}

/// The objects that are kept.
fn kept<'a>(steps: &'a [Step], bound: &Bound<'a>) -> Vec<(&'a Address, &'a Object)> {
    let kept = steps.iter().filter(|step| step.action == Action::Keep);
    kept.filter_map(|step| Some((&step.address, *bound.found.get(&step.address)?))).collect()
}

/// Keep everything that a staying object still uses.
fn keep_used(removals: &mut Vec<Step>, left: &mut Vec<Left>, staying: &[(&Address, &Object)]) {
    let mut users: BTreeMap<&str, &Address> = BTreeMap::new();
    for (address, object) in staying {
        for text in object.attributes.values().filter_map(Value::as_str) {
            users.insert(text, address);
        }
    }
    removals.retain(|removal| {
        let user = names(removal).find_map(|name| users.get(name)).filter(|user| ***user != removal.address);
        if let Some(user) = user {
            let reason = format!("{user} still uses it");
            left.push(Left::object(&removal.address, reason));
        }
        user.is_none()
    });
}

/// The values by which others refer to the object of a removal: its outputs.
fn names(removal: &Step) -> impl Iterator<Item = &str> {
    removal.object.iter().flat_map(|object| object.outputs.values().filter_map(Value::as_str))
}

/// The old objects of replacements that create the new one first, and those that an interrupted replacement
/// left.
fn superseded(steps: &[Step], bound: &Bound<'_>) -> Vec<Step> {
    let mut removals = Vec::new();
    for step in steps {
        let replaced = step
            .object
            .as_ref()
            .filter(|_| step.action == Action::Replace && step.address.kind().schema().batched_by.is_none());
        let leftover = bound.leftover.get(&step.address).into_iter().flatten().copied();
        let all = replaced.into_iter().map(|old| (old, "another one takes its place"));
        let all = all.chain(leftover.map(|old| (old, "left over from an interrupted replacement")));
        for (old, reason) in all {
            let mut removal = removal(&step.address, old, reason);
            removal.id = StepId::superseded(&step.address, &old.id);
            removal.place.clone_from(&step.place);
            removal.superseded = true;
            removal.needs.insert(step.id.clone());
            removals.push(removal);
        }
    }
    removals
}

/// Order the removals after everything that uses the removed objects.
fn order(steps: &mut Vec<Step>, mut removals: Vec<Step>, owned: &[Owned], blind: &mut Blind<'_>) {
    let mut users: BTreeMap<&StepId, BTreeSet<StepId>> = BTreeMap::new();
    let mut mentions: BTreeMap<&str, BTreeSet<StepId>> = BTreeMap::new();
    for step in steps.iter().chain(&removals) {
        for need in &step.needs {
            users.entry(need).or_default().insert(step.id.clone());
        }
        let objects = step.object.iter().chain(&step.displaces);
        for text in objects.flat_map(|object| object.attributes.values()).filter_map(Value::as_str) {
            mentions.entry(text).or_default().insert(step.id.clone());
        }
    }
    let mut built_on: BTreeMap<&Address, BTreeSet<StepId>> = BTreeMap::new();
    for made in owned {
        for need in &made.needs {
            built_on.entry(need).or_default().insert(StepId::of(&made.address));
        }
    }
    let needs: Vec<BTreeSet<StepId>> = removals
        .iter()
        .map(|removal| {
            let mentioned = names(removal).filter_map(|name| mentions.get(name)).flatten();
            let dependents = removal.superseded.then(|| users.get(&StepId::of(&removal.address))).flatten();
            let built = built_on.get(&removal.address).into_iter().flatten();
            mentioned.chain(dependents.into_iter().flatten()).chain(built).cloned().collect()
        })
        .collect();
    let mut known: BTreeSet<StepId> = steps.iter().chain(&removals).map(|step| step.id.clone()).collect();
    known.extend(blind.blocked().iter().cloned());
    for (removal, needs) in removals.iter_mut().zip(needs) {
        removal.needs.extend(needs);
        let own = removal.id.clone();
        removal.needs.retain(|need| known.contains(need) && *need != own);
    }
    steps.extend(in_order(removals).into_iter().filter(|removal| !blind.holds(removal)));
}

/// Order each removal after those it needs. A cycle, which only a damaged journal can contain, is broken.
fn in_order(mut removals: Vec<Step>) -> Vec<Step> {
    let mut ordered: Vec<Step> = Vec::new();
    while !removals.is_empty() {
        let waiting: BTreeSet<StepId> = removals.iter().map(|step| step.id.clone()).collect();
        let (ready, mut rest): (Vec<Step>, Vec<Step>) =
            removals.into_iter().partition(|step| step.needs.is_disjoint(&waiting));
        if ready.is_empty() {
            for step in &mut rest {
                step.needs.retain(|need| !waiting.contains(need));
            }
        }
        ordered.extend(ready);
        removals = rest;
    }
    ordered
}

/// The account that an object is in, if a site names another one than the estate's.
fn account_of(policy: &Policy, object: &Object) -> Option<String> {
    let provider = object.kind.schema().provider?;
    let id = object.attributes.get("region")?.as_str()?;
    let mut elsewhere = policy.elsewhere.iter();
    let at = elsewhere.find(|(region, _)| region.provider.name == provider && region.as_str() == id);
    at.map(|(_, account)| account.id.clone())
}

/// The removal of an object.
pub(super) fn removal(address: &Address, object: &Object, reason: &str) -> Step {
    Step {
        id: StepId::of(address),
        address: address.clone(),
        action: Action::Delete,
        purpose: format!("{} {}", address.kind().name(), summary_of(object)),
        reason: reason.to_owned(),
        unfinished: false,
        cause: Some(Cause::Policy),
        place: None,
        changes: Vec::new(),
        cautions: Vec::new(),
        attributes: BTreeMap::new(),
        named: Named::default(),
        object: Some(object.clone()),
        displaces: Vec::new(),
        superseded: false,
        needs: BTreeSet::new(),
        follows: BTreeSet::new(),
        batch: None,
    }
}
