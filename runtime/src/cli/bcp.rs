//! `holdfast bcp`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use futures::StreamExt as _;
use holdfast_compiler::report::{self, Report};
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::{Global, exit, remarks, signals, today};
use crate::bcp::{Continuity, pdf};
use crate::files;

/// Print the business continuity plan, as a document that people use on paper.
///
/// Filled from the policies, section by section as NIST SP 800-34 and ISO 22301 ask for; the change page is from the journal and
/// from git. Does not read the cloud. What is missing is marked as a gap where it is missing, and listed on the first page. Names of
/// people are in it; their telephone numbers and addresses only with `--with-contacts`.
///
/// If an objective is missed, the document says so, and the exit code is 3.
#[derive(Debug, Args)]
pub(super) struct Bcp {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The format. Defaults to that of the file's name (`.md`, `.html`, `.txt`, `.json`, `.pdf`), or else to Markdown.
    #[arg(long, value_enum)]
    format: Option<DocumentFormat>,
    /// Write the document to a file, and replace it if it exists. With contacts, only its owner can read it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Say how to reach people. Everything that is not there without it is personal data.
    #[arg(long)]
    with_contacts: bool,
    /// The day on which something is due or overdue: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    /// Exit with 3 if the plan has a gap.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<GapCondition>,
}

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DocumentFormat {
    /// Markdown with the tables of GitHub.
    Markdown,
    /// One HTML file, for a browser and for paper. Runs no script and asks for nothing.
    Html,
    /// Text for a terminal.
    Text,
    /// JSON for programs.
    Json,
    /// PDF, through an installed Chromium or Google Chrome. Only with `--out`.
    Pdf,
}

/// A condition of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GapCondition {
    /// Something that a plan needs and the policies do not say, or that is overdue.
    Gap,
}

impl DocumentFormat {
    /// The format that the name of a file asks for.
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" => Self::Html,
            "txt" => Self::Text,
            "json" => Self::Json,
            "pdf" => Self::Pdf,
            _ => return None,
        })
    }
}

impl Bcp {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let named = self.out.as_deref().and_then(DocumentFormat::of);
        let unknown = self.out.as_deref().and_then(Path::extension).filter(|_| named.is_none());
        if let Some(extension) = unknown.filter(|_| self.format.is_none()) {
            return Err(Failure::usage(format!(
                "no format has files that end in `.{}`: choose one with `--format`, or one of {EXTENSIONS}",
                one_line(&extension.to_string_lossy())
            )));
        }
        let format = self.format.or(named).unwrap_or(DocumentFormat::Markdown);
        if format == DocumentFormat::Pdf && self.out.is_none() {
            return Err(Failure::usage("a PDF is written to a file: name it with `--out FILE`"));
        }
        let as_of = match self.as_of {
            Some(day) => day,
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?,
        };
        let tell = |remark| remarks::mention(&remark, terminal);
        let plan = Continuity::read(&self.paths, as_of, &global.selection(), &tell).await?;
        // A file that is not there yet has no canonical path, and is no policy.
        let out = self.out.as_deref().and_then(|path| files::resolve(path).ok());
        let is_out = |path: &str| files::resolve(Path::new(path)).is_ok_and(|path| Some(path) == out);
        if out.is_some() && plan.sources.iter().any(|(_, source)| is_out(&source.path)) {
            return Err(Failure::usage("`--out` names a policy file: the document would replace it"));
        }
        let report = plan.report(self.with_contacts);
        match &self.out {
            Some(path) => write(&report, format, path, self.with_contacts, terminal).await?,
            None => print(&report, format, terminal)?,
        }
        if let Some(reason) = plan.unread_journal() {
            let line =
                format!("warning: the change page lacks the journal, which could not be read: {reason}");
            terminal.error(&format!("{}\n", one_line(&line)));
        }
        let gaps = report.gaps().len();
        if gaps > 0 {
            let noun = if gaps == 1 { "1 gap" } else { &format!("{gaps} gaps") };
            terminal.error(&format!("warning: the plan has {noun}, marked in the document\n"));
        }
        let errors = plan.errors();
        if !errors.is_empty() {
            return Err(Failure::invalid(errors, plan.sources));
        }
        let fails = gaps > 0 && self.fail_on.contains(&GapCondition::Gap);
        if fails {
            terminal.error("failed because of --fail-on: the plan has gaps\n");
        }
        Ok(if fails { exit::INVALID } else { exit::DONE })
    }
}

fn print(report: &Report, format: DocumentFormat, terminal: &Terminal) -> Result<(), Failure> {
    match format {
        DocumentFormat::Text => terminal.result(&report::text(report, terminal.stdout())),
        DocumentFormat::Json => terminal.json(&json(report)?),
        DocumentFormat::Html => terminal.result(&report::html(report)),
        DocumentFormat::Markdown | DocumentFormat::Pdf => terminal.result(&report::markdown(report)),
    }
    Ok(())
}

async fn write(
    report: &Report,
    format: DocumentFormat,
    path: &Path,
    is_private: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let bytes = match format {
        DocumentFormat::Text => report::plain_text(report).into_bytes(),
        DocumentFormat::Json => json(report)?.into_bytes(),
        DocumentFormat::Html => report::html(report).into_bytes(),
        DocumentFormat::Markdown => report::markdown(report).into_bytes(),
        DocumentFormat::Pdf => made_pdf(report::html(report)).await?,
    };
    let written = if is_private { files::write_private(path, &bytes) } else { files::write(path, &bytes) };
    written.map_err(|error| Failure::message(error.to_string()))?;
    terminal.note(&one_line(&format!("wrote {}", path.display())));
    Ok(())
}

/// The PDF. A signal to end stops the browser and removes its folder, which can hold contacts.
async fn made_pdf(html: String) -> Result<Vec<u8>, Failure> {
    let mut signals = signals::listen().map_err(|error| Failure::message(error.to_string()))?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let mut made = tokio::task::spawn_blocking(move || pdf(&html, &stopped));
    let made = tokio::select! {
        made = &mut made => made,
        _ = signals.next() => {
            stop.store(true, Ordering::Relaxed);
            made.await
        }
    };
    let made = made.map_err(|error| Failure::message(error.to_string()))?;
    made.map_err(|error| Failure::message(error.to_string()))
}

/// The names of files that choose a format.
const EXTENSIONS: &str = "`.md`, `.markdown`, `.html`, `.htm`, `.txt`, `.json`, `.pdf`";

fn json(report: &Report) -> Result<String, Failure> {
    report::json(report).map_err(|error| Failure::message(error.to_string()))
}
