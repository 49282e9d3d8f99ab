//! One run on the terminal: its progress or events, and the summary at the end.

use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::plan::{Plan, Step, Unknown, Waiting, awaited_in_words};

use super::events::Events;
use super::output::Terminal;
use super::progress::Progress;
use crate::apply::{Outcome, Stopped, Watcher};
use crate::cloud::{Calls, CloudError};
use crate::run::{Ending, Screen, Summary};

/// Shows one run.
pub(super) struct RunScreen<'a> {
    terminal: &'a Terminal,
    progress: Progress<'a>,
    events: Option<Events<'a>>,
}

impl<'a> RunScreen<'a> {
    /// Begin to show a run; with `events`, standard output is used for events.
    pub(super) fn begin(digest: &str, steps: usize, events: bool, terminal: &'a Terminal) -> Self {
        let progress = Progress::new(steps, terminal);
        let events = events.then(|| Events::begin(digest, steps, terminal));
        Self { terminal, progress, events }
    }
}

impl Watcher for RunScreen<'_> {
    fn started(&self, step: &Step) {
        self.progress.started(step);
        if let Some(events) = &self.events {
            events.started(step);
        }
    }

    fn ended(&self, step: &Step, result: Result<(), &CloudError>) {
        self.progress.ended(step, result);
        if let Some(events) = &self.events {
            events.ended(step, result);
        }
    }
}

impl Screen for RunScreen<'_> {
    fn stopping(&self, why: Stopped) {
        match why {
            Stopped::Asked => self.progress.stopping("stopping", "; Ctrl-C again stops immediately"),
            Stopped::Late => self.progress.stopping("timeout reached", ""),
        }
    }

    fn over(&self, ending: Ending<'_>) {
        self.progress.finish();
        match (ending, &self.events) {
            (Ending::Aborted, _) => self.terminal.error(&abandoned(&self.progress.in_progress())),
            (Ending::Outcome { outcome, calls, .. }, Some(events)) => events.end(outcome, &calls),
            (Ending::Outcome { plan, outcome, calls: spent }, None) => {
                self.terminal.result(&format!("{}{}\n", summary(plan, outcome), calls(&spent)));
            }
        }
    }
}

/// The message after a run was stopped immediately.
fn abandoned(in_progress: &[String]) -> String {
    let mut text = "\nStopped immediately.".to_owned();
    if !in_progress.is_empty() {
        text.push_str(" These steps were running, and may or may not have taken effect:\n  ");
        text.push_str(&visible(&in_progress.join("\n  ")));
    }
    format!("{text}\nApply again to continue: completed steps are not repeated.\n")
}

/// The summary of a run: the counts, what failed and why, what was not started, and whom new objects wait for.
fn summary(plan: &Plan, outcome: &Outcome) -> String {
    let summary = Summary::of(plan, outcome);
    let Summary { created, updated, replaced, deleted, failed, blocked, awaited, waiting, stopped } =
        &summary;
    let mut text =
        format!("\nApplied: {created} created, {updated} updated, {replaced} replaced, {deleted} deleted.\n");
    if !failed.is_empty() {
        text.push_str(&format!("\nFailed ({}):\n", failed.len()));
        for (step, error) in *failed {
            // An error of the cloud must not break the line.
            text.push_str(&visible(&format!("  {step}: {error}").replace('\n', " ")));
            text.push('\n');
        }
    }
    if !blocked.is_empty() {
        text.push_str(&format!("\nNot started ({}):\n", blocked.len()));
        for (step, because) in blocked {
            text.push_str(&visible(&format!("  {step}: needs {because}\n")));
        }
    }
    if plan.is_partial() {
        let left = plan.unknown.len() + plan.waiting.len();
        let why =
            if plan.is_only_taken() { "its name belongs to somebody else" } else { "it cannot be seen" };
        text.push_str(&format!("\nLeft, because {why} ({left}):\n"));
        for Unknown { address, reason, .. } in &plan.unknown {
            text.push_str(&visible(&format!("  {address}: {reason}").replace('\n', " ")));
            text.push('\n');
        }
        for Waiting { id, action, .. } in &plan.waiting {
            text.push_str(&visible(&format!("  {id}: {action} needs one of them\n")));
        }
    }
    if !awaited.is_empty() {
        text.push('\n');
    }
    for sentence in awaited_in_words(awaited) {
        text.push_str(&visible(&sentence));
        text.push('\n');
    }
    if let Some(stopped) = stopped {
        let why = match stopped {
            Stopped::Asked => "Interrupted",
            Stopped::Late => "Timeout",
        };
        let steps = if *waiting == 1 { "1 step was" } else { &format!("{waiting} steps were") };
        text.push_str(&format!("\n{why}: {steps} not started.\n"));
    }
    if summary.is_partial() {
        text.push_str("\nApply again to continue: completed steps are not repeated.\n");
    } else if plan.is_only_taken() {
        text.push_str("\nChoose another name in the policy, and apply again.\n");
    } else if plan.is_partial() {
        text.push_str("\nApply again once it can be seen: completed steps are not repeated.\n");
    }
    text
}

/// `API calls: 523 (iam 40, route53 85, s3 398), 31 of them wasted: 31 throttled`.
pub(super) fn calls(calls: &Calls) -> String {
    format!("API calls: {calls}")
}
