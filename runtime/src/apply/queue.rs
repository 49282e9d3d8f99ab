//! What starts next of all that could.
//!
//! The unit with the longest way behind it comes first, so that the run as a whole ends soonest; among equals,
//! the plan's order. Two units of one lane never run at once, and a unit waits until the cloud may be asked
//! for it. A unit that waits keeps nobody back but those who would take its tokens away.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::limit::{Buckets, Limits};
use crate::cloud::{Command, Cost};

/// What starts together, ready to.
#[derive(Debug)]
pub(super) struct Unit {
    /// The steps' places in the plan, and what to do.
    pub(super) commands: Vec<(usize, Command)>,
    /// What only one unit at a time may change.
    pub(super) lane: Option<String>,
    /// What it takes to do it.
    pub(super) cost: Cost,
    /// How many steps have to follow each other from here on.
    pub(super) way: usize,
}

/// Whether something can start.
#[derive(Debug)]
pub(super) enum Next {
    /// This.
    Start(Unit),
    /// Not before then.
    At(Instant),
    /// Not before something ends.
    Nothing,
}

/// The longest way first, then the plan's order.
type Rank = (Reverse<usize>, usize);

/// Units that wait. Those with one lane and one cost wait in one line: only the first of it can be next.
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

    /// A unit's needs are met.
    pub(super) fn push(&mut self, unit: Unit) {
        let first = unit.commands.first().map_or(0, |(at, _)| *at);
        let line = self.lines.entry((unit.lane.clone(), unit.cost.clone())).or_default();
        line.insert((Reverse(unit.way), first), unit);
    }

    /// Take the unit that starts now, if one does.
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

    /// A unit of this lane has ended.
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
