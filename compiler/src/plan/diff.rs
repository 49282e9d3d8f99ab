//! What is wanted against what is there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bind::{Bound, bind};
use super::pretty::brief;
use super::{Action, After, Change, Context, FORMAT, Plan, Step, StepId, batch};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::Graph;
use crate::observation::{Object, Observation, Owned, digest, scope};
use crate::resource::{Address, Attribute, AttributeSchema, Kind, Lifecycle, Resource, Values};
use crate::source::Sources;

/// Everything a plan is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// What the plan is about.
    pub context: Context,
    /// The texts of the policy, for the places.
    pub sources: &'a Sources,
    /// What should exist.
    pub graph: &'a Graph,
    /// What Holdfast made before.
    pub owned: &'a BTreeMap<Address, Owned>,
    /// What does exist.
    pub observation: &'a Observation,
}

/// Compare, and plan.
///
/// # Errors
/// Findings about the live cloud that stand in the way, each at the line of the policy it concerns.
pub fn diff(inputs: Inputs<'_>) -> Result<Plan, Vec<Diagnostic>> {
    let bound = bind(inputs.graph, inputs.owned, inputs.observation);
    let mut differ = Differ {
        sources: inputs.sources,
        places: places(inputs.observation),
        taken: bound.found.values().map(|object| (object.kind, object.id.as_str())).collect(),
        bound,
        outputs: BTreeMap::new(),
        displaced: BTreeSet::new(),
        steps: Vec::new(),
        errors: Vec::new(),
    };
    inputs.graph.iter().for_each(|resource| differ.resource(resource));
    if !differ.errors.is_empty() {
        return Err(differ.errors);
    }
    let left = differ.removals(inputs.graph, inputs.owned);
    let mut steps = differ.steps;
    batch::assign(&mut steps);
    let wants: Vec<String> = inputs.graph.iter().map(wants).collect();
    Ok(Plan {
        format: FORMAT,
        context: inputs.context,
        policy: digest(wants.iter().map(String::as_str)),
        observed: inputs.observation.fingerprint(),
        scope: scope(inputs.graph, inputs.owned),
        steps,
        left,
    })
}

fn wants(resource: &Resource) -> String {
    let attributes = serde_json::to_string(&resource.attributes).unwrap_or_default();
    format!("{} {attributes}", resource.address)
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
    /// The things that compete for a place, by kind and place.
    places: BTreeMap<(Kind, Vec<String>), Vec<&'a Object>>,
    /// The things that are some resource's.
    taken: BTreeSet<(Kind, &'a str)>,
    bound: Bound<'a>,
    /// The outputs of every resource that exists and stays.
    outputs: BTreeMap<Address, &'a Values>,
    /// Ids of things that a step displaces.
    displaced: BTreeSet<String>,
    steps: Vec<Step>,
    errors: Vec<Diagnostic>,
}

impl<'a> Differ<'a> {
    fn resource(&mut self, resource: &Resource) {
        let schema = resource.address.kind().schema();
        let found = self.bound.found.get(&resource.address).copied();
        match (schema.lifecycle, found) {
            (Lifecycle::Milestone, _) => self.keep(resource, None),
            (Lifecycle::Prerequisite, Some(object)) => self.keep(resource, Some(object)),
            (Lifecycle::Prerequisite, None) => self.errors.push(missing(resource)),
            (Lifecycle::Managed, Some(object)) => self.existing(resource, object),
            (Lifecycle::Managed, None) => self.create(resource),
        }
    }

    fn step(&self, resource: &Resource, action: Action, reason: impl Into<String>) -> Step {
        Step {
            id: StepId::of(&resource.address),
            address: resource.address.clone(),
            action,
            purpose: resource.purpose.clone(),
            reason: reason.into(),
            place: Some(self.sources.place(resource.origin)),
            changes: Vec::new(),
            cautions: Vec::new(),
            attributes: BTreeMap::new(),
            object: None,
            displaces: Vec::new(),
            needs: resource.needs().into_iter().map(StepId::of).collect(),
            batch: None,
        }
    }

    fn keep(&mut self, resource: &Resource, object: Option<&'a Object>) {
        let mut step = self.step(resource, Action::Keep, "as it should be");
        if let Some(object) = object {
            self.outputs.insert(resource.address.clone(), &object.outputs);
            // What is kept is known by its id and its outputs; its attributes are the policy's.
            step.object = Some(Object { attributes: BTreeMap::new(), ..object.clone() });
        }
        self.steps.push(step);
    }

    fn create(&mut self, resource: &Resource) {
        let mut step = self.step(resource, Action::Create, "not there yet");
        step.attributes = resource.attributes.clone();
        let schema = resource.address.kind().schema();
        for attribute in schema.attributes {
            let Some(after) = self.after(resource, attribute, &Value::Null) else { continue };
            if after != After::Known(Value::Null) {
                let name = attribute.name.to_owned();
                step.changes.push(Change { name, before: Value::Null, after, replaces: false });
            }
        }
        self.displace(resource, &mut step);
        self.steps.push(step);
    }

    /// What an attribute will be, or nothing where it is not managed.
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
        step.attributes = resource.attributes.clone();
        for attribute in schema.attributes {
            let before = object.attributes.get(attribute.name).unwrap_or(&Value::Null);
            let Some(after) = self.after(resource, attribute, before) else { continue };
            let wanted = match &after {
                After::Known(wanted) => wanted,
                After::Unknown => &Value::Null,
            };
            if matches!(after, After::Known(_)) {
                if attribute.shape.same(before, wanted) {
                    continue;
                }
                if matches!(resource.attributes.get(attribute.name), Some(Attribute::Known(_))) {
                    // An update writes the whole of what it changes: the wanted with the unmanaged.
                    step.attributes.insert(attribute.name.to_owned(), Attribute::Known(wanted.clone()));
                }
            }
            let caution = attribute.caution.and_then(|caution| caution(before, wanted));
            step.cautions.extend(caution.map(str::to_owned));
            let replaces = after != After::Unknown && attribute.replaces(before, wanted);
            let (name, before) = (attribute.name.to_owned(), before.clone());
            step.changes.push(Change { name, before, after, replaces });
        }
        let names = |only: fn(&Change) -> bool| {
            let names = step.changes.iter().filter(|change| only(change));
            names.map(|change| format!("`{}`", change.name)).collect::<Vec<_>>().join(", ")
        };
        if step.changes.is_empty() {
            return self.keep(resource, Some(object));
        }
        let replaced = names(|change| change.replaces);
        step.object = Some(object.clone());
        if replaced.is_empty() {
            step.reason = format!("{} not as the policy says", verb(&names(|_| true), step.changes.len()));
            self.outputs.insert(resource.address.clone(), &object.outputs);
        } else if schema.stateful {
            return self.errors.push(elsewhere(resource, object));
        } else {
            step.action = Action::Replace;
            step.reason = format!("{replaced} cannot change in place");
            if schema.batched_by.is_some() {
                // Old and new change places within one atomic batch.
                step.displaces.push(object.clone());
                self.displaced.insert(object.id.clone());
            }
        }
        self.displace(resource, &mut step);
        self.steps.push(step);
    }

    /// Things of others in the way of this one. What a failover pair takes the place of goes in the same
    /// batch; what it cannot take the place of is an error.
    fn displace(&mut self, resource: &Resource, step: &mut Step) {
        let kind = resource.address.kind();
        let Some(coexist) = &kind.schema().coexist else { return };
        let wanted: Values = resource
            .attributes
            .iter()
            .filter_map(|(name, attribute)| match attribute {
                Attribute::Known(value) => Some((name.clone(), value.clone())),
                Attribute::Output { .. } => None,
            })
            .collect();
        let place = (kind, coexist.place(&wanted));
        let competitors = self.places.get(&place).into_iter().flatten().copied();
        let in_the_way: Vec<&Object> = competitors
            .filter(|object| !self.taken.contains(&(kind, object.id.as_str())))
            .filter(|object| !self.displaced.contains(&object.id))
            .filter(|object| !(coexist.rule)(&wanted, &object.attributes))
            .collect();
        for object in in_the_way {
            let routing = object.attributes.get("routing").and_then(Value::as_str).unwrap_or_default();
            if routing != "simple" && routing != "failover" {
                self.errors.push(other_routing(resource, routing));
                continue;
            }
            self.displaced.insert(object.id.clone());
            let answer = ["values", "alias-name"].iter().find_map(|name| object.attributes.get(*name));
            let answer = answer.filter(|answer| !answer.is_null()).map(brief).unwrap_or_default();
            step.cautions
                .push(format!("takes the place of the {routing} record {} ({answer})", summary(object)));
            step.displaces.push(object.clone());
        }
    }

    /// Steps that remove what replacements leave and what no policy asks for. Gives what stays all the same.
    fn removals(&mut self, graph: &Graph, owned: &BTreeMap<Address, Owned>) -> Vec<Address> {
        let mut removals = Vec::new();
        let mut users: BTreeMap<&StepId, BTreeSet<StepId>> = BTreeMap::new();
        for step in &self.steps {
            for need in &step.needs {
                users.entry(need).or_default().insert(step.id.clone());
            }
        }
        let mut built_on: BTreeMap<&Address, BTreeSet<StepId>> = BTreeMap::new();
        for (address, made) in owned {
            for need in &made.needs {
                built_on.entry(need).or_default().insert(StepId::of(address));
            }
        }
        for step in &self.steps {
            let users = || users.get(&step.id).cloned().unwrap_or_default();
            if step.action == Action::Replace
                && step.address.kind().schema().batched_by.is_none()
                && let Some(old) = &step.object
            {
                let mut removal = removal(&step.address, old, "another one takes its place");
                removal.id = StepId::superseded(&step.address, &old.id);
                removal.place.clone_from(&step.place);
                removal.needs = users();
                removal.needs.insert(step.id.clone());
                removals.push(removal);
            }
            for old in self.bound.leftover.get(&step.address).into_iter().flatten() {
                let mut removal = removal(&step.address, old, "left over from an interrupted replacement");
                removal.id = StepId::superseded(&step.address, &old.id);
                removal.needs = users();
                removals.push(removal);
            }
        }
        let mut left = Vec::new();
        for (address, objects) in &self.bound.orphans {
            if address.kind().schema().stateful {
                left.push(address.clone());
                continue;
            }
            for object in objects.iter().filter(|object| !self.displaced.contains(&object.id)) {
                let mut removal = removal(address, object, "no policy asks for it any more");
                removal.cautions.extend(address.kind().schema().removal.map(str::to_owned));
                if graph.get(address).is_some() {
                    removal.id = StepId::superseded(address, &object.id);
                }
                // Whatever was built on it goes, or changes, first.
                removal.needs = built_on.get(address).cloned().unwrap_or_default();
                removals.push(removal);
            }
        }
        let known: BTreeSet<StepId> =
            self.steps.iter().chain(&removals).map(|step| step.id.clone()).collect();
        for removal in &mut removals {
            let own = removal.id.clone();
            removal.needs.retain(|need| known.contains(need) && *need != own);
        }
        self.steps.extend(in_order(removals));
        left
    }
}

/// Each removal after those it needs. Among removals "needs" is a path downwards, so repeated passes end.
fn in_order(mut removals: Vec<Step>) -> Vec<Step> {
    let mut ordered: Vec<Step> = Vec::new();
    while !removals.is_empty() {
        let waiting: BTreeSet<StepId> = removals.iter().map(|step| step.id.clone()).collect();
        let (ready, rest): (Vec<Step>, Vec<Step>) =
            removals.into_iter().partition(|step| step.needs.is_disjoint(&waiting));
        if ready.is_empty() {
            // A circle in an old journal: no order is better than another.
            ordered.extend(rest);
            break;
        }
        ordered.extend(ready);
        removals = rest;
    }
    ordered
}

fn removal(address: &Address, object: &Object, reason: &str) -> Step {
    Step {
        id: StepId::of(address),
        address: address.clone(),
        action: Action::Delete,
        purpose: format!("{} {}", address.kind(), summary(object)),
        reason: reason.to_owned(),
        place: None,
        changes: Vec::new(),
        cautions: Vec::new(),
        attributes: BTreeMap::new(),
        object: Some(object.clone()),
        displaces: Vec::new(),
        needs: BTreeSet::new(),
        batch: None,
    }
}

/// A thing in a few words: what the cloud knows it by.
fn summary(object: &Object) -> String {
    // What a console shows says more than an opaque identity.
    if let Some(name) = object.attributes.get("tags").and_then(|tags| tags.get("Name")) {
        return format!("`{}`", brief(name));
    }
    let parts = object.kind.schema().identity().filter_map(|name| {
        let value = object.attributes.get(name)?;
        value.as_str().map(|text| format!("`{text}`"))
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn verb(names: &str, count: usize) -> String {
    if count == 1 { format!("{names} is") } else { format!("{names} are") }
}

fn missing(resource: &Resource) -> Diagnostic {
    let name = resource.address.name();
    Diagnostic::error(codes::NO_ZONE, format!("there is no public hosted zone `{name}` in this account"))
        .at(resource.origin, "not found")
        .help(format!(
            "create it and delegate the domain to it: aws route53 create-hosted-zone --name {name} \
             --caller-reference \"$(date)\""
        ))
}

fn elsewhere(resource: &Resource, object: &Object) -> Diagnostic {
    let text = |name: &str| {
        object.attributes.get(name).and_then(Value::as_str).unwrap_or("another place").to_owned()
    };
    let wanted = match resource.attributes.get("region") {
        Some(Attribute::Known(Value::String(region))) => region.clone(),
        _ => String::new(),
    };
    let (name, region) = (text("name"), text("region"));
    Diagnostic::error(
        codes::BUCKET_ELSEWHERE,
        format!("the bucket `{name}` is in `{region}`, not `{wanted}`"),
    )
    .at(resource.origin, format!("should be in `{wanted}`"))
    .help("a bucket cannot move and Holdfast never recreates one: name another bucket, or its real site")
}

fn other_routing(resource: &Resource, routing: &str) -> Diagnostic {
    let name = match resource.attributes.get("name") {
        Some(Attribute::Known(Value::String(name))) => name.as_str(),
        _ => "",
    };
    let kind = if resource.address.kind() == Kind::Record { "records" } else { "things" };
    Diagnostic::error(
        codes::OTHER_ROUTING,
        format!("`{name}` has {routing} {kind}, which failover cannot join"),
    )
    .at(resource.origin, "wants a failover record")
    .help("move or remove those records first, or give the failover another name")
}
