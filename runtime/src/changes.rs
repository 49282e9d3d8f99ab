//! What the journal keeps for a change board.

use std::path::PathBuf;

use holdfast_compiler::changes::{Change, ChangeKind, ChangeRun, Inputs, Setting};
use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::Values;
use holdfast_compiler::units::Date;
use serde_json::Value;

use crate::bcp::{Continuity, Extent, readable};
use crate::estate::{EstateError, Remark, Selection, Workspace, load};
use crate::journal::{DrillMade, Entry, Event, History, Journal, Progress, RunState};

/// The changes of a period, with the policies and their history.
#[derive(Debug)]
pub struct Changes {
    /// The policies with their history.
    pub continuity: Continuity,
    place: String,
    runs: Result<Vec<ChangeRun>, String>,
    since: Date,
    until: Date,
}

impl Changes {
    /// Read the policies, the journal and git. The cloud is not looked at.
    ///
    /// # Errors
    /// The policies cannot be read, or their text or names are invalid; the trust anchor or a flag is wrong.
    pub async fn read(
        paths: &[PathBuf],
        [since, until]: [Date; 2],
        selection: &Selection,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let continuity = Continuity::read(paths, until, selection, Extent::DOCUMENT, tell).await?;
        let policies = readable(load::load(paths)?, until)?;
        let workspace = Workspace::of(selection, &policies)?;
        let read = async {
            let journal = Journal::open(&workspace.journal).await?;
            workspace.history(&journal).await
        };
        let estate = policies.compiled.policy.estate.as_str();
        let runs = match read.await {
            Err(error) => Err(error.to_string()),
            // An empty list would tell a change board that nothing was changed, also if the path is wrong.
            Ok(history) if history.entries.is_empty() => {
                Err("there is no journal, or nobody has recorded a run in it".to_owned())
            }
            Ok(history) => {
                let is_of_period = |run: &&RunState| {
                    let day = run.started.get(..10).and_then(Date::parse);
                    run.run.context.estate == estate && day.is_none_or(|day| since <= day && day <= until)
                };
                Ok(history.runs.iter().rev().filter(is_of_period).map(|run| of(run, &history)).collect())
            }
        };
        Ok(Self { continuity, place: workspace.journal.to_string(), runs, since, until })
    }

    /// What documents are made from.
    #[must_use]
    pub fn inputs(&self) -> Inputs<'_> {
        Inputs {
            plan: self.continuity.inputs(false),
            runs: self.runs.clone(),
            place: self.place.clone(),
            since: self.since,
            until: self.until,
        }
    }
}

fn of(run: &RunState, history: &History) -> ChangeRun {
    let own = history.entries.iter().skip(run.first + 1);
    let own: Vec<&Entry> = own.take_while(|entry| !matches!(entry.event, Event::RunStarted(_))).collect();
    let began = &run.run;
    let cloud = &began.context.cloud;
    let drill = own.iter().find_map(|entry| match &entry.event {
        Event::DrillBegan(began) => Some(began.drill.clone()),
        Event::DrillEnded { record } => Some(record.drill.clone()),
        _ => None,
    });
    let restore = own.iter().find_map(|entry| match &entry.event {
        Event::RestoreBegan(of) => Some(of.begins()),
        Event::RestoreEnded { of, result } => Some(format!("{}: {}", of.in_words(), result.in_words())),
        _ => None,
    });
    ChangeRun {
        number: run.number,
        drill,
        restore,
        began: run.started.clone(),
        ended: run.ended().to_owned(),
        cloud: format!("{cloud}, account {}", began.context.accounts),
        is_local: cloud == "local" || cloud.starts_with("local:"),
        runner: began.runner.clone(),
        is_signed: began.signature.is_some(),
        plan: began.plan.clone(),
        author: began.author.as_ref().map(|author| (author.name.clone(), author.key.clone())),
        commit: began.commit.as_ref().map(ToString::to_string),
        policies: began.policies.iter().map(|one| (one.path.clone(), one.digest.clone())).collect(),
        approvals: began.approvals.iter().map(|one| (one.approver.clone(), one.statement.clone())).collect(),
        required: began.rule.as_ref().map(|rule| rule.required),
        break_glass: began.break_glass.clone(),
        changes: own.iter().filter_map(|entry| change(entry, &own, run)).collect(),
    }
}

fn change(entry: &Entry, own: &[&Entry], run: &RunState) -> Option<Change> {
    match &entry.event {
        Event::StepStarted { step, address, action, attributes, before, .. } => {
            let done = match run.steps.get(step) {
                Some(Progress::Done) => Some(true),
                Some(Progress::Failed) => Some(false),
                Some(Progress::InProgress) | None => None,
            };
            let error = own.iter().find_map(|entry| match &entry.event {
                Event::StepFailed { step: failed, error } if failed == step => Some(error.clone()),
                _ => None,
            });
            let settings = settings(*action, before, attributes);
            Some(Change {
                address: address.to_string(),
                kind: ChangeKind::Step(*action),
                at: entry.at.clone(),
                done,
                error,
                settings,
            })
        }
        Event::Adopted { address, attributes, .. } => {
            let kept = |(name, value): (&String, &Value)| {
                let value = Some(text(value));
                Setting { name: name.clone(), before: value.clone(), after: value }
            };
            Some(Change {
                address: address.to_string(),
                kind: ChangeKind::Adopted,
                at: entry.at.clone(),
                done: Some(true),
                error: None,
                settings: attributes.iter().map(kept).collect(),
            })
        }
        Event::Moved(moved) => Some(Change {
            address: moved.to.to_string(),
            kind: ChangeKind::Moved,
            at: entry.at.clone(),
            done: Some(true),
            error: None,
            settings: vec![Setting {
                name: "address".to_owned(),
                before: Some(moved.from.to_string()),
                after: Some(moved.to.to_string()),
            }],
        }),
        Event::DrillMakes(made) => {
            // It is announced before it is made. What was removed had been made.
            let is_removed =
                |entry: &&Entry| matches!(&entry.event, Event::DrillRemoved(gone) if gone == made);
            let done = own.iter().any(is_removed).then_some(true);
            let (address, name, value) = drilled(made);
            let settings = vec![Setting { name, before: None, after: Some(value) }];
            let (kind, at) = (ChangeKind::DrillMade, entry.at.clone());
            Some(Change { address, kind, at, done, error: None, settings })
        }
        Event::DrillRemoved(made) => {
            let (address, name, value) = drilled(made);
            let settings = vec![Setting { name, before: Some(value), after: None }];
            let (kind, at) = (ChangeKind::DrillRemoved, entry.at.clone());
            Some(Change { address, kind, at, done: Some(true), error: None, settings })
        }
        _ => None,
    }
}

/// What a drill made: where, and a setting with its value.
fn drilled(made: &DrillMade) -> (String, String, String) {
    match made {
        DrillMade::Objects { bucket, region, prefix, .. } => {
            let value = if prefix.is_empty() { "the whole bucket" } else { prefix.as_str() };
            (format!("bucket {bucket} ({region})"), "objects".to_owned(), value.to_owned())
        }
        DrillMade::Evacuation { sites } => ("sites".to_owned(), "evacuated".to_owned(), sites.join(", ")),
    }
}

/// The settings of a change: of an update those that it changes, of anything else all that the journal has.
fn settings(action: Action, before: &Values, after: &Values) -> Vec<Setting> {
    let one = |name: &String| Setting {
        name: name.clone(),
        before: before.get(name).map(text),
        after: after.get(name).map(text),
    };
    match action {
        Action::Update => before.keys().map(one).collect(),
        Action::Keep | Action::Create | Action::Replace | Action::Delete => {
            let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            names.into_iter().map(one).collect()
        }
    }
}

/// A value as text: a text without quotes, anything else as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
