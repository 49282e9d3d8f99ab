//! What the journal remembers of real-time copies.

use std::collections::BTreeMap;

use holdfast_compiler::copies::{KnownCopy, Moment};
use holdfast_compiler::plan::{Context, StepId};
use holdfast_compiler::units::Date;

use super::{Entry, Event};

/// The copies that runs of this estate, cloud and account have seen, in the order of their buckets.
#[must_use]
pub fn copies(entries: &[Entry], context: &Context) -> Vec<KnownCopy> {
    let mut known: BTreeMap<(&str, &str), KnownCopy> = BTreeMap::new();
    // The copies that each step of the run makes work.
    let mut made: BTreeMap<StepId, Vec<(&str, &str)>> = BTreeMap::new();
    let (mut ours, mut run) = (false, 0);
    for entry in entries {
        let at = entry.at.get(..10).and_then(Date::parse).map(|date| Moment { run, date });
        match &entry.event {
            Event::RunStarted(started) => {
                ours = started.context == *context;
                run += 1;
                made.clear();
            }
            Event::Copies { copies } if ours => {
                for seen in copies {
                    let pair = (seen.from.as_str(), seen.to.as_str());
                    made.entry(StepId::of(&seen.by)).or_default().push(pair);
                    let known = known.entry(pair).or_insert_with(|| KnownCopy::new(pair.0, pair.1));
                    at.into_iter().for_each(|at| known.see(seen, at, &entry.at));
                }
            }
            Event::StepDone { step, .. } if ours => {
                for pair in made.get(step).into_iter().flatten() {
                    known.get_mut(pair).into_iter().zip(at).for_each(|(known, at)| known.complete(at));
                }
            }
            _ => {}
        }
    }
    known.into_values().collect()
}
