//! The history of the policies: the runs of the journal, and the commits in git.

use std::collections::BTreeSet;
use std::path::PathBuf;

use holdfast_compiler::bcp::{Changed, Commit, History, Run};
use holdfast_compiler::drill::Held;
use holdfast_compiler::plan::{Action, brief};
use holdfast_compiler::source::Sources;

use crate::estate::{EstateError, GitCommit, Policies, Remark, Selection, Workspace, commit_of, commits_of};
use crate::journal::{self, Entry, Event, Journal, Progress, RunState};

/// How many commits are listed: what fits on a page or two.
const MOST: usize = 25;

/// What a reader has to know about the runs of a journal if nobody verified the signatures on them.
const UNVERIFIED: &str = "No trust anchor verified who wrote the journal, so this is only what it says.";

/// How much of the journal is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many runs.
    pub runs: usize,
    /// How many changes of each run.
    pub changes: usize,
}

impl Extent {
    /// For a document: what fits on a page or two. The journal has all of it.
    pub const DOCUMENT: Self = Self { runs: 25, changes: 100 };
    /// For an audit: all of it, within the memory of a machine.
    pub const AUDIT: Self = Self { runs: 10_000, changes: 100_000 };
}

/// The newest runs of the estate, and when its drills were held on the selected cloud.
///
/// # Errors
/// The trust anchor cannot be read or refuses the estate. A journal that cannot be read, or is not trusted, is no error.
pub(super) async fn runs(
    selection: &Selection,
    policies: &Policies,
    extent: Extent,
    tell: &dyn Fn(Remark),
) -> Result<(History<Run>, Held), EstateError> {
    let workspace = Workspace::of(selection, policies)?;
    let estate = policies.compiled.policy.estate.as_str();
    let read = async {
        let journal = Journal::open(&workspace.journal).await?;
        let history = workspace.history(&journal).await?;
        Remark::silent(journal.silent()).for_each(tell);
        // The journal was read as the anchor demands; without runners it accepts everybody's runs.
        let is_verified = match workspace.trust() {
            Some(trust) => trust.anchor(estate)?.runners()?.is_some(),
            None => false,
        };
        Ok::<_, EstateError>((history, is_verified))
    };
    let (history, is_verified) = match read.await {
        Ok(read) => read,
        Err(error) => return Ok((History::Unread(error.to_string()), Held::default())),
    };
    let ours = |run: &&RunState| run.run.context.estate == estate && !run.only_records;
    let mut newest = history.runs.iter().rev().filter(ours);
    let one = |run: &RunState| of(run, &history, &policies.sources, extent.changes);
    let listed = newest.by_ref().take(extent.runs).map(one).collect();
    let more = newest.next().is_some();
    let drills = journal::held_in(&history.entries, estate, &workspace.cloud.name());
    let notes = if is_verified { Vec::new() } else { vec![UNVERIFIED.to_owned()] };
    let runs = History::Read { place: workspace.journal.to_string(), newest: listed, more, notes };
    Ok((runs, drills))
}

fn of(run: &RunState, history: &journal::History, sources: &Sources, most: usize) -> Run {
    let (changed, more) = changed(run, &history.entries, most);
    let (done, failed) = (run.count(Progress::Done), run.count(Progress::Failed));
    let not_started = run.not_started();
    let mut counts = format!("{done} steps done");
    for (count, what) in [(failed, "failed"), (not_started, "not started")] {
        if count > 0 {
            counts.push_str(&format!(", {count} {what}"));
        }
    }
    let context = &run.run.context;
    // One person may have approved with several keys.
    let approvers: BTreeSet<String> =
        run.run.approvals.iter().map(|approval| approval.approver.clone()).collect();
    Run {
        number: run.number,
        started: run.started.clone(),
        cloud: format!("{}, account {}", context.cloud, context.accounts),
        runner: run.run.runner.clone(),
        approvers: approvers.into_iter().collect(),
        ended: format!("{}: {counts}", run.ended()),
        break_glass: run.run.break_glass.clone(),
        is_of_these_policies: journal::applies(run, sources),
        is_complete: run.is_complete(),
        is_local: context.cloud == "local" || context.cloud.starts_with("local:"),
        changed,
        more,
    }
}

/// What a run changed, and how many more things than fit.
fn changed(run: &RunState, entries: &[Entry], most: usize) -> (Vec<Changed>, usize) {
    let own = entries.iter().skip(run.first + 1);
    let own = own.take_while(|entry| !matches!(entry.event, Event::RunStarted(_)));
    let mut all: Vec<Changed> = own
        .filter_map(|entry| match &entry.event {
            Event::StepStarted { step, action, attributes, before, .. } => {
                let done = match run.steps.get(step) {
                    Some(Progress::Done) => Some(true),
                    Some(Progress::Failed) => Some(false),
                    Some(Progress::InProgress) | None => None,
                };
                let setting = |(name, value): (&String, &serde_json::Value)| {
                    let after = attributes.get(name).map_or_else(|| "none".to_owned(), brief);
                    format!("{name}: {} → {after}", brief(value))
                };
                let settings = match action {
                    Action::Update => before.iter().map(setting).collect(),
                    _ => Vec::new(),
                };
                Some(Changed { address: step.to_string(), action: *action, done, settings })
            }
            _ => None,
        })
        .collect();
    let more = all.len().saturating_sub(most);
    all.truncate(most);
    (all, more)
}

/// The newest commits that changed the policies.
pub(super) fn commits(paths: &[PathBuf], sources: &Sources) -> History<Commit> {
    let of = |GitCommit { id, day, author, subject }| Commit { id, day, author, subject };
    match commits_of(paths, MOST + 1) {
        Ok((mut all, is_shallow)) => {
            let mut notes = Vec::new();
            if commit_of(paths, sources).is_some_and(|commit| commit.changed) {
                notes.push("The policies have changes that are in no commit.".to_owned());
            }
            if is_shallow {
                notes.push("The clone is shallow: earlier commits are not in it.".to_owned());
            }
            let more = all.len() > MOST;
            all.truncate(MOST);
            History::Read { place: "git".to_owned(), newest: all.into_iter().map(of).collect(), more, notes }
        }
        Err(reason) => History::Unread(reason),
    }
}
