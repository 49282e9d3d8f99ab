//! `holdfast completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::failure::Failure;
use super::output::Terminal;
use super::{Cli, exit};

/// Print the completion script of a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    #[expect(clippy::unnecessary_wraps, reason = "every command has this shape")]
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "holdfast", &mut script);
        terminal.verbatim(&String::from_utf8_lossy(&script));
        Ok(exit::DONE)
    }
}
