//! `holdfast schema`.

use clap::Args;
use holdfast_compiler::document::schema::{CONTROLS, SCHEMA};

use super::exit;
use super::failure::Failure;
use super::output::Terminal;

/// Print the JSON Schema of policies, for editors.
///
/// The first line of a policy can name it: `# yaml-language-server: $schema=PATH`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Print the schema of files of controls (`audit --controls`) instead.
    #[arg(long)]
    controls: bool,
}

impl Schema {
    #[expect(clippy::unnecessary_wraps, reason = "every command has this shape")]
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let schema = if self.controls { &*CONTROLS } else { &*SCHEMA };
        terminal.json(&format!("{schema:#}\n"));
        Ok(exit::DONE)
    }
}
