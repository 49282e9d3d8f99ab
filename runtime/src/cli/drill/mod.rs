//! `holdfast drill`.

mod confirm;
mod list;
mod report;
mod run;
mod runs;

use clap::{Args, Subcommand};

use super::Global;
use super::failure::Failure;
use super::output::Terminal;
use crate::drill::DrillError;

/// Drills: which are due, hold one, and what came of it.
///
/// The policies declare drills (`kind: drill`). Each one that is held is recorded in the journal, with what was achieved beside the
/// objectives, the criteria with their answers, and findings with their owners.
#[derive(Debug, Args)]
pub(super) struct Drill {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Run(run::Run),
    Confirm(confirm::Confirm),
    Report(report::Report),
}

impl Drill {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        match self.command {
            Command::List(list) => list.run(global, terminal).await,
            Command::Run(run) => run.run(global, terminal).await,
            Command::Confirm(confirm) => confirm.run(global, terminal),
            Command::Report(report) => report.run(global, terminal).await,
        }
    }
}

impl From<DrillError> for Failure {
    fn from(error: DrillError) -> Self {
        match error.refusal() {
            Ok(refused) => Self::refused_for(refused.findings),
            Err(DrillError::Estate(error)) => error.into(),
            Err(DrillError::Usage(message)) => Self::usage(message),
            Err(error) => Self::message(error.to_string()),
        }
    }
}
