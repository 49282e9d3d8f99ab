//! What must be so before a drill touches the cloud.

use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::policy::Drill;
use holdfast_compiler::status::{State, Status};

use super::error::not_ready;

/// How many differences are named one by one.
const NAMED: usize = 8;

/// Each precondition that is not met, with its cause: the estate is as the policies say, every objective that is exercised holds, backups
/// are fresh, and the last run is whole.
pub(super) fn faults(drill: &Drill, status: &Status<'_>) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if let Some(run) = status.last_run.as_ref().filter(|run| !run.complete) {
        faults.push(not_ready(
            format!("run {} of the journal is not complete ({})", run.number, run.ended),
            "run `holdfast apply` again until it is",
        ));
    }
    let pending: Vec<_> = status.plan.pending().collect();
    for step in pending.iter().take(NAMED) {
        faults.push(not_ready(
            format!("`{}` is not as the policies say: {}", step.address, step.reason),
            "run `holdfast plan` to see the difference, and apply it or correct the policy",
        ));
    }
    if pending.len() > NAMED {
        let more = pending.len() - NAMED;
        faults.push(not_ready(format!("{more} more resources differ"), "run `holdfast plan`"));
    }
    let mut unseen = status.unknown();
    for unknown in unseen.by_ref().take(NAMED) {
        faults.push(not_ready(
            format!("`{}` cannot be seen: {}", unknown.address, unknown.reason),
            "hold the drill once it can",
        ));
    }
    let tests = |service: &str| drill.services.keys().any(|name| name.as_str() == service);
    for standing in status.objectives.iter().filter(|one| tests(&one.service)) {
        if standing.disruption != drill.disruption || standing.state == State::Holds {
            continue;
        }
        let measure = match standing.measure {
            holdfast_compiler::plan::Measure::Rto => "RTO",
            holdfast_compiler::plan::Measure::Rpo => "RPO",
        };
        let what = match standing.state {
            State::Missed => "does not hold",
            State::Unknown | State::Holds => "is unknown",
        };
        let why = standing.because.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        faults.push(not_ready(
            format!("the objective of `{}` for its {measure} {what} before the drill{why}", standing.service),
            "`holdfast status` says more",
        ));
    }
    for backup in status.plan.backups.iter().filter(|backup| tests(&backup.service)) {
        if let Some(fault) = backup.any_fault() {
            faults.push(not_ready(
                format!(
                    "the backups of `{}.{}` at `{}` are not fresh: {fault}",
                    backup.service, backup.data, backup.site
                ),
                "find out why no backup was made, and hold the drill after the next one",
            ));
        }
    }
    faults
}
