//! Plays the runs of a rehearsal on all processors. The result does not depend on how many there are.

use std::thread;

use holdfast_compiler::rehearsals::{Rehearsals, Tally};

/// The most threads: beyond that the runs of an estate of ordinary size gain nothing.
const MOST_THREADS: u32 = 16;

/// Plays all runs.
#[must_use]
pub fn play<'p>(rehearsals: &Rehearsals<'p>) -> Tally<'p> {
    let threads = thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1));
    let count = rehearsals.count();
    let each = count.div_ceil(threads.clamp(1, MOST_THREADS));
    thread::scope(|scope| {
        let mut from = 0;
        let mut all = Vec::new();
        while from < count {
            let to = from.saturating_add(each).min(count);
            all.push(scope.spawn(move || rehearsals.play(from..to)));
            from = to;
        }
        all.into_iter().fold(Tally::default(), |mut sum, part| {
            match part.join() {
                Ok(tally) => sum.merge(tally),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            sum
        })
    })
}
