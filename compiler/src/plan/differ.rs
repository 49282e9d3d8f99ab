//! Compares the desired resources with the observed ones, one at a time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bind::{Bound, bind};
use super::cause::{self, Ours};
use super::inputs::Inputs;
use super::unknown::Blind;
use super::{
    Action, After, Cause, Change, Confirmed, Consents, Left, Step, StepId, obstacle, others, removal,
};
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::observation::{Object, Observation};
use crate::provider::evidence::Begin;
use crate::resource::{Address, Attribute, AttributeSchema, Kind, Lifecycle, Resource, Values};
use crate::source::Sources;

/// What is known while resources are compared.
pub(super) struct Differ<'a> {
    pub(super) sources: &'a Sources,
    /// The name of the estate.
    pub(super) estate: &'a str,
    pub(super) graph: &'a Graph,
    /// What the operator allows.
    pub(super) consents: Consents,
    /// The objects that compete for a place, by kind and place.
    pub(super) places: BTreeMap<(Kind, Vec<String>), Vec<&'a Object>>,
    /// The objects that belong to a resource.
    pub(super) taken: BTreeSet<(Kind, &'a str)>,
    pub(super) bound: Bound<'a>,
    /// What could not be seen.
    pub(super) blind: Blind<'a>,
    pub(super) ours: Ours<'a>,
    pub(super) confirmed: Vec<Confirmed>,
    /// The cause of each step so far.
    pub(super) causes: BTreeMap<Address, Cause>,
    /// The outputs of every resource that exists and stays.
    pub(super) outputs: BTreeMap<Address, &'a Values>,
    /// The ids of objects that a step displaces.
    pub(super) displaced: BTreeSet<String>,
    pub(super) steps: Vec<Step>,
    /// What no policy asks for and stays.
    pub(super) left: Vec<Left>,
    pub(super) errors: Vec<Diagnostic>,
}

impl<'a> Differ<'a> {
    /// Nothing is compared yet.
    pub(super) fn new(inputs: &Inputs<'a>) -> Self {
        let bound = bind(inputs.graph, inputs.owned, inputs.observation);
        Self {
            sources: inputs.sources,
            estate: inputs.compiled.policy.estate.as_str(),
            graph: inputs.graph,
            consents: inputs.consents.clone(),
            places: places(inputs.observation),
            taken: bound.found.values().map(|object| (object.kind, object.id.as_str())).collect(),
            bound,
            blind: Blind::new(inputs.graph, inputs.owned, inputs.observation),
            ours: Ours::new(inputs.owned),
            confirmed: Vec::new(),
            causes: BTreeMap::new(),
            outputs: BTreeMap::new(),
            displaced: BTreeSet::new(),
            steps: Vec::new(),
            left: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Compare one resource.
    pub(super) fn resource(&mut self, resource: &Resource) {
        if self.blind.hides(resource) {
            return;
        }
        let schema = resource.address.kind().schema();
        let found = self.bound.found.get(&resource.address).copied();
        match (schema.lifecycle, found) {
            // Whether a task has to be begun is found out later.
            (Lifecycle::Milestone | Lifecycle::Evidence | Lifecycle::Task, _) => self.keep(resource, None),
            (Lifecycle::Prerequisite, Some(object)) => self.keep(resource, Some(object)),
            (Lifecycle::Prerequisite, None) => self.errors.push(obstacle::missing(resource)),
            (Lifecycle::Managed, found) => match others::part(resource, found, self.graph, &self.blind) {
                None => self.managed(resource, found),
                Some((part, why)) => self.part(resource, &part, found, why),
            },
        }
    }

    fn managed(&mut self, resource: &Resource, found: Option<&'a Object>) {
        match found {
            Some(object) => self.existing(resource, object),
            None => self.create(resource),
        }
    }

    /// What a resource is while a name that it uses belongs to somebody else, which `why` says.
    fn part(&mut self, whole: &Resource, part: &others::Part, found: Option<&'a Object>, why: String) {
        let first = self.steps.len();
        match part {
            others::Part::Rest(rest) => self.managed(rest, found),
            others::Part::Nothing => {
                let Some(object) = found else { return };
                let mut step = removal::removal(&whole.address, object, &why);
                step.place = Some(self.sources.place(whole.origin));
                step.cautions.extend(whole.address.kind().schema().removal.map(str::to_owned));
                self.push(step, false);
            }
        }
        if let Some(step) = self.steps.get_mut(first).filter(|step| step.action != Action::Keep) {
            step.reason = why;
        }
    }

    pub(super) fn step(&self, resource: &Resource, action: Action, reason: impl Into<String>) -> Step {
        Step {
            id: StepId::of(&resource.address),
            address: resource.address.clone(),
            action,
            purpose: resource.purpose.clone(),
            reason: reason.into(),
            unfinished: false,
            cause: None,
            place: Some(self.sources.place(resource.origin)),
            changes: Vec::new(),
            cautions: Vec::new(),
            attributes: BTreeMap::new(),
            named: resource.named.clone(),
            object: None,
            displaces: Vec::new(),
            superseded: false,
            needs: resource.needs().into_iter().map(StepId::of).collect(),
            follows: BTreeSet::new(),
            batch: None,
        }
    }

    pub(super) fn keep(&mut self, resource: &Resource, object: Option<&'a Object>) {
        let mut step = self.step(resource, Action::Keep, "as the policy declares it");
        if let Some(object) = object {
            self.outputs.insert(resource.address.clone(), &object.outputs);
            self.confirm(resource, object);
            // A kept resource needs only its id and its outputs; its attributes are those of the policy.
            step.object = Some(Object { attributes: BTreeMap::new(), ..object.clone() });
        }
        self.push(step, false);
    }

    /// Record in the plan that an owned object matches the policy, if the journal does not know that.
    fn confirm(&mut self, resource: &Resource, object: &Object) {
        let identity = object.identity();
        let Some(ours) = self.ours.of(object.kind, &identity) else { return };
        let mut attributes = Values::new();
        let mut known = ours.begun.is_none();
        // What is sensitive is in no journal.
        let plain = object.kind.schema().attributes.iter().filter(|attribute| !attribute.sensitive);
        for attribute in plain {
            let wanted = match resource.attributes.get(attribute.name) {
                Some(Attribute::Known(wanted)) => Some(wanted),
                Some(Attribute::Output { of, name }) => self.outputs.get(of).and_then(|all| all.get(name)),
                None => None,
            };
            let Some(wanted) = wanted else { continue };
            let applied = ours.applied.as_ref().and_then(|applied| applied.get(attribute.name));
            known &= applied.is_some_and(|applied| attribute.shape.same(applied, wanted));
            attributes.insert(attribute.name.to_owned(), wanted.clone());
        }
        // That it stays has to be remembered, to tell later why it is gone.
        if let Some(lapses) = object.kind.schema().lapses.filter(|lapses| lapses.stay(&object.attributes)) {
            known &= ours.applied.as_ref().is_some_and(|applied| lapses.stay(applied));
            attributes.insert(lapses.attribute.to_owned(), lapses.stays.into());
        }
        if !known {
            self.confirmed.push(Confirmed { address: resource.address.clone(), identity, attributes });
        }
    }

    /// Add a complete step.
    pub(super) fn push(&mut self, mut step: Step, was_applied: bool) {
        step.cause = cause::step(&step, was_applied);
        self.causes.extend(step.cause.map(|cause| (step.address.clone(), cause)));
        if !self.blind.holds(&step) {
            step.needs.retain(|need| !self.blind.blocked().contains(need));
            self.steps.push(step);
        }
    }

    /// Begin a task, whose step was kept until now.
    pub(super) fn begin(&mut self, task: Begin) {
        let Some(resource) = self.graph.get(&task.address) else { return };
        let known = task.attributes.into_iter().map(|(name, value)| (name, Attribute::Known(value)));
        let mut wanted = resource.clone();
        wanted.attributes.extend(known);
        // What cannot be seen, or waits for that, has no step.
        let kept = self.steps.iter().position(|step| step.address == task.address);
        let Some(kept) = kept else { return };
        // It is begun when all that it needs is there: S3 takes minutes to see a new replication or a new role.
        let needs = wanted.needs();
        let waits = |step: &Step| step.action != Action::Keep && needs.contains(&step.address);
        if self.steps.iter().any(waits) {
            return;
        }
        let mut step = self.step(&wanted, Action::Create, task.reason);
        step.attributes.clone_from(&wanted.attributes);
        self.set(&wanted, &mut step, Cause::Policy);
        step.cause = cause::step(&step, false);
        step.needs.retain(|need| !self.blind.blocked().contains(need));
        self.steps.remove(kept);
        self.steps.insert(kept, step);
    }

    /// The changes that create a resource.
    fn set(&self, resource: &Resource, step: &mut Step, cause: Cause) {
        for attribute in resource.address.kind().schema().attributes {
            let Some(after) = self.after(resource, attribute, &Value::Null) else { continue };
            if after != After::Known(Value::Null) {
                let name = attribute.name.to_owned();
                let (before, applied) = (Value::Null, None);
                step.changes.push(Change { name, before, after, cause, applied, replaces: false });
            }
        }
    }

    fn create(&mut self, resource: &Resource) {
        let ours = self.ours.of(resource.address.kind(), &resource.identity());
        let gone = ours.filter(|ours| cause::was_removed(ours));
        let lapsed = gone.and_then(|ours| cause::lapsed(resource.address.kind(), ours));
        let removed = gone.is_some() && lapsed.is_none();
        let reason = if removed { "somebody has removed it" } else { lapsed.unwrap_or("does not exist yet") };
        let mut step = self.step(resource, Action::Create, reason);
        step.attributes = resource.attributes.clone();
        self.set(resource, &mut step, if removed { Cause::Drift } else { Cause::Policy });
        self.displace(resource, &mut step);
        self.push(step, removed);
    }

    /// The value that an attribute will have, or `None` if it is not managed.
    pub(super) fn after(
        &self,
        resource: &Resource,
        attribute: &AttributeSchema,
        found: &Value,
    ) -> Option<After> {
        Some(match resource.attributes.get(attribute.name)? {
            Attribute::Known(wanted) => After::Known(attribute.shape.merge(found, wanted)),
            Attribute::Output { of, name } => {
                let output = self.outputs.get(of).and_then(|outputs| outputs.get(name));
                output.map_or(After::Unknown, |value| After::Known(value.clone()))
            }
        })
    }
}

fn places(observation: &Observation) -> BTreeMap<(Kind, Vec<String>), Vec<&Object>> {
    let mut places: BTreeMap<(Kind, Vec<String>), Vec<&Object>> = BTreeMap::new();
    for object in &observation.objects {
        if let Some(coexist) = &object.kind.schema().coexist {
            let place = (object.kind, coexist.place(&object.attributes));
            places.entry(place).or_default().push(object);
        }
    }
    places
}
