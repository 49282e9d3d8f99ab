//! Executing a plan: concurrently over its graph, with a bound; journal first, cloud second.
//!
//! A step starts when everything it needs is done. After a failure only what needs the failed step stays
//! undone; everything independent goes on. Nothing is undone: running again observes and plans again.

mod schedule;
mod split;

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{FuturesUnordered, StreamExt};
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::{Action, Plan, Step, StepId};
use holdfast_compiler::resource::{Address, Attribute, Values};
use sha2::{Digest, Sha256};

use crate::cloud::{Cloud, CloudError, Command, Done};
use crate::journal::{Event, JournalError, Writer};
use schedule::Schedule;

/// Someone who watches an apply.
pub trait Watcher: Send + Sync {
    /// A step begins.
    fn started(&self, step: &Step);
    /// A step has ended.
    fn ended(&self, step: &Step, result: Result<(), &CloudError>);
}

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Steps that took effect.
    pub done: Vec<StepId>,
    /// Steps that failed, with the reasons.
    pub failed: Vec<(StepId, CloudError)>,
    /// Steps that were not started, each with a step it needs that failed or was not started.
    pub not_started: Vec<(StepId, StepId)>,
    /// The journal could not be written: no further steps were started, and of those that were under way
    /// some may have taken effect without being recorded.
    pub journal: Option<JournalError>,
}

/// Execute a plan. When the journal cannot be written, steps that are under way are waited for and no further
/// ones start.
pub async fn apply(
    plan: &Plan,
    cloud: &dyn Cloud,
    journal: &Writer,
    parallelism: usize,
    watcher: &dyn Watcher,
) -> Outcome {
    let mut run =
        Run { plan, cloud, journal, watcher, outputs: kept_outputs(plan), outcome: Outcome::default() };
    for moved in &plan.moved {
        if let Err(error) = journal.append(Event::Moved(moved.clone())).await {
            run.outcome.journal = Some(error);
        }
    }
    let mut schedule = Schedule::new(plan);
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < parallelism.max(1) && run.outcome.journal.is_none() {
            let Some(unit) = schedule.next() else { break };
            let steps = || unit.iter().filter_map(|at| Some((*at, plan.steps.get(*at)?)));
            let commands: Result<Vec<(usize, Command)>, CloudError> =
                steps().map(|(at, step)| Ok((at, run.command(step)?))).collect();
            match commands {
                Ok(commands) => under_way.push(run.unit(commands)),
                Err(error) => {
                    for (at, _) in steps() {
                        schedule.settle(at, false);
                        run.record(at, Err(error.clone()));
                    }
                }
            }
        }
        let Some((results, broken)) = under_way.next().await else { break };
        for (at, result) in results {
            schedule.settle(at, result.is_ok());
            run.record(at, result);
        }
        run.outcome.journal = run.outcome.journal.or(broken);
    }
    drop(under_way);
    let mut outcome = run.outcome;
    outcome.not_started = schedule.blocked();
    let (done, failed) = (outcome.done.len(), outcome.failed.len());
    let not_started = outcome.not_started.len();
    if outcome.journal.is_none() {
        outcome.journal =
            journal.append(Event::RunFinished { done, failed, not_started, interrupted: false }).await.err();
    }
    outcome
}

/// The outputs of everything that exists and stays what it is.
fn kept_outputs(plan: &Plan) -> BTreeMap<Address, Values> {
    let staying = plan.steps.iter().filter(|step| matches!(step.action, Action::Keep | Action::Update));
    staying.filter_map(|step| Some((step.address.clone(), step.object.as_ref()?.outputs.clone()))).collect()
}

struct Run<'a> {
    plan: &'a Plan,
    cloud: &'a dyn Cloud,
    journal: &'a Writer,
    watcher: &'a dyn Watcher,
    outputs: BTreeMap<Address, Values>,
    outcome: Outcome,
}

type Results = Vec<(usize, Result<Done, CloudError>)>;

impl<'a> Run<'a> {
    /// A step with everything it refers to filled in.
    fn command(&self, step: &Step) -> Result<Command, CloudError> {
        let value = |(name, attribute): (&String, &Attribute)| match attribute {
            Attribute::Known(value) => Ok((name.clone(), value.clone())),
            Attribute::Output { of, name: output } => {
                let value = self.outputs.get(of).and_then(|outputs| outputs.get(output)).cloned();
                let missing = || {
                    let message = format!("`{of}` has not told its `{output}`");
                    CloudError::new(format!("{} {}", step.action, step.address), "MissingOutput", message)
                };
                Ok((name.clone(), value.filter(|value| !value.is_null()).ok_or_else(missing)?))
            }
        };
        Ok(Command {
            step: step.id.clone(),
            address: step.address.clone(),
            action: step.action,
            values: step.attributes.iter().map(value).collect::<Result<_, _>>()?,
            changed: step.changes.iter().map(|change| change.name.clone()).collect(),
            object: step.object.clone(),
            displaces: step.displaces.clone(),
            token: token(self.journal.salt(), &step.id),
        })
    }

    /// Journal a unit, execute it, journal what came of it. Gives the results there are, and the journal's
    /// error if it had one.
    fn unit(
        &self,
        commands: Vec<(usize, Command)>,
    ) -> impl Future<Output = (Results, Option<JournalError>)> + 'a {
        let (plan, cloud, journal, watcher) = (self.plan, self.cloud, self.journal, self.watcher);
        async move {
            let (indices, commands): (Vec<usize>, Vec<Command>) = commands.into_iter().unzip();
            let steps: Vec<&Step> = indices.iter().filter_map(|at| plan.steps.get(*at)).collect();
            let intents =
                steps.iter().zip(&commands).map(|(step, command)| journal.append(intent(step, command)));
            let written = futures::future::join_all(intents).await;
            if let Some(error) = written.into_iter().find_map(Result::err) {
                return (Results::new(), Some(error));
            }
            steps.iter().for_each(|step| watcher.started(step));
            let results = split::execute(cloud, &commands).await;
            let records = steps.iter().zip(&results).map(|(step, result)| {
                watcher.ended(step, result.as_ref().map(|_| ()));
                let step = step.id.clone();
                journal.append(match result {
                    Ok(done) => Event::StepDone { step, id: done.id.clone() },
                    Err(error) => Event::StepFailed { step, error: error.to_string() },
                })
            });
            let broken = futures::future::join_all(records).await.into_iter().find_map(Result::err);
            (indices.into_iter().zip(results).collect(), broken)
        }
    }

    fn record(&mut self, at: usize, result: Result<Done, CloudError>) {
        let Some(step) = self.plan.steps.get(at) else { return };
        match result {
            Ok(done) => {
                if step.action != Action::Delete {
                    self.outputs.insert(step.address.clone(), done.outputs);
                }
                self.outcome.done.push(step.id.clone());
            }
            Err(error) => self.outcome.failed.push((step.id.clone(), error)),
        }
    }
}

fn intent(step: &Step, command: &Command) -> Event {
    let schema = step.address.kind().schema();
    let from = if command.values.is_empty() { step.before() } else { Some(&command.values) };
    let identity =
        schema.identity().filter_map(|name| Some((name.to_owned(), from?.get(name)?.clone()))).collect();
    let needs: BTreeSet<Address> =
        step.needs.iter().filter_map(|need| Address::try_from(need.as_str().to_owned()).ok()).collect();
    Event::StepStarted {
        step: step.id.clone(),
        address: step.address.clone(),
        action: step.action,
        identity,
        displaces: step.displaces.iter().map(Object::identity).collect(),
        superseded: step.superseded,
        needs,
        attributes: command.values.clone(),
    }
}

/// Sixteen hexadecimal digits that belong to one step of one run: a repetition of the same call is
/// recognised as such, and no two runs collide.
fn token(salt: &str, step: &StepId) -> String {
    let digest = Sha256::digest(format!("{salt}\n{step}"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
