//! Restores that run together and share a throughput equally.

use std::collections::BTreeMap;

/// A second, in the units in which progress is counted.
const SECOND: u128 = 1_000_000;

/// The restores that share one stated throughput.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    /// What is left of each, in units of the time that it takes alone.
    left: BTreeMap<usize, u128>,
}

impl Transfers {
    /// Begin a restore that takes `alone` seconds when nothing else is restored.
    pub(super) fn begin(&mut self, task: usize, alone: u64) {
        self.left.insert(task, u128::from(alone) * SECOND);
    }

    /// Let time pass. Progress is rounded up, so that the simulation is never slower than what it simulates.
    pub(super) fn pass(&mut self, seconds: u64) {
        let count = self.count();
        for left in self.left.values_mut() {
            *left = left.saturating_sub((u128::from(seconds) * SECOND).div_ceil(count));
        }
    }

    /// Seconds until the next one ends, rounded down.
    pub(super) fn next(&self) -> Option<u64> {
        let least = self.left.values().min()?;
        u64::try_from(least * self.count() / SECOND).ok()
    }

    /// Those that end within a second.
    pub(super) fn ended(&mut self) -> Vec<usize> {
        let count = self.count();
        let done: Vec<usize> =
            self.left.iter().filter(|(_, left)| **left * count < SECOND).map(|(task, _)| *task).collect();
        done.iter().for_each(|task| {
            self.left.remove(task);
        });
        done
    }

    fn count(&self) -> u128 {
        u128::try_from(self.left.len()).unwrap_or(1).max(1)
    }
}
