//! How a plan is printed: live or saved.

use clap::ValueEnum;
use holdfast_compiler::plan;

use super::failure::Failure;
use super::output::Terminal;

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
        match self {
            Self::Text => terminal.result(&plan::text(plan, terminal.stdout())),
            Self::Json => terminal.json(&plan::json(plan)?),
        }
        Ok(())
    }
}
