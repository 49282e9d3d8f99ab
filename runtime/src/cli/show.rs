//! `holdfast show`.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::diagnostic::visible;

use super::exit;
use super::failure::Failure;
use super::output::Terminal;
use super::plan::Format;
use super::planfile::PlanFile;

/// Print a saved plan, offline.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A file that `holdfast plan --out` wrote.
    #[arg(value_name = "PLANFILE")]
    path: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Show {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let file = PlanFile::read(&self.path)?;
        if matches!(self.format, Format::Text) {
            terminal.result(&made(&file));
        }
        self.format.print(&file.plan, terminal);
        Ok(exit::DONE)
    }
}

/// Who made a plan, and who has to agree to it.
pub(super) fn made(file: &PlanFile) -> String {
    let approvals = file.approvals.as_ref().map_or_else(
        || "none needed".to_owned(),
        |rule| {
            let hold = holdfast_compiler::units::Duration::seconds(rule.hold_seconds).in_words();
            let people = if rule.required == 1 { "person" } else { "people" };
            format!("{} {people}, not the author; each holds for at most {hold}", rule.required)
        },
    );
    let one_line = |text: &str| visible(text).replace('\n', " ");
    let (author, version) = (one_line(&file.author), one_line(&file.made_with));
    format!("Author:    {author}\nMade with: holdfast {version}\nApprovals: {approvals}\n\n")
}
