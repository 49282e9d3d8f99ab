//! `holdfast apply`.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{codes, visible};
use holdfast_compiler::plan::{self, Action, Plan, Shift, StepId, text};
use holdfast_compiler::units::Date;

use super::approved::{self, Agreed};
use super::failure::Failure;
use super::output::Terminal;
use super::planfile::{PlanFile, is_plan_file};
use super::progress::{Progress, Silence};
use super::session::Selected;
use super::words::Words;
use super::{Global, exit, session};
use crate::apply::{Outcome, apply};
use crate::cloud::{Calls, Cloud};
use crate::journal::{self, Claim, Entry, Journal, Place, Run, Writer};

/// Make the cloud what the policies say: from policies, or exactly what a saved plan says.
///
/// Steps run concurrently, each after what it needs. After a failure everything independent goes on. Run it
/// again to go on where it stopped: what is done stays done.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// Policy files and folders, or one file that `holdfast plan --out` wrote.
    #[arg(required = true, value_name = "PATH|PLANFILE")]
    paths: Vec<PathBuf>,
    /// Apply without asking.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    words: Words,
    /// The day for which reviews, drills, measurements and waivers are looked at, such as 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = session::date)]
    as_of: Option<Date>,
    /// How many steps run at the same time.
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    parallelism: u16,
    /// Close the run of this number, which died in a shared journal, and go on from what is there now.
    #[arg(long, value_name = "RUN")]
    take_over: Option<u64>,
    #[command(flatten)]
    agreed: approved::Flags,
}

impl Apply {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        match self.paths.as_slice() {
            [path] if is_plan_file(path) => self.saved(path, global, terminal).await,
            _ => self.policies(global, terminal).await,
        }
    }

    async fn policies(&self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let compiled = session::compiled(&self.paths, self.as_of)?;
        session::mention_warnings(&compiled, &self.paths, terminal);
        let place = compiled.place(global)?;
        // The lock first: an embedded cloud that was read before it may have changed by then.
        let claim = self.claim(&place.journal, terminal).await?;
        let cloud = place.cloud.open().await?;
        let rule = compiled.rule.clone();
        let plan = session::plan(compiled, cloud.as_ref(), claim.entries(), &self.words, terminal).await?;
        // Who has agreed beforehand and wants to hear less, hears what came of it.
        if plan.is_empty() || !(self.yes && terminal.is_quiet()) {
            terminal.result(&text(&plan, terminal.stdout()));
        }
        let digest = plan.digest();
        if plan.is_empty() {
            return self.nothing_but_moves(&plan, digest, cloud.as_ref(), &claim).await;
        }
        let agreed =
            approved::policies(rule.as_ref(), &plan.context, claim.entries(), &self.agreed, terminal)?;
        self.words.suffice(&plan)?;
        if !self.yes {
            confirm(terminal, "Apply this", "add `--yes`, or save a plan and apply that")?;
        }
        self.execute(&plan, digest, agreed, cloud.as_ref(), &claim, terminal).await
    }

    /// A saved plan: what was looked at when it was made is looked at again, and has to be the same.
    async fn saved(&self, path: &Path, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let file = PlanFile::read(path)?;
        let wanted = file.cloud();
        if let Some(selected) = &global.cloud
            && !same(&wanted, &Selected::parse(selected, home(&file.journal))?)?
        {
            let message = format!("the plan is for `{}`, not for `{selected}`", file.plan.context.cloud);
            return Err(Failure::refused(
                codes::BAD_PLAN_FILE,
                message,
                "leave out `--cloud`: the plan says it",
            ));
        }
        self.words.fit_a_saved_plan()?;
        let claim = self.claim(global.journal.as_ref().unwrap_or(&file.journal), terminal).await?;
        let journal = (claim.entries(), claim.head());
        let agreed = approved::saved(&file, path, journal, &self.agreed, terminal)?;
        let (plan, digest) = (file.plan, file.digest);
        let cloud = wanted.open().await?;
        let account = cloud.account().await?;
        if account != plan.context.account {
            let message = format!("the plan is for account {}, not {account}", plan.context.account);
            return Err(Failure::refused(
                codes::WRONG_ACCOUNT,
                message,
                "use the credentials it was made with",
            ));
        }
        let plan = still_fits(plan, &digest, cloud.as_ref(), claim.entries(), terminal).await?;
        if plan.is_empty() {
            terminal.result(&text(&plan, terminal.stdout()));
            return self.nothing_but_moves(&plan, digest, cloud.as_ref(), &claim).await;
        }
        self.words.suffice(&plan)?;
        self.execute(&plan, digest, agreed, cloud.as_ref(), &claim, terminal).await
    }

    /// Ask for the right to run, and say what became of a run before that did not end.
    async fn claim(&self, place: &Place, terminal: &Terminal) -> Result<Claim, Failure> {
        let journal = Journal::open(place).await?;
        let claim = journal.claim(&session::runner(), self.take_over).await?;
        if let Some(died) = claim.died() {
            let line = format!("{died}; this run looks at the cloud again and goes on from what is there");
            terminal.note(&visible(&line));
        }
        Ok(claim)
    }

    /// Nothing changes in the cloud, but what belongs to a renamed service is remembered under its new name.
    /// Nobody has to agree to that, and the rule of the last run stays.
    async fn nothing_but_moves(
        &self,
        plan: &Plan,
        digest: String,
        cloud: &dyn Cloud,
        claim: &Claim,
    ) -> Result<u8, Failure> {
        if plan.moved.is_empty() {
            return Ok(exit::DONE);
        }
        let rule = journal::rule(&journal::runs(claim.entries()), &plan.context).cloned();
        let run = run(plan, digest, Agreed { rule, ..Agreed::default() });
        let journal = Writer::begin(claim, run).await?;
        match apply(plan, cloud, &journal, 1, &Silence).await.journal {
            Some(error) => Err(error.into()),
            None => Ok(exit::DONE),
        }
    }

    async fn execute(
        &self,
        plan: &Plan,
        digest: String,
        agreed: Agreed,
        cloud: &dyn Cloud,
        claim: &Claim,
        terminal: &Terminal,
    ) -> Result<u8, Failure> {
        let journal = Writer::begin(claim, run(plan, digest, agreed)).await?;
        let progress = Progress::new(plan.pending().count(), terminal);
        let outcome = apply(plan, cloud, &journal, usize::from(self.parallelism), &progress).await;
        progress.finish();
        terminal.result(&summary(plan, &outcome, &cloud.calls()));
        if let Some(error) = outcome.journal {
            return Err(error.into());
        }
        let whole = outcome.failed.is_empty() && outcome.not_started.is_empty();
        Ok(if whole { exit::DONE } else { exit::FAILED })
    }
}

/// What is left of a saved plan, if the cloud is still what it was when the plan was made wherever the plan touches
/// it or depends on it. What an earlier run of the same plan did, and was broken off, counts as expected.
async fn still_fits(
    plan: Plan,
    digest: &str,
    cloud: &dyn Cloud,
    entries: &[Entry],
    terminal: &Terminal,
) -> Result<Plan, Failure> {
    let begun = journal::begun(entries, &plan.context, digest);
    let now = cloud.observe(&plan.scope).await?;
    let (rest, shifts) = plan::resume(&plan, &begun, &now);
    let (stale, elsewhere): (Vec<Shift>, Vec<Shift>) = shifts.into_iter().partition(|shift| shift.blocks);
    if !stale.is_empty() {
        for shift in stale {
            terminal.error(&visible(&format!("moved since the plan was made: {shift}\n")));
        }
        return Err(Failure::refused(
            codes::STALE_PLAN,
            "the cloud is not what it was when this plan was made",
            "plan again, and review what is different",
        ));
    }
    for shift in elsewhere {
        let line = format!("moved since the plan was made, where it neither touches nor depends: {shift}");
        terminal.note(&visible(&line));
    }
    if !begun.is_empty() {
        let (steps, left) = (plan.pending().count(), rest.pending().count());
        terminal
            .note(&format!("an earlier run of this plan was broken off: {left} of {steps} steps are left"));
    }
    Ok(rest)
}

/// A run of a plan, by the digest of its file where it was saved.
fn run(plan: &Plan, digest: String, agreed: Agreed) -> Run {
    let run = Run::new(plan.context.clone(), digest, plan.pending().count(), session::runner());
    Run { approvals: agreed.approvals, rule: agreed.rule, break_glass: agreed.break_glass, ..run }
}

/// The folder of what is kept beside the policies, as far as a journal tells.
fn home(journal: &Place) -> &Path {
    journal.folder().and_then(Path::parent).unwrap_or(Path::new("."))
}

/// Whether two selections are one cloud, from whatever folder.
fn same(one: &Selected, other: &Selected) -> Result<bool, Failure> {
    Ok(match (one, other) {
        (Selected::Local(one), Selected::Local(other)) => {
            session::absolute(one)? == session::absolute(other)?
        }
        _ => one == other,
    })
}

/// Ask, where there is somebody to ask.
pub(super) fn confirm(terminal: &Terminal, question: &str, cure: &str) -> Result<(), Failure> {
    let refused = |message: &str| Failure::refused(codes::NOT_CONFIRMED, message, cure);
    if !std::io::stdin().is_terminal() {
        return Err(refused("nobody has agreed to this plan, and nobody is here to ask"));
    }
    terminal.error(&format!("\n{question}? Only `yes` is accepted: "));
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        Ok(())
    } else {
        Err(refused("you did not agree to this plan"))
    }
}

/// What was done, what failed and why, what was not started, and what it cost.
fn summary(plan: &Plan, outcome: &Outcome, spent: &Calls) -> String {
    let ended: BTreeSet<&StepId> = outcome.done.iter().collect();
    let second = plan.second_halves();
    let done = |wanted: Action| {
        let of = plan.steps.iter().filter(|step| step.action == wanted && !second.contains(&step.id));
        of.filter(|step| ended.contains(&step.id)).count()
    };
    let mut text = format!(
        "\nApplied: {} created, {} updated, {} replaced, {} deleted.\n",
        done(Action::Create),
        done(Action::Update),
        done(Action::Replace),
        done(Action::Delete)
    );
    if !outcome.failed.is_empty() {
        text.push_str(&format!("\nFailed ({}):\n", outcome.failed.len()));
        for (step, error) in &outcome.failed {
            text.push_str(&visible(&format!("  {step}: {error}\n")));
        }
    }
    if !outcome.not_started.is_empty() {
        text.push_str(&format!("\nNot started ({}):\n", outcome.not_started.len()));
        for (step, because) in &outcome.not_started {
            text.push_str(&visible(&format!("  {step}: needs {because}\n")));
        }
    }
    if !outcome.failed.is_empty() {
        text.push_str("\nApply again to go on: what is done stays done.\n");
    }
    format!("{text}{}\n", calls(spent))
}

/// `API calls: 523 (iam 40, route53 85, s3 398), 31 of them wasted: 31 throttled`.
pub(super) fn calls(calls: &Calls) -> String {
    format!("API calls: {calls}")
}
