//! `holdfast objectives`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::objectives::{self, Deriver, Facts};
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::output::Terminal;
use super::{exit, session};

/// Derive RTO and RPO from the policies, term by term, with the source and the assurance of each number.
///
/// Without a cloud. Policies that miss an objective do not compile: their findings are shown instead.
#[derive(Debug, Args)]
pub(super) struct Objectives {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The day for which measurements are looked at, such as 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = session::date)]
    as_of: Option<Date>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Objectives {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let compiled = session::compiled(&self.paths, self.as_of)?;
        let (policy, sources) = (&compiled.compiled.policy, &compiled.sources);
        let all = Deriver::new(policy, self.as_of).all(Facts::wanted);
        terminal.result(&match self.format {
            Format::Text => objectives::text(policy, &all, sources, terminal.stdout()),
            Format::Json => objectives::json(policy, &all, sources, self.as_of),
        });
        Ok(exit::DONE)
    }
}
