//! A recovery as a schedule: every step starts after those it waits for, and each person does one step at a
//! time.
//!
//! The steps of one person run in the order of the procedure, however fast other steps are. So shortening a
//! step never delays the recovery.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Data, Facts, Traffic, answers};
use super::{Assurance, Bound, Deriver, Phase, Term, assurance_of, source_of, terms};
use crate::document::Name;
use crate::policy::{RecoveryStep, StepAction};
use crate::source::Span;
use crate::units::Duration;

/// A point in the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node(usize);

#[derive(Debug)]
struct Done {
    /// The point that must be reached first.
    from: Option<Node>,
    /// What then happens.
    terms: Vec<Term>,
    /// When it ends, from the beginning: whether there is no limit, and the least time.
    end: (bool, Duration),
}

/// A schedule under construction.
pub(super) struct Procedure<'a, 'p> {
    deriver: &'a Deriver<'p>,
    facts: &'a Facts<'p>,
    done: Vec<Done>,
    detected: Node,
    steps: BTreeMap<&'a Name, Node>,
    people: BTreeMap<&'a Name, Node>,
    /// When all services that this one depends on are back.
    others: Option<Node>,
    /// When the last restore ends. Restores share one throughput and run one after another.
    restoring: Option<Node>,
    /// When somebody has decided, if no step of the procedure does.
    decided: Option<Node>,
    moved: BTreeSet<&'a Name>,
    restored: BTreeSet<&'a Name>,
}

impl<'a, 'p> Procedure<'a, 'p> {
    pub(super) fn new(deriver: &'a Deriver<'p>, facts: &'a Facts<'p>, detection: Bound) -> Self {
        let done = vec![Done { from: None, end: detection.rank(), terms: detection.terms }];
        Self {
            deriver,
            facts,
            done,
            detected: Node(0),
            steps: BTreeMap::new(),
            people: BTreeMap::new(),
            others: None,
            restoring: None,
            decided: None,
            moved: BTreeSet::new(),
            restored: BTreeSet::new(),
        }
    }

    fn end(&self, node: Node) -> (bool, Duration) {
        self.done.get(node.0).map_or((false, Duration::default()), |done| done.end)
    }

    fn add(&mut self, from: Option<Node>, terms: Vec<Term>) -> Node {
        let begin = from.map_or((false, Duration::default()), |from| self.end(from));
        let own = Bound::of(terms.clone()).rank();
        self.done.push(Done { from, terms, end: (begin.0 || own.0, begin.1.plus(own.1)) });
        Node(self.done.len() - 1)
    }

    /// The later of two ends. Of equal ends the second, because more steps lead to it.
    fn later(&self, one: Node, other: Node) -> Node {
        if self.end(other) >= self.end(one) { other } else { one }
    }

    /// Add one step, after those it waits for.
    pub(super) fn step(&mut self, step: &'a RecoveryStep) {
        let before = step.after.iter().filter_map(|name| self.steps.get(name).copied());
        let before: Vec<Node> = before.collect();
        let mut from = before.into_iter().fold(self.detected, |latest, node| self.later(latest, node));
        // A service with dependencies can be verified only when they are back.
        let others = self.others.filter(|_| step.action == StepAction::Verify);
        let restoring = self.restoring.filter(|_| matches!(step.action, StepAction::Restore(_)));
        for node in [others, restoring].into_iter().flatten() {
            from = self.later(from, node);
        }
        if let Some((person, span)) = &step.by {
            from = self.decided.map_or(from, |decided| self.later(from, decided));
            from = match self.people.get(person) {
                // A person who is already working needs no call, but must finish the current step first.
                Some(busy) => self.later(from, *busy),
                None => self.add(Some(from), vec![self.call(person, *span)]),
            };
        }
        let terms = self.terms(step);
        let node = self.add(Some(from), terms);
        if matches!(step.action, StepAction::Restore(_)) {
            self.restoring = Some(node);
        }
        self.steps.insert(&step.name, node);
        if let Some((person, _)) = &step.by {
            self.people.insert(person, node);
        }
    }

    fn call(&self, person: &Name, span: Span) -> Term {
        let what = format!("until `{person}` answers");
        match answers(self.deriver.policy, person) {
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

    fn terms(&mut self, step: &'a RecoveryStep) -> Vec<Term> {
        let phase = match &step.action {
            StepAction::Declare => Phase::Decide,
            StepAction::Verify => Phase::Verify,
            StepAction::Restore(_) => Phase::Restore,
            StepAction::Act | StepAction::Failover(_) => Phase::Act,
        };
        let stated = step.takes.map(|(takes, span)| Term {
            phase,
            what: format!("step `{}`", step.name),
            value: Some(takes),
            assurance: Assurance::Attested,
            source: match &step.by {
                Some((person, _)) => format!("the procedure: by `{person}`"),
                None => "the procedure: automatic".to_owned(),
            },
            span: Some(span),
        });
        let mut terms: Vec<Term> = stated.into_iter().collect();
        match &step.action {
            StepAction::Failover(name) => {
                if let Some((name, traffic)) = self.facts.traffic.get_key_value(name) {
                    self.moved.insert(name);
                    if let (Some((person, span)), true) = (&step.by, terms.is_empty()) {
                        let what = format!("step `{}`", step.name);
                        let why = format!("no time is stated for `{person}`: state `takes`");
                        terms.push(Term::unbounded(Phase::Act, what, why, Some(*span)));
                    }
                    terms.extend(terms::failover(name, traffic, self.facts, self.deriver.as_of));
                }
            }
            StepAction::Restore(name) => {
                if let Some((name, data)) = self.facts.data.get_key_value(name) {
                    self.restored.insert(name);
                    // If both the stated time and the derived time are known, the longer one counts.
                    let derived = self.restore(name, data, step.span);
                    let stated = terms.first().and_then(|term| term.value);
                    if stated.is_none() || derived.value > stated {
                        terms = vec![derived];
                    }
                }
            }
            StepAction::Declare | StepAction::Verify | StepAction::Act => {}
        }
        terms
    }

    /// The time of a restore: the size of the data divided by the throughput.
    fn restore(&self, name: &Name, data: &Data<'_>, span: Span) -> Term {
        let what = format!("restoring `{name}`");
        let (Some(size), Some(rate)) = (&data.size, &self.facts.assumptions.restore_throughput) else {
            let why = data.provider.backup.no_restore_bound;
            return Term::unbounded(Phase::Restore, what, why, Some(span));
        };
        let as_of = self.deriver.as_of;
        let both = [(&size.value.measured), (&rate.value.measured)];
        let assurance = both.into_iter().map(|day| assurance_of(*day, as_of)).min();
        Term {
            phase: Phase::Restore,
            what,
            value: Some(rate.value.value.time_for(size.value.value)),
            assurance: assurance.unwrap_or(Assurance::Attested),
            source: format!(
                "{} at {}, {}",
                size.value.value,
                rate.value.value,
                source_of(&rate.value.because, rate.value.measured, false)
            ),
            span: rate.origin.span(),
        }
    }

    /// Traffic without a step fails over automatically.
    pub(super) fn failover_unless_done(&mut self, name: &'a Name, traffic: &'a Traffic) {
        if !self.moved.contains(name) {
            let mut terms = vec![terms::detect(traffic, self.facts, self.deriver.as_of)];
            terms.extend(terms::failover(name, traffic, self.facts, self.deriver.as_of));
            self.add(None, terms);
        }
    }

    /// Data with a live copy at another site is available there. Other data must be restored in a step.
    pub(super) fn restore_unless_done(&mut self, name: &'a Name, data: &'a Data<'p>, elsewhere: bool) {
        if !elsewhere && !self.restored.contains(name) {
            let what = format!("restoring `{name}`");
            let why = format!("no step does `restore data.{name}`");
            let term = Term::unbounded(Phase::Restore, what, why, Some(data.span));
            self.add(Some(self.detected), vec![term]);
        }
    }

    /// Nothing recovers the service.
    pub(super) fn no_recovery(&mut self, span: Span, why: &str) {
        let term = Term::unbounded(Phase::Act, "nothing recovers the service", why, Some(span));
        self.add(Some(self.detected), vec![term]);
    }

    /// Wait for a service that this one depends on.
    pub(super) fn wait(&mut self, other: &Name, theirs: &Bound, span: Span) {
        let term = Term {
            phase: Phase::Wait,
            what: format!("until `{other}` is back"),
            value: theirs.value(),
            assurance: theirs.assurance(),
            source: format!("the RTO of `{other}`"),
            span: Some(span),
        };
        let node = self.add(None, vec![term]);
        self.others = Some(self.others.map_or(node, |others| self.later(others, node)));
    }

    /// Somebody declares an incident of this level before people start.
    pub(super) fn decide(&mut self, who: &Name, within: Option<Duration>, span: Span) {
        let call = self.call(who, span);
        let what = format!("until `{who}` has declared it");
        let decision = match within {
            Some(within) => Term {
                phase: Phase::Decide,
                what,
                value: Some(within),
                assurance: Assurance::Attested,
                source: "the continuity plan: no step of the procedure does `declare`".to_owned(),
                span: Some(span),
            },
            None => Term::unbounded(Phase::Decide, what, "its level has no deadline (`within`)", Some(span)),
        };
        self.decided = Some(self.add(Some(self.detected), vec![call, decision]));
    }

    /// The longest path.
    pub(super) fn longest(self) -> Bound {
        let all = (0..self.done.len()).map(Node);
        let last = all.reduce(|latest, node| self.later(latest, node));
        let mut way = Vec::new();
        let mut at = last;
        while let Some(done) = at.and_then(|node| self.done.get(node.0)) {
            way.push(&done.terms);
            at = done.from;
        }
        let terms = way.into_iter().rev().flatten().cloned().collect();
        let beside = self.done.iter().flat_map(|done| &done.terms).map(|term| term.assurance).min();
        Bound { terms, beside }
    }
}
