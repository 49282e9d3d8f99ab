//! What is read by people and by programs, and also in a spreadsheet: its formats, and where it goes.

use std::path::Path;

use clap::ValueEnum;
use holdfast_compiler::report::{Report, html, markdown, plain_text, text};

use super::failure::Failure;
use super::output::{Terminal, one_line};
use crate::files;

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SheetFormat {
    /// Text for a terminal.
    Text,
    /// Markdown with the tables of GitHub.
    Markdown,
    /// One HTML file, which runs no script and asks for nothing.
    Html,
    /// JSON for programs.
    Json,
    /// CSV for spreadsheets: a row for each setting, control or piece of evidence.
    Csv,
}

/// What can be printed.
pub(super) struct Sheet<'a> {
    /// As a document.
    pub(super) report: &'a dyn Fn() -> Report,
    /// As JSON.
    pub(super) json: &'a dyn Fn() -> String,
    /// As CSV.
    pub(super) csv: &'a dyn Fn() -> String,
}

impl SheetFormat {
    /// The format of the flag, or of the file's name, or else text.
    ///
    /// # Errors
    /// The name of the file chooses none.
    pub(super) fn choose(flag: Option<Self>, path: Option<&Path>) -> Result<Self, Failure> {
        match (flag.or_else(|| path.and_then(Self::of)), path) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Self::Text),
            (None, Some(_)) => Err(Failure::usage(
                "the name of the file chooses no format: choose one with `--format`, or end it in `.html`, `.md`, `.txt`, `.json` or `.csv`",
            )),
        }
    }

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

    fn text(self, sheet: &Sheet<'_>) -> String {
        match self {
            Self::Text => plain_text(&(sheet.report)()),
            Self::Markdown => markdown(&(sheet.report)()),
            Self::Html => html(&(sheet.report)()),
            Self::Json => (sheet.json)(),
            Self::Csv => (sheet.csv)(),
        }
    }

    /// Print it, or write it to a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn give(
        self,
        sheet: &Sheet<'_>,
        path: Option<&Path>,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        match (path, self) {
            (Some(path), _) => {
                files::write(path, self.text(sheet).as_bytes())
                    .map_err(|error| Failure::message(error.to_string()))?;
                terminal.note(&one_line(&format!("wrote {}", path.display())));
            }
            (None, Self::Text) => terminal.result(&text(&(sheet.report)(), terminal.stdout())),
            (None, Self::Json) => terminal.json(&(sheet.json)()),
            (None, _) => terminal.result(&self.text(sheet)),
        }
        Ok(())
    }
}
