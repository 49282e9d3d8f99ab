//! Carrying out a plan from the command line: its flags, its signals, what is seen of it, what is said after.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::{did_you_mean, visible};
use holdfast_compiler::plan::{Action, Plan, Step, StepId};
use holdfast_compiler::units::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::events::Events;
use super::exit;
use super::failure::Failure;
use super::output::Terminal;
use super::progress::Progress;
use super::signals::Signals;
use crate::apply::{Limits, Outcome, STEP_TIMEOUT, Setting, Settings, Stopped, Watcher, apply, limitable};
use crate::cloud::{Calls, Cloud, CloudError};
use crate::journal::{Claim, Run, Signer, Writer};

/// How a plan is carried out.
#[derive(Debug, Args)]
#[command(next_help_heading = "How it is carried out")]
pub(super) struct Execution {
    /// How many steps run at the same time.
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    parallelism: u16,
    /// How often a service may be asked: `route53=5` for 5 calls a second, `route53=5/20` for 20 at once first.
    ///
    /// NAME is a service (iam, route53, s3) or one of its operations, such as route53:CreateHealthCheck. Can be
    /// given several times; `none` lifts all limits, and NAME=none lifts one. Without it: iam=20/100,
    /// route53=10/50, route53:CreateHealthCheck=0.5/50, route53:DeleteHealthCheck=3/15, s3=100/200. Those of
    /// Route 53 are what every account has.
    #[arg(long, value_name = "NAME=RATE[/BURST]", value_parser = limit)]
    limit: Vec<Setting>,
    /// How long a step may take before it counts as failed, such as 90s or 15m.
    #[arg(long, default_value_t = STEP_TIMEOUT, value_name = "DURATION", value_parser = span)]
    step_timeout: Duration,
    /// How long the run may go on starting steps, such as 2h. What is under way then is waited for.
    #[arg(long, value_name = "DURATION", value_parser = span)]
    timeout: Option<Duration>,
    /// Say what happens as JSON, an event a line, on standard output instead of the result.
    #[arg(long, value_name = "FORMAT")]
    events: Option<Format>,
}

/// How to say what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines of JSON.
    Json,
}

/// A limit of something that is called at all.
fn limit(text: &str) -> Result<Setting, String> {
    let setting = Setting::parse(text)?;
    let Setting::Of(name, _) = &setting else { return Ok(setting) };
    let known = limitable();
    if known.contains(&name.as_str()) {
        return Ok(setting);
    }
    let near = did_you_mean(name, known.iter().copied()).map(|near| format!(": did you mean `{near}`?"));
    Err(format!("nothing is called `{}`{}", visible(name), near.unwrap_or_default()))
}

fn span(text: &str) -> Result<Duration, String> {
    let span = Duration::parse(text).filter(|span| span.as_seconds() > 0);
    span.ok_or_else(|| "not a length of time: write it like 90s, 15m or 2h".to_owned())
}

impl Execution {
    /// Whether standard output belongs to events.
    pub(super) fn tells_events(&self) -> bool {
        self.events.is_some()
    }

    /// Carry out a plan as a run, and say what came of it. Gives the exit code.
    pub(super) async fn run(
        &self,
        plan: &Plan,
        run: Run,
        cloud: &dyn Cloud,
        (claim, signer): (&Claim, Option<&Signer>),
        terminal: &Terminal,
    ) -> Result<u8, Failure> {
        let (digest, steps) = (run.plan.clone(), run.steps);
        let mut signals = Signals::listen()?;
        let journal = Writer::begin(claim, run, signer).await?;
        let progress = Progress::new(steps, terminal);
        let events = self.events.map(|Format::Json| Events::begin(&digest, steps, terminal));
        let watchers = Watchers(&progress, events.as_ref());
        let (tell, told) = oneshot::channel();
        let twice = async {
            signals.next().await;
            progress.stopping("stopping", "; Ctrl-C again stops at once");
            // Whoever listens is the run; where it has ended already there is nothing to stop.
            let _ = tell.send(());
            signals.next().await;
        };
        let settings = self.settings();
        let stop = self.stop(told, &progress);
        let ended = tokio::select! {
            biased;
            () = twice => None,
            outcome = apply(plan, cloud, &journal, &settings, &watchers, stop) => Some(outcome),
        };
        progress.finish();
        // What has been handed to the journal is on the disk before anything else is said.
        drop(journal);
        let Some(outcome) = ended else {
            terminal.error(&abandoned(&progress.under_way()));
            return Ok(exit::INTERRUPTED);
        };
        match &events {
            Some(events) => events.end(&outcome, &cloud.calls()),
            None => terminal.result(&summary(plan, &outcome, &cloud.calls())),
        }
        if let Some(error) = outcome.journal {
            return Err(error.into());
        }
        let whole = outcome.failed.is_empty() && outcome.not_started.is_empty();
        Ok(if whole { exit::DONE } else { exit::FAILED })
    }

    /// A plan that changes nothing, for who reads events.
    pub(super) fn nothing(&self, digest: &str, cloud: &dyn Cloud, terminal: &Terminal) {
        if self.tells_events() {
            Events::begin(digest, 0, terminal).end(&Outcome::default(), &cloud.calls());
        }
    }

    /// Why and when the run ends before its end.
    async fn stop(&self, told: oneshot::Receiver<()>, progress: &Progress<'_>) -> Stopped {
        let Some(longest) = self.timeout else {
            let _ = told.await;
            return Stopped::Asked;
        };
        tokio::select! {
            _ = told => Stopped::Asked,
            () = sleep(std::time::Duration::from_secs(longest.as_seconds())) => {
                progress.stopping("the time is up", "");
                Stopped::Late
            }
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            parallelism: usize::from(self.parallelism),
            limits: Limits::default().with(&self.limit),
            step_timeout: self.step_timeout,
        }
    }
}

/// Two who watch.
struct Watchers<'a>(&'a Progress<'a>, Option<&'a Events<'a>>);

impl Watcher for Watchers<'_> {
    fn started(&self, step: &Step) {
        self.0.started(step);
        if let Some(events) = self.1 {
            events.started(step);
        }
    }

    fn ended(&self, step: &Step, result: Result<(), &CloudError>) {
        self.0.ended(step, result);
        if let Some(events) = self.1 {
            events.ended(step, result);
        }
    }
}

/// A run that was ended by force.
fn abandoned(under_way: &[String]) -> String {
    let mut text = "\nStopped at once.".to_owned();
    if !under_way.is_empty() {
        text.push_str(" Under way, and whether it took effect is for the next observation to find out:\n  ");
        text.push_str(&visible(&under_way.join("\n  ")));
    }
    format!("{text}\nApply again to go on: what is done stays done.\n")
}

/// What was done, what failed and why, what was not started, and what it cost.
fn summary(plan: &Plan, outcome: &Outcome, spent: &Calls) -> String {
    let ended: BTreeSet<&StepId> = outcome.done.iter().collect();
    let second = plan.second_halves();
    let done = |wanted: Action| {
        let of = plan.steps.iter().filter(|step| step.action == wanted && !second.contains(&step.id));
        of.filter(|step| ended.contains(&step.id)).count()
    };
    let mut text = format!(
        "\nApplied: {} created, {} updated, {} replaced, {} deleted.\n",
        done(Action::Create),
        done(Action::Update),
        done(Action::Replace),
        done(Action::Delete)
    );
    if !outcome.failed.is_empty() {
        text.push_str(&format!("\nFailed ({}):\n", outcome.failed.len()));
        for (step, error) in &outcome.failed {
            // One line, whatever the cloud says.
            text.push_str(&visible(&format!("  {step}: {error}").replace('\n', " ")));
            text.push('\n');
        }
    }
    let blocked: Vec<_> =
        outcome.not_started.iter().filter_map(|(step, because)| Some((step, because.as_ref()?))).collect();
    if !blocked.is_empty() {
        text.push_str(&format!("\nNot started ({}):\n", blocked.len()));
        for (step, because) in &blocked {
            text.push_str(&visible(&format!("  {step}: needs {because}\n")));
        }
    }
    let waiting = outcome.not_started.len() - blocked.len();
    if let Some(stopped) = outcome.stopped {
        let why = match stopped {
            Stopped::Asked => "Interrupted",
            Stopped::Late => "The time was up",
        };
        let steps = if waiting == 1 { "1 step was" } else { &format!("{waiting} steps were") };
        text.push_str(&format!("\n{why}: {steps} not started.\n"));
    }
    if !outcome.failed.is_empty() || !outcome.not_started.is_empty() {
        text.push_str("\nApply again to go on: what is done stays done.\n");
    }
    format!("{text}{}\n", calls(spent))
}

/// `API calls: 523 (iam 40, route53 85, s3 398), 31 of them wasted: 31 throttled`.
pub(super) fn calls(calls: &Calls) -> String {
    format!("API calls: {calls}")
}
