//! `holdfast changes`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use holdfast_compiler::changes::{Inputs, csv, json, report};
use holdfast_compiler::report::{html, markdown, plain_text, text};
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::{Global, exit, remarks, today};
use crate::changes::Changes as Read;
use crate::files;

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
    format: Option<ChangesFormat>,
    /// Write the changes to a file, and replace it if it exists.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How changes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChangesFormat {
    /// Text for a terminal.
    Text,
    /// Markdown with the tables of GitHub.
    Markdown,
    /// One HTML file, which runs no script and asks for nothing.
    Html,
    /// JSON for programs.
    Json,
    /// CSV for spreadsheets: a row for each setting.
    Csv,
}

impl ChangesFormat {
    /// The format that the name of a file asks for.
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" => Self::Html,
            "txt" => Self::Text,
            "json" => Self::Json,
            "csv" => Self::Csv,
            _ => return None,
        })
    }

    fn text(self, inputs: &Inputs<'_>) -> String {
        match self {
            Self::Text => plain_text(&report(inputs)),
            Self::Markdown => markdown(&report(inputs)),
            Self::Html => html(&report(inputs)),
            Self::Json => json(inputs),
            Self::Csv => csv(inputs),
        }
    }
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
        let named = self.out.as_deref().and_then(ChangesFormat::of);
        let format = match (self.format.or(named), &self.out) {
            (Some(format), _) => format,
            (None, None) => ChangesFormat::Text,
            (None, Some(_)) => {
                return Err(Failure::usage(
                    "the name of the file chooses no format: choose one with `--format`, or end it in `.html`, `.md`, `.txt`, `.json` or `.csv`",
                ));
            }
        };
        let tell = |remark| remarks::mention(&remark, terminal);
        let read = Read::read(&self.paths, [self.since, until], &global.selection(), &tell).await?;
        let inputs = read.inputs();
        match &self.out {
            Some(path) => {
                files::write(path, format.text(&inputs).as_bytes())
                    .map_err(|error| Failure::message(error.to_string()))?;
                terminal.note(&one_line(&format!("wrote {}", path.display())));
            }
            None => match format {
                ChangesFormat::Text => terminal.result(&text(&report(&inputs), terminal.stdout())),
                ChangesFormat::Json => terminal.json(&json(&inputs)),
                _ => terminal.result(&format.text(&inputs)),
            },
        }
        if let Err(why) = &inputs.runs {
            terminal
                .error(&format!("{}\n", one_line(&format!("error: the journal could not be read: {why}"))));
            return Ok(exit::FAILED);
        }
        Ok(exit::DONE)
    }
}
