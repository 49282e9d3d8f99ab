//! What came of the runs, beside bounds and objectives.

use std::collections::{BTreeMap, BTreeSet};

use super::Rehearsals;
use super::tally::{Counts, Tally};
use crate::document::{Disruption, Name};
use crate::objectives::{Bound, Derivation, Term};
use crate::phase::Phase;
use crate::policy::Setting;
use crate::rehearsal::{Disaster, Event, Node};
use crate::units::Duration;

/// What came of all runs.
#[derive(Debug)]
pub struct Report<'p> {
    /// The estate.
    pub estate: &'p Name,
    /// What went wrong.
    pub disruption: Disruption,
    /// The sites that were lost.
    pub lost: BTreeSet<&'p Name>,
    /// The people who never answered.
    pub away: BTreeSet<&'p Name>,
    /// The moment, if one was given: seconds since 1970-01-01 UTC.
    pub at: Option<i64>,
    /// The number of runs.
    pub runs: u32,
    /// The seed.
    pub seed: u64,
    /// For each service that suffers, its RTO and then the RPO of each data set.
    pub services: BTreeMap<&'p Name, Vec<Comparison>>,
    /// The services that do not suffer themselves, with those that suffer and that they need.
    pub spared: BTreeMap<&'p Name, Vec<&'p Name>>,
    /// The worst run.
    pub worst: Option<WorstRun<'p>>,
}

/// The run in which a service was back the latest; of those with objectives, if there are any.
#[derive(Debug)]
pub struct WorstRun<'p> {
    /// Its number.
    pub run: u32,
    /// The service that was back the latest. The first, if there are several.
    pub service: &'p Name,
    /// When it was back. `None`: no time is known.
    pub back: Option<u64>,
    /// The moment of the disaster, in seconds since 1970-01-01 UTC. `None` for run 0: each data set has its own worst one.
    pub at: Option<i64>,
    /// What happened.
    pub timeline: Vec<Event>,
    /// The seconds of each phase on the critical path, for each service that was back.
    pub spent: BTreeMap<Name, BTreeMap<Phase, u64>>,
    /// What had to be done, and what waited for what.
    pub nodes: Vec<Node>,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// The time until the service is back.
    Rto,
    /// The loss of a data set.
    Rpo(Name),
}

/// One measure of one service.
#[derive(Debug)]
pub struct Comparison {
    /// What is measured.
    pub measure: Measure,
    /// Seconds that half of the runs do not exceed. `None`: no number is known.
    pub median: Option<u64>,
    /// The seconds of the worst run. `None`: no number is known.
    pub worst: Option<u64>,
    /// The first run that was the worst.
    pub run: u32,
    /// In how many runs no number is known.
    pub unknown: u32,
    /// For a data set with schedules, the moment of that run: seconds since 1970-01-01 UTC.
    pub moment: Option<i64>,
    /// What the derivation says.
    pub bound: Bound,
    /// What the policy asks for.
    pub objective: Option<Setting<Duration>>,
    /// How the runs compare with the objective.
    pub verdict: Verdict,
    /// Whether a run was above the bound. That is a mistake in Holdfast.
    pub above_bound: bool,
    /// Why the bound is more than 1.5 times the worst run.
    pub loose: Option<Loose>,
}

/// How the runs compare with an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No objective is set.
    NotAsked,
    /// Within it in every run.
    Within,
    /// Missed in `missed` runs; in `never` other ones no number is known.
    Missed {
        /// The number of runs above the objective.
        missed: u32,
        /// The number of runs for which no number is known.
        never: u32,
    },
}

/// Why a bound is loose.
#[derive(Debug)]
pub struct Loose {
    /// The worst run, in seconds.
    pub worst: u64,
    /// The term of the bound that the runs differ from most.
    pub term: Term,
}

impl Report<'_> {
    /// All comparisons, with their services.
    pub fn comparisons(&self) -> impl Iterator<Item = (&Name, &Comparison)> {
        self.services.iter().flat_map(|(name, all)| all.iter().map(move |one| (*name, one)))
    }

    /// Whether every objective holds in every run.
    #[must_use]
    pub fn all_within(&self) -> bool {
        self.comparisons().all(|(_, one)| !matches!(one.verdict, Verdict::Missed { .. }))
    }

    /// Whether some run was above its bound.
    #[must_use]
    pub fn has_wrong_bound(&self) -> bool {
        self.comparisons().any(|(_, one)| one.above_bound)
    }
}

/// Which service is shown: one with an objective rather than one without, then the one that is back the latest.
type Rank = (bool, bool, u64);

pub(super) fn of<'p>(all: &Rehearsals<'p>, tally: &Tally<'p>) -> Report<'p> {
    let worst = worst(all, tally);
    let mut services = BTreeMap::new();
    for (nth, (case, adversary)) in all.cases.iter().zip(all.adversaries()).enumerate() {
        for (name, derivation) in &case.bounds {
            let Some(counted) = tally.services.get(*name) else { continue };
            let struck = adversary.services.get(*name);
            let (_, run) = counted.back.worst();
            // The worst run is at hand for one service at least; run 0 for all.
            let shown = worst.as_ref().filter(|(case, one)| run > 0 && *case == nth && one.run == run);
            let shown = shown.and_then(|(_, one)| one.spent.get(*name));
            let spent = shown.or(struck.map(|struck| &struck.spent));
            let judge = Judge { derivation, spent, at: all.at };
            let mut comparisons = vec![judge.rto(&counted.back)];
            for (data, counts) in &counted.lost {
                let moment = struck.and_then(|struck| struck.at.get(data)).copied();
                let (_, run) = counts.worst();
                let moment = if run > 0 { moment.map(|_| all.moment(nth, run)) } else { moment };
                comparisons.extend(judge.rpo(data, counts, moment));
            }
            if !all.away.is_empty() {
                // The bounds are for people who answer.
                comparisons.iter_mut().for_each(|one| (one.above_bound, one.loose) = (false, None));
            }
            services.insert(*name, comparisons);
        }
    }
    let hit: BTreeSet<&Name> = all.cases.iter().flat_map(|case| suffering(&case.disaster)).collect();
    let spared = all.policy.services.values().filter(|service| !hit.contains(&service.name));
    let needs = |name: &'p Name| -> Vec<&'p Name> {
        let own = all.policy.services.get(name).into_iter().flat_map(|one| one.depends_on.keys());
        own.filter(|name| hit.contains(name)).collect()
    };
    Report {
        estate: &all.policy.estate,
        disruption: all.disruption,
        lost: all.lost.clone(),
        away: all.away.clone(),
        at: all.at,
        runs: all.runs,
        seed: all.seed,
        services,
        spared: spared.map(|service| (&service.name, needs(&service.name))).collect(),
        worst: worst.map(|(_, worst)| worst),
    }
}

/// The worst run, with the number of its case.
fn worst<'p>(all: &Rehearsals<'p>, tally: &Tally<'p>) -> Option<(usize, WorstRun<'p>)> {
    let mut latest: Option<(Rank, &'p Name, u32, usize)> = None;
    for (nth, case) in all.cases.iter().enumerate() {
        for (name, derivation) in &case.bounds {
            let Some(counted) = tally.services.get(*name) else { continue };
            let (worst, run) = counted.back.worst();
            let rank = (derivation.is_asked(), worst.is_none(), worst.unwrap_or_default());
            if latest.is_none_or(|(most, ..)| rank > most) {
                latest = Some((rank, *name, run, nth));
            }
        }
    }
    let (_, service, run, nth) = latest?;
    let case = all.cases.get(nth)?;
    let outcome = match run {
        0 => all.adversaries().get(nth)?.play_of(service)?.clone(),
        _ => all.random(nth, case, run),
    };
    let at = all.at.or_else(|| (run > 0).then(|| all.moment(nth, run)));
    let back = outcome.services.get(service)?.back;
    let spent = outcome.services.into_iter().map(|(name, one)| (name, one.spent)).collect();
    let nodes = all.nodes(nth, case, run, service);
    Some((nth, WorstRun { run, service, back, at, timeline: outcome.timeline, spent, nodes }))
}

fn suffering<'a, 'p>(disaster: &'a Disaster<'p>) -> impl Iterator<Item = &'p Name> + 'a {
    disaster.services.iter().copied()
}

struct Judge<'a> {
    derivation: &'a Derivation,
    /// What the worst run spent in each phase, or else run 0.
    spent: Option<&'a BTreeMap<Phase, u64>>,
    at: Option<i64>,
}

impl Judge<'_> {
    fn rto(&self, counts: &Counts) -> Comparison {
        let bound = &self.derivation.rto;
        let loose = self.loose(bound, counts);
        let asked = self.derivation.asked.rto.as_ref();
        compare(Measure::Rto, counts, bound, asked, loose)
    }

    fn rpo(&self, data: &Name, counts: &Counts, moment: Option<i64>) -> Option<Comparison> {
        let bound = self.derivation.rpo.get(data)?;
        // At a given moment run 0 is not at the worst one, so that it does not tell how tight a bound is.
        let loose = if self.at.is_some() { None } else { self.loose(bound, counts) };
        let asked = self.derivation.asked.rpo.as_ref();
        let measure = Measure::Rpo(data.clone());
        Some(Comparison { moment, ..compare(measure, counts, bound, asked, loose) })
    }

    /// Whether a bound is more than 1.5 times the worst run.
    fn loose(&self, bound: &Bound, counts: &Counts) -> Option<Loose> {
        let value = bound.value()?.as_seconds();
        let (worst, _) = counts.worst();
        let worst = worst?;
        if value.saturating_mul(2) <= worst.saturating_mul(3) {
            return None;
        }
        let term = self.cause(bound)?.clone();
        Some(Loose { worst, term })
    }

    /// A term of the phase in which the bound has most time that the run did not need: the largest that is not more than that
    /// time, or else the largest.
    fn cause<'b>(&self, bound: &'b Bound) -> Option<&'b Term> {
        let mut excess: BTreeMap<Phase, u64> = BTreeMap::new();
        for term in &bound.terms {
            let sum = excess.entry(term.phase).or_default();
            *sum = sum.saturating_add(seconds(term));
        }
        for (phase, spent) in self.spent.into_iter().flatten() {
            if let Some(sum) = excess.get_mut(phase) {
                *sum = sum.saturating_sub(*spent);
            }
        }
        // Of equal ones the first.
        let (phase, most) = excess.into_iter().rev().max_by_key(|(_, seconds)| *seconds)?;
        let all = || bound.terms.iter().rev().filter(|term| term.phase == phase);
        let within = all().filter(|term| seconds(term) <= most).max_by_key(|term| seconds(term));
        within.or_else(|| all().max_by_key(|term| seconds(term)))
    }
}

fn seconds(term: &Term) -> u64 {
    term.value.map(Duration::as_seconds).unwrap_or_default()
}

fn compare(
    measure: Measure,
    counts: &Counts,
    bound: &Bound,
    asked: Option<&Setting<Duration>>,
    loose: Option<Loose>,
) -> Comparison {
    let (worst, run) = counts.worst();
    let above_bound = bound.value().is_some_and(|bound| worst.is_none_or(|worst| worst > bound.as_seconds()));
    let verdict = match asked.map(|asked| counts.above(asked.value.as_seconds())) {
        None => Verdict::NotAsked,
        Some((0, 0)) => Verdict::Within,
        Some((missed, never)) => Verdict::Missed { missed, never },
    };
    Comparison {
        measure,
        median: counts.median(),
        worst,
        run,
        unknown: counts.above(u64::MAX - 1).1,
        moment: None,
        bound: bound.clone(),
        objective: asked.cloned(),
        verdict,
        above_bound,
        loose,
    }
}
