//! How a plan is printed: live or saved.

use clap::ValueEnum;
use holdfast_compiler::plan;

use super::failure::Failure;
use super::output::{Stream, Terminal};

/// How a plan is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum PlanFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
}

impl PlanFormat {
    pub(super) fn print(self, plan: &plan::Plan, terminal: &Terminal) -> Result<(), Failure> {
        let written = match self {
            Self::Text => terminal.stream(Stream::People, |out| plan::text(plan, terminal.stdout(), out)),
            Self::Json => terminal.stream(Stream::Programs, |out| Ok(plan::json(plan, out)?)),
        };
        written.map_err(|error| Failure::message(format!("cannot write the plan to stdout: {error}")))
    }
}
