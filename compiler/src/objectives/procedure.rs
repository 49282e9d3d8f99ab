//! A recovery as a graph: every step starts after those it waits for, and each person does one step at a time, in any order
//! that `after` allows. Restores that run together share the stated throughput.

mod waits;

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Data, Facts, Traffic};
use super::paths::{Node, Paths};
use super::{Assurance, Bound, Deriver, Known, Phase, Term, assurance_of, source_of, terms};
use crate::document::{Disruption, Name};
use crate::policy::{RecoveryStep, StepAction};
use crate::source::Span;
use crate::units::Duration;

/// Who or what does one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worker {
    /// A person.
    Person(Name),
    /// The throughput of restores, by the place that states it.
    Throughput(Option<Span>),
}

/// How much work there is for each: whether it has no limit, and the least time.
pub(super) type Work = BTreeMap<Worker, (bool, Duration)>;

/// What a recovery takes.
pub(super) struct Recovered {
    /// Until everything is done.
    pub(super) rto: Bound,
    /// Until the restore of a data set begins.
    pub(super) begins: BTreeMap<Name, Bound>,
    /// The work of the service and of those it waits for.
    pub(super) work: Work,
    /// The work of the service alone.
    pub(super) own: Work,
}

/// A step as somebody does it.
struct Act<'a> {
    node: Node,
    person: Option<&'a (Name, Span)>,
    /// The throughput that it shares, and its load.
    transfer: Option<(Option<Span>, usize)>,
}

/// Another service that must be back first.
struct Other<'a> {
    name: &'a Name,
    node: Node,
    work: &'a Work,
}

/// A graph under construction.
pub(super) struct Procedure<'a, 'p> {
    deriver: &'a Deriver<'p>,
    facts: &'a Facts<'p>,
    paths: Paths,
    detected: Node,
    silent: bool,
    steps: BTreeMap<&'a Name, Node>,
    acts: Vec<Act<'a>>,
    others: Vec<Other<'a>>,
    /// When somebody has decided, if no step of the procedure does, and who. Nobody: it never happens.
    decided: Option<(Node, Option<&'a Name>)>,
    moved: BTreeSet<&'a Name>,
    restored: BTreeMap<&'a Name, Node>,
}

impl<'a, 'p> Procedure<'a, 'p> {
    /// `silent`: no monitoring starts the automatic steps, so that they wait for the decision too.
    pub(super) fn new(
        deriver: &'a Deriver<'p>,
        facts: &'a Facts<'p>,
        detection: Bound,
        silent: bool,
    ) -> Self {
        let mut paths = Paths::default();
        let detected = paths.add(Vec::new(), detection.terms, Vec::new());
        Self {
            deriver,
            facts,
            paths,
            detected,
            silent,
            steps: BTreeMap::new(),
            acts: Vec::new(),
            others: Vec::new(),
            decided: None,
            moved: BTreeSet::new(),
            restored: BTreeMap::new(),
        }
    }

    /// Add one step, after those it waits for.
    pub(super) fn step(&mut self, step: &'a RecoveryStep) {
        let mut before: Vec<Node> =
            step.after.iter().filter_map(|name| self.steps.get(name).copied()).collect();
        if before.is_empty() {
            before.push(self.detected);
        }
        // A service with dependencies can be verified only when they are back.
        if step.action == StepAction::Verify {
            before.extend(self.others.iter().map(|other| other.node));
        }
        if step.by.is_some() || self.silent {
            before.extend(self.decided.map(|(decided, _)| decided));
        }
        let (terms, shared) = self.terms(step);
        let waits = match &step.by {
            Some((person, _)) => terms.iter().map(|term| first(term, person)).collect(),
            None => Vec::new(),
        };
        let node = self.paths.add(before, terms, waits);
        let transfer = shared.map(|(pool, term)| (pool, self.paths.load(vec![term], Some(node))));
        self.acts.push(Act { node, person: step.by.as_ref(), transfer });
        let mut last = node;
        match &step.action {
            StepAction::Failover(name) => {
                if let Some((name, traffic)) = self.facts.traffic.get_key_value(name) {
                    self.moved.insert(name);
                    let moves = terms::failover(name, traffic, self.facts, self.deriver.as_of);
                    // Clients arrive by themselves: whoever failed over can go on.
                    last = self.paths.add(vec![node], moves, Vec::new());
                }
            }
            StepAction::Restore(name) => {
                if let Some((name, _)) = self.facts.data.get_key_value(name) {
                    self.restored.entry(name).or_insert(node);
                }
            }
            StepAction::Declare | StepAction::Verify | StepAction::Act => {}
        }
        self.steps.insert(&step.name, last);
    }

    /// The terms of a step, and for a restore the throughput that it shares and what others wait for.
    fn terms(&self, step: &RecoveryStep) -> (Vec<Term>, Option<(Option<Span>, Term)>) {
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
        let mut shared = None;
        match &step.action {
            StepAction::Failover(_) => {
                if let (Some((person, span)), true) = (&step.by, terms.is_empty()) {
                    let what = format!("step `{}`", step.name);
                    let why = format!("no time is stated for `{person}`: state `takes`");
                    terms.push(Term::unbounded(Phase::Act, what, why, Some(*span)));
                }
            }
            StepAction::Restore(name) => {
                if let Some((name, data)) = self.facts.data.get_key_value(name) {
                    // If both the stated time and the derived time are known, the longer one counts.
                    let derived = self.restore(name, data, step.span);
                    if derived.value.is_some() {
                        let pool = self.facts.assumptions.restore_throughput.as_ref();
                        let what = format!("sharing the throughput with the restore of `{name}`");
                        shared = pool.map(|rate| (rate.origin.span(), Term { what, ..derived.clone() }));
                    }
                    let stated = terms.first().and_then(|term| term.value);
                    if stated.is_none() || derived.value > stated {
                        terms = vec![derived];
                    }
                }
            }
            StepAction::Declare | StepAction::Verify | StepAction::Act => {}
        }
        (terms, shared)
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
            self.paths.add(Vec::new(), terms, Vec::new());
        }
    }

    /// Whether a step restores a data set.
    pub(super) fn restores(&self, name: &Name) -> bool {
        self.restored.contains_key(name)
    }

    /// Something without which the service is not back, and that has no limit.
    pub(super) fn never(&mut self, phase: Phase, what: &str, why: &str, span: Span) {
        let term = Term::unbounded(phase, what, why, Some(span));
        self.paths.add(vec![self.detected], vec![term], Vec::new());
    }

    /// Wait for a service that this one depends on.
    pub(super) fn wait(&mut self, name: &'a Name, known: &'a Known, span: Span) {
        let term = Term {
            phase: Phase::Wait,
            what: format!("until `{name}` is back"),
            value: known.rto.value(),
            assurance: known.rto.assurance(),
            source: format!("the RTO of `{name}`"),
            span: Some(span),
        };
        let node = self.paths.add(Vec::new(), vec![term], Vec::new());
        self.others.push(Other { name, node, work: &known.work });
    }

    /// Somebody declares an incident of this level before people start. The deadline counts from when the incident is
    /// noticed, so it includes the time until they answer; and who has decided is there.
    pub(super) fn decide(&mut self, who: &'a Name, within: Option<Duration>, span: Span) {
        let what = format!("until `{who}` has declared it");
        let decision = match within {
            Some(within) => Term {
                phase: Phase::Decide,
                what,
                value: Some(within),
                assurance: Assurance::Attested,
                source:
                    "the continuity plan, from when it is noticed: no step of the procedure does `declare`"
                        .to_owned(),
                span: Some(span),
            },
            None => Term::unbounded(
                Phase::Decide,
                what,
                "its level has no deadline: add `within` to it",
                Some(span),
            ),
        };
        let node = self.paths.add(vec![self.detected], vec![decision], Vec::new());
        self.decided = Some((node, Some(who)));
    }

    /// Nobody decides, so nobody begins.
    pub(super) fn nobody_decides(&mut self, disruption: Disruption, span: Span) {
        let why = format!(
            "no level of the continuity plan has `{}` in its `disruptions`, and no step does `declare`: add one of them",
            disruption.key()
        );
        let term = Term::unbounded(Phase::Decide, "until somebody decides", why, Some(span));
        let node = self.paths.add(vec![self.detected], vec![term], Vec::new());
        self.decided = Some((node, None));
    }

    /// The longest path. `beside` is work on other services at the same time.
    pub(super) fn recovered(mut self, beside: &Work) -> Recovered {
        self.calls();
        self.share();
        self.elsewhere(beside);
        self.paths.solve();
        let mut work = Work::new();
        for act in &self.acts {
            if let Some((person, _)) = act.person {
                add(&mut work, Worker::Person(person.clone()), self.paths.size(act.node));
            }
            if let Some((pool, load)) = act.transfer {
                add(&mut work, Worker::Throughput(pool), self.paths.size_of(load));
            }
        }
        let own = work.clone();
        for other in &self.others {
            other.work.iter().for_each(|(worker, size)| add(&mut work, worker.clone(), *size));
        }
        let begins = self.restored.iter().map(|(name, node)| ((*name).clone(), self.paths.begin(*node)));
        Recovered { begins: begins.collect(), rto: self.paths.longest(), work, own }
    }
}

/// Adds work of a worker.
pub(super) fn add(work: &mut Work, worker: Worker, size: (bool, Duration)) {
    let sum = work.entry(worker).or_insert((false, Duration::default()));
    *sum = (sum.0 || size.0, sum.1.plus(size.1));
}

/// A step that somebody may do before another one.
fn first(term: &Term, person: &Name) -> Term {
    Term { what: format!("{}, if `{person}` does it first", term.what), ..term.clone() }
}
