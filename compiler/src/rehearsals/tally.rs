//! What the runs came to, counted.

use std::collections::BTreeMap;

use crate::document::Name;

/// A number of seconds, or never: worse than any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Took(u64);

impl Took {
    const NEVER: Self = Self(u64::MAX);

    fn of(seconds: Option<u64>) -> Self {
        seconds.map_or(Self::NEVER, |seconds| Self(seconds.min(u64::MAX - 1)))
    }

    fn seconds(self) -> Option<u64> {
        (self != Self::NEVER).then_some(self.0)
    }
}

/// How often each value occurred, and in which run first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    values: BTreeMap<Took, (u32, u32)>,
}

impl Counts {
    fn add(&mut self, run: u32, value: Option<u64>) {
        let took = Took::of(value);
        let entry = self.values.entry(took).or_insert((0, run));
        *entry = (entry.0.saturating_add(1), entry.1.min(run));
    }

    fn merge(&mut self, other: Self) {
        for (value, (count, run)) in other.values {
            let entry = self.values.entry(value).or_insert((0, run));
            *entry = (entry.0.saturating_add(count), entry.1.min(run));
        }
    }

    /// The largest value, and the first run that had it. The value is `None` if that was never.
    pub(super) fn worst(&self) -> (Option<u64>, u32) {
        self.values.last_key_value().map(|(took, (_, run))| (took.seconds(), *run)).unwrap_or_default()
    }

    /// The smallest value that at least half of the runs did not exceed. `None`: never.
    pub(super) fn median(&self) -> Option<u64> {
        let all: u64 = self.values.values().map(|(count, _)| u64::from(*count)).sum();
        let mut seen = 0;
        for (took, (count, _)) in &self.values {
            seen += u64::from(*count);
            if seen * 2 >= all {
                return took.seconds();
            }
        }
        None
    }

    /// In how many runs it was more than this, and in how many never.
    pub(super) fn above(&self, most: u64) -> (u32, u32) {
        let never = self.values.get(&Took::NEVER).map(|(count, _)| *count).unwrap_or_default();
        let above = self.values.range(Took(most.saturating_add(1))..).map(|(_, (count, _))| *count);
        (above.fold(0, u32::saturating_add).saturating_sub(never), never)
    }
}

/// What the runs came to for one service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) back: Counts,
    pub(super) lost: BTreeMap<Name, Counts>,
}

/// What the runs came to, by service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally<'p> {
    pub(super) services: BTreeMap<&'p Name, Counted>,
}

impl<'p> Tally<'p> {
    pub(super) fn add(
        &mut self,
        service: &'p Name,
        run: u32,
        back: Option<u64>,
        lost: impl IntoIterator<Item = (Name, Option<u64>)>,
    ) {
        let counted = self.services.entry(service).or_default();
        counted.back.add(run, back);
        for (data, lost) in lost {
            counted.lost.entry(data).or_default().add(run, lost);
        }
    }

    /// Adds the tally of other runs.
    pub fn merge(&mut self, other: Self) {
        for (name, theirs) in other.services {
            let counted = self.services.entry(name).or_default();
            counted.back.merge(theirs.back);
            for (data, counts) in theirs.lost {
                counted.lost.entry(data).or_default().merge(counts);
            }
        }
    }
}
