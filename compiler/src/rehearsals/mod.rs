//! Many rehearsals of one disaster, beside the bounds: what the worst run took, what the median took, what the derivation
//! says that it takes at most, and what the policy asks for.
//!
//! ```text
//! rehearsal/ (one run)  ─┐
//!                        ├→ rehearsals/ (runs, counted and compared) → text, JSON
//! objectives/ (bounds)  ─┘
//! ```
//! Data flows one way: `rehearsal/` and `objectives/` know nothing of each other or of this module.
//!
//! Run 0 is the *adversary*: every delay at its limit, several orders of work, and for each data set the worst moment. Every
//! other run draws each delay evenly between nothing and its limit, and the moment evenly from [`YEAR`], so that a median says
//! what half of such runs take; it is not a forecast. A random run can be worse than run 0, because somebody who is free sooner
//! can begin something longer; such runs count as the worst. The same policy, seed and number of runs give the same result.

mod adversary;
mod fates;
mod json;
mod report;
mod svg;
mod tally;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use adversary::Worst;

use crate::document::{Disruption, Name};
use crate::objectives::{self, Derivation, Deriver, Facts};
use crate::policy::Policy;
use crate::rehearsal::{Disaster, Node, Outcome, graph, rehearse};
pub use json::json;
pub use report::{Comparison, Loose, Measure, Report, Verdict, WorstRun};
pub use svg::{drawing, svg};
pub use tally::Tally;
pub use text::text;

/// The year from which moments are drawn if none is given: 2026 in UTC, in seconds since 1970. It has every weekday, and each
/// change of the clocks that a time zone makes in a year. It is fixed, so that a rehearsal does not depend on today.
pub const YEAR: Range<i64> = 1_767_225_600..1_798_761_600;

/// The largest number of runs.
pub const MOST_RUNS: u32 = 100_000;

/// The most services that are played in all runs together: a choice of Holdfast, so that a large number of runs does not keep
/// a machine busy for hours.
const MOST_PLAYS: u64 = 20_000_000;

/// What is rehearsed.
#[derive(Debug)]
pub struct Rehearsals<'p> {
    policy: &'p Policy,
    disruption: Disruption,
    lost: BTreeSet<&'p Name>,
    away: BTreeSet<&'p Name>,
    at: Option<i64>,
    runs: u32,
    seed: u64,
    cases: Vec<Case<'p>>,
    /// Run 0 of each case, once it was played.
    adversaries: OnceLock<Vec<Worst<'p>>>,
}

/// A disaster, and the services whose recovery is measured in it.
#[derive(Debug)]
struct Case<'p> {
    disaster: Disaster<'p>,
    bounds: BTreeMap<&'p Name, Derivation>,
}

/// How often, from which seed, and when.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    /// The number of runs, run 0 included: from 1 to [`MOST_RUNS`].
    pub count: u32,
    /// The seed of the random runs.
    pub seed: u64,
    /// The moment of the disaster, in seconds since 1970-01-01 UTC. `None`: moments of [`YEAR`].
    pub at: Option<i64>,
}

impl<'p> Rehearsals<'p> {
    /// These sites are lost together, with everything at them.
    #[must_use]
    pub fn of_sites(policy: &'p Policy, lost: BTreeSet<&'p Name>, runs: Runs) -> Self {
        let disaster = Disaster::of_sites(policy, lost.clone(), 0);
        let bounds = objectives::together(policy, None, &lost);
        let cases = if bounds.is_empty() { Vec::new() } else { vec![Case { disaster, bounds }] };
        Self { lost, ..Self::new(policy, Disruption::SiteLoss, cases, runs) }
    }

    /// Each service suffers alone, with those that it depends on where they share its fate.
    #[must_use]
    pub fn of_disruption(policy: &'p Policy, disruption: Disruption, runs: Runs) -> Self {
        let all = Deriver::new(policy, None).all(Facts::wanted);
        let cases = all.into_iter().filter_map(|(name, derived)| {
            let service = policy.services.get(name)?;
            let bound = derived.into_iter().find(|one| one.disruption == disruption)?;
            let disaster = Disaster::of_service(policy, service, disruption, 0);
            Some(Case { disaster, bounds: BTreeMap::from([(name, bound)]) })
        });
        Self::new(policy, disruption, cases.collect(), runs)
    }

    fn new(policy: &'p Policy, disruption: Disruption, cases: Vec<Case<'p>>, runs: Runs) -> Self {
        let runs = Runs { count: runs.count.clamp(1, MOST_RUNS), ..runs };
        let Runs { count, seed, at } = runs;
        Self {
            policy,
            disruption,
            lost: BTreeSet::new(),
            away: BTreeSet::new(),
            at,
            runs: count,
            seed,
            cases,
            adversaries: OnceLock::new(),
        }
    }

    /// The same, but these people never answer. The bounds assume that everybody does, so nothing is said of how they compare.
    #[must_use]
    pub fn without(mut self, away: &BTreeSet<&'p Name>) -> Self {
        self.away.clone_from(away);
        self.cases.iter_mut().for_each(|case| case.disaster.away.clone_from(away));
        self.adversaries = OnceLock::new();
        self
    }

    /// The number of runs.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.runs
    }

    /// The largest number of runs for the services that suffer: at least 1, at most [`MOST_RUNS`].
    #[must_use]
    pub fn most_runs(&self) -> u32 {
        let services: usize = self.cases.iter().map(|case| case.disaster.services.len()).sum();
        let services = u64::try_from(services).unwrap_or(u64::MAX).max(1);
        u32::try_from(MOST_PLAYS / services).unwrap_or(u32::MAX).clamp(1, MOST_RUNS)
    }

    /// Plays some of the runs. Their tallies can be merged in any order.
    #[must_use]
    pub fn play(&self, runs: Range<u32>) -> Tally<'p> {
        let mut tally = Tally::default();
        for run in runs {
            if run == 0 {
                let struck = self.adversaries().iter().flat_map(|worst| &worst.services);
                for (name, struck) in struck {
                    let lost = struck.lost.iter().map(|(data, lost)| (data.clone(), *lost));
                    tally.add(name, run, struck.back, lost);
                }
                continue;
            }
            for (nth, case) in self.cases.iter().enumerate() {
                let outcome = self.random(nth, case, run);
                for name in case.bounds.keys() {
                    let Some(achieved) = outcome.services.get(*name) else { continue };
                    let lost = achieved.lost.iter().map(|(data, lost)| (data.clone(), *lost));
                    tally.add(name, run, achieved.back, lost);
                }
            }
        }
        tally
    }

    /// Run 0 of each case.
    fn adversaries(&self) -> &[Worst<'p>] {
        let play = |case| adversary::play(self.policy, case, self.at);
        self.adversaries.get_or_init(|| self.cases.iter().map(play).collect())
    }

    fn random(&self, nth: usize, case: &Case<'p>, run: u32) -> Outcome {
        let (disaster, mut fate) = self.drawn(nth, case, run);
        rehearse(self.policy, &disaster, &mut fate)
    }

    /// The recovery graph of a run, with a service that was back the latest in it.
    fn nodes(&self, nth: usize, case: &Case<'p>, run: u32, service: &Name) -> Vec<Node> {
        if run == 0 {
            let worst = self.adversaries().get(nth);
            return worst.map_or_else(Vec::new, |worst| adversary::graph(self.policy, case, worst, service));
        }
        let (disaster, mut fate) = self.drawn(nth, case, run);
        graph(self.policy, &disaster, &mut fate)
    }

    /// The disaster of a random run, and how the unknown goes in it.
    fn drawn(&self, nth: usize, case: &Case<'p>, run: u32) -> (Disaster<'p>, fates::Random) {
        let mut fate = fates::Random::new(self.seed, nth, run);
        // The moment is drawn in any case, so that the delays of a run do not depend on `at`.
        let drawn = fate.moment(YEAR);
        let at = self.at.unwrap_or(drawn);
        (Disaster { at, ..case.disaster.clone() }, fate)
    }

    /// The moment of a run.
    fn moment(&self, nth: usize, run: u32) -> i64 {
        self.at.unwrap_or_else(|| fates::Random::new(self.seed, nth, run).moment(YEAR))
    }

    /// What came of all runs.
    #[must_use]
    pub fn report(&self, tally: &Tally<'p>) -> Report<'p> {
        report::of(self, tally)
    }
}
