//! `holdfast export`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::{Diagnostic, Severity};
use holdfast_compiler::document::Name;
use holdfast_compiler::export::runbook;
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;

use super::document::{DocumentFormat, Output};
use super::failure::Failure;
use super::output::Terminal;
use super::rehearse::site;
use super::{exit, today};
use crate::bcp::readable;
use crate::estate::load;

/// Export the compiled recovery from the loss of sites, for people and for engines that run it without Holdfast.
///
/// `runbook`: a chapter for each loss, and in it a page for each person, with every step in an order in which it can be done: after
/// what, with which command, in which time, and what to do if it fails or nobody answers. To print. Names of people are in it; their
/// telephone numbers and addresses only with `--with-contacts`. Does not read the cloud or the journal.
///
/// If the policies miss an objective, the export is written and says so, and the exit code is 3.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What the recovery is exported to.
    #[arg(long, value_enum, value_name = "ENGINE")]
    to: Engine,
    /// A site that is lost, by its name in the estate. Can be repeated: the sites are lost together. A runbook without it has a
    /// chapter for each loss that stops a service.
    #[arg(long, value_name = "SITE")]
    lose: Vec<String>,
    /// The format of a runbook. Defaults to that of the file's name (`.md`, `.html`, `.txt`, `.json`, `.pdf`), or else to text.
    #[arg(long, value_enum)]
    format: Option<DocumentFormat>,
    /// Write it to a file, and replace the file if it exists. With contacts, only its owner can read it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Say in a runbook how to reach people. Everything that is not there without it is personal data.
    #[arg(long)]
    with_contacts: bool,
    /// The day for the age of measurements: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
}

/// What a recovery is exported to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// People: a document to print, a page for each person.
    Runbook,
}

impl Export {
    pub(super) async fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        match self.to {
            Engine::Runbook => self.runbook(terminal).await,
        }
    }

    /// The exit code, and what is wrong with the policies.
    fn judged(findings: Vec<Diagnostic>, sources: Sources) -> Result<u8, Failure> {
        let errors: Vec<_> =
            findings.into_iter().filter(|finding| finding.severity() == Severity::Error).collect();
        if errors.is_empty() { Ok(exit::DONE) } else { Err(Failure::invalid(errors, sources)) }
    }

    async fn runbook(&self, terminal: &Terminal) -> Result<u8, Failure> {
        let out = Output::new(self.format, self.out.as_deref(), self.with_contacts, DocumentFormat::Text)?;
        let as_of = self.day()?;
        let policies = readable(load::load(&self.paths)?, as_of)?;
        out.spares(&policies.sources)?;
        let policy = &policies.compiled.policy;
        let lost: BTreeSet<&Name> =
            self.lose.iter().map(|name| site(policy, name)).collect::<Result<_, Failure>>()?;
        let report = runbook::report(&runbook::Inputs {
            policy,
            sources: &policies.sources,
            as_of,
            with_contacts: self.with_contacts,
            losses: if lost.is_empty() { Vec::new() } else { vec![lost] },
            paths: self.paths.iter().map(|path| path.display().to_string()).collect(),
        });
        out.give(&report, terminal).await?;
        Self::judged(policies.compiled.warnings, policies.sources)
    }

    fn day(&self) -> Result<Date, Failure> {
        match self.as_of {
            Some(day) => Ok(day),
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date")),
        }
    }
}
