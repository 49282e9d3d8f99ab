//! `holdfast apply`.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{codes, visible};
use holdfast_compiler::plan::{self, Plan, Shift, StepId, text};
use holdfast_compiler::units::Date;

use super::approved::{self, Agreed};
use super::execution::Execution;
use super::failure::Failure;
use super::output::Terminal;
use super::planfile::{PlanFile, is_plan_file};
use super::session::Selected;
use super::words::Words;
use super::{Global, exit, session};
use crate::apply::learned;
use crate::cloud::Cloud;
use crate::journal::{self, Claim, Event, Journal, Place, Run, Writer};

/// Make the cloud what the policies say: from policies, or exactly what a saved plan says.
///
/// Steps run concurrently, each after what it needs. After a failure everything independent goes on. Ctrl-C (or
/// SIGTERM) lets what is under way finish and starts nothing more; a second one stops at once. Run it again to
/// go on where it stopped: what is done stays done.
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
    #[command(flatten)]
    execution: Execution,
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
            self.show(&plan, terminal);
        }
        let digest = plan.digest();
        if plan.is_empty() {
            self.execution.nothing(&digest, cloud.as_ref(), terminal);
            return self.nothing_to_do(&plan, digest, &claim).await;
        }
        let agreed =
            approved::policies(rule.as_ref(), &plan.context, &claim.history().runs, &self.agreed, terminal)?;
        self.words.suffice(&plan)?;
        if !self.yes {
            confirm(terminal, "Apply this", "add `--yes`, or save a plan and apply that")?;
        }
        let run = run(&plan, digest, agreed);
        self.execution.run(&plan, run, cloud.as_ref(), &claim, terminal).await
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
        if let Some(other) = &global.journal {
            file.may_use(other)?;
        }
        let claim = self.claim(global.journal.as_ref().unwrap_or(&file.journal), terminal).await?;
        let agreed = approved::saved(&file, path, claim.history(), &self.agreed, terminal)?;
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
        let begun = journal::begun(claim.entries(), &plan.context, &digest);
        let plan = still_fits(plan, &begun, cloud.as_ref(), terminal).await?;
        if plan.is_empty() {
            self.show(&plan, terminal);
            self.execution.nothing(&digest, cloud.as_ref(), terminal);
            // A plan that was broken off behind its last step has been applied once this is written.
            return match begun.is_empty() {
                true => self.nothing_to_do(&plan, digest, &claim).await,
                false => without_steps(&plan, run(&plan, digest, agreed), &claim).await,
            };
        }
        self.words.suffice(&plan)?;
        let run = run(&plan, digest, agreed);
        self.execution.run(&plan, run, cloud.as_ref(), &claim, terminal).await
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

    /// What will be done, where results go, or beside them where those are for machines.
    fn show(&self, plan: &Plan, terminal: &Terminal) {
        if self.execution.tells_events() {
            terminal.note(text(plan, terminal.stderr()).trim_end());
        } else {
            terminal.result(&text(plan, terminal.stdout()));
        }
    }

    /// Nothing changes in the cloud, but what the plan knows better than the journal is written down: what belongs to
    /// a renamed service, and what turned out to be as it should.
    /// Nobody has to agree to that, and the rule of the last run stays.
    async fn nothing_to_do(&self, plan: &Plan, digest: String, claim: &Claim) -> Result<u8, Failure> {
        if learned(plan).next().is_none() {
            return Ok(exit::DONE);
        }
        let rule = journal::rule(&claim.history().runs, &plan.context).cloned();
        without_steps(plan, run(plan, digest, Agreed { rule, ..Agreed::default() }), claim).await
    }
}

/// A run that asks nothing of the cloud.
async fn without_steps(plan: &Plan, run: Run, claim: &Claim) -> Result<u8, Failure> {
    let journal = Writer::begin(claim, run).await?;
    for event in learned(plan) {
        journal.append(event).await?;
    }
    let ended = Event::RunFinished { done: 0, failed: 0, not_started: 0, interrupted: false };
    journal.append(ended).await?;
    Ok(exit::DONE)
}

/// What is left of a saved plan, if the cloud is still what it was when the plan was made wherever the plan touches
/// it or depends on it. What an earlier run of the same plan did, and was broken off, counts as expected.
async fn still_fits(
    plan: Plan,
    begun: &BTreeSet<StepId>,
    cloud: &dyn Cloud,
    terminal: &Terminal,
) -> Result<Plan, Failure> {
    let now = cloud.observe(&plan.scope).await?;
    let (rest, shifts) = plan::resume(&plan, begun, &now);
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
