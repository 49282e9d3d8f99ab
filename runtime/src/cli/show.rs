//! `holdfast show`.

use std::path::PathBuf;

use clap::Args;

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
        self.format.print(&PlanFile::read(&self.path)?.plan, terminal);
        Ok(exit::DONE)
    }
}
