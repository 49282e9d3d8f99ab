//! PDF through an installed browser, which gets the HTML of the plan as a file and no network.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::files::{self, FileError};

/// The programs that are tried, in this order.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
/// The most bytes of a PDF.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// The most bytes of what a browser says.
const MAX_SAID: u64 = 1024 * 1024;
/// The most time that a browser gets. A plan takes it a few seconds.
const MAX_TIME: Duration = Duration::from_secs(60);
/// How often to look whether it has ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

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
        "`{0}` made no PDF ({1}): write the HTML with `--format html --out FILE`, and print it from any browser"
    )]
    Failed(&'static str, String),
    /// The caller wants it no longer.
    #[error("interrupted before the PDF was made")]
    Interrupted,
    /// A file cannot be written or read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The plan as PDF, from its HTML. Nothing but the folder of the browser's own is written. `stop` ends it early.
///
/// # Errors
/// There is no browser, it fails, or a file cannot be written.
pub fn pdf(html: &str, stop: &AtomicBool) -> Result<Vec<u8>, PdfError> {
    // The plan can hold contacts: nobody else can read the folder, and it is removed at the end.
    print(html, files::PrivateFolder::new()?.path(), stop)
}

fn print(html: &str, folder: &Path, stop: &AtomicBool) -> Result<Vec<u8>, PdfError> {
    let (page, made) = (folder.join("plan.html"), folder.join("plan.pdf"));
    files::write_private(&page, html.as_bytes())?;
    let mut failed = None;
    for browser in BROWSERS {
        match with(browser, &page, &made, folder, stop) {
            Ok(Some(bytes)) => return Ok(bytes),
            Ok(None) => {}
            Err(_) if stop.load(Ordering::Relaxed) => return Err(PdfError::Interrupted),
            // The next one may do better; the first one is the one that the reader expects.
            Err(why) => failed = failed.or(Some(PdfError::Failed(browser, why))),
        }
    }
    Err(failed.unwrap_or(PdfError::NoBrowser))
}

/// The PDF of one browser. `None`: it is not installed.
fn with(
    browser: &str,
    page: &Path,
    made: &Path,
    folder: &Path,
    stop: &AtomicBool,
) -> Result<Option<Vec<u8>>, String> {
    let said = folder.join(format!("{browser}.txt"));
    let log = files::begin_private(&said, b"").map_err(|error| error.to_string())?;
    let mut command = Command::new(browser);
    // Its own group, so that its children end with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command
        .args(["--headless", "--disable-gpu", "--no-first-run", "--disable-extensions"])
        // The page runs no script and asks for nothing; this holds if a browser had a mistake.
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"])
        .args(["--no-pdf-header-footer", "--generate-pdf-document-outline"])
        .args(sandbox())
        .arg(format!("--user-data-dir={}", folder.join(format!("{browser}-profile")).display()))
        .arg(format!("--print-to-pdf={}", made.display()))
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let began = Instant::now();
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Err(error) => break Err(error.to_string()),
            Ok(None) if stop.load(Ordering::Relaxed) => break Err("it was interrupted".to_owned()),
            Ok(None) if began.elapsed() >= MAX_TIME => {
                break Err(format!("it did not end within {} s", MAX_TIME.as_secs()));
            }
            Ok(None) => std::thread::sleep(BETWEEN_LOOKS),
        }
    };
    let status = ended.inspect_err(|_| {
        end(&mut child);
    })?;
    let bytes = files::read(made, MAX_BYTES).ok().filter(|bytes| bytes.starts_with(b"%PDF-"));
    match bytes.filter(|_| status.success()) {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(last_line(&said).unwrap_or_else(|| status.to_string())),
    }
}

/// End a browser. What cannot be ended has ended already.
fn end(child: &mut Child) {
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::KILL,
    );
    let _ = child.kill();
    let _ = child.wait();
}

/// The last line of what a browser said.
fn last_line(said: &Path) -> Option<String> {
    let said = files::read(said, MAX_SAID).ok()?;
    let said = String::from_utf8_lossy(&said);
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(line.chars().take(200).collect())
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
