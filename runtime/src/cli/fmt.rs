//! `holdfast fmt`.

use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{Diagnostic, sort};
use holdfast_compiler::format::{Formatted, diff, format};
use holdfast_compiler::source::Sources;

use super::exit;
use super::failure::Failure;
use super::output::{Terminal, one_line};
use crate::estate::load;
use crate::files;

/// The argument for standard input, and its name in findings.
const STDIN: (&str, &str) = ("-", "<stdin>");

/// Format policies, and list the files that changed.
///
/// Keeps values, quotes, comments and the order of keys. A file that is not valid YAML is reported and left
/// unchanged; the other files are still formatted.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 done, 1 a file could not be written, 3 a file is not valid YAML, or \
    (with --check) is not formatted")]
pub(super) struct Fmt {
    /// Policy files and folders; `-` alone formats standard input to standard output.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing: list the files that would change, and exit with 3 if there are any.
    #[arg(long)]
    check: bool,
    /// Write nothing: show the changes as a diff. With --check, exit with 3 if there are any.
    #[arg(long)]
    diff: bool,
}

/// The results for all files.
#[derive(Default)]
struct Outcome {
    sources: Sources,
    findings: Vec<Diagnostic>,
    changed: bool,
    unwritten: bool,
}

impl Fmt {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let mut outcome = Outcome::default();
        match self.paths.as_slice() {
            [only] if only == Path::new(STDIN.0) => self.stdin(&mut outcome, terminal),
            paths if paths.iter().any(|path| path == Path::new(STDIN.0)) => {
                return Err(Failure::usage(
                    "`-` means standard input, and cannot be combined with other paths",
                ));
            }
            paths => {
                let mut reader = load::Reader::default();
                for (name, path) in load::find(paths, &mut outcome.findings) {
                    self.file(&name, &path, reader.read(&path), &mut outcome, terminal);
                    if reader.is_full() {
                        break;
                    }
                }
            }
        }
        if !outcome.findings.is_empty() {
            sort(&mut outcome.findings);
            return Err(Failure::invalid(outcome.findings, outcome.sources));
        }
        Ok(match () {
            () if outcome.unwritten => exit::FAILED,
            () if outcome.changed && self.check => exit::INVALID,
            () => exit::DONE,
        })
    }

    fn file(
        &self,
        name: &str,
        path: &Path,
        read: Result<String, Diagnostic>,
        outcome: &mut Outcome,
        terminal: &Terminal,
    ) {
        let Some((before, after)) = outcome.format(name, read, terminal) else { return };
        if before == after {
            return;
        }
        if self.writes()
            && let Err(error) = files::write(path, after.as_bytes())
        {
            outcome.unwritten = true;
            Failure::message(format!("{name}: {}", error.why)).report(terminal);
            return;
        }
        self.tell(name, &before, &after, outcome, terminal);
    }

    fn stdin(&self, outcome: &mut Outcome, terminal: &Terminal) {
        let read = load::read_stream(std::io::stdin().lock());
        let Some((before, after)) = outcome.format(STDIN.1, read, terminal) else { return };
        if self.writes() {
            // As a filter, return the user's own file unescaped.
            terminal.verbatim(&after);
        } else if before != after {
            self.tell(STDIN.1, &before, &after, outcome, terminal);
        }
    }

    fn writes(&self) -> bool {
        !self.check && !self.diff
    }

    fn tell(&self, name: &str, before: &str, after: &str, outcome: &mut Outcome, terminal: &Terminal) {
        outcome.changed = true;
        let name = one_line(name);
        terminal.result(&if self.diff { diff(&name, before, after) } else { format!("{name}\n") });
    }
}

impl Outcome {
    /// A text before and after formatting; both are the same if it must be left unchanged. `None` if it is not valid.
    fn format(
        &mut self,
        name: &str,
        read: Result<String, Diagnostic>,
        terminal: &Terminal,
    ) -> Option<(String, String)> {
        let text = read.map_err(|finding| self.findings.push(finding.in_file(name))).ok()?;
        let id = self.sources.add(name, text.as_str());
        match format(id, &text) {
            Ok(Formatted::Text(after)) => Some((text, after)),
            Ok(Formatted::Left(why)) => {
                terminal.note(&format!("{} is left unchanged: {why}", one_line(name)));
                Some((text.clone(), text))
            }
            Err(findings) => {
                self.findings.extend(findings);
                None
            }
        }
    }
}
