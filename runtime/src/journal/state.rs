//! The state of the runs: a fold over the entries. An entry that is illegal in the current state is an error.

use std::collections::BTreeMap;

use holdfast_compiler::plan::StepId;

use super::entry::{FORMAT, OLDEST};
use super::{Entry, Event, Run};

/// The state of a run, derived from its entries.
#[derive(Debug, Clone)]
pub struct RunState {
    /// Its number, from 1.
    pub number: u64,
    /// What it recorded when it began.
    pub run: Run,
    /// The index of its first entry in the journal, from 0.
    pub first: usize,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    /// When it wrote its last entry (RFC 3339, UTC).
    pub heard: String,
    /// How it ended.
    pub end: End,
    /// The steps it started.
    pub steps: BTreeMap<StepId, Progress>,
    /// Whether it records a drill or a restore, and no apply.
    pub only_records: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It has not ended: it is in progress, or it has died and no other run has noticed yet.
    Open,
    /// It recorded its end.
    Finished {
        /// Steps not started.
        not_started: usize,
        /// Whether it was stopped before its end.
        interrupted: bool,
    },
    /// Somebody else closed it.
    TakenOver {
        /// The runner that took over.
        by: String,
    },
    /// It did not record its end: its process no longer existed when the next run began.
    Died,
}

/// The state of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Started, without a result. It may or may not have taken effect.
    InProgress,
    /// Done.
    Done,
    /// Failed.
    Failed,
}

impl RunState {
    /// How many of its steps are in this state.
    #[must_use]
    pub fn count(&self, progress: Progress) -> usize {
        self.steps.values().filter(|of| **of == progress).count()
    }

    /// How it ended, in one word for programs.
    #[must_use]
    pub fn ended(&self) -> &'static str {
        match &self.end {
            End::Open => "open",
            End::Finished { interrupted: true, .. } => "interrupted",
            End::Finished { .. } => "finished",
            End::TakenOver { .. } => "taken-over",
            End::Died => "died",
        }
    }

    /// Whether it finished and every step succeeded.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.end, End::Finished { not_started: 0, .. }) && self.count(Progress::Failed) == 0
    }

    /// How many of its steps were not started.
    #[must_use]
    pub fn not_started(&self) -> usize {
        match self.end {
            End::Finished { not_started, .. } => not_started,
            _ => self.run.steps.saturating_sub(self.steps.len()),
        }
    }

    /// The steps that were started and have no recorded result.
    pub fn in_progress(&self) -> impl Iterator<Item = &StepId> {
        self.steps.iter().filter(|(_, progress)| **progress == Progress::InProgress).map(|(step, _)| step)
    }
}

/// Applies an entry. `runs` is the state after all earlier entries, `at` the entry's index.
///
/// # Errors
/// The entry is illegal in this state; `runs` is then unchanged.
pub(super) fn next(runs: &mut Vec<RunState>, at: usize, entry: &Entry) -> Result<(), String> {
    if let Event::RunStarted(run) = &entry.event {
        if !(OLDEST..=FORMAT).contains(&run.format) {
            let found = run.format.max(1);
            return Err(format!(
                "another version of Holdfast wrote it: its format is {found}, but this version reads {OLDEST} to {FORMAT}"
            ));
        }
        let same = |past: &&RunState| {
            past.run.context.is_beside(&run.context) && past.run.context.estate == run.context.estate
        };
        if run.rule.is_none()
            && let Some(past) = runs.iter().rev().find(same).filter(|past| past.run.rule.is_some())
        {
            return Err(format!("it drops the approval rule of run {} without a record", past.number));
        }
        if let Some(last) = runs.last_mut()
            && last.end == End::Open
        {
            if last.run.lease.is_some() {
                return Err(format!("a run begins, but run {} has not ended", last.number));
            }
            last.end = End::Died;
        }
        runs.push(RunState {
            number: runs.len() as u64 + 1,
            run: (**run).clone(),
            first: at,
            started: entry.at.clone(),
            heard: entry.at.clone(),
            end: End::Open,
            steps: BTreeMap::new(),
            only_records: false,
        });
        return Ok(());
    }
    let Some(run) = runs.last_mut() else { return Err("no run has begun".to_owned()) };
    let illegal = |what: &str, step: &StepId| Err(format!("step `{step}` {what}"));
    match (&run.end, &entry.event) {
        (End::Open, Event::StepStarted { step, .. }) => match run.steps.get(step) {
            Some(Progress::InProgress) => return illegal("starts, but is already running", step),
            _ => {
                run.steps.insert(step.clone(), Progress::InProgress);
            }
        },
        (End::Open, Event::StepDone { step, .. } | Event::StepFailed { step, .. }) => {
            let done = matches!(entry.event, Event::StepDone { .. });
            match run.steps.get_mut(step) {
                Some(progress @ Progress::InProgress) => {
                    *progress = if done { Progress::Done } else { Progress::Failed };
                }
                _ => return illegal("ends, but has not started", step),
            }
        }
        (End::Open, Event::RunFinished { not_started, interrupted, .. }) => {
            run.end = End::Finished { not_started: *not_started, interrupted: *interrupted };
        }
        (End::Open, Event::TakenOver { by }) => run.end = End::TakenOver { by: by.clone() },
        (
            End::Open,
            Event::Moved(_)
            | Event::Confirmed(_)
            | Event::Copies { .. }
            | Event::Adopted { .. }
            | Event::Continued { .. }
            | Event::Reconciled { .. }
            | Event::Alive,
        ) => {}
        (
            End::Open,
            Event::DrillBegan(_)
            | Event::DrillMakes(_)
            | Event::DrillRemoved(_)
            | Event::DrillEnded { .. }
            | Event::RestoreBegan(_)
            | Event::RestoreEnded { .. },
        ) => run.only_records = true,
        // A run may finish just before somebody takes it over.
        (End::Finished { .. }, Event::TakenOver { .. }) => {}
        _ => return Err(format!("it comes after the end of run {}", run.number)),
    }
    run.heard.clone_from(&entry.at);
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::posture::Posture;

    use super::*;

    fn run(lease: Option<u64>) -> Event {
        let context = r#"{"estate":"acme","cloud":"aws","accounts":{}}"#;
        let context = serde_json::from_str(context).unwrap();
        Event::RunStarted(Box::new(Run {
            lease,
            ..Run::new(context, Posture::default(), String::new(), 1, String::new())
        }))
    }

    fn step(event: &str) -> Event {
        let rest = r#""step":"aws.bucket.a.b.c","address":"aws.bucket.a.b.c","action":"create","identity":{},"needs":[]"#;
        let text = format!(r#"{{"event":"step-{event}",{rest},"id":"x","error":"y"}}"#);
        serde_json::from_str(&text).unwrap()
    }

    fn finished() -> Event {
        Event::RunFinished { done: 1, failed: 0, not_started: 0, interrupted: false, signature: None }
    }

    fn fold(events: Vec<Event>) -> Result<Vec<RunState>, String> {
        let mut runs = Vec::new();
        for (at, event) in events.into_iter().enumerate() {
            let entry = Entry { number: at as u64 + 1, previous: String::new(), at: String::new(), event };
            next(&mut runs, at, &entry)?;
        }
        Ok(runs)
    }

    #[test]
    fn entry_out_of_sequence_is_an_error() {
        let by = || Event::TakenOver { by: "bob".to_owned() };
        let illegal = [
            vec![step("started")],
            vec![run(None), step("done")],
            vec![run(None), step("failed")],
            vec![run(None), step("started"), step("started")],
            vec![run(None), step("started"), step("done"), step("done")],
            vec![run(None), finished(), step("started")],
            vec![run(None), finished(), Event::Alive],
            vec![run(None), finished(), finished()],
            vec![run(Some(60)), by(), finished()],
            vec![run(Some(60)), step("started"), run(Some(60))],
        ];
        for events in illegal {
            assert!(fold(events.clone()).is_err(), "{events:?}");
        }
    }

    #[test]
    fn every_way_a_run_ends_is_recognized() {
        let ends = |events| fold(events).unwrap().into_iter().map(|run| run.end).collect::<Vec<_>>();
        assert_eq!(ends(vec![run(None), step("started"), run(None)]), [End::Died, End::Open]);
        let by = "bob".to_owned();
        let taken = vec![run(Some(60)), Event::Alive, Event::TakenOver { by: by.clone() }, run(Some(60))];
        assert_eq!(ends(taken), [End::TakenOver { by }, End::Open]);
        let again =
            vec![run(None), step("started"), step("failed"), step("started"), step("done"), finished()];
        let runs = fold(again).unwrap();
        assert_eq!((runs[0].count(Progress::Done), runs[0].count(Progress::Failed)), (1, 0));
    }
}
