//! `holdfast report`.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::rehearsals::MOST_RUNS;
use holdfast_compiler::units::Date;

use super::document::{DocumentFormat, Output};
use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::{Global, exit, remarks, today};
use crate::audit::add_controls;
use crate::bcp::Extent;
use crate::estate_report::EstateReport;

/// Write the estate as a report for people: a board, an auditor, whoever asks what happens if a region is lost tonight.
///
/// One file that asks for nothing and runs no script. The estate on a page; a page for each site and each service; who decides;
/// how it stands in the cloud, drift, drills and what is due, findings, assumptions, changes, and what the report does not show.
///
/// Reads the cloud and the journal like `status`, and changes nothing. What nobody has seen is unknown, and the report says so.
/// If the cloud cannot be observed, the report is written without it, and the exit code is 1. If the policies miss an objective,
/// the report says so, and the exit code is 3.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The format. Defaults to that of the file's name (`.html`, `.md`, `.txt`, `.json`, `.pdf`), or else to HTML.
    #[arg(long, value_enum)]
    format: Option<DocumentFormat>,
    /// Write the report to a file, and replace it if it exists. With contacts, only its owner can read it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Do not look at the cloud. Then nobody can tell how anything stands there. The journal is still read.
    #[arg(long)]
    offline: bool,
    /// Say how to reach people. Everything that is not there without it is personal data.
    #[arg(long)]
    with_contacts: bool,
    /// The day on which something is due or overdue: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    /// How often each loss is rehearsed, as by `rehearse`.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_RUNS)))]
    runs: u32,
}

impl Report {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let out = Output::new(self.format, self.out.as_deref(), self.with_contacts, DocumentFormat::Html)?;
        let as_of = match self.as_of {
            Some(day) => day,
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?,
        };
        let tell = |remark| remarks::mention(&remark, terminal);
        let read = EstateReport::read(
            &self.paths,
            as_of,
            &global.selection(),
            self.offline,
            Extent::DOCUMENT,
            &tell,
        )
        .await?;
        out.spares(&read.continuity.sources)?;
        let mut report = read.report(self.with_contacts, self.runs);
        add_controls(&read, &mut report)?;
        out.give(&report, terminal).await?;
        if let Some(reason) = read.continuity.unread_journal() {
            let line = format!("warning: the journal could not be read, and the report says so: {reason}");
            terminal.error(&format!("{}\n", one_line(&line)));
        }
        if let Some(reason) = read.unseen() {
            let line = format!(
                "error: the cloud could not be observed, and the report says so; `--offline` leaves it out: {reason}"
            );
            terminal.error(&format!("{}\n", one_line(&line)));
            return Ok(exit::FAILED);
        }
        let errors = read.continuity.errors();
        if !errors.is_empty() {
            return Err(Failure::invalid(errors, read.continuity.sources));
        }
        Ok(exit::DONE)
    }
}
