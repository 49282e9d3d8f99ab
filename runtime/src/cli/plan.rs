//! `holdfast plan`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::plan;
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::judge::{FailOn, Judged};
use super::output::Terminal;
use super::{Global, author, consents, exit, remarks, show};
use crate::approval::SigningKey;
use crate::estate::{Opened, Planned, Policies, Request, Wishes, Workspace, absolute_journal};
use crate::journal::{self, History, Journal};
use crate::planfile::{self, Inputs, PlanFile};

/// Show what differs between the policies and the cloud, and what an apply would do about it.
///
/// Reads the cloud and changes nothing. Same policies and same cloud, same bytes.
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Save the plan, for `holdfast apply FILE`. The file holds the policies word for word, contacts included.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The day for which reviews, drills, measurements and waivers are looked at, such as 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    #[command(flatten)]
    consents: consents::ConsentFlags,
    /// Only what somebody has changed in the cloud since it was last applied; nothing where there is none. For a
    /// scheduled job.
    #[arg(long, conflicts_with_all = ["out", "target"])]
    drift: bool,
    /// Who makes the plan, and so cannot approve it. Without it: `user.email` of git, or USER@HOST.
    #[arg(long, env = "HOLDFAST_AUTHOR", value_name = "PRINCIPAL", value_parser = author::principal)]
    author: Option<String>,
    /// Sign the saved plan with this SSH key, into FILE.sig: a private key, or the `.pub` file of one in ssh-agent.
    #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true, value_name = "FILE")]
    key: Option<SigningKey>,
    /// Exit with 3 where there is a warning, an objective that is not met, or one that gets weaker. Can be given several
    /// times.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<FailOn>,
    /// Exit with 2 where there is something to do.
    #[arg(long)]
    detailed_exitcode: bool,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Format {
    pub(super) fn print(self, plan: &plan::Plan, terminal: &Terminal) -> Result<(), Failure> {
        match self {
            Self::Text => terminal.result(&plan::text(plan, terminal.stdout())),
            Self::Json => terminal.json(&plan::json(plan)?),
        }
        Ok(())
    }
}

impl Plan {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let policies = Policies::load(&self.paths, self.as_of)?;
        if !self.drift {
            remarks::mention_warnings(&policies, &self.paths, terminal);
        }
        if let Some(path) = &self.out {
            planfile::may_write(path).map_err(Failure::usage)?;
        }
        let workspace = Workspace::of(&global.selection(), &policies)?;
        let estate = policies.compiled.policy.estate.to_string();
        // Before the plan: what is written in between makes the plan stale, never the journal another one.
        let journal = Journal::open(&workspace.journal).await?;
        let history = workspace.history(&journal).await?;
        let Opened { cloud, context, .. } = workspace.open(&estate).await?;
        let (wishes, tell) = (self.consents.wishes(), |remark| remarks::mention(&remark, terminal));
        let planned =
            Planned::now(policies, cloud.as_ref(), &context, &history.entries, &wishes, &tell).await?;
        if self.drift {
            return self.drifted(&planned.plan, terminal);
        }
        let last = journal::rule(&history.runs, &context);
        let asked = planned.policies.rule.as_ref().or(last).is_some_and(|rule| rule.required > 0);
        if asked && workspace.trust().is_none() {
            terminal.note(show::NO_ANCHOR);
        }
        self.format.print(&planned.plan, terminal)?;
        terminal.detail(&super::screen::calls(&cloud.calls()));
        let warnings = planned.policies.compiled.warnings.len();
        let partial = !planned.plan.targets.is_empty();
        let judged = Judged { warnings, partial, effects: &planned.plan.objectives, ..Judged::default() };
        let (pending, failed) = (!planned.plan.is_empty(), judged.fails(&self.fail_on, terminal));
        if let Some(path) = &self.out {
            self.save(path, planned, &wishes, &workspace, &history, terminal)?;
        }
        Ok(match (failed, pending && self.detailed_exitcode) {
            (true, _) => exit::INVALID,
            (false, true) => exit::PENDING,
            (false, false) => exit::DONE,
        })
    }

    /// Save what the plan follows from.
    fn save(
        &self,
        path: &Path,
        planned: Planned,
        wishes: &Wishes,
        workspace: &Workspace,
        history: &History,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let Planned { policies, owned, observation, plan } = planned;
        let inputs = Inputs::of(
            &policies,
            &Request {
                context: &plan.context,
                owned: &owned,
                observation: &observation,
                consents: &wishes.consents,
                targets: &wishes.targets,
            },
        );
        let author = author::author(self.author.clone());
        let journal = absolute_journal(&workspace.journal)?;
        let file =
            PlanFile::new(author, journal, history.head().to_owned(), workspace.cloud.local()?, inputs);
        let file = file.seal(&plan)?;
        file.write(path, self.key.as_ref()).map_err(Failure::message)?;
        let next = if policies.rule.is_some() { "approve" } else { "apply" };
        let signed = if self.key.is_some() { ", signed by its author" } else { "" };
        terminal.note(&visible(&format!(
            "Saved{signed}: holdfast {next} {}\nThe file holds the policies word for word, contacts included.\n\
             Digest: sha256:{}",
            path.display(),
            file.digest
        )));
        Ok(())
    }

    /// Drift, or nothing at all.
    fn drifted(&self, plan: &plan::Plan, terminal: &Terminal) -> Result<u8, Failure> {
        match self.format {
            Format::Text => terminal.result(&plan::drift(plan, terminal.stdout())),
            Format::Json => terminal.json(&plan::json(&plan.clone().only_drift())?),
        }
        let drifted = plan.drifted().next().is_some();
        Ok(if drifted && self.detailed_exitcode { exit::PENDING } else { exit::DONE })
    }
}
