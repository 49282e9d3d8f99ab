//! `holdfast status`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::status;
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::output::Terminal;
use super::{Global, exit, remarks, screen, today};
use crate::estate::{LivePlan, PlanOptions, Policies};

/// Show where the live estate stands: which objectives hold now, which do not, and which nobody can tell.
///
/// Reads the cloud and the journal, and changes nothing. Also shows real-time copies, the newest backups, drift, the last run,
/// and what is due. Exits with 3 if an objective is missed or unknown.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The day for drills, reviews, waivers and measurements: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    format: StatusFormat,
}

/// How a status is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StatusFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
    /// Metrics for a monitoring system (OpenMetrics 1.0).
    Openmetrics,
}

impl Status {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let today = match self.as_of {
            Some(day) => day,
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?,
        };
        let policies = Policies::load(&self.paths, Some(today))?;
        remarks::mention_warnings(&policies, &self.paths, terminal);
        let tell = |remark| remarks::mention(&remark, terminal);
        let live = LivePlan::of(
            policies,
            &global.selection(),
            &PlanOptions { backups: true, only_looks: true, ..PlanOptions::default() },
            &tell,
        )
        .await?;
        let status = live.status(today);
        match self.format {
            StatusFormat::Text => terminal.result(&status::text(&status, terminal.stdout())),
            StatusFormat::Json => terminal.json(&status::json(&status)),
            StatusFormat::Openmetrics => terminal.result(&status::metrics(&status)),
        }
        terminal.detail(&screen::calls(&live.calls));
        Ok(if status.all_hold() { exit::DONE } else { exit::INVALID })
    }
}
