//! `holdfast apply`.

use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::plan::Plan;
use holdfast_compiler::units::Date;

use super::execution::Execution;
use super::failure::Failure;
use super::front::AtTerminal;
use super::output::Terminal;
use super::{Global, approved, consents, exit, posture, remarks};
use crate::estate::{PlanOptions, Policies, commit_of};
use crate::planfile::is_plan_file;
use crate::run::{Ended, apply_policies, apply_saved, check_saved};

/// Apply policies to the cloud, or apply exactly what a saved plan says.
///
/// Steps run concurrently, each after the steps it depends on. After a failure, independent steps continue. Ctrl-C
/// (or SIGTERM) waits for the running steps and starts no more; a second one stops immediately. Run the same command
/// again to continue: completed steps are not repeated.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// Policy files and folders, or one file that `holdfast plan --out` wrote.
    #[arg(required = true, value_name = "PATH|PLANFILE")]
    paths: Vec<PathBuf>,
    /// Apply without asking for confirmation.
    #[arg(long, short)]
    yes: bool,
    /// Only look whether the saved plan would be applied now: its approvals, the journal and the cloud. Exits as an apply that is refused.
    #[arg(long, conflicts_with_all = ["yes", "take_over"])]
    dry_run: bool,
    #[command(flatten)]
    consents: consents::ConsentFlags,
    #[command(flatten)]
    posture: posture::PostureFlags,
    /// Check reviews, drills, measurements and waivers as of this date: 2026-11-23, or `today` (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    #[command(flatten)]
    execution: Execution,
    /// Take over the run with this number, which was abandoned in a shared journal: close it, and continue from the
    /// current state of the cloud.
    #[arg(long, value_name = "RUN")]
    take_over: Option<u64>,
    #[command(flatten)]
    approved: approved::ApprovalFlags,
}

impl Apply {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let (selection, options) =
            (global.selection(), self.execution.options(self.take_over, self.approved.evidence()));
        let front = AtTerminal { terminal, events: self.execution.tells_events(), yes: self.yes };
        let ended = match self.paths.as_slice() {
            [path] if is_plan_file(path) => {
                self.consents.refuse_with_saved_plan()?;
                self.posture.refuse_with_saved_plan()?;
                if self.dry_run {
                    let plan = check_saved(path, &selection, &options.evidence, &front).await?;
                    terminal.result(&would_be(path, &plan));
                    return Ok(exit::DONE);
                }
                apply_saved(path, &selection, &options, &front).await?
            }
            paths if self.dry_run => {
                // Paths that are wrong are the first thing to know.
                Policies::load(paths, self.as_of)?;
                return Err(Failure::usage(
                    "`--dry-run` is for a saved plan: `holdfast plan` shows what an apply of policies would do",
                ));
            }
            paths => {
                let policies = Policies::load(paths, self.as_of)?;
                self.approved.refuse_without_saved_plan()?;
                remarks::mention_warnings(&policies, paths, terminal);
                let commit = commit_of(paths, &policies.sources);
                let turn = self.posture.change();
                let plan_options = PlanOptions { commit, turn, ..self.consents.plan_options() };
                apply_policies(policies, &selection, &plan_options, &options, &front).await?
            }
        };
        Ok(match ended {
            Ended::Complete => exit::DONE,
            Ended::Partial => exit::FAILED,
            Ended::Aborted => exit::INTERRUPTED,
        })
    }
}

/// What an apply of a saved plan would do now.
fn would_be(path: &Path, plan: &Plan) -> String {
    let (name, left) = (visible(&path.display().to_string()), plan.pending().count());
    let noun = if left == 1 { "step" } else { "steps" };
    format!(
        "\n`{name}` would be applied now: {left} {noun}, unless another run holds the journal. Nothing was changed.\n"
    )
}
