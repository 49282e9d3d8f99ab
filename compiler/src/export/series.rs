//! Acts as engines order them: one after the other, or side by side. The graph of a recovery can have an order that this cannot say:
//! `c` after `a` and `b`, and `d` after `b` alone. Then some act waits for more than it has to.
//!
//! Method: acts that no order connects are side by side; acts that split into two groups, where everything in the first one is before
//! everything in the second one, are in series. (Valdes, Tarjan and Lawler, "The recognition of series parallel digraphs", SIAM
//! Journal on Computing 11(2), 1982.) Where neither is so, they are split at the moment at which waiting costs the least time.

use std::collections::{BTreeMap, BTreeSet};

use super::acts::Act;
use crate::document::Name;

/// Acts in the order of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Series {
    /// One act, by its place in the list.
    One(usize),
    /// One after the other.
    Then(Vec<Series>),
    /// Side by side; what comes after waits for all of them.
    Together(Vec<Series>),
}

/// The acts in series, and the seconds by which each service is back later than the graph alone would have it: only those that are.
pub(crate) fn series(acts: &[Act]) -> (Series, BTreeMap<Name, u64>) {
    let mut order = Order::of(acts);
    let all: BTreeSet<usize> = (0..acts.len()).collect();
    let series = order.split(&all);
    (series.clone(), later(acts, &order, &ends(acts, &series)))
}

/// The seconds by which each service is back later, if its acts end so.
fn later(acts: &[Act], order: &Order, ends: &BTreeMap<usize, u64>) -> BTreeMap<Name, u64> {
    let mut later: BTreeMap<Name, u64> = BTreeMap::new();
    for (nth, act) in acts.iter().enumerate() {
        let end = ends.get(&nth).copied().unwrap_or_default();
        let more = end.saturating_sub(order.asked.get(nth).copied().unwrap_or_default());
        if more > 0 {
            let most = later.entry(act.service.clone()).or_default();
            *most = more.max(*most);
        }
    }
    later
}

/// When each act ends, in seconds, if nobody has to wait for a person.
pub(crate) fn ends(acts: &[Act], series: &Series) -> BTreeMap<usize, u64> {
    fn walk(acts: &[Act], series: &Series, from: u64, ends: &mut BTreeMap<usize, u64>) -> u64 {
        match series {
            Series::One(nth) => {
                let end = from.saturating_add(acts.get(*nth).map(takes).unwrap_or_default());
                ends.insert(*nth, end);
                end
            }
            Series::Then(parts) => parts.iter().fold(from, |from, part| walk(acts, part, from, ends)),
            Series::Together(parts) => {
                parts.iter().map(|part| walk(acts, part, from, ends)).max().unwrap_or(from)
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(acts, series, 0, &mut all);
    all
}

/// The seconds that an engine needs for an act at most.
fn takes(act: &Act) -> u64 {
    act.seconds.saturating_add(act.more)
}

/// What stands before what.
struct Order {
    /// For each act all that stand before it.
    before: Vec<BTreeSet<usize>>,
    /// When each act ends by the graph alone.
    ends: Vec<u64>,
    /// The same without what only the engine needs.
    asked: Vec<u64>,
    /// What each act takes.
    seconds: Vec<u64>,
}

impl Order {
    /// Acts stand behind those they wait for.
    fn of(acts: &[Act]) -> Self {
        let mut before: Vec<BTreeSet<usize>> = Vec::new();
        let (mut ends, mut asked): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        for act in acts {
            let mut all = act.after.clone();
            all.extend(act.after.iter().filter_map(|nth| before.get(*nth)).flatten());
            let latest = |of: &[u64]| {
                act.after.iter().filter_map(|nth| of.get(*nth)).max().copied().unwrap_or_default()
            };
            ends.push(latest(&ends).saturating_add(takes(act)));
            asked.push(latest(&asked).saturating_add(act.seconds));
            before.push(all);
        }
        Self { before, ends, asked, seconds: acts.iter().map(takes).collect() }
    }

    fn precedes(&self, one: usize, other: usize) -> bool {
        self.before.get(other).is_some_and(|before| before.contains(&one))
    }

    fn split(&mut self, part: &BTreeSet<usize>) -> Series {
        if let (1, Some(only)) = (part.len(), part.first()) {
            return Series::One(*only);
        }
        let beside = self
            .components(part, &|order, one, other| order.precedes(one, other) || order.precedes(other, one));
        if beside.len() != 1 {
            return Series::Together(beside.iter().map(|part| self.split(part)).collect());
        }
        let mut behind = self.components(part, &|order, one, other| {
            !order.precedes(one, other) && !order.precedes(other, one)
        });
        if behind.len() > 1 {
            behind.sort_by(|one, other| match (one.first(), other.first()) {
                (Some(one), Some(other)) if self.precedes(*one, *other) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            });
            return Series::Then(behind.iter().map(|part| self.split(part)).collect());
        }
        let (first, rest) = self.cheapest(part);
        for nth in &rest {
            if let Some(before) = self.before.get_mut(*nth) {
                before.extend(&first);
            }
        }
        Series::Then(vec![self.split(&first), self.split(&rest)])
    }

    /// The groups that are connected.
    fn components(
        &self,
        part: &BTreeSet<usize>,
        connected: &dyn Fn(&Self, usize, usize) -> bool,
    ) -> Vec<BTreeSet<usize>> {
        let mut left = part.clone();
        let mut found = Vec::new();
        while let Some(first) = left.pop_first() {
            let mut group = BTreeSet::from([first]);
            let mut open = vec![first];
            while let Some(next) = open.pop() {
                let near: Vec<usize> =
                    left.iter().copied().filter(|other| connected(self, next, *other)).collect();
                for other in near {
                    left.remove(&other);
                    group.insert(other);
                    open.push(other);
                }
            }
            found.push(group);
        }
        found
    }

    /// The split after which the acts of the second part wait the least.
    fn cheapest(&self, part: &BTreeSet<usize>) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let end = |nth: usize| self.ends.get(nth).copied().unwrap_or_default();
        let mut sorted: Vec<usize> = part.iter().copied().collect();
        // What ends at the same time stands in the order of the list, in which each act is behind those it waits for.
        sorted.sort_by_key(|nth| (end(*nth), *nth));
        let cost = |at: &usize| {
            let (first, rest) = sorted.split_at(*at);
            let until = first.iter().map(|nth| end(*nth)).max().unwrap_or_default();
            let waits = rest.iter().map(|nth| {
                let begin = end(*nth).saturating_sub(self.seconds.get(*nth).copied().unwrap_or_default());
                until.saturating_sub(begin)
            });
            let waits: Vec<u64> = waits.collect();
            (
                waits.iter().max().copied().unwrap_or_default(),
                waits.iter().fold(0, |sum: u64, one| sum.saturating_add(*one)),
                *at,
            )
        };
        let at = (1..sorted.len()).min_by_key(cost).unwrap_or(1);
        let (first, rest) = sorted.split_at(at.min(sorted.len()));
        (first.iter().copied().collect(), rest.iter().copied().collect())
    }
}

/// The acts in rows: each act in the first row behind all that it waits for.
pub(crate) fn in_levels(acts: &[Act]) -> Series {
    let mut level: Vec<usize> = Vec::new();
    let mut rows: BTreeMap<usize, Vec<Series>> = BTreeMap::new();
    for (nth, act) in acts.iter().enumerate() {
        let before = act.after.iter().filter_map(|other| level.get(*other)).max();
        let row = before.map_or(0, |row| row + 1);
        level.push(row);
        rows.entry(row).or_default().push(Series::One(nth));
    }
    Series::Then(rows.into_values().map(Series::Together).collect())
}

/// The seconds by which each service is back later than the graph alone would have it: only those that are.
pub(crate) fn lateness(acts: &[Act], series: &Series) -> BTreeMap<Name, u64> {
    later(acts, &Order::of(acts), &ends(acts, series))
}
