//! `holdfast bcp`.

mod acknowledge;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use holdfast_compiler::units::Date;

use super::document::{DocumentFormat, Output};
use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::{Global, exit, remarks, today};
use crate::bcp::{Continuity, Extent};

/// Print the business continuity plan, as a document that people use on paper.
///
/// Filled from the policies, section by section as NIST SP 800-34 and ISO 22301 ask for; the change page is from the journal and
/// from git. Does not read the cloud. What is missing is marked as a gap where it is missing, and listed on the first page. Names of
/// people are in it; their telephone numbers and addresses only with `--with-contacts`.
///
/// If an objective is missed, the document says so, and the exit code is 3.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Bcp {
    #[command(subcommand)]
    command: Option<Command>,
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The format. Defaults to that of the file's name (`.md`, `.html`, `.txt`, `.json`, `.pdf`), or else to Markdown.
    #[arg(long, value_enum)]
    format: Option<DocumentFormat>,
    /// Write the document to a file, and replace it if it exists. With contacts, only its owner can read it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Say how to reach people. Everything that is not there without it is personal data.
    #[arg(long)]
    with_contacts: bool,
    /// The day on which something is due or overdue: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    /// Exit with 3 if the plan has a gap.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<GapCondition>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Acknowledge(acknowledge::Acknowledge),
}

/// A condition of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GapCondition {
    /// Something that a plan needs and the policies do not say, or that is overdue.
    Gap,
}

impl Bcp {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        if let Some(Command::Acknowledge(acknowledge)) = self.command {
            return acknowledge.run(terminal);
        }
        let out =
            Output::new(self.format, self.out.as_deref(), self.with_contacts, DocumentFormat::Markdown)?;
        let as_of = match self.as_of {
            Some(day) => day,
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?,
        };
        let tell = |remark| remarks::mention(&remark, terminal);
        let plan = Continuity::read(&self.paths, as_of, &global.selection(), Extent::DOCUMENT, &tell).await?;
        out.spares(&plan.sources)?;
        let report = plan.report(self.with_contacts);
        out.give(&report, terminal).await?;
        if let Some(reason) = plan.unread_journal() {
            let line =
                format!("warning: the change page lacks the journal, which could not be read: {reason}");
            terminal.error(&format!("{}\n", one_line(&line)));
        }
        let gaps = report.gaps().len();
        if gaps > 0 {
            let noun = if gaps == 1 { "1 gap" } else { &format!("{gaps} gaps") };
            terminal.error(&format!("warning: the plan has {noun}, marked in the document\n"));
        }
        let errors = plan.errors();
        if !errors.is_empty() {
            return Err(Failure::invalid(errors, plan.sources));
        }
        let fails = gaps > 0 && self.fail_on.contains(&GapCondition::Gap);
        if fails {
            terminal.error("failed because of --fail-on: the plan has gaps\n");
        }
        Ok(if fails { exit::INVALID } else { exit::DONE })
    }
}
