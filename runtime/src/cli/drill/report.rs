//! `holdfast drill report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::did_you_mean;
use holdfast_compiler::drill;
use holdfast_compiler::report;
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::Terminal;
use super::super::{Global, exit, remarks, today};
use crate::drill::{Drills, Recorded};

/// Show what came of a drill: its newest record in the journal, or that of one run.
///
/// Reads policies and journal, not the cloud. As JSON it is the record, with the number of its run.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The name of the drill.
    #[arg(value_name = "NAME")]
    name: String,
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The number of the run that recorded it, as `holdfast journal log` shows it.
    #[arg(long, value_name = "RUN")]
    run: Option<u64>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = RecordFormat::Text)]
    format: RecordFormat,
}

/// How a record is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RecordFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
    /// Markdown with the tables of GitHub.
    Markdown,
    /// One HTML file.
    Html,
}

impl Report {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let today = today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?;
        let tell = |remark| remarks::mention(&remark, terminal);
        let drills = Drills::read(&self.paths, today, &global.selection(), &tell).await?;
        let names = drills.names();
        if !names.contains(&self.name.as_str()) {
            let hint = did_you_mean(&self.name, names.iter().copied());
            let hint = hint.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            return Err(Failure::usage(format!("there is no drill `{}`{hint}", self.name)));
        }
        let Some(found) = drills.record(&self.name, self.run) else {
            let of = self.run.map(|run| format!(" of run {run}")).unwrap_or_default();
            return Err(Failure::message(format!(
                "the journal has no record{of} of the drill `{}` on this cloud: `holdfast drill run` makes one",
                self.name
            )));
        };
        print(&found, self.format, terminal)?;
        Ok(exit::DONE)
    }
}

/// Print a record.
pub(super) fn print(found: &Recorded<'_>, format: RecordFormat, terminal: &Terminal) -> Result<(), Failure> {
    let document = drill::report(found.record, found.run, &found.place);
    match format {
        RecordFormat::Text => terminal.result(&report::text(&document, terminal.stdout())),
        RecordFormat::Markdown => terminal.result(&report::markdown(&document)),
        RecordFormat::Html => terminal.result(&report::html(&document)),
        RecordFormat::Json => {
            // 1.x only adds fields; a field never changes its meaning.
            let document = json!({ "format_version": "1.2", "run": found.run, "place": found.place, "record": found.record });
            terminal.json(&format!("{document:#}\n"));
        }
    }
    Ok(())
}
