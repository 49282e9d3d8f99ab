//! Where words go: results to stdout, everything else to stderr.

use std::io::{IsTerminal as _, Write as _};

use holdfast_compiler::diagnostic::Style;

use super::Color;

/// Columns where there is no terminal to ask.
const WIDTH: usize = 80;

/// The two streams and what the user wants to see on them.
#[derive(Debug)]
pub(super) struct Terminal {
    stdout: Style,
    stderr: Style,
    quiet: bool,
    verbose: u8,
    /// Whether stderr is a terminal that lines can be redrawn on.
    pub(super) live: bool,
}

impl Terminal {
    pub(super) fn new(color: Color, quiet: bool, verbose: u8) -> Self {
        let choose = |auto: anstream::ColorChoice| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => auto != anstream::ColorChoice::Never,
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
            live: err.is_terminal() && !quiet,
        }
    }

    /// Whether the user wants results and errors only.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// How to draw results.
    pub(super) fn stdout(&self) -> Style {
        self.stdout
    }

    /// How to draw everything else.
    pub(super) fn stderr(&self) -> Style {
        self.stderr
    }

    /// A result. Whoever reads may stop reading: that is no error of ours.
    pub(super) fn result(&self, text: &str) {
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }

    /// An error or a warning.
    pub(super) fn error(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// A line about what happens.
    pub(super) fn note(&self, line: &str) {
        if !self.quiet {
            self.error(&format!("{line}\n"));
        }
    }

    /// Whether the user wants to know more.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose > 0 && !self.quiet
    }

    /// A line for who wants to know more.
    pub(super) fn detail(&self, line: &str) {
        if self.verbose > 0 {
            self.error(&format!("{line}\n"));
        }
    }
}
