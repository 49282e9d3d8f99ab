//! `holdfast export`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::{Diagnostic, Severity};
use holdfast_compiler::document::Name;
use holdfast_compiler::export::runbook;
use holdfast_compiler::policy::Policy;
use holdfast_compiler::provider::aws::export::{region_switch, step_functions};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;
use serde::Serialize;

use super::document::{DocumentFormat, Output, spares};
use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::rehearse::lost;
use super::{Global, exit, remarks, today};
use crate::bcp::readable;
use crate::estate::{Findings, LivePlan, PlanOptions, Planned, Policies, PostureChange, load};
use crate::files;

/// Export the compiled recovery from the loss of sites, for people and for engines that run it without Holdfast.
///
/// `runbook`: a chapter for each loss, and in it a page for each person, with every step in an order in which it can be done: after
/// what, with which command, in which time, and what to do if it fails or nobody answers. To print. Names of people are in it; their
/// telephone numbers and addresses only with `--with-contacts`. Does not read the cloud or the journal.
///
/// `step-functions`: a state machine of AWS Step Functions, as JSON, with the IAM policy of its role. People are asked through a topic of
/// SNS and answer with the token of their step; records change as `plan --evacuate` would change them. Reads the cloud like `plan`,
/// and changes nothing.
///
/// `arc-region-switch`: the request `CreatePlan` of ARC Region switch, for exactly two regions. Every step is a manual approval. Does not
/// read the cloud.
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
    /// A site that is lost, or what several share: all of those. Can be repeated: the sites are lost together. A runbook without it has a
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
    /// The role that runs a plan of Region switch.
    #[arg(long, value_name = "ARN", value_parser = role)]
    execution_role: Option<String>,
    /// The role of those who approve its steps.
    #[arg(long, value_name = "ARN", value_parser = role)]
    approval_role: Option<String>,
    /// The day for the age of measurements: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
}

/// What a recovery is exported to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// People: a document to print, a page for each person.
    Runbook,
    /// AWS Step Functions: a state machine.
    StepFunctions,
    /// ARC Region switch: the request `CreatePlan`.
    ArcRegionSwitch,
}

/// Parses the ARN of a role, by the pattern of the API (`IamRoleArn`) as far as it matters.
fn role(text: &str) -> Result<String, String> {
    let (_, rest) =
        text.split_once(":iam::").filter(|(before, _)| before.starts_with("arn:aws")).unwrap_or_default();
    let (account, name) = rest.split_once(":role/").unwrap_or_default();
    let fits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty();
    if fits {
        Ok(text.to_owned())
    } else {
        Err("write it like arn:aws:iam::123456789012:role/recovery".to_owned())
    }
}

impl Export {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        match self.to {
            Engine::Runbook => self.runbook(terminal).await,
            Engine::StepFunctions => self.step_functions(global, terminal).await,
            Engine::ArcRegionSwitch => self.region_switch(terminal),
        }
    }

    async fn runbook(&self, terminal: &Terminal) -> Result<u8, Failure> {
        let out = Output::new(self.format, self.out.as_deref(), self.with_contacts, DocumentFormat::Text)?;
        let policies = self.policies()?;
        let policy = &policies.compiled.policy;
        let lost = self.lost(policy)?;
        let report = runbook::report(&runbook::Inputs {
            policy,
            sources: &policies.sources,
            as_of: self.day()?,
            with_contacts: self.with_contacts,
            losses: if lost.is_empty() { Vec::new() } else { vec![lost] },
            paths: self.paths.iter().map(|path| path.display().to_string()).collect(),
        });
        out.give(&report, terminal).await?;
        Self::judged(policies.compiled.warnings, policies.sources)
    }

    async fn step_functions(&self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        self.check_usage()?;
        let policies = self.policies()?;
        self.lost(&policies.compiled.policy)?;
        let turn = PostureChange::Evacuate(self.lose.clone());
        let options = PlanOptions { turn, ..PlanOptions::default() };
        let tell = |remark| remarks::mention(&remark, terminal);
        let live = LivePlan::of(policies, &global.selection(), &options, &tell).await?;
        let Planned { policies, plan, .. } = live.planned;
        let policy = &policies.compiled.policy;
        let machine = step_functions::machine(&step_functions::Inputs {
            policy,
            sources: &policies.sources,
            as_of: self.day()?,
            with_contacts: self.with_contacts,
            lost: self.lost(policy)?,
            plan: &plan,
        });
        let machine = match machine {
            Ok(machine) => machine,
            Err(findings) => return Err(Findings { findings, sources: policies.sources }.into()),
        };
        self.give(&machine, terminal)?;
        terminal.note(&one_line(&format!("create the state machine in {}", machine.region)));
        machine.notes.iter().for_each(|note| terminal.note(&one_line(note)));
        Self::judged(policies.compiled.warnings, policies.sources)
    }

    fn region_switch(&self, terminal: &Terminal) -> Result<u8, Failure> {
        self.check_usage()?;
        let (Some(execution_role), Some(approval_role)) = (&self.execution_role, &self.approval_role) else {
            let message = "Region switch needs two roles: name them with `--execution-role ARN` and `--approval-role ARN`";
            return Err(Failure::usage(message));
        };
        let policies = self.policies()?;
        let policy = &policies.compiled.policy;
        let made = region_switch::plan(&region_switch::Inputs {
            policy,
            sources: &policies.sources,
            as_of: self.day()?,
            with_contacts: self.with_contacts,
            lost: self.lost(policy)?,
            execution_role,
            approval_role,
        });
        let made = match made {
            Ok(made) => made,
            Err(findings) => return Err(Findings { findings, sources: policies.sources }.into()),
        };
        self.give(&made.request, terminal)?;
        // They are in no file, so `--quiet` leaves them.
        made.notes.iter().for_each(|note| terminal.error(&format!("{}\n", one_line(note))));
        Self::judged(policies.compiled.warnings, policies.sources)
    }

    /// Refuses what does not go with an engine.
    fn check_usage(&self) -> Result<(), Failure> {
        let message = "an engine recovers from one loss: name what is lost with `--lose SITE`";
        match (self.lose.is_empty(), self.format) {
            (true, _) => Err(Failure::usage(message)),
            (false, Some(_)) => Err(Failure::usage("`--format` is for a runbook: an engine reads JSON")),
            (false, None) => Ok(()),
        }
    }

    /// The policies, also if they miss an objective.
    fn policies(&self) -> Result<Policies, Failure> {
        let policies = readable(load::load(&self.paths)?, self.day()?)?;
        spares(self.out.as_deref(), &policies.sources)?;
        Ok(policies)
    }

    /// The names of the sites, as the policy has them.
    fn lost<'p>(&self, policy: &'p Policy) -> Result<BTreeSet<&'p Name>, Failure> {
        lost(policy, &self.lose)
    }

    fn day(&self) -> Result<Date, Failure> {
        match self.as_of {
            Some(day) => Ok(day),
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date")),
        }
    }

    /// Prints or writes JSON.
    fn give(&self, value: &impl Serialize, terminal: &Terminal) -> Result<(), Failure> {
        let text =
            serde_json::to_string_pretty(value).map_err(|error| Failure::message(error.to_string()))? + "\n";
        let Some(path) = &self.out else {
            terminal.json(&text);
            return Ok(());
        };
        let bytes = text.as_bytes();
        let written =
            if self.with_contacts { files::write_private(path, bytes) } else { files::write(path, bytes) };
        written.map_err(|error| Failure::message(error.to_string()))?;
        terminal.note(&one_line(&format!("wrote {}", path.display())));
        Ok(())
    }

    /// The exit code, and what is wrong with the policies.
    fn judged(findings: Vec<Diagnostic>, sources: Sources) -> Result<u8, Failure> {
        let errors: Vec<_> =
            findings.into_iter().filter(|finding| finding.severity() == Severity::Error).collect();
        if errors.is_empty() { Ok(exit::DONE) } else { Err(Failure::invalid(errors, sources)) }
    }
}
