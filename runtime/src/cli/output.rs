//! The printing layer: results go to stdout, everything else to stderr, and all output goes through this module.
//!
//! Nothing else in this crate writes to stdout or stderr (`clippy.toml` forbids it). So control characters that
//! others have put into a policy, a plan, a journal, a file name, an argument or a response of a cloud are escaped:
//! see [`holdfast_compiler::printable`]. There is a method for each kind of output:
//!
//! | method | for | control characters |
//! | --- | --- | --- |
//! | [`result`](Terminal::result), [`error`](Terminal::error), [`note`](Terminal::note), [`detail`](Terminal::detail) | people | are escaped: `\u{1b}` |
//! | [`json`](Terminal::json) | programs | are escaped as in JSON: `\u001b`; the value stays the same |
//! | [`annotations`](Terminal::annotations) | GitHub Actions | are escaped; only our own `::error` and `::warning` commands take effect |
//! | [`verbatim`](Terminal::verbatim) | files | **stay**: `fmt -` returns the user's own file; `completions` and `man` contain no foreign text |
//! | [`Log`] | the SDK's log | are escaped; one line per event |
//!
//! A foreign field within a line must go through [`one_line`] where the line is built; [`line()`] does all of this
//! for a line that a library draws.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{IsTerminal as _, Write};
use std::sync::OnceLock;

use holdfast_compiler::diagnostic::Style;
pub(super) use holdfast_compiler::printable::one_line;
use holdfast_compiler::printable::{Seal, annotations, json, printable};

use super::Color;
use super::lines::Lines;

/// The width of the output, in columns, if there is no terminal.
const WIDTH: usize = 80;

/// Who reads a long result.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    /// As [`Terminal::result`].
    People,
    /// As [`Terminal::json`].
    Programs,
    /// People, on stderr, as [`Terminal::error`].
    Beside,
}

/// Both output streams, and what the user wants to see on them.
#[derive(Debug)]
pub(super) struct Terminal {
    stdout: Style,
    stderr: Style,
    quiet: bool,
    verbose: u8,
    /// The first error of writing a result.
    unwritten: OnceLock<std::io::Error>,
    /// Whether stderr is a terminal that lines can be redrawn on.
    pub(super) live: bool,
}

#[expect(clippy::disallowed_methods, reason = "this is the printing layer")]
impl Terminal {
    pub(super) fn new(color: Color, quiet: bool, verbose: u8) -> Self {
        // A random number that others cannot guess: std seeds `RandomState` from the operating system.
        let seal = Seal::new(RandomState::new().build_hasher().finish());
        let choose = |auto: anstream::ColorChoice| {
            let colours = match color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => auto != anstream::ColorChoice::Never,
            };
            colours.then_some(seal)
        };
        let width = |size: Option<(terminal_size::Width, terminal_size::Height)>| {
            size.map_or(WIDTH, |(width, _)| usize::from(width.0))
        };
        let (out, err) = (std::io::stdout(), std::io::stderr());
        Self {
            stdout: Style {
                color: choose(anstream::AutoStream::choice(&out)),
                width: width(terminal_size::terminal_size_of(&out)),
            },
            stderr: Style {
                color: choose(anstream::AutoStream::choice(&err)),
                width: width(terminal_size::terminal_size_of(&err)),
            },
            quiet,
            verbose,
            unwritten: OnceLock::new(),
            live: err.is_terminal() && !quiet,
        }
    }

    /// Whether the user wants results and errors only.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The style of results.
    pub(super) fn stdout(&self) -> Style {
        self.stdout
    }

    /// The style of everything else.
    pub(super) fn stderr(&self) -> Style {
        self.stderr
    }

    /// The height of the terminal on stderr, in lines; `None` if there is none.
    pub(super) fn rows(&self) -> Option<usize> {
        terminal_size::terminal_size_of(std::io::stderr()).map(|(_, height)| usize::from(height.0))
    }

    /// A result for people. Write errors are ignored, because a reader may close the pipe.
    pub(super) fn result(&self, text: &str) {
        self.verbatim(&printable(text, self.stdout.color));
    }

    /// A result for programs: a JSON document, or several.
    pub(super) fn json(&self, text: &str) {
        self.verbatim(&json(text));
    }

    /// A long result that is written as it is made.
    ///
    /// # Errors
    /// `write` failed, or the stream cannot be written for another reason than that its reader is gone.
    pub(super) fn stream(
        &self,
        to: Stream,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let (seal, out): (_, &mut dyn Write) = match to {
            Stream::People | Stream::Programs => (self.stdout.color, &mut std::io::stdout().lock()),
            Stream::Beside => (self.stderr.color, &mut std::io::stderr().lock()),
        };
        let mut lines = Lines::new(out, move |text: &str| match to {
            Stream::People | Stream::Beside => printable(text, seal),
            Stream::Programs => json(text),
        });
        match write(&mut lines).and_then(|()| lines.end()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            ended => ended,
        }
    }

    /// A result for the runner of a GitHub Actions job: annotations, the only workflow commands that Holdfast prints.
    pub(super) fn annotations(&self, text: &str) {
        self.verbatim(&annotations(text));
    }

    /// A result that is a file, byte for byte. Only for the user's own input and for text without foreign content.
    pub(super) fn verbatim(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // Whoever reads may stop reading: that is no error of ours.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                let _ = self.unwritten.set(error);
            }
            _ => {}
        }
    }

    /// Why a result is not on stdout, if that is so: the disk is full.
    pub(super) fn unwritten(&self) -> Option<&std::io::Error> {
        self.unwritten.get()
    }

    /// An error or a warning.
    pub(super) fn error(&self, text: &str) {
        stderr(&printable(text, self.stderr.color));
    }

    /// A line about what happens, not printed with `--quiet`.
    pub(super) fn note(&self, line: &str) {
        if !self.quiet {
            self.error(&format!("{line}\n"));
        }
    }

    /// Whether the user wants more detail.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose > 0 && !self.quiet
    }

    /// A line that is printed only with `--verbose`.
    pub(super) fn detail(&self, line: &str) {
        if self.verbose > 0 {
            self.error(&format!("{line}\n"));
        }
    }

    /// The output of the command line parser: help, the version, or an error that repeats the arguments. It has no
    /// colours ([`super::Cli`]), because the parser cannot mark its own escape sequences as trusted.
    pub(super) fn usage(&self, said: &clap::Error) {
        let text = said.render().ansi().to_string();
        if said.use_stderr() { self.error(&text) } else { self.result(&text) }
    }
}

/// Escapes a line that a library draws, such as a progress bar: one line without control characters, workflow
/// commands or colours.
pub(super) fn line(text: &str) -> String {
    printable(&one_line(text), None)
}

#[expect(clippy::disallowed_methods, reason = "this is the printing layer")]
fn stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Print panics through this layer too: a panic's message can contain foreign text.
pub(super) fn mask_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        let backtrace = match backtrace.status() {
            std::backtrace::BacktraceStatus::Captured => format!("{backtrace}\n"),
            _ => String::new(),
        };
        stderr(&printable(&format!("error: a bug in holdfast: {panic}\n{backtrace}"), None));
    }));
}

/// The writer of the SDK's log: one line per event.
#[derive(Debug)]
pub(super) struct Log;

impl Write for Log {
    /// Writes one event; the subscriber passes each event in a single call.
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        stderr(&format!("{}\n", line(text.trim_end_matches('\n'))));
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_with_line_breaks_stays_on_one_line() {
        assert_eq!(line("a\n::b\u{1b}[2J ##[c]"), "a\\n::b\\u{1b}[2J #\\u{23}[c]");
        assert_eq!(line("  ::b"), "  \\u{3a}:b");
    }

    #[test]
    fn each_terminal_has_its_own_seal() {
        let seal = || Terminal::new(Color::Always, false, 0).stdout().color.unwrap();
        assert_ne!(seal(), seal());
    }
}
