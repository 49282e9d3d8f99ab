//! Run 0: as bad as the rules allow. The recovery does not depend on the moment, so that each data set can be struck at its own
//! worst one.

use std::collections::{BTreeMap, BTreeSet};

use super::fates::{Adversary, First, Random};
use super::{Case, YEAR};
use crate::document::Name;
use crate::phase::Phase;
use crate::policy::{DataSet, Policy, Service};
use crate::rehearsal::{
    Disaster, Node, Outcome, clock_changes, graph as graph_of, lost, moments_of, recover,
};

/// How many random orders of work are tried, beside the oldest first, the newest first, and each service last.
const ORDERS: u32 = 8;
/// For how many services people do everything else first.
const STARVED: usize = 128;
/// A day without a change of the clocks in any zone: 2026-06-09.
const ORDINARY: i64 = 1_781_000_000;
const DAY: i64 = 86_400;
/// The most time that is searched before and after a day, so that a hostile policy does not take for ever.
const WIDEST: i64 = 60 * DAY;

/// What is worst for each service.
#[derive(Debug)]
pub(super) struct Worst<'p> {
    pub(super) services: BTreeMap<&'p Name, Struck>,
    /// Every play with delays at their limits.
    plays: Vec<Outcome>,
}

/// What is worst for one service.
#[derive(Debug, Default)]
pub(super) struct Struck {
    pub(super) back: Option<u64>,
    /// The seconds of each phase on the critical path of that play.
    pub(super) spent: BTreeMap<Phase, u64>,
    pub(super) lost: BTreeMap<Name, Option<u64>>,
    /// The worst moment for each data set that has schedules, in seconds since 1970-01-01 UTC.
    pub(super) at: BTreeMap<Name, i64>,
}

/// Plays run 0.
pub(super) fn play<'p>(policy: &'p Policy, case: &Case<'p>, at: Option<i64>) -> Worst<'p> {
    let disaster = &case.disaster;
    let orders = orders(case);
    let play = |first, quick| recover(policy, disaster, &mut Adversary { odd: false, first, quick });
    let slow: Vec<Outcome> = orders.map(|first| play(first, false)).collect();
    let quick = play(First::Newest, true);
    let mut services = BTreeMap::new();
    for name in case.bounds.keys() {
        let Some(service) = policy.services.get(*name) else { continue };
        let all = || slow.iter().filter_map(|outcome| outcome.services.get(*name));
        // Of equal plays the first one.
        let Some(latest) = all().rev().max_by_key(|one| rank(one.back)) else { continue };
        let mut struck = Struck { back: latest.back, spent: latest.spent.clone(), ..Struck::default() };
        for data in service.data.keys() {
            let begun = all().chain(quick.services.get(*name)).map(|one| one.begun.get(data).copied());
            let begun: BTreeSet<Option<u64>> = begun.collect();
            // A later restore finds more backups that have arrived, and fewer that have not expired.
            let ends = [begun.first().copied(), begun.last().copied()];
            let ends: BTreeSet<Option<u64>> = ends.into_iter().flatten().collect();
            if let Some((lost, moment)) = strike(policy, disaster, service, data, &ends, at) {
                struck.lost.insert(data.clone(), lost);
                struck.at.extend(moment.map(|moment| (data.clone(), moment)));
            }
        }
        services.insert(*name, struck);
    }
    Worst { services, plays: slow }
}

/// The orders of work that are tried.
fn orders<'p>(case: &Case<'p>) -> impl Iterator<Item = First<'p>> {
    let orders = (0..ORDERS).map(|nth| First::Any(Random::new(0, 0, nth)));
    let starved = case.bounds.keys().copied().filter(|_| case.bounds.len() > 1).take(STARVED);
    [First::Oldest, First::Newest].into_iter().chain(orders).chain(starved.map(First::Not))
}

/// The recovery graph of the play in which a service is back the latest.
pub(super) fn graph(policy: &Policy, case: &Case<'_>, worst: &Worst<'_>, service: &Name) -> Vec<Node> {
    let order = worst.nth_of(service).and_then(|nth| orders(case).nth(nth));
    let Some(first) = order else { return Vec::new() };
    graph_of(policy, &case.disaster, &mut Adversary { odd: false, first, quick: false })
}

/// A sort key: never is later than any number.
fn rank(back: Option<u64>) -> (bool, u64) {
    (back.is_none(), back.unwrap_or_default())
}

impl Worst<'_> {
    /// The play in which a service is back the latest.
    pub(super) fn play_of(&self, service: &Name) -> Option<&Outcome> {
        self.plays.get(self.nth_of(service)?)
    }

    /// Its place among the plays, and among the orders. Of equal plays the first one.
    fn nth_of(&self, service: &Name) -> Option<usize> {
        let back = |outcome: &Outcome| outcome.services.get(service).map(|one| rank(one.back));
        let all = self.plays.iter().enumerate().rev().max_by_key(|(_, outcome)| back(outcome));
        all.map(|(nth, _)| nth)
    }
}

/// What is lost of a data set at its worst moment, and that moment, if it matters.
fn strike(
    policy: &Policy,
    disaster: &Disaster<'_>,
    service: &Service,
    data: &Name,
    begun: &BTreeSet<Option<u64>>,
    at: Option<i64>,
) -> Option<(Option<u64>, Option<i64>)> {
    let set = service.data.get(data)?;
    let scheduled = !set.schedules.is_empty();
    let mut found: Option<(Option<u64>, i64)> = None;
    for odd in [false, true] {
        let mut fate = Adversary { odd, first: First::Newest, quick: false };
        let moments = match at {
            Some(at) => BTreeSet::from([at]),
            None if scheduled => worst_moments(service, (data, set), &mut fate),
            None => BTreeSet::from([ORDINARY]),
        };
        for moment in moments {
            let disaster = Disaster { at: moment, ..disaster.clone() };
            for begun in begun {
                let lost = lost(policy, &disaster, service, (data, set), *begun, &mut fate);
                let is_worse = found
                    .is_none_or(|(most, _)| most.is_some_and(|most| lost.is_none_or(|lost| lost > most)));
                if is_worse {
                    found = Some((lost, moment));
                }
            }
        }
    }
    found.map(|(lost, moment)| (lost, scheduled.then_some(moment)))
}

/// The worst moments of a data set around every change of the clocks, and on ordinary days.
fn worst_moments(
    service: &Service,
    (name, set): (&Name, &DataSet),
    fate: &mut Adversary<'_>,
) -> BTreeSet<i64> {
    let margin = margin(service, set);
    let mut days = clock_changes(service, YEAR.start, YEAR.end);
    days.insert(ORDINARY);
    let around =
        days.into_iter().flat_map(|day| moments_of(service, (name, set), day - margin, day + margin, fate));
    around.collect()
}

/// How far from a change of the clocks its effects reach: the next backup after one that is skipped, until its last copy
/// has arrived, and a day for what waits. In seconds, at most [`WIDEST`].
fn margin(service: &Service, set: &DataSet) -> i64 {
    let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(WIDEST);
    let weekly = set.schedules.iter().any(|rule| rule.on.is_some());
    let period = if weekly { 7 * DAY } else { DAY };
    let runs = set.schedules.iter().map(|rule| signed(rule.start.plus(rule.complete).as_seconds())).max();
    let sites: BTreeSet<&Name> =
        set.schedules.iter().flat_map(|rule| &rule.to).map(|(site, _)| &site.name).collect();
    let sites = i64::try_from(sites.len()).unwrap_or(WIDEST);
    let copy = service.assumptions.backup_copy.as_ref().map(|copy| signed(copy.value.value.as_seconds()));
    let copies = sites.saturating_mul(copy.unwrap_or_default());
    let all = [runs.unwrap_or_default(), copies, DAY].into_iter().fold(period, i64::saturating_add);
    all.min(WIDEST)
}
