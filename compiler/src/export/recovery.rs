//! The recovery from the loss of sites, as the graph of a rehearsal in which every delay is at its limit.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Disruption, Name};
use crate::policy::{Policy, RecoveryStep, Service};
use crate::rehearsal::{Choices, Disaster, Node, Part, Question, graph};

/// Every delay at its limit; people begin what is ready first.
struct AtLimits;

impl Choices for AtLimits {
    fn up_to(&mut self, question: Question<'_>, most: u64) -> u64 {
        match question {
            Question::Order(..) => 0,
            _ => most,
        }
    }
}

/// The recovery from the loss of sites.
#[derive(Debug)]
pub struct Recovery<'p> {
    policy: &'p Policy,
    /// The sites that are lost together.
    pub lost: BTreeSet<&'p Name>,
    /// The services whose primary site is lost, and what else they wait for.
    nodes: Vec<Node>,
}

impl<'p> Recovery<'p> {
    /// These sites are lost together.
    #[must_use]
    pub fn of(policy: &'p Policy, lost: BTreeSet<&'p Name>) -> Self {
        let disaster = Disaster::of_sites(policy, lost.clone(), 0);
        let nodes = decided_once(graph(policy, &disaster, &mut AtLimits));
        Self { policy, lost, nodes }
    }

    /// The policies.
    #[must_use]
    pub fn policy(&self) -> &'p Policy {
        self.policy
    }

    /// Everything that has to happen. What a node waits for are places in this list.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The places of all nodes, each after those it waits for: as they begin if every delay is at its limit; what never ends comes
    /// last.
    #[must_use]
    pub fn in_order(&self) -> Vec<usize> {
        let began = |nth: &usize| {
            let took = self.nodes.get(*nth).and_then(|node| node.took);
            // Of those that begin together, what takes no time may be what another one waits for.
            (took.is_none(), took)
        };
        let mut waiting: Vec<usize> = (0..self.nodes.len()).collect();
        waiting.sort_by_key(|nth| (began(nth), *nth));
        let (mut ordered, mut done) = (Vec::new(), BTreeSet::new());
        let is_ready = |nth: &usize, done: &BTreeSet<usize>| {
            self.nodes.get(*nth).is_some_and(|node| node.after.iter().all(|before| done.contains(before)))
        };
        while let Some(next) = waiting.iter().position(|nth| is_ready(nth, &done)) {
            let nth = waiting.remove(next);
            done.insert(nth);
            ordered.push(nth);
        }
        ordered
    }

    /// The service of a node, and its step, if it is one.
    #[must_use]
    pub fn step(&self, node: &Node) -> Option<(&'p Service, &'p RecoveryStep)> {
        let Part::Step(name) = &node.part else { return None };
        let service = self.policy.services.get(&node.service)?;
        let steps = service.recovery.get(&Disruption::SiteLoss)?;
        Some((service, steps.iter().find(|step| step.name == *name)?))
    }

    /// The services that are recovered, by name.
    #[must_use]
    pub fn services(&self) -> BTreeMap<&'p Name, &'p Service> {
        let names: BTreeSet<&Name> = self.nodes.iter().map(|node| &node.service).collect();
        self.policy.services.iter().filter(|(name, _)| names.contains(name)).collect()
    }

    /// Everything that people do, and everything that they wait for and that nobody does: the nearest of them that a node waits
    /// for. What only marks an end is left out.
    #[must_use]
    pub(crate) fn before(&self, nth: usize, is_told: &dyn Fn(&Node) -> bool) -> Vec<usize> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = self.nodes.get(nth).map(|node| node.after.clone()).unwrap_or_default();
        while let Some(next) = open.pop() {
            let Some(node) = self.nodes.get(next).filter(|_| seen.insert(next)) else { continue };
            if is_told(node) {
                found.insert(next);
            } else {
                open.extend(&node.after);
            }
        }
        // What stands before another one of them is said by it.
        let behind: BTreeSet<usize> = found.iter().flat_map(|one| self.ancestors(*one)).collect();
        found.into_iter().filter(|one| !behind.contains(one)).collect()
    }

    /// Everything that a node waits for, and what that waits for.
    fn ancestors(&self, nth: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let mut open: Vec<usize> = self.nodes.get(nth).map(|node| node.after.clone()).unwrap_or_default();
        while let Some(next) = open.pop() {
            if all.insert(next) {
                open.extend(self.nodes.get(next).into_iter().flat_map(|node| &node.after));
            }
        }
        all
    }

    /// The nodes that wait for a node, directly or through others.
    pub(crate) fn behind(&self, nth: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|other| self.ancestors(*other).contains(&nth)).collect()
    }
}

/// A rehearsal has a decision for each service. Somebody declares an incident once: the first one that they notice decides for all.
fn decided_once(nodes: Vec<Node>) -> Vec<Node> {
    let mut first: BTreeMap<Option<Name>, usize> = BTreeMap::new();
    let mut kept: Vec<Node> = Vec::new();
    let mut places: Vec<usize> = Vec::new();
    for node in nodes {
        let Part::Decided(who) = &node.part else {
            places.push(kept.len());
            kept.push(node);
            continue;
        };
        match first.get(who).and_then(|place| Some((*place, kept.get_mut(*place)?))) {
            Some((place, same)) => {
                // Who has no limit for one service has none at all.
                same.alone = same.alone.zip(node.alone).map(|(one, other)| one.max(other));
                places.push(place);
            }
            None => {
                first.insert(who.clone(), kept.len());
                places.push(kept.len());
                kept.push(node);
            }
        }
    }
    for node in &mut kept {
        let after: BTreeSet<usize> = node.after.iter().filter_map(|nth| places.get(*nth).copied()).collect();
        node.after = after.into_iter().collect();
        node.last = node.last.and_then(|nth| places.get(nth).copied());
    }
    kept
}
