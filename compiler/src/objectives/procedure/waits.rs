//! What a step can wait for besides the steps before it: its person, who is called first and may do something else first, and
//! restores that share a throughput with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Other, Procedure, Work, Worker};
use crate::document::Name;
use crate::objectives::facts::answers;
use crate::objectives::paths::Node;
use crate::objectives::{Assurance, Deriver, Phase, Term};
use crate::source::Span;
use crate::units::Duration;

impl Procedure<'_, '_> {
    /// A person is called for their first step. Who already works or has decided needs no call.
    pub(super) fn calls(&mut self) {
        let mut loads: BTreeMap<&Name, usize> = BTreeMap::new();
        for act in &self.acts {
            let Some((person, span)) = act.person else { continue };
            let before = |node| self.paths.is_before(node, act.node);
            let works = self
                .acts
                .iter()
                .any(|other| other.person.is_some_and(|(name, _)| name == person) && before(other.node));
            let decides = self.decided.is_some_and(|(node, who)| who == Some(person) && before(node));
            let helps = self
                .others
                .iter()
                .any(|other| other.work.contains_key(&Worker::Person(person.clone())) && before(other.node));
            if works || decides || helps {
                continue;
            }
            let load = match loads.get(person) {
                Some(load) => *load,
                None => {
                    let term = call(self.deriver, person, *span);
                    *loads.entry(person).or_insert(self.paths.load(vec![term], None))
                }
            };
            self.paths.covers(act.node, load);
        }
    }

    /// What a step can wait for: other steps of its person, and restores that share a throughput with it or with them.
    pub(super) fn share(&mut self) {
        for nth in 0..self.acts.len() {
            let Some(act) = self.acts.get(nth) else { continue };
            let (node, workers) = (act.node, workers(act));
            let mut slowed = vec![nth];
            slowed.extend(self.same_person(node, &workers));
            for other in slowed.iter().skip(1).filter_map(|other| self.acts.get(*other)) {
                self.paths.waits_for(node, other.node);
            }
            for slow in slowed {
                self.slow_down(node, slow);
            }
        }
        for nth in 0..self.others.len() {
            let Some(other) = self.others.get(nth) else { continue };
            let (node, workers): (Node, Vec<Worker>) = (other.node, other.work.keys().cloned().collect());
            for slow in self.same_person(node, &workers) {
                if let Some(other) = self.acts.get(slow) {
                    self.paths.waits_for(node, other.node);
                }
                self.slow_down(node, slow);
            }
            let apart = self.acts.iter().filter(|act| self.paths.are_apart(node, act.node));
            let shares = |(pool, _): &(Option<Span>, usize)| workers.contains(&Worker::Throughput(*pool));
            let loads: Vec<usize> =
                apart.filter_map(|act| act.transfer.filter(shares)).map(|(_, load)| load).collect();
            loads.into_iter().for_each(|load| self.paths.covers(node, load));
        }
    }

    /// The steps of these people that come neither before nor after a node.
    fn same_person(&self, node: Node, workers: &[Worker]) -> Vec<usize> {
        let acts = self.acts.iter().enumerate().filter(|(_, other)| {
            let theirs =
                other.person.is_some_and(|(name, _)| workers.contains(&Worker::Person(name.clone())));
            theirs && self.paths.are_apart(node, other.node)
        });
        acts.map(|(nth, _)| nth).collect()
    }

    /// A node waits for what slows a restore down: while two share a throughput equally, each gets as much as the other.
    fn slow_down(&mut self, node: Node, slow: usize) {
        let Some((pool, own)) = self.acts.get(slow).and_then(|act| act.transfer) else { return };
        let own = self.paths.size_of(own).1;
        let others = self
            .acts
            .iter()
            .enumerate()
            .filter(|(nth, other)| *nth != slow && self.paths.are_apart(node, other.node));
        let loads: Vec<usize> = others
            .filter_map(|(_, other)| other.transfer.filter(|(theirs, _)| *theirs == pool))
            .map(|(_, load)| load)
            .collect();
        for load in loads {
            let load = self.paths.shorter(load, own);
            self.paths.covers(node, load);
        }
    }

    /// Work on other services: on those this one waits for, and on those that are lost at the same time.
    pub(super) fn elsewhere(&mut self, beside: &Work) {
        let mut all: Vec<(Option<usize>, &Worker, usize)> = Vec::new();
        for (nth, other) in self.others.iter().enumerate() {
            for (worker, size) in other.work {
                let load = self.paths.load(vec![work_term(worker, *size, Some(other.name))], None);
                all.push((Some(nth), worker, load));
            }
        }
        for (worker, size) in beside {
            all.push((None, worker, self.paths.load(vec![work_term(worker, *size, None)], None)));
        }
        for act in &self.acts {
            let workers = self.delayed_by(act, beside);
            for (of, worker, load) in &all {
                let helped = of.and_then(|nth| self.others.get(nth));
                let waited = helped.is_some_and(|other| self.paths.is_before(other.node, act.node));
                if !waited && workers.contains(worker) {
                    self.paths.covers(act.node, *load);
                }
            }
            for other in &self.acts {
                let Some((pool, load)) = other.transfer else { continue };
                let shares = workers.contains(&Worker::Throughput(pool));
                if shares
                    && self.paths.are_apart(act.node, other.node)
                    && self.is_elsewhere(act, pool, beside)
                {
                    self.paths.covers(act.node, load);
                }
            }
        }
        for (nth, other) in self.others.iter().enumerate() {
            let pools = other.work.keys().filter_map(|worker| match worker {
                Worker::Person(person) => Some(person),
                Worker::Throughput(_) => None,
            });
            let pools = pools.flat_map(|person| self.pools_of(person, beside));
            let workers: BTreeSet<Worker> =
                other.work.keys().cloned().chain(pools.map(Worker::Throughput)).collect();
            for (of, worker, load) in &all {
                let helped = of.and_then(|nth| self.others.get(nth));
                let same = *of == Some(nth)
                    || helped.is_some_and(|one| self.deriver.are_linked(one.name, other.name));
                // A restore of the other service can slow its own people down while they restore something here.
                let slowed = if same { self.slowed_here(other, worker) } else { None };
                if let Some(most) = slowed {
                    let load = self.paths.shorter(*load, most);
                    self.paths.covers(other.node, load);
                } else if !same && workers.contains(worker) {
                    self.paths.covers(other.node, *load);
                }
            }
        }
    }

    /// How much the people of another service restore here with a throughput.
    fn slowed_here(&self, other: &Other<'_>, worker: &Worker) -> Option<Duration> {
        let people: Vec<Worker> = other.work.keys().cloned().collect();
        let acts = self.same_person(other.node, &people).into_iter().filter_map(|nth| self.acts.get(nth));
        let loads =
            acts.filter_map(|act| act.transfer).filter(|(pool, _)| *worker == Worker::Throughput(*pool));
        loads.map(|(_, load)| self.paths.size_of(load).1).reduce(Duration::plus)
    }

    /// Who and what can delay a step: its own workers, and each throughput that slows its person down in another step.
    fn delayed_by(&self, act: &Act<'_>, beside: &Work) -> BTreeSet<Worker> {
        let own = workers(act);
        let others = self.same_person(act.node, &own);
        let here = others.iter().filter_map(|nth| self.acts.get(*nth)?.transfer).map(|(pool, _)| pool);
        let there =
            act.person.into_iter().flat_map(|(person, _)| self.pools_elsewhere(act.node, person, beside));
        let pools: Vec<Worker> = here.chain(there).map(Worker::Throughput).collect();
        own.into_iter().chain(pools).collect()
    }

    /// Whether the person of a step may share a throughput while they work for another service.
    fn is_elsewhere(&self, act: &Act<'_>, pool: Option<Span>, beside: &Work) -> bool {
        act.person.is_some_and(|(person, _)| self.pools_elsewhere(act.node, person, beside).contains(&pool))
    }

    /// The throughputs of other services that a person works for, and that are not back before a node.
    fn pools_elsewhere(&self, node: Node, person: &Name, beside: &Work) -> BTreeSet<Option<Span>> {
        let others = self.others.iter().filter(|other| !self.paths.is_before(other.node, node));
        pools(others.map(|other| other.work).chain([beside]), person)
    }

    /// The throughputs that a person may share, in any service.
    fn pools_of(&self, person: &Name, beside: &Work) -> BTreeSet<Option<Span>> {
        let acts = self.acts.iter().filter(|act| act.person.is_some_and(|(name, _)| name == person));
        let here = acts.filter_map(|act| act.transfer).map(|(pool, _)| pool);
        here.chain(pools(self.others.iter().map(|other| other.work).chain([beside]), person)).collect()
    }
}

/// The throughputs of everything that a person works for.
fn pools<'w>(all: impl Iterator<Item = &'w Work>, person: &Name) -> BTreeSet<Option<Span>> {
    let theirs = all.filter(|work| work.contains_key(&Worker::Person(person.clone())));
    let pools = theirs.flat_map(|work| work.keys()).filter_map(|worker| match worker {
        Worker::Throughput(pool) => Some(*pool),
        Worker::Person(_) => None,
    });
    pools.collect()
}

/// The workers of a step.
fn workers(act: &Act<'_>) -> Vec<Worker> {
    let person = act.person.map(|(name, _)| Worker::Person(name.clone()));
    person.into_iter().chain(act.transfer.map(|(pool, _)| Worker::Throughput(pool))).collect()
}

fn call(deriver: &Deriver<'_>, person: &Name, span: Span) -> Term {
    let what = format!("until `{person}` answers");
    match answers(deriver.policy, person) {
        Some((within, place)) => Term {
            phase: Phase::Notify,
            what,
            value: Some(within),
            assurance: Assurance::Attested,
            source: "the continuity plan: at any hour".to_owned(),
            span: Some(place),
        },
        None => Term::unbounded(Phase::Notify, what, "no time is stated", Some(span)),
    }
}

/// Work on another service, or on all others that are lost at the same time.
fn work_term(worker: &Worker, size: (bool, Duration), of: Option<&Name>) -> Term {
    let of = of.map_or("other services".to_owned(), |name| format!("`{name}`"));
    let (phase, what) = match worker {
        Worker::Person(person) => (Phase::Act, format!("steps for {of}, if `{person}` does them first")),
        Worker::Throughput(_) => {
            (Phase::Restore, format!("sharing the throughput with the restores of {of}"))
        }
    };
    Term {
        phase,
        what,
        value: (!size.0).then_some(size.1),
        assurance: if size.0 { Assurance::Unbounded } else { Assurance::Attested },
        source: "the procedures of these services".to_owned(),
        span: None,
    }
}
