//! The flags for how a plan is executed.

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::{did_you_mean, visible};
use holdfast_compiler::units::Duration;

use crate::apply::{Limits, STEP_TIMEOUT, Setting, Settings, limitable};
use crate::run::{Evidence, RunOptions};

/// The flags for how a plan is executed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Execution")]
pub(super) struct Execution {
    /// The maximum number of steps that run concurrently.
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    parallelism: u16,
    /// Limit the calls to a service: `NAME=5` for 5 calls a second, `NAME=5/20` for the same with a burst of 20.
    #[arg(long, value_name = "NAME=RATE[/BURST]", value_parser = limit, long_help = limit_help())]
    limit: Vec<Setting>,
    /// How long a step may take before it counts as failed, such as 90s or 15m.
    #[arg(long, default_value_t = STEP_TIMEOUT, value_name = "DURATION", value_parser = span)]
    step_timeout: Duration,
    /// How long the run may start new steps, such as 2h. Steps that are running then may finish.
    #[arg(long, value_name = "DURATION", value_parser = span)]
    timeout: Option<Duration>,
    /// Print events as JSON to standard output, one per line, instead of the result.
    #[arg(long, value_name = "FORMAT")]
    events: Option<EventsFormat>,
}

/// The format of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EventsFormat {
    /// Lines of JSON.
    Json,
}

/// The help of `--limit`, with the services and limits that the providers declare.
fn limit_help() -> String {
    let services: Vec<&str> = limitable().into_iter().filter(|name| !name.contains(':')).collect();
    format!(
        "Limit the calls to a service: `NAME=5` for 5 calls a second, `NAME=5/20` for the same with a burst of 20.\n\n\
         NAME is a service ({}) or one of its operations, as `runtime/PERMISSIONS.md` lists them. Can be repeated; `none` \
         removes all limits, and NAME=none removes one. Defaults: {}.",
        services.join(", "),
        Limits::default()
    )
}

/// Parses a limit, and checks that its service or operation exists.
fn limit(text: &str) -> Result<Setting, String> {
    let setting = Setting::parse(text)?;
    let Setting::Of(name, _) = &setting else { return Ok(setting) };
    let known = limitable();
    if known.contains(&name.as_str()) {
        return Ok(setting);
    }
    let near = did_you_mean(name, known.iter().copied()).map(|near| format!(": did you mean `{near}`?"));
    Err(format!("there is no service or operation `{}`{}", visible(name), near.unwrap_or_default()))
}

fn span(text: &str) -> Result<Duration, String> {
    let span = Duration::parse(text).filter(|span| span.as_seconds() > 0);
    span.ok_or_else(|| "not a duration: write it like 90s, 15m or 2h".to_owned())
}

impl Execution {
    /// Whether standard output is used for events.
    pub(super) fn tells_events(&self) -> bool {
        self.events.is_some()
    }

    /// The options of the run.
    pub(super) fn options(&self, take_over: Option<u64>, evidence: Evidence) -> RunOptions {
        RunOptions { settings: self.settings(), timeout: self.timeout, take_over, evidence }
    }

    fn settings(&self) -> Settings {
        Settings {
            parallelism: usize::from(self.parallelism),
            limits: Limits::default().with(&self.limit),
            step_timeout: self.step_timeout,
        }
    }
}
