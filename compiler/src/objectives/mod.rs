//! Objectives: what RTO and RPO a policy can meet, per service and disruption, derived term by term.
//!
//! A bound is a sum of terms. Each term has a value, a source, the place in the text it comes from, and a
//! level of assurance. The bound has the lowest assurance of its terms. It holds under these assumptions; it
//! is not a proof.
//!
//! Words: a *fact* is an input of the derivation, wanted or observed; a *term* is one number in it; a *bound*
//! is the sum of terms; *asked* is the objective of the policy.

mod check;
mod cure;
mod estate;
pub mod facts;
mod json;
mod kept;
mod observed;
mod order;
mod paths;
mod procedure;
mod rpo;
mod rto;
mod terms;
mod text;
mod vaults;
pub mod view;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::document::{Disruption, Name};
pub use crate::phase::Phase;
use crate::policy::{Asked, Policy, Service, Setting, Site};
use crate::source::Span;
use crate::units::{Date, Duration};
pub use check::check;
pub use estate::{Fate, Loss, losses, together};
pub use facts::{Backfill, Copy, Data, Detection, Facts, Traffic};
pub use json::json;
pub use kept::{kept, with_kept};
pub use observed::{begins, checks, copies, gone_primary, lags, observed, obstacles, planned};
pub use order::Order;
use procedure::Work;
pub use text::text;
pub use view::{Live, View};

/// How reliable a number is, the least reliable first. A sum is as reliable as its least reliable term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// No limit is known.
    Unbounded,
    /// Somebody states it.
    Attested,
    /// It was measured recently enough to count.
    Measured,
    /// The provider guarantees it with a penalty: a percentile, not a bound.
    Sla,
    /// The configuration guarantees it.
    Proven,
}

impl fmt::Display for Assurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unbounded => "unbounded",
            Self::Attested => "attested",
            Self::Measured => "measured",
            Self::Sla => "SLA",
            Self::Proven => "proven",
        })
    }
}

/// One number of a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The part of the recovery.
    pub phase: Phase,
    /// What takes this long.
    pub what: String,
    /// How long it takes. `None` if there is no limit.
    pub value: Option<Duration>,
    /// How reliable the value is.
    pub assurance: Assurance,
    /// Where the number comes from: a rule, a guarantee, an assumption, a measurement.
    pub source: String,
    /// The place in the text that the number comes from.
    pub span: Option<Span>,
}

impl Term {
    /// A term without a limit.
    pub(crate) fn unbounded(
        phase: Phase,
        what: impl Into<String>,
        why: impl Into<String>,
        span: Option<Span>,
    ) -> Self {
        let (what, source) = (what.into(), why.into());
        Self { phase, what, value: None, assurance: Assurance::Unbounded, source, span }
    }
}

/// A sum of terms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    /// The terms, in the order in which they happen.
    pub terms: Vec<Term>,
    /// The assurance of what happens in parallel, if anything does: if that took longer, the whole would too.
    pub beside: Option<Assurance>,
}

impl Bound {
    /// The sum of these terms.
    #[must_use]
    pub fn of(terms: Vec<Term>) -> Self {
        Self { terms, beside: None }
    }

    /// The sum. `None` if a term has no limit.
    #[must_use]
    pub fn value(&self) -> Option<Duration> {
        self.terms.iter().try_fold(Duration::default(), |sum, term| Some(sum.plus(term.value?)))
    }

    /// The sum of the terms that have a limit: a lower bound.
    #[must_use]
    pub fn at_least(&self) -> Duration {
        self.terms.iter().filter_map(|term| term.value).fold(Duration::default(), Duration::plus)
    }

    /// The assurance of the sum. An empty sum is proven.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        self.terms.iter().map(|term| term.assurance).chain(self.beside).min().unwrap_or(Assurance::Proven)
    }

    /// A sort key: worse bounds are greater, and no limit is worse than any number.
    #[must_use]
    pub fn rank(&self) -> (bool, Duration) {
        (self.value().is_none(), self.at_least())
    }

    /// Whether it meets the objective.
    #[must_use]
    pub fn meets(&self, asked: Option<&Setting<Duration>>) -> bool {
        asked.is_none_or(|asked| self.value().is_some_and(|value| value <= asked.value))
    }

    /// For people: `25 h`, or `unbounded (at least 25 h)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.value() {
            Some(value) => value.in_words(),
            None if self.at_least() == Duration::default() => "unbounded".to_owned(),
            None => format!("unbounded (at least {})", self.at_least().in_words()),
        }
    }
}

/// What a service can achieve in one disruption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// The disruption.
    pub disruption: Disruption,
    /// The objectives.
    pub asked: Asked,
    /// The recovery time.
    pub rto: Bound,
    /// The data loss, per data set.
    pub rpo: BTreeMap<Name, Bound>,
    /// In which order each person does the steps of the procedure, for those who do several.
    pub orders: Vec<Order>,
}

impl Derivation {
    /// The data set with the largest loss, and that loss. `None` without data.
    #[must_use]
    pub fn worst_rpo(&self) -> Option<(&Name, &Bound)> {
        // Of equal losses the first one, so that reports are stable.
        self.rpo.iter().rev().max_by_key(|(_, bound)| bound.rank())
    }

    /// Whether an objective is set for this disruption.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.rto.is_some() || self.asked.rpo.is_some()
    }
}

/// The derivations of a service, in the order of [`Disruption::ALL`].
pub type Derived = Vec<Derivation>;

/// Derives the objectives of an estate, where services wait for each other.
#[derive(Debug)]
pub struct Deriver<'p> {
    policy: &'p Policy,
    as_of: Option<Date>,
    /// The sites that are lost together. `None`: the primary site of each service.
    lost: Option<BTreeSet<&'p Name>>,
    /// What was derived so far, by service and disruption.
    known: BTreeMap<(&'p Name, Disruption), Known>,
}

/// What is known of a service that others wait for.
#[derive(Debug)]
struct Known {
    rto: Bound,
    /// Its work and that of the services it waits for.
    work: Work,
    /// Its work alone.
    own: Work,
}

impl<'p> Deriver<'p> {
    /// For a policy. `as_of` is the date for the age of measurements.
    #[must_use]
    pub fn new(policy: &'p Policy, as_of: Option<Date>) -> Self {
        Self { policy, as_of, lost: None, known: BTreeMap::new() }
    }

    /// Whether a site is lost with the primary site of a service.
    fn is_lost(&self, site: &Site, home: &Site) -> bool {
        match &self.lost {
            Some(lost) => lost.contains(&site.name),
            None => site.name == home.name,
        }
    }

    /// The derivations of all services, by name. `facts` returns the facts of a service.
    pub fn all(&mut self, facts: impl Fn(&'p Service) -> Facts<'p>) -> BTreeMap<&'p Name, Derived> {
        let mut all = BTreeMap::new();
        for service in in_order(self.policy) {
            let facts = facts(service);
            let mut derived = Vec::new();
            for disruption in Disruption::ALL {
                let (derivation, known) = self.derive_beside(service, &facts, disruption, &Work::new());
                self.known.insert((&service.name, disruption), known);
                derived.push(derivation);
            }
            all.insert(&service.name, derived);
        }
        all
    }

    /// The derivations of one service. Those of its dependencies must be known.
    #[must_use]
    pub fn service(&self, service: &'p Service, facts: &Facts<'p>) -> Derived {
        Disruption::ALL.into_iter().map(|disruption| self.derive(service, facts, disruption)).collect()
    }

    fn derive(&self, service: &'p Service, facts: &Facts<'p>, disruption: Disruption) -> Derivation {
        self.derive_beside(service, facts, disruption, &Work::new()).0
    }

    /// A derivation beside work on other services that suffer at the same time, and what those that wait for it need to know.
    fn derive_beside(
        &self,
        service: &'p Service,
        facts: &Facts<'p>,
        disruption: Disruption,
        beside: &Work,
    ) -> (Derivation, Known) {
        let recovered = rto::recovered(self, service, facts, disruption, beside);
        let asked = service.objectives.get(&disruption).cloned().unwrap_or_default();
        let rpo = facts.data.iter().map(|(name, data)| {
            let begins = recovered.begins.get(*name);
            ((*name).clone(), rpo::bound(facts, name, data, disruption, begins, self))
        });
        let orders = order::of(facts.steps(disruption));
        let rpo = rpo.collect();
        let known = Known { rto: recovered.rto.clone(), work: recovered.work, own: recovered.own };
        (Derivation { disruption, asked, rpo, rto: recovered.rto, orders }, known)
    }

    /// Whether one of two services waits for the other, directly or not.
    fn are_linked(&self, one: &Name, other: &Name) -> bool {
        self.waits_for(one, other) || self.waits_for(other, one)
    }

    fn waits_for(&self, service: &Name, other: &Name) -> bool {
        service != other && self.needs(service).contains(other)
    }

    /// A service and all those that it depends on, directly or not.
    fn needs<'n>(&'n self, service: &'n Name) -> BTreeSet<&'n Name> {
        let (mut seen, mut open) = (BTreeSet::from([service]), vec![service]);
        while let Some(next) = open.pop() {
            let needs = self.policy.services.get(next).into_iter().flat_map(|one| one.depends_on.keys());
            open.extend(needs.filter(|name| seen.insert(*name)));
        }
        seen
    }
}

/// The services, each after those it depends on. The policy has no cycles.
fn in_order(policy: &Policy) -> Vec<&Service> {
    let mut ordered = Vec::new();
    let mut waiting: BTreeMap<&Name, usize> = BTreeMap::new();
    let mut awaited_by: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    let mut ready: Vec<&Name> = Vec::new();
    for service in policy.services.values() {
        waiting.insert(&service.name, service.depends_on.len());
        service.depends_on.keys().for_each(|other| awaited_by.entry(other).or_default().push(&service.name));
        if service.depends_on.is_empty() {
            ready.push(&service.name);
        }
    }
    while let Some(name) = ready.pop() {
        ordered.extend(policy.services.get(name));
        for other in awaited_by.get(name).into_iter().flatten() {
            if let Some(left) = waiting.get_mut(*other) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ready.push(other);
                }
            }
        }
    }
    ordered
}

/// How long a measurement counts: a year, because plans and tests are renewed at least every year (DORA,
/// Regulation (EU) 2022/2554, article 11(6); NIST SP 800-34 rev. 1 §3.5.2).
pub(crate) const MEASUREMENT_HOLDS: Duration = Duration::hours(365 * 24);

/// The assurance of an assumption: measured if it has a measurement that is neither too old nor in the
/// future.
pub(crate) fn assurance_of(measured: Option<Date>, as_of: Option<Date>) -> Assurance {
    match (measured, as_of) {
        (Some(day), Some(today)) if day.after(MEASUREMENT_HOLDS) < today || day > today => {
            Assurance::Attested
        }
        (Some(_), _) => Assurance::Measured,
        (None, _) => Assurance::Attested,
    }
}

/// The source of an assumption, as text.
pub(crate) fn source_of(because: &str, measured: Option<Date>, built_in: bool) -> String {
    match (measured, built_in) {
        (_, true) => format!("assumed by Holdfast: {because}"),
        (Some(day), false) => format!("measured on {day}: {because}"),
        (None, false) => format!("assumed: {because}"),
    }
}
