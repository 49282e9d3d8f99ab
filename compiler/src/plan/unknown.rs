//! What could not be seen, and what has to wait for it.
//!
//! A resource that was looked for and could not be seen has no step: neither that it exists nor that it is missing is
//! known. A step waits, and is left out of the plan, if it needs such a resource or another step that waits. A milestone
//! is nothing in a cloud, so nothing waits behind it: one service goes on while a service that it depends on cannot be
//! seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{Action, Plan, Step, StepId};
use crate::graph::Graph;
use crate::observation::{Object, Observation, Owned, Unseen};
use crate::policy::Policy;
use crate::printable::one_line;
use crate::resource::{Address, Identity, Kind, Resource};
use crate::text::{Pen, wrap};

/// A resource of which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The resource.
    pub address: Address,
    /// What the cloud would know it by.
    pub identity: Identity,
    /// The region that did not answer; none where the service has no regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Why it could not be seen.
    pub reason: String,
    /// Whether its name belongs to somebody else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
    /// Whether nobody looked, because its site is evacuated.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub evacuated: bool,
}

/// A step that is left out because it needs what is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The step.
    pub id: StepId,
    /// The resource.
    pub address: Address,
    /// What it would do.
    pub action: Action,
    /// The unknown resources and waiting steps that it needs.
    pub on: BTreeSet<StepId>,
}

/// What cannot be seen while a plan is made.
#[derive(Debug, Default)]
pub(super) struct Blind<'a> {
    unseen: BTreeMap<(Kind, &'a Identity), &'a Unseen>,
    /// The unknown resources.
    pub(super) unknown: Vec<Unknown>,
    /// The waiting steps.
    pub(super) waiting: Vec<Waiting>,
    /// The ids of both.
    blocked: BTreeSet<StepId>,
    /// What is needed or mentioned by something unknown or waiting, and by which.
    in_use: BTreeMap<StepId, BTreeSet<StepId>>,
    mentions: BTreeMap<String, BTreeSet<StepId>>,
}

impl<'a> Blind<'a> {
    pub(super) fn new(graph: &Graph, owned: &'a [Owned], observation: &'a Observation) -> Self {
        let unseen = observation.unseen.iter().map(|unseen| ((unseen.kind, &unseen.identity), unseen));
        let mut blind = Self { unseen: unseen.collect(), ..Self::default() };
        let wanted: BTreeSet<(Kind, Identity)> = match blind.unseen.is_empty() {
            true => return blind,
            false => graph.iter().map(|one| (one.address.kind(), one.identity())).collect(),
        };
        for made in owned {
            let unseen = blind.unseen.get(&(made.address.kind(), &made.identity)).copied();
            // What somebody else has is not what was made: that is gone.
            let Some(unseen) = unseen.filter(|unseen| !unseen.taken) else { continue };
            for need in &made.needs {
                blind.in_use.entry(StepId::of(need)).or_default().insert(StepId::of(&made.address));
            }
            if !wanted.contains(&(made.address.kind(), made.identity.clone())) {
                blind.add(&made.address, &made.identity, unseen);
                // What needs the address needs what it declares now. If that can be seen, nothing waits for what it was before.
                let now = graph.get(&made.address).map(Resource::identity);
                if now.is_some_and(|now| !blind.unseen.contains_key(&(made.address.kind(), &now))) {
                    blind.blocked.remove(&StepId::of(&made.address));
                }
            }
        }
        blind
    }

    fn add(&mut self, address: &Address, identity: &Identity, unseen: &Unseen) {
        self.blocked.insert(StepId::of(address));
        self.unknown.push(Unknown {
            address: address.clone(),
            identity: identity.clone(),
            region: unseen.region.clone(),
            reason: unseen.reason.clone(),
            taken: unseen.taken,
            evacuated: unseen.evacuated,
        });
    }

    /// Whether a resource of the graph could not be seen. It is unknown from now on.
    pub(super) fn hides(&mut self, resource: &Resource) -> bool {
        if self.unseen.is_empty() {
            return false;
        }
        let identity = resource.identity();
        let Some(unseen) = self.unseen.get(&(resource.address.kind(), &identity)).copied() else {
            return false;
        };
        self.add(&resource.address, &identity, unseen);
        for need in resource.needs() {
            self.in_use.entry(StepId::of(need)).or_default().insert(StepId::of(&resource.address));
        }
        true
    }

    /// A resource whose name belongs to somebody else.
    pub(super) fn taken(&self, address: &Address) -> Option<&Unknown> {
        self.unknown.iter().find(|unknown| unknown.taken && unknown.address == *address)
    }

    /// Whether a step has to wait. It is left out of the plan from now on.
    pub(super) fn holds(&mut self, step: &Step) -> bool {
        if step.action == Action::Keep || self.blocked.is_empty() {
            return false;
        }
        let mut on: BTreeSet<StepId> = step.needs.intersection(&self.blocked).cloned().collect();
        if step.action == Action::Delete {
            let object = step.object.iter().flat_map(|object| object.outputs.values());
            let users = object.filter_map(Value::as_str).filter_map(|name| self.mentions.get(name));
            let users = users.chain(self.in_use.get(&StepId::of(&step.address))).flatten();
            on.extend(users.filter(|user| **user != step.id).cloned());
        }
        if on.is_empty() {
            return false;
        }
        self.blocked.insert(step.id.clone());
        for need in &step.needs {
            self.in_use.entry(need.clone()).or_default().insert(step.id.clone());
        }
        let objects = step.object.iter().chain(&step.displaces);
        for text in objects.flat_map(|object| object.attributes.values()).filter_map(Value::as_str) {
            self.mentions.entry(text.to_owned()).or_default().insert(step.id.clone());
        }
        let (id, address) = (step.id.clone(), step.address.clone());
        self.waiting.push(Waiting { id, address, action: step.action, on });
        true
    }

    /// The ids of what is unknown or waits.
    pub(super) fn blocked(&self) -> &BTreeSet<StepId> {
        &self.blocked
    }

    /// The services with something unknown, with the reason. What belongs to the estate is a part of every service that needs it. A
    /// name that belongs to somebody else is no doubt: nothing of the service is there. What only watches decides no objective.
    pub(super) fn services<'p>(&self, policy: &'p Policy, graph: &Graph) -> BTreeMap<&'p str, String> {
        let mut why: BTreeMap<&str, String> = BTreeMap::new();
        let decides = |address: &Address| !address.kind().schema().watches;
        for unknown in self.unknown.iter().filter(|unknown| !unknown.taken && decides(&unknown.address)) {
            let owners: BTreeSet<&str> = match unknown.address.owner() {
                "" => graph
                    .iter()
                    .filter(|user| user.needs().contains(&unknown.address))
                    .map(|user| user.address.owner())
                    .collect(),
                owner => BTreeSet::from([owner]),
            };
            for name in policy.services.keys().filter(|name| owners.contains(name.as_str())) {
                let reason = || format!("{} cannot be seen: {}", unknown.address, unknown.reason);
                why.entry(name.as_str()).or_insert_with(reason);
            }
        }
        why
    }
}

/// What a reviewer has to know before the changes: what is unknown, by region and reason, and what waits for it.
pub(super) fn text(plan: &Plan, pen: &Pen, out: &mut String) {
    if plan.unknown.is_empty() {
        return;
    }
    let (evacuated, rest): (Vec<&Unknown>, Vec<&Unknown>) =
        plan.unknown.iter().partition(|unknown| unknown.evacuated);
    let (taken, unseen): (Vec<&Unknown>, Vec<&Unknown>) = rest.into_iter().partition(|unknown| unknown.taken);
    let noun = |count: usize| if count == 1 { "resource" } else { "resources" };
    let mut sites: BTreeMap<&str, usize> = BTreeMap::new();
    evacuated.iter().for_each(|unknown| *sites.entry(&unknown.reason).or_default() += 1);
    for (reason, count) in sites {
        let text =
            one_line(&format!("{reason}: {count} {} there are neither read nor changed.", noun(count)));
        let _ = writeln!(out, "\n{}", wrap(&text, 0, pen.width()));
    }
    if !unseen.is_empty() {
        let count = unseen.len();
        let head = format!("Unknown: {count} {} cannot be seen. Nothing of this is changed.", noun(count));
        let _ = writeln!(out, "\n{}", pen.bold(&head));
        group(&unseen, pen, out);
    }
    if !taken.is_empty() {
        let names: BTreeSet<&str> = taken.iter().map(|unknown| unknown.reason.as_str()).collect();
        let head = match names.len() {
            1 => "Taken: 1 name belongs to somebody else: choose another one.".to_owned(),
            count => format!("Taken: {count} names belong to somebody else: choose other ones."),
        };
        let _ = writeln!(out, "\n{}", pen.bold(&head));
        group(&taken, pen, out);
    }
    waiting(plan, pen, out);
}

/// Resources by region and reason.
fn group(unknown: &[&Unknown], pen: &Pen, out: &mut String) {
    let mut grouped: BTreeMap<(Option<&str>, &str), Vec<&Address>> = BTreeMap::new();
    for unknown in unknown {
        grouped
            .entry((unknown.region.as_deref(), unknown.reason.as_str()))
            .or_default()
            .push(&unknown.address);
    }
    for ((region, reason), addresses) in grouped {
        let region = region.map(|region| format!("{region}: ")).unwrap_or_default();
        let reason = one_line(&format!("? {region}{reason}"));
        let _ = writeln!(out, "{}", pen.caution(&wrap(&reason, 2, pen.width())));
        for address in addresses {
            let _ = writeln!(out, "    {}", one_line(&address.to_string()));
        }
    }
}

fn waiting(plan: &Plan, pen: &Pen, out: &mut String) {
    if plan.waiting.is_empty() {
        return;
    }
    let head = match plan.waiting.len() {
        1 => "Waiting: 1 change needs it and is left out.".to_owned(),
        count => format!("Waiting: {count} changes need it and are left out."),
    };
    let _ = writeln!(out, "\n{}", pen.bold(&head));
    for Waiting { id, action, on, .. } in &plan.waiting {
        let on: Vec<&str> = on.iter().map(StepId::as_str).collect();
        let text = format!("? {id} {action}: needs {}", on.join(", "));
        let _ = writeln!(out, "{}", wrap(&one_line(&text), 2, pen.width()));
    }
}

impl Plan {
    /// Whether something of what the plan is about could not be seen, or waits for it. What nobody looks at, because its site is
    /// evacuated, does not count.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.unknown.iter().any(|unknown| !unknown.evacuated) || !self.waiting.is_empty()
    }

    /// Whether all that is unknown has a name that belongs to somebody else.
    #[must_use]
    pub fn is_only_taken(&self) -> bool {
        self.unknown.iter().any(|unknown| unknown.taken)
            && self.unknown.iter().all(|unknown| unknown.taken || unknown.evacuated)
    }

    /// The ids of what is unknown or waits.
    pub(super) fn blocked(&self) -> BTreeSet<StepId> {
        let unknown = self.unknown.iter().map(|unknown| StepId::of(&unknown.address));
        unknown.chain(self.waiting.iter().map(|waiting| waiting.id.clone())).collect()
    }

    /// Whether a thing is one of those that could not be seen when the plan was made.
    pub(super) fn could_not_see(&self, object: &Object) -> bool {
        let identity = object.identity();
        self.unknown
            .iter()
            .any(|unknown| unknown.address.kind() == object.kind && unknown.identity == identity)
    }
}
