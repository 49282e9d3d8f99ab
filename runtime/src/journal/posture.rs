//! Which sites are evacuated, according to the journal.

use holdfast_compiler::plan::Context;
use holdfast_compiler::posture::Posture;

use super::{Entry, Event};

/// The posture of the last run of this estate, cloud and account. A run that was broken off counts: what it began is under way.
#[must_use]
pub fn posture(entries: &[Entry], context: &Context) -> Posture {
    let started = entries.iter().rev().filter_map(|entry| match &entry.event {
        Event::RunStarted(run) => Some(run),
        _ => None,
    });
    let last = started.into_iter().find(|run| run.context == *context);
    last.map(|run| run.posture.clone()).unwrap_or_default()
}
