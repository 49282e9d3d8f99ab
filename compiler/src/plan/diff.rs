//! Compares desired and observed resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bind::{Bound, bind};
use super::cause::{self, Ours};
use super::inputs::Inputs;
use super::pretty::{brief, summary_of};
use super::unknown::Blind;
use super::{Action, After, Cause, Change, Confirmed, Left, Plan, Step, StepId, batch};
use super::{
    Consents, assumed, behind, besides, billed, effect, irreversible, lost, obstacle, order, others, people,
};
use super::{caution, owner, removal, stops, turn, way_home};
use crate::compile::Waived;
use crate::diagnostic::{Diagnostic, codes};
use crate::digest::{Purpose, digest};
use crate::graph::Graph;
use crate::observation::{Object, Observation, scope};
use crate::provider::evidence::Begin;
use crate::resource::{Address, Attribute, AttributeSchema, Kind, Lifecycle, Resource, Values, known};
use crate::source::Sources;

/// Compare the inputs and make a plan.
///
/// # Errors
/// Findings about the live cloud that block the policy, each at the line it concerns.
pub fn diff(inputs: Inputs<'_>) -> Result<Plan, Vec<Diagnostic>> {
    compare(inputs, &mut |found| if found.is_empty() { Ok(()) } else { Err(found) })
}

/// What can be seen, also if no plan can be made, with what keeps one from being made. It is for looking at the estate: it lacks steps,
/// and must never be applied.
///
/// # Errors
/// The resources cannot be written as text.
pub fn look(inputs: Inputs<'_>) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut blocks = Vec::new();
    let plan = compare(inputs, &mut |found| {
        blocks.extend(found);
        Ok(())
    })?;
    Ok((plan, blocks))
}

/// Compare. `blocks` decides whether findings end it.
fn compare(
    inputs: Inputs<'_>,
    blocks: &mut dyn FnMut(Vec<Diagnostic>) -> Result<(), Vec<Diagnostic>>,
) -> Result<Plan, Vec<Diagnostic>> {
    let bound = bind(inputs.graph, inputs.owned, inputs.observation);
    let mut differ = Differ {
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
    };
    inputs.graph.iter().for_each(|resource| differ.resource(resource));
    blocks(std::mem::take(&mut differ.errors))?;
    let policy = &inputs.compiled.policy;
    let seen = effect::effects(&inputs, &differ.bound.found, differ.blind.services(policy, inputs.graph));
    blocks(seen.obstacles)?;
    seen.begins.into_iter().for_each(|task| differ.begin(task));
    let Differ { mut steps, mut blind, bound, displaced, confirmed, mut left, .. } = differ;
    left.extend(removal::plan(&mut steps, &mut blind, &bound, &displaced, &inputs));
    blocks(stops::findings(&steps, inputs.graph))?;
    order::name_earlier_accounts(&mut steps, inputs.owned, &inputs.context.accounts);
    order::order(&mut steps, inputs.graph);
    batch::assign(&mut steps);
    let wants: Vec<_> = inputs.graph.iter().map(|wanted| (&wanted.address, &wanted.attributes)).collect();
    let wants = digest(Purpose::Policy, &wants).map_err(|error| {
        vec![Diagnostic::new(codes::BAD_PLAN_FILE, format!("the plan cannot be written: {error}"))]
    })?;
    let (objectives, copies, backups) = (seen.effects, seen.copies, seen.backups);
    let (lags, checks) = (seen.lags, seen.checks);
    let lost = lost::primaries(&inputs, &copies, &steps, &blind.unknown);
    let behind = behind::primaries(&inputs, &steps);
    let assumed = assumed::whole(&inputs, &copies);
    let billed = billed::all(policy, &steps);
    let awaited = people::awaited(inputs.graph, &bound);
    let unmade = besides::unmade(policy, &inputs.context.accounts);
    let observed = inputs.observation.sorted();
    let turns = turn::turns(policy, inputs.was, inputs.posture);
    let foreign = caution::foreign(&observed, &steps);
    Ok(Plan {
        context: inputs.context,
        policy: wants,
        observed,
        foreign,
        was: inputs.was.clone(),
        posture: inputs.posture.clone(),
        turns,
        scope: scope(inputs.graph, inputs.owned),
        confirmed,
        moved: besides::moved(inputs.graph, inputs.owned),
        leaving: besides::leaving(&steps, policy),
        policy_changes: None,
        lost,
        behind,
        awaited,
        objectives,
        assumed,
        copies,
        backups,
        lags,
        ways_home: way_home::all(policy, inputs.posture, inputs.observation),
        checks,
        waived: inputs.compiled.waived.iter().map(Waived::in_words).collect(),
        unmade,
        billed,
        steps,
        left,
        unknown: blind.unknown,
        waiting: blind.waiting,
        consents: inputs.consents,
        targets: Vec::new(),
    })
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

struct Differ<'a> {
    sources: &'a Sources,
    /// The name of the estate.
    estate: &'a str,
    graph: &'a Graph,
    /// What the operator allows.
    consents: Consents,
    /// The objects that compete for a place, by kind and place.
    places: BTreeMap<(Kind, Vec<String>), Vec<&'a Object>>,
    /// The objects that belong to a resource.
    taken: BTreeSet<(Kind, &'a str)>,
    bound: Bound<'a>,
    /// What could not be seen.
    blind: Blind<'a>,
    ours: Ours<'a>,
    confirmed: Vec<Confirmed>,
    /// The cause of each step so far.
    causes: BTreeMap<Address, Cause>,
    /// The outputs of every resource that exists and stays.
    outputs: BTreeMap<Address, &'a Values>,
    /// The ids of objects that a step displaces.
    displaced: BTreeSet<String>,
    steps: Vec<Step>,
    /// What no policy asks for and stays.
    left: Vec<Left>,
    errors: Vec<Diagnostic>,
}

impl<'a> Differ<'a> {
    fn resource(&mut self, resource: &Resource) {
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

    fn step(&self, resource: &Resource, action: Action, reason: impl Into<String>) -> Step {
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

    fn keep(&mut self, resource: &Resource, object: Option<&'a Object>) {
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
    fn push(&mut self, mut step: Step, was_applied: bool) {
        step.cause = cause::step(&step, was_applied);
        self.causes.extend(step.cause.map(|cause| (step.address.clone(), cause)));
        if !self.blind.holds(&step) {
            step.needs.retain(|need| !self.blind.blocked().contains(need));
            self.steps.push(step);
        }
    }

    /// Begin a task, whose step was kept until now.
    fn begin(&mut self, task: Begin) {
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
    fn after(&self, resource: &Resource, attribute: &AttributeSchema, found: &Value) -> Option<After> {
        Some(match resource.attributes.get(attribute.name)? {
            Attribute::Known(wanted) => After::Known(attribute.shape.merge(found, wanted)),
            Attribute::Output { of, name } => {
                let output = self.outputs.get(of).and_then(|outputs| outputs.get(name));
                output.map_or(After::Unknown, |value| After::Known(value.clone()))
            }
        })
    }

    fn existing(&mut self, resource: &Resource, object: &'a Object) {
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
    fn displace(&mut self, resource: &Resource, step: &mut Step) {
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
