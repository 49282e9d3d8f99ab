//! `holdfast drill list`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::drill::{calendar, list_json, list_text};
use holdfast_compiler::units::Date;

use super::super::failure::Failure;
use super::super::output::{Terminal, one_line};
use super::super::{Global, date, exit, remarks, today};
use crate::drill::Drills;

/// List the drills of the policies: which are due or overdue, and which passed or failed when they were last held.
///
/// Reads policies and journal, not the cloud. A drill of the embedded cloud does not count for a real one, and a record counts only for
/// the type, disruption, site and services that the policy declares now. What the policy says of the last time (`last`) counts where
/// the journal has no later record.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The day on which something is due or overdue: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

/// How the list is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ListFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
    /// A calendar with the days on which drills are due (iCalendar).
    Ics,
}

impl List {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let today = match self.as_of {
            Some(day) => day,
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?,
        };
        let tell = |remark| remarks::mention(&remark, terminal);
        let drills = Drills::read(&self.paths, today, &global.selection(), &tell).await?;
        let standings = drills.standings(today);
        for line in drills.unended() {
            terminal.error(&format!("{}\n", one_line(&line)));
        }
        match self.format {
            ListFormat::Text => terminal.result(&list_text(&standings, today, terminal.stdout())),
            ListFormat::Json => terminal.json(&list_json(&drills.policy, &standings, today)),
            ListFormat::Ics => terminal.verbatim(&calendar(&drills.policy, &standings, today)),
        }
        Ok(exit::DONE)
    }
}
