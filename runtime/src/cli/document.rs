//! Documents: their formats, and where they are written to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use futures::StreamExt as _;
use holdfast_compiler::report::{self, Report};
use holdfast_compiler::source::Sources;

use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::signals;
use crate::bcp::pdf;
use crate::files;

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DocumentFormat {
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

/// Where a document goes, and in which format.
#[derive(Debug)]
pub(super) struct Output<'a> {
    format: DocumentFormat,
    /// The file. `None`: it is printed.
    path: Option<&'a Path>,
    /// Whether only the owner of the file can read it.
    is_private: bool,
}

impl<'a> Output<'a> {
    /// The format is that of the flag, or that of the file's name, or else `default`.
    pub(super) fn new(
        format: Option<DocumentFormat>,
        path: Option<&'a Path>,
        is_private: bool,
        default: DocumentFormat,
    ) -> Result<Self, Failure> {
        let named = path.and_then(DocumentFormat::of);
        let unknown = path.and_then(Path::extension).filter(|_| named.is_none());
        if let Some(extension) = unknown.filter(|_| format.is_none()) {
            return Err(Failure::usage(format!(
                "no format has files that end in `.{}`: choose one with `--format`, or one of {EXTENSIONS}",
                one_line(&extension.to_string_lossy())
            )));
        }
        let format = format.or(named).unwrap_or(default);
        if format == DocumentFormat::Pdf && path.is_none() {
            return Err(Failure::usage("a PDF is written to a file: name it with `--out FILE`"));
        }
        Ok(Self { format, path, is_private })
    }

    /// Refuses to replace a policy.
    pub(super) fn spares(&self, policies: &Sources) -> Result<(), Failure> {
        spares(self.path, policies)
    }

    /// Prints or writes a document.
    pub(super) async fn give(&self, report: &Report, terminal: &Terminal) -> Result<(), Failure> {
        match self.path {
            Some(path) => write(report, self.format, path, self.is_private, terminal).await,
            None => print(report, self.format, terminal),
        }
    }
}

/// Refuses to replace a policy.
pub(super) fn spares(out: Option<&Path>, policies: &Sources) -> Result<(), Failure> {
    // A file that is not there yet has no canonical path, and is no policy.
    let out = out.and_then(|path| files::resolve(path).ok());
    let is_out = |path: &str| files::resolve(Path::new(path)).is_ok_and(|path| Some(path) == out);
    if out.is_some() && policies.iter().any(|(_, source)| is_out(&source.path)) {
        return Err(Failure::usage("`--out` names a policy file: the document would replace it"));
    }
    Ok(())
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
