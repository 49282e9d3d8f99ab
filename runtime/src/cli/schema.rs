//! `holdfast schema`.

use clap::Args;
use holdfast_compiler::document::schema::SCHEMA;

use super::exit;
use super::failure::Failure;
use super::output::Terminal;

/// Print the JSON Schema of policies, for editors.
///
/// The first line of a policy can name it: `# yaml-language-server: $schema=PATH`.
#[derive(Debug, Args)]
pub(super) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "every command has this shape")]
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        terminal.json(&format!("{:#}\n", *SCHEMA));
        Ok(exit::DONE)
    }
}
