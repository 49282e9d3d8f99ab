//! PDF through an installed browser, which gets the HTML of the plan as a file and no network.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::files::{self, FileError};

/// The programs that are tried, in this order.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
/// The most bytes of a PDF.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// No browser is installed.
    #[error(
        "a PDF needs Chromium or Google Chrome, and none is installed: write the HTML with `--format html --out FILE`, and print it from any browser"
    )]
    NoBrowser,
    /// The browser made no PDF.
    #[error(
        "`{0}` made no PDF: write the HTML with `--format html --out FILE`, and print it from any browser"
    )]
    Failed(&'static str),
    /// A file cannot be written or read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The plan as PDF, from its HTML. Nothing but the folder of the browser's own is written.
///
/// # Errors
/// There is no browser, it fails, or a file cannot be written.
pub fn pdf(html: &str) -> Result<Vec<u8>, PdfError> {
    // The plan can hold contacts: nobody else can read the folder, and it is removed at the end.
    print(html, files::PrivateFolder::new()?.path())
}

fn print(html: &str, folder: &Path) -> Result<Vec<u8>, PdfError> {
    let (page, made) = (folder.join("plan.html"), folder.join("plan.pdf"));
    files::write_private(&page, html.as_bytes())?;
    for browser in BROWSERS {
        let status = Command::new(browser)
            .args(["--headless", "--disable-gpu", "--no-first-run", "--disable-extensions"])
            // The page runs no script and asks for nothing; this holds if a browser had a mistake.
            .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"])
            .args(["--no-pdf-header-footer", "--generate-pdf-document-outline"])
            .args(sandbox())
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .arg(format!("--print-to-pdf={}", made.display()))
            .arg(&page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match status {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(_) => return Err(PdfError::Failed(browser)),
            Ok(status) if !status.success() => return Err(PdfError::Failed(browser)),
            Ok(_) => {}
        }
        let bytes = files::read(&made, MAX_BYTES).map_err(|_| PdfError::Failed(browser))?;
        return if bytes.starts_with(b"%PDF-") { Ok(bytes) } else { Err(PdfError::Failed(browser)) };
    }
    Err(PdfError::NoBrowser)
}

/// As root Chromium refuses to run with its sandbox. The page has no script that would need one.
#[cfg(unix)]
fn sandbox() -> &'static [&'static str] {
    if rustix::process::geteuid().is_root() { &["--no-sandbox"] } else { &[] }
}

#[cfg(not(unix))]
fn sandbox() -> &'static [&'static str] {
    &[]
}
