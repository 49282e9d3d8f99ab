//! `holdfast changes`.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::changes::{csv, json, report};
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::sheet::{Sheet, SheetFormat};
use super::{Global, exit, remarks, today};
use crate::changes::Changes as Read;

/// Show what was changed in a period, for a change board: by whom, from which value to which, approved by whom, under which rule.
///
/// Reads the journal and git, and does not look at the cloud. What the journal does not record is said to be missing: it has the
/// values of what an update changes, and does not know of changes that were made without Holdfast. If there is no journal, or it
/// cannot be read, the exit code is 1.
#[derive(Debug, Args)]
pub(super) struct Changes {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The first day (UTC) of the period: 2026-11-01.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    since: Date,
    /// The last day (UTC) of the period. Defaults to today.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    until: Option<Date>,
    /// The format. Defaults to that of the file's name (`.html`, `.md`, `.txt`, `.json`, `.csv`), or else to text.
    #[arg(long, value_enum)]
    format: Option<SheetFormat>,
    /// Write the changes to a file, and replace it if it exists.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Changes {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let until = match self.until {
            Some(day) => day,
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?,
        };
        if until < self.since {
            return Err(Failure::usage("`--until` is before `--since`"));
        }
        let format = SheetFormat::choose(self.format, self.out.as_deref())?;
        let tell = |remark| remarks::mention(&remark, terminal);
        let read = Read::read(&self.paths, [self.since, until], &global.selection(), &tell).await?;
        let inputs = read.inputs();
        let sheet = Sheet { report: &|| report(&inputs), json: &|| json(&inputs), csv: &|| csv(&inputs) };
        format.give(&sheet, self.out.as_deref(), terminal)?;
        if let Err(why) = &inputs.runs {
            terminal
                .error(&format!("{}\n", one_line(&format!("error: the journal could not be read: {why}"))));
            return Ok(exit::FAILED);
        }
        Ok(exit::DONE)
    }
}
