//! The quotas of Step Functions (AWS Step Functions Developer Guide, "Service quotas"): a definition of 1 MiB, 25,000 events in the
//! history of an execution, names of 80 characters.

use serde_json::Value;

use super::state::RETRIES;
use crate::diagnostic::{Diagnostic, codes};
use crate::export::Act;

/// The most bytes of a definition.
const DEFINITION: usize = 1024 * 1024;
/// The most events of an execution.
const EVENTS: usize = 25_000;
/// The most characters of the name of a state.
pub(super) const NAME: usize = 80;
/// The events of a task that succeeds at once: entered, scheduled, started, submitted, succeeded, exited.
const TASK: usize = 6;
/// The events that each further try adds: failed, scheduled, started, submitted.
const RETRY: usize = 4;
/// The events around a task: a branch of its own, and the choice behind the branches.
const AROUND: usize = 4;

/// Refuses more acts than the history of an execution has room for, if every retry is used.
pub(super) fn acts(acts: &[Act]) -> Result<(), Vec<Diagnostic>> {
    let most = EVENTS / (TASK + RETRY * RETRIES + AROUND);
    if acts.len() <= most {
        return Ok(());
    }
    let message = format!(
        "the recovery has {} steps, and an execution of Step Functions has room for {most}",
        acts.len()
    );
    Err(vec![too_large(message)])
}

/// Refuses a definition that is too large.
pub(super) fn definition(definition: &Value) -> Result<(), Vec<Diagnostic>> {
    let bytes = definition.to_string().len();
    if bytes <= DEFINITION {
        return Ok(());
    }
    let message = format!("the definition has {bytes} bytes, and Step Functions takes {DEFINITION}");
    Err(vec![too_large(message)])
}

fn too_large(message: String) -> Diagnostic {
    let cure = "lose fewer sites at once with `--lose`, or say less in `how`: an engine runs one recovery of this size at most";
    Diagnostic::new(codes::EXPORT_TOO_LARGE, message).help(cure)
}
