//! Criteria that are commands. A policy is a text that others can write, so a command runs only if people have approved a plan with exactly
//! these policies ([`approved`]) and the trust anchor, which the owner of the machine controls, lists exactly this command.
//!
//! It runs without a shell, in an empty folder, with an environment of its own, with nothing on its standard input, in a process group
//! of its own that is ended with it, and for a limited time. Whether it exits with 0 decides.

mod approved;
mod output;
mod run;

pub(super) use approved::approved;

use holdfast_compiler::drill::Record;
use holdfast_compiler::units::Duration;

use super::session::Session;

/// Run a command if it may run, and tell whether its criterion is met, and what was seen. `None`: nobody can tell.
pub(super) async fn look(
    session: &Session,
    record: &Record,
    argv: &[String],
    within: Duration,
) -> (Option<bool>, String) {
    match missing(session, record, argv) {
        Some(why) => (None, format!("it was not run: {why}")),
        None => run::run(argv, within).await,
    }
}

/// What is missing for a command to run, each with its cure, as a clause. `None`: it may run.
pub(super) fn missing(session: &Session, record: &Record, argv: &[String]) -> Option<String> {
    let plan = record.plan.is_none().then_some(
        "the drill does not run from an approved plan (make one with `holdfast plan --out FILE`, have it approved, and add `--approved FILE`)",
    );
    let estate = session.policy().estate.as_str();
    let anchor = session.workspace.trust().map(|trust| trust.anchor(estate));
    let listed = match anchor {
        None => Some("there is no trust anchor that lists it (`--trust FILE`)"),
        Some(Ok(anchor)) if anchor.lists_command(argv) => None,
        Some(_) => Some(
            "the trust anchor does not list exactly this command (ask the owner of the machine to add it to `commands`)",
        ),
    };
    let missing: Vec<&str> = plan.into_iter().chain(listed).collect();
    (!missing.is_empty()).then(|| missing.join(", and "))
}
