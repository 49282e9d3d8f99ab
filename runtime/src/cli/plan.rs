//! `holdfast plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::plan;
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::output::Terminal;
use super::planfile::PlanFile;
use super::words::Words;
use super::{Global, exit, session};
use crate::journal::Journal;

/// Show what differs between the policies and the cloud, and what an apply would do about it.
///
/// Reads the cloud and changes nothing. Same policies and same cloud, same bytes.
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Save the plan, for `holdfast apply FILE`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The day for which reviews, drills, measurements and waivers are looked at, such as 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = session::date)]
    as_of: Option<Date>,
    #[command(flatten)]
    words: Words,
    /// Only what somebody has changed in the cloud since it was last applied; nothing where there is none. For a
    /// scheduled job.
    #[arg(long, conflicts_with_all = ["out", "target"])]
    drift: bool,
    /// Exit with 2 where there is something to do.
    #[arg(long)]
    detailed_exitcode: bool,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Format {
    pub(super) fn print(self, plan: &plan::Plan, terminal: &Terminal) {
        terminal.result(&match self {
            Self::Text => plan::text(plan, terminal.stdout()),
            Self::Json => plan::json(plan),
        });
    }
}

impl Plan {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let compiled = session::compiled(&self.paths, self.as_of)?;
        if !self.drift {
            session::mention_warnings(&compiled, &self.paths, terminal);
        }
        if let Some(path) = &self.out {
            PlanFile::may_write(path)?;
        }
        let place = compiled.place(global)?;
        let cloud = place.cloud.open().await?;
        let journal = Journal::open(&place.journal).await?.read().await?;
        let plan = session::plan(compiled, cloud.as_ref(), &journal.entries, &self.words, terminal).await?;
        if self.drift {
            return Ok(self.drifted(plan, terminal));
        }
        self.format.print(&plan, terminal);
        terminal.detail(&super::apply::calls(&cloud.calls()));
        let pending = !plan.is_empty();
        if let Some(path) = &self.out {
            PlanFile::new(plan, &place)?.write(path)?;
            terminal.note(&visible(&format!("Saved: holdfast apply {}", path.display())));
        }
        Ok(if pending && self.detailed_exitcode { exit::PENDING } else { exit::DONE })
    }

    /// Drift, or nothing at all.
    fn drifted(&self, plan: plan::Plan, terminal: &Terminal) -> u8 {
        match self.format {
            Format::Text => terminal.result(&plan::drift(&plan, terminal.stdout())),
            Format::Json => terminal.result(&plan::json(&plan.clone().only_drift())),
        }
        let drifted = plan.drifted().next().is_some();
        if drifted && self.detailed_exitcode { exit::PENDING } else { exit::DONE }
    }
}
