//! `holdfast objectives`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::compile::{Options, check};
use holdfast_compiler::diagnostic::Severity;
use holdfast_compiler::objectives::{self, Deriver, Facts};
use holdfast_compiler::units::Date;

use super::exit;
use super::failure::Failure;
use super::judge::{self, FailOn, Judged};
use super::output::Terminal;
use crate::estate::load;

/// Derive RTO and RPO from the policies, term by term, with the source and the assurance of each number.
///
/// Each service alone, and then what is lost together: everything at a site, and sites that share a fate.
///
/// Does not read the cloud. If an objective is missed, the table shows it, the cause is reported, and the exit code
/// is 3.
#[derive(Debug, Args)]
pub(super) struct Objectives {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Check measurements as of this date: 2026-11-23, or `today` (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = ObjectivesFormat::Text)]
    format: ObjectivesFormat,
    /// Exit with 3 if there is a warning, or an objective that is missed and waived. Can be repeated.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<FailOn>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ObjectivesFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
}

impl Objectives {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let sources = load::load(&self.paths)?;
        let checked = check(&sources, Options { as_of: self.as_of });
        let Some(policy) = checked.policy else { return Err(Failure::invalid(checked.findings, sources)) };
        let all = Deriver::new(&policy, self.as_of).all(Facts::wanted);
        let losses = objectives::losses(&policy, self.as_of);
        match self.format {
            ObjectivesFormat::Text => {
                terminal.result(&objectives::text(&policy, &all, &losses, &sources, terminal.stdout()))
            }
            ObjectivesFormat::Json => {
                terminal.json(&objectives::json(&policy, &all, &losses, &sources, self.as_of))
            }
        }
        // The table shows which objectives are missed; the findings show where, and the cure.
        let (errors, warnings): (Vec<_>, Vec<_>) =
            checked.findings.into_iter().partition(|finding| finding.severity() == Severity::Error);
        if !errors.is_empty() {
            return Err(Failure::invalid(errors, sources));
        }
        let missed = judge::waived_misses(&checked.waived);
        let judged = Judged { warnings: warnings.len(), missed, ..Judged::default() };
        Ok(if judged.fails(&self.fail_on, terminal) { exit::INVALID } else { exit::DONE })
    }
}
