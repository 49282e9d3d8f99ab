//! Chooses which of the ready units starts next.
//!
//! The unit with the longest chain of steps after it starts first, so that the whole run ends soonest; ties keep
//! the plan's order. Two units of one lane never run at once, and a unit waits until the rate limits allow its
//! calls. A waiting unit delays only units that would use the same tokens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::limit::{Buckets, Limits};
use crate::cloud::{Command, Cost};

/// Steps that start together, with all their needs met.
#[derive(Debug)]
pub(super) struct Unit {
    /// The steps' indices in the plan, and their commands.
    pub(super) commands: Vec<(usize, Command)>,
    /// What only one unit at a time may change, such as a hosted zone.
    pub(super) lane: Option<String>,
    /// How many API calls it needs, by operation.
    pub(super) cost: Cost,
    /// The length of the longest chain of steps from here on.
    pub(super) chain: usize,
}

/// Whether a unit can start now.
#[derive(Debug)]
pub(super) enum Next {
    /// This one can.
    Start(Unit),
    /// Not before then: the rate limits do not allow it.
    At(Instant),
    /// Not before a unit in progress ends.
    Nothing,
}

/// The longest chain first, then the plan's order.
type Rank = (Reverse<usize>, usize);

/// The waiting units. Units with the same lane and cost wait in one line: only the first in a line can be next.
#[derive(Debug)]
pub(super) struct Queue {
    lines: BTreeMap<(Option<String>, Cost), BTreeMap<Rank, Unit>>,
    busy: BTreeSet<String>,
    buckets: Buckets,
}

impl Queue {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self { lines: BTreeMap::new(), busy: BTreeSet::new(), buckets: Buckets::new(limits, now) }
    }

    /// Adds a unit whose needs are met.
    pub(super) fn push(&mut self, unit: Unit) {
        let first = unit.commands.first().map_or(0, |(at, _)| *at);
        let line = self.lines.entry((unit.lane.clone(), unit.cost.clone())).or_default();
        line.insert((Reverse(unit.chain), first), unit);
    }

    /// Removes and returns the unit that starts now, if one can.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        let free = |lane: &Option<String>| lane.as_ref().is_none_or(|lane| !self.busy.contains(lane));
        let lines = self.lines.iter().filter(|((lane, _), _)| free(lane));
        let mut heads: Vec<_> =
            lines.filter_map(|(key, line)| Some((*line.first_key_value()?.0, key))).collect();
        heads.sort();
        let (mut awaited, mut soonest, mut found) = (BTreeSet::new(), None::<Instant>, None);
        for (_, key) in heads {
            let (_, cost) = key;
            if self.buckets.of(cost).any(|bucket| awaited.contains(bucket)) {
                continue;
            }
            let short = self.buckets.short(cost, now);
            let Some(when) = short.iter().map(|(_, when)| *when).max() else {
                found = Some(key.clone());
                break;
            };
            awaited.extend(short.into_iter().map(|(bucket, _)| bucket));
            soonest = Some(soonest.map_or(when, |soonest| soonest.min(when)));
        }
        match (found.and_then(|key| self.take(&key, now)), soonest) {
            (Some(unit), _) => Next::Start(unit),
            (None, Some(when)) => Next::At(when),
            (None, None) => Next::Nothing,
        }
    }

    /// Frees the lane of a unit that has ended.
    pub(super) fn ended(&mut self, lane: Option<&String>) {
        if let Some(lane) = lane {
            self.busy.remove(lane);
        }
    }

    fn take(&mut self, key: &(Option<String>, Cost), now: Instant) -> Option<Unit> {
        let line = self.lines.get_mut(key)?;
        let (_, unit) = line.pop_first()?;
        if line.is_empty() {
            self.lines.remove(key);
        }
        self.busy.extend(unit.lane.clone());
        self.buckets.take(&unit.cost, now);
        Some(unit)
    }
}
