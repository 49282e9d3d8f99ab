//! What earlier runs of a plan have begun, after the journal.

use std::collections::BTreeSet;

use holdfast_compiler::plan::{Context, StepId};

use super::{Entry, Event};

/// The steps that runs of this plan have started: what they make and change may be there, in whole or in part.
#[must_use]
pub fn begun(entries: &[Entry], context: &Context, plan: &str) -> BTreeSet<StepId> {
    let (mut ours, mut steps) = (false, BTreeSet::new());
    for entry in entries {
        match &entry.event {
            Event::RunStarted(run) => ours = run.context == *context && run.plan == plan,
            Event::StepStarted { step, .. } if ours => {
                steps.insert(step.clone());
            }
            _ => {}
        }
    }
    steps
}
