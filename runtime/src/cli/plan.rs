//! `holdfast plan`.

use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::plan::{self, Around};
use holdfast_compiler::units::Date;

use super::again::Again;
use super::failure::Failure;
use super::judge::{FailOn, Judged};
use super::output::Terminal;
use super::plan_format::{PlanFormat, PlanView};
use super::{Global, author, compare_data, consents, exit, posture, remarks, show};
use crate::approval::SigningKey;
use crate::estate::{Base, LivePlan, PlanOptions, Planned, Policies, commit_of};
use crate::planfile::{self, PlanFile, Standing};
use crate::trust::demands;

/// Show how the cloud differs from the policies, and the changes that an apply would make.
///
/// Reads the cloud and changes nothing. The same policies and the same cloud give the same output, byte for byte.
#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Save the plan for `holdfast apply FILE`. The file contains the full text of the policies, contacts included.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    view: PlanView,
    /// Check reviews, drills, measurements and waivers as of this date: 2026-11-23, or `today` (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    #[command(flatten)]
    consents: consents::ConsentFlags,
    #[command(flatten)]
    posture: posture::PostureFlags,
    /// Before a return: list every version of the data that is returned to, there and in its copies, and say which keys one side lacks and
    /// which were written on both sides. One call for each 1,000 versions.
    #[arg(long, requires = "return_to")]
    compare_data: bool,
    /// Show what changed in the policies since this git commit: a branch, a tag or a commit that contains them.
    #[arg(long, value_name = "REF", value_parser = reference)]
    base: Option<String>,
    /// Show only drift: what somebody else changed in the cloud since the last apply. Prints nothing if there is
    /// none. For scheduled jobs.
    #[arg(long, conflicts_with_all = ["out", "target", "base", "evacuate", "return_to"])]
    drift: bool,
    /// The author of the plan, who cannot approve it. Defaults to `user.email` of git, or USER@HOST.
    #[arg(long, env = "HOLDFAST_AUTHOR", value_name = "PRINCIPAL", value_parser = author::principal)]
    author: Option<String>,
    /// Sign the saved plan with this SSH key, into FILE.sig: a private key, or the `.pub` file of a key in ssh-agent.
    #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true, value_name = "FILE")]
    key: Option<SigningKey>,
    /// Exit with 3 if there is a warning, an objective that is not met, or one that becomes weaker; a statement of the
    /// policies that protects less counts as weaker too. Can be repeated.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<FailOn>,
    /// Exit with 2 if there are changes to make.
    #[arg(long)]
    detailed_exitcode: bool,
}

/// Parses the name of a git commit.
fn reference(text: &str) -> Result<String, String> {
    match text {
        "" => Err("name a branch, a tag or a commit".to_owned()),
        _ if text.starts_with('-') => Err("the name of a commit does not begin with `-`".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

impl Plan {
    /// `again` are the flags that the next command needs too.
    pub(super) async fn run(self, global: &Global, again: Again, terminal: &Terminal) -> Result<u8, Failure> {
        self.view.check()?;
        if self.drift && (self.view.summary || self.view.details || self.view.format == PlanFormat::Markdown)
        {
            return Err(Failure::usage("`--drift` is printed as `text` or `json`, and is short already"));
        }
        let policies = Policies::load(&self.paths, self.as_of)?;
        if !self.drift {
            remarks::mention_warnings(&policies, &self.paths, terminal);
        }
        if let Some(path) = &self.out {
            planfile::may_write(path).map_err(Failure::usage)?;
        }
        let base = self.base.as_ref().map(|reference| Base::of_commit(reference, &self.paths)).transpose()?;
        // A plan that is only shown needs no commit.
        let commit = self.out.as_ref().and_then(|_| commit_of(&self.paths, &policies.sources));
        let turn = self.posture.change();
        let plan_options = PlanOptions { base, commit, turn, ..self.consents.plan_options() };
        let tell = |remark| remarks::mention(&remark, terminal);
        let live = LivePlan::of(policies, &global.selection(), &plan_options, &tell).await?;
        let plan = &live.planned.plan;
        if self.drift {
            return self.drifted(plan, terminal);
        }
        if live.relies_on_policies_alone() {
            terminal.note(show::NO_ANCHOR);
        }
        let author = || author::author(self.author.clone());
        let file = self.out.as_ref().map(|_| PlanFile::of(&live, author(), &plan_options)).transpose()?;
        let around = || self.around(&live, file.as_ref(), again.clone());
        // The file is there before anybody reads which command uses it.
        let saved = match self.out.as_ref().zip(file.as_ref()) {
            Some((path, file)) => {
                let needs_approval = around()?.missing_approvals() > 0;
                file.write(path, self.key.as_ref()).map_err(Failure::message)?;
                Some((path, file, needs_approval))
            }
            None => None,
        };
        self.view.print(plan, around, terminal)?;
        terminal.detail(&super::screen::calls(&live.calls));
        if self.compare_data {
            compare_data::compare(&live, terminal).await?;
        }
        let warnings = live.planned.policies.compiled.warnings.len();
        let (partial, effects) = (!plan.targets.is_empty(), plan.objectives.as_slice());
        let policy = plan.policy_changes.as_ref();
        let judged = Judged { warnings, partial, effects, policy, ..Judged::default() };
        let (pending, failed) = (
            !plan.is_empty() || plan.is_partial() || plan.turns_posture(),
            judged.fails(&self.fail_on, terminal),
        );
        if let Some((path, file, needs_approval)) = saved {
            self.say_saved(path, file, needs_approval, terminal);
        }
        Ok(match (failed, pending && self.detailed_exitcode) {
            (true, _) => exit::INVALID,
            (false, true) => exit::PENDING,
            (false, false) => exit::DONE,
        })
    }

    /// What a document says around the plan.
    fn around(&self, live: &LivePlan, file: Option<&PlanFile>, again: Again) -> Result<Around, Failure> {
        let Planned { plan, policies, .. } = &live.planned;
        let trust = live.workspace.trust();
        let demands = demands(trust, &live.history, plan, policies.rule.as_ref(), "the plan");
        let standing = Standing::new(&demands.map_err(Failure::refused_finding)?);
        let digest = match file {
            Some(file) => file.digest.clone(),
            None => plan.digest().map_err(|error| Failure::message(error.to_string()))?,
        };
        let paths = self.paths.iter().map(|path| path.display().to_string()).collect();
        let Again { plan: flags, runner } = again;
        Ok(Around { paths, flags, runner, ..standing.around(digest, self.out.as_deref()) })
    }

    /// Say that the plan is saved, and the next command.
    fn say_saved(&self, path: &Path, file: &PlanFile, needs_approval: bool, terminal: &Terminal) {
        let next = if needs_approval { "approve" } else { "apply" };
        let signed = if self.key.is_some() { ", signed by its author" } else { "" };
        terminal.note(&visible(&format!(
            "Saved{signed}. Next: holdfast {next} {}\nThe file contains the full text of the policies, contacts included.\n\
             Digest: sha256:{}",
            path.display(),
            file.digest
        )));
    }

    /// Print the drift; prints nothing if there is none and everything could be seen.
    fn drifted(&self, plan: &plan::Plan, terminal: &Terminal) -> Result<u8, Failure> {
        match self.view.format {
            PlanFormat::Text | PlanFormat::Markdown => terminal.result(&plan::drift(plan, terminal.stdout())),
            PlanFormat::Json => {
                self.view.print(&plan.clone().only_drift(), || Ok(Around::default()), terminal)?
            }
        }
        let drifted = plan.drifted().next().is_some() || plan.is_partial();
        Ok(if drifted && self.detailed_exitcode { exit::PENDING } else { exit::DONE })
    }
}
