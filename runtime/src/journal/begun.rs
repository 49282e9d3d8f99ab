//! The steps that earlier runs of a plan have started, according to the journal.

use std::collections::BTreeSet;

use holdfast_compiler::plan::{Context, StepId};

use super::{Entry, Event};

/// The steps that runs of this plan have started: their effects may be there, in whole or in part. Empty once a run
/// of another plan has started a step on the same cloud and account: what is there may then come from that plan.
#[must_use]
pub fn begun(entries: &[Entry], context: &Context, plan: &str) -> BTreeSet<StepId> {
    let (mut ours, mut near, mut steps) = (false, false, BTreeSet::new());
    for entry in entries {
        match &entry.event {
            Event::RunStarted(run) => {
                ours = run.context == *context && run.plan == plan;
                near = run.context.is_beside(context);
            }
            Event::StepStarted { step, .. } if ours => {
                steps.insert(step.clone());
            }
            Event::StepStarted { .. } if near => steps.clear(),
            _ => {}
        }
    }
    steps
}
