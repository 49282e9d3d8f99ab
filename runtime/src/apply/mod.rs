//! Executing a plan: concurrently over its graph, with a bound; journal first, cloud second.
//!
//! A step starts when everything it needs is done. After a failure only what needs the failed step stays
//! undone; everything independent goes on. Nothing is undone: running again observes and plans again.

mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};
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
}

/// Execute a plan.
///
/// # Errors
/// A journal that cannot be written. Steps that are under way are waited for; no further ones start.
pub async fn apply(
    plan: &Plan,
    cloud: &dyn Cloud,
    journal: &Writer,
    parallelism: usize,
    watcher: &dyn Watcher,
) -> Result<Outcome, JournalError> {
    let mut run =
        Run { plan, cloud, journal, watcher, outputs: kept_outputs(plan), outcome: Outcome::default() };
    let mut schedule = Schedule::new(plan);
    let mut under_way = FuturesUnordered::new();
    let mut broken: Option<JournalError> = None;
    loop {
        while under_way.len() < parallelism.max(1) && broken.is_none() {
            let Some(unit) = schedule.next() else { break };
            let commands: Vec<(usize, Command)> =
                unit.iter().filter_map(|at| Some((*at, run.command(plan.steps.get(*at)?)))).collect();
            under_way.push(run.unit(commands));
        }
        let Some(finished) = under_way.next().await else { break };
        match finished {
            Ok(results) => {
                for (at, result) in results {
                    schedule.settle(at, result.is_ok());
                    run.record(at, result);
                }
            }
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    drop(under_way);
    if let Some(error) = broken {
        return Err(error);
    }
    let mut outcome = run.outcome;
    outcome.not_started = schedule.blocked();
    let (done, failed) = (outcome.done.len(), outcome.failed.len());
    let not_started = outcome.not_started.len();
    journal.append(Event::RunFinished { done, failed, not_started }).await?;
    Ok(outcome)
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
    fn command(&self, step: &Step) -> Command {
        let value = |attribute: &Attribute| match attribute {
            Attribute::Known(value) => value.clone(),
            Attribute::Output { of, name } => {
                let output = self.outputs.get(of).and_then(|outputs| outputs.get(name));
                output.cloned().unwrap_or_default()
            }
        };
        Command {
            step: step.id.clone(),
            address: step.address.clone(),
            action: step.action,
            values: step.attributes.iter().map(|(name, a)| (name.clone(), value(a))).collect(),
            changed: step.changes.iter().map(|change| change.name.clone()).collect(),
            object: step.object.clone(),
            displaces: step.displaces.clone(),
            token: token(self.journal.salt(), &step.id),
        }
    }

    /// Journal a unit, execute it, journal what came of it.
    fn unit(
        &self,
        commands: Vec<(usize, Command)>,
    ) -> impl Future<Output = Result<Results, JournalError>> + 'a {
        let (plan, cloud, journal, watcher) = (self.plan, self.cloud, self.journal, self.watcher);
        async move {
            let (indices, commands): (Vec<usize>, Vec<Command>) = commands.into_iter().unzip();
            let steps: Vec<&Step> = indices.iter().filter_map(|at| plan.steps.get(*at)).collect();
            let intents =
                steps.iter().zip(&commands).map(|(step, command)| journal.append(intent(step, command)));
            for written in futures::future::join_all(intents).await {
                written?;
            }
            steps.iter().for_each(|step| watcher.started(step));
            let results = cloud.execute(&commands).await;
            let records = steps.iter().zip(&results).map(|(step, result)| {
                watcher.ended(step, result.as_ref().map(|_| ()));
                let step = step.id.clone();
                journal.append(match result {
                    Ok(done) => Event::StepDone { step, id: done.id.clone() },
                    Err(error) => Event::StepFailed { step, error: error.to_string() },
                })
            });
            for written in futures::future::join_all(records).await {
                written?;
            }
            Ok(indices.into_iter().zip(results).collect())
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
        needs,
    }
}

/// Sixteen hexadecimal digits that belong to one step of one run: a repetition of the same call is
/// recognised as such, and no two runs collide.
fn token(salt: &str, step: &StepId) -> String {
    let digest = Sha256::digest(format!("{salt}\n{step}"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A watcher that looks away.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Watcher for Nobody {
    fn started(&self, _: &Step) {}
    fn ended(&self, _: &Step, _: Result<(), &CloudError>) {}
}

impl<W: Watcher + ?Sized> Watcher for Arc<W> {
    fn started(&self, step: &Step) {
        (**self).started(step);
    }
    fn ended(&self, step: &Step, result: Result<(), &CloudError>) {
        (**self).ended(step, result);
    }
}
