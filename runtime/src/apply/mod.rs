//! Executes a plan concurrently over its graph, with bounded parallelism; journal first, cloud second.
//!
//! A step can start when everything it needs is done (`schedule`). Order, lanes and the limits of the cloud decide
//! which of those starts, and when (`queue`, `limit`). After a failure only the steps that depend on the failed one
//! are not started; all others continue. When a run is stopped, steps in progress finish. Nothing is rolled back:
//! running again observes and plans again.

mod limit;
mod queue;
mod schedule;
mod split;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use futures::stream::{FuturesUnordered, StreamExt};
use holdfast_compiler::digest::sha256;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::{Action, Plan, Step, StepId, recorded};
use holdfast_compiler::resource::{Address, Attribute, Identity, Values};
use holdfast_compiler::units::Duration;
use tokio::time::{Instant, sleep_until, timeout};

use crate::cloud::{Class, Cloud, CloudError, Command, Done};
use crate::journal::{Event, JournalError, Writer};
pub use limit::{Limits, Setting, limitable};
use queue::{Next, Queue, Unit};
use schedule::Schedule;

/// The default of `--step-timeout`. A change of records may wait two minutes for earlier changes of its zone and five
/// for the name servers to serve it, and a zone of 10,000 records, the default quota, takes ten changes of usually
/// less than a minute each.
pub const STEP_TIMEOUT: Duration = Duration::minutes(15);

/// How a plan is executed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many units of work run at the same time, at least one.
    pub parallelism: usize,
    /// How often the cloud may be called.
    pub limits: Limits,
    /// How long a step may take. After that it counts as failed.
    pub step_timeout: Duration,
}

/// Why a run was stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// By a signal.
    Asked,
    /// It exceeded `--timeout`.
    Late,
}

/// Receives the progress of an apply.
pub trait Watcher: Send + Sync {
    /// A step begins.
    fn started(&self, step: &Step);
    /// A step has ended.
    fn ended(&self, step: &Step, result: Result<(), &CloudError>);
}

/// The result of executing a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Steps that took effect.
    pub done: Vec<StepId>,
    /// Steps that failed, with the reasons.
    pub failed: Vec<(StepId, CloudError)>,
    /// Steps that were not started, each with a step it needs that failed or was not started; `None` if the run
    /// was stopped before the step could start.
    pub not_started: Vec<(StepId, Option<StepId>)>,
    /// Why the run was stopped, if that kept a step from starting.
    pub stopped: Option<Stopped>,
    /// The journal could not be written: no further steps were started, and some of those in progress may have
    /// taken effect without being recorded.
    pub journal: Option<JournalError>,
}

/// Executes a plan. Once `stop` resolves or the journal cannot be written, no further steps start, and the steps in
/// progress are awaited.
pub async fn apply(
    plan: &Plan,
    cloud: &dyn Cloud,
    journal: &Writer,
    settings: &Settings,
    watcher: &dyn Watcher,
    stop: impl Future<Output = Stopped>,
) -> Outcome {
    let timeout = std::time::Duration::from_secs(settings.step_timeout.as_seconds());
    let (outputs, outcome) = (kept_outputs(plan), Outcome::default());
    let mut run = Run { plan, cloud, journal, watcher, timeout, outputs, outcome };
    for event in learned(plan).chain(seen(plan)) {
        if let Err(error) = journal.append(event).await {
            run.outcome.journal = Some(error);
        }
    }
    let mut schedule = Schedule::new(plan);
    let mut queue = Queue::new(&settings.limits, Instant::now());
    let mut in_progress = FuturesUnordered::new();
    let (mut stop, mut stopped) = (pin!(stop), None);
    loop {
        while let Some(unit) = schedule.next() {
            match run.prepare(&unit, schedule.chain(&unit)) {
                Ok(unit) => queue.push(unit),
                Err(error) => {
                    for at in unit {
                        schedule.settle(at, false);
                        run.record(at, Err(error.clone()));
                    }
                }
            }
        }
        let mut wake = None;
        while in_progress.len() < settings.parallelism.max(1)
            && stopped.is_none()
            && run.outcome.journal.is_none()
        {
            match queue.next(Instant::now()) {
                Next::Start(unit) => in_progress.push(run.unit(unit)),
                Next::At(when) => {
                    wake = Some(when);
                    break;
                }
                Next::Nothing => break,
            }
        }
        if in_progress.is_empty() && wake.is_none() {
            break;
        }
        tokio::select! {
            biased;
            why = &mut stop, if stopped.is_none() => stopped = Some(why),
            Some(ended) = in_progress.next() => {
                queue.ended(ended.lane.as_ref());
                for (at, result) in ended.results {
                    schedule.settle(at, result.is_ok());
                    run.record(at, result);
                }
                run.outcome.journal = run.outcome.journal.or(ended.broken);
            }
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
        }
    }
    drop(in_progress);
    let mut outcome = run.outcome;
    outcome.not_started = schedule.not_started();
    outcome.stopped = stopped.filter(|_| outcome.not_started.iter().any(|(_, because)| because.is_none()));
    if outcome.journal.is_none() {
        let (done, failed) = (outcome.done.len(), outcome.failed.len());
        let (not_started, interrupted) = (outcome.not_started.len(), outcome.stopped.is_some());
        let finished = Event::RunFinished { done, failed, not_started, interrupted, signature: None };
        outcome.journal = journal.append(finished).await.err();
    }
    outcome
}

/// What the plan found that the journal does not say yet: moved and confirmed resources. Recorded before the first
/// step.
pub fn learned(plan: &Plan) -> impl Iterator<Item = Event> {
    let moved = plan.moved.iter().cloned().map(Event::Moved);
    moved.chain(plan.confirmed.iter().cloned().map(Event::Confirmed))
}

/// What the plan sees of the real-time copies, to be recorded before the first step.
pub fn seen(plan: &Plan) -> Option<Event> {
    let copies = plan.copies.clone();
    (!copies.is_empty()).then_some(Event::Copies { copies })
}

/// The outputs of every resource that exists and is neither replaced nor deleted.
fn kept_outputs(plan: &Plan) -> BTreeMap<Address, Values> {
    let staying = plan.steps.iter().filter(|step| matches!(step.action, Action::Keep | Action::Update));
    staying.filter_map(|step| Some((step.address.clone(), step.object.as_ref()?.outputs.clone()))).collect()
}

struct Run<'a> {
    plan: &'a Plan,
    cloud: &'a dyn Cloud,
    journal: &'a Writer,
    watcher: &'a dyn Watcher,
    timeout: std::time::Duration,
    outputs: BTreeMap<Address, Values>,
    outcome: Outcome,
}

/// A unit that has ended: the results of its steps, and the journal's error if there was one.
struct Ended {
    lane: Option<String>,
    results: Vec<(usize, Result<Done, CloudError>)>,
    broken: Option<JournalError>,
}

impl<'a> Run<'a> {
    /// Builds the commands of a unit and estimates their cost.
    fn prepare(&self, unit: &[usize], chain: usize) -> Result<Unit, CloudError> {
        let steps: Vec<(usize, &Step)> =
            unit.iter().filter_map(|at| Some((*at, self.plan.steps.get(*at)?))).collect();
        let lane = steps.iter().find_map(|(_, step)| step.lane());
        let commands: Vec<Command> =
            steps.iter().map(|(_, step)| self.command(step)).collect::<Result<_, _>>()?;
        let cost = self.cloud.cost(&commands);
        let places = steps.into_iter().map(|(at, _)| at);
        Ok(Unit { commands: places.zip(commands).collect(), lane, cost, chain })
    }

    /// The command for a step, with the outputs that it refers to filled in.
    fn command(&self, step: &Step) -> Result<Command, CloudError> {
        let value = |(name, attribute): (&String, &Attribute)| match attribute {
            Attribute::Known(value) => Ok((name.clone(), value.clone())),
            Attribute::Output { of, name: output } => {
                let value = self.outputs.get(of).and_then(|outputs| outputs.get(output)).cloned();
                let missing = || {
                    let message = format!("`{of}` did not report its `{output}`");
                    CloudError::new(
                        Class::Other,
                        format!("{} {}", step.action, step.address),
                        "MissingOutput",
                        message,
                    )
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
            named: step.named.clone(),
            object: step.object.clone(),
            displaces: step.displaces.clone(),
            token: token(self.journal.salt(), &step.id),
        })
    }

    /// Records the intents of a unit, executes it, and records the results.
    fn unit(&self, unit: Unit) -> impl Future<Output = Ended> + 'a {
        let (plan, cloud, journal, watcher) = (self.plan, self.cloud, self.journal, self.watcher);
        let longest = self.timeout;
        async move {
            let Unit { commands, lane, .. } = unit;
            let (indices, commands): (Vec<usize>, Vec<Command>) = commands.into_iter().unzip();
            let steps: Vec<&Step> = indices.iter().filter_map(|at| plan.steps.get(*at)).collect();
            let intents = steps
                .iter()
                .zip(&commands)
                .map(|(step, command)| journal.append(intent(plan, step, command)));
            let written = futures::future::join_all(intents).await;
            if let Some(error) = written.into_iter().find_map(Result::err) {
                return Ended { lane, results: Vec::new(), broken: Some(error) };
            }
            steps.iter().for_each(|step| watcher.started(step));
            let results = timeout(longest, split::execute(cloud, &commands)).await;
            let results =
                results.unwrap_or_else(|_| steps.iter().map(|step| Err(late(step, longest))).collect());
            let records = steps.iter().zip(&results).map(|(step, result)| {
                watcher.ended(step, result.as_ref().map(|_| ()));
                let step = step.id.clone();
                journal.append(match result {
                    Ok(done) => Event::StepDone { step, id: done.id.clone() },
                    Err(error) => Event::StepFailed { step, error: error.to_string() },
                })
            });
            let broken = futures::future::join_all(records).await.into_iter().find_map(Result::err);
            Ended { lane, results: indices.into_iter().zip(results).collect(), broken }
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

/// The error of a step that exceeded `--step-timeout`.
fn late(step: &Step, longest: std::time::Duration) -> CloudError {
    let longest = Duration::seconds(longest.as_secs()).in_words();
    let message = format!("not finished after {longest}; it may or may not have taken effect");
    CloudError::new(Class::Unanswered, format!("{} {}", step.action, step.address), "Deadline", message)
}

fn intent(plan: &Plan, step: &Step, command: &Command) -> Event {
    let from = if command.values.is_empty() { step.before() } else { Some(&command.values) };
    let identity = from.map(|values| Identity::of(step.address.kind(), values)).unwrap_or_default();
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
        attributes: recorded(step.address.kind(), &command.values),
        before: step.replaced_values(),
        displaced: step.displaced_values(),
        account: plan.context.accounts.of(step.address.kind(), step.named.account.as_deref()),
    }
}

/// The idempotency token of one step of one run, sixteen hexadecimal digits: a service recognises a repeated call,
/// and no two runs collide.
fn token(salt: &str, step: &StepId) -> String {
    sha256(format!("{salt}\n{step}")).chars().take(16).collect()
}
