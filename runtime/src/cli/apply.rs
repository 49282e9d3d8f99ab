//! `holdfast apply`.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{codes, visible};
use holdfast_compiler::observation::{Wanted, scope};
use holdfast_compiler::plan::{self, Departure, Plan, Shift, text};
use holdfast_compiler::units::Date;

use super::approved::{self, announce};
use super::execution::Execution;
use super::failure::Failure;
use super::output::Terminal;
use super::{Global, consents, exit, remarks};
use crate::apply::learned;
use crate::cloud::{Caller, Cloud};
use crate::estate::{CloudChoice, Opened, Planned, Policies, Workspace, absolute_journal};
use crate::journal::{self, Claim, Event, Journal, Run, Signer, Writer};
use crate::planfile::{Saved, is_plan_file};
use crate::run::runner::runner;
use crate::run::{Agreed, Candidate, may_apply, may_ask};
use jiff::Timestamp;

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
    consents: consents::ConsentFlags,
    /// The day for which reviews, drills, measurements and waivers are looked at, such as 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    #[command(flatten)]
    execution: Execution,
    /// Close the run of this number, which died in a shared journal, and go on from what is there now.
    #[arg(long, value_name = "RUN")]
    take_over: Option<u64>,
    #[command(flatten)]
    agreed: approved::ApprovalFlags,
}

/// A run that may begin: on this claim, by this caller, signed with this key.
struct Start<'a> {
    claim: &'a Claim,
    caller: &'a Caller,
    signer: Option<&'a Signer>,
}

impl Apply {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        match self.paths.as_slice() {
            [path] if is_plan_file(path) => self.saved(path, global, terminal).await,
            _ => self.policies(global, terminal).await,
        }
    }

    async fn policies(&self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let policies = Policies::load(&self.paths, self.as_of)?;
        remarks::mention_warnings(&policies, &self.paths, terminal);
        let place = Workspace::of(&global.selection(), &policies)?;
        let signer = global.selection().signer()?;
        place.allows_unsaved()?;
        let rule = policies.rule.clone();
        let estate = policies.compiled.policy.estate.to_string();
        let journal = Journal::open(&place.journal).await?;
        let before = place.history(&journal).await?;
        let Opened { cloud, caller, context } = place.open(&estate).await?;
        // Where somebody has to agree first, nothing is made and locked before that. Otherwise the lock comes before the
        // look at the cloud, which another run may be changing.
        let evidence = self.agreed.evidence();
        let early = if may_ask(rule.as_ref(), &estate, place.trust(), &before, &evidence)? {
            None
        } else {
            Some(self.claim(&journal, &place, signer.as_ref(), terminal).await?)
        };
        let cloud = place.reopen(cloud).await?;
        let history = early.as_ref().map_or(&before, Claim::history);
        let (wishes, tell) = (self.consents.wishes(), |remark| remarks::mention(&remark, terminal));
        let Planned { plan, .. } =
            Planned::now(policies, cloud.as_ref(), &context, &history.entries, &wishes, &tell).await?;
        // Who has agreed beforehand and wants to hear less, hears what came of it.
        if plan.is_empty() || !(self.yes && terminal.is_quiet()) {
            self.show(&plan, terminal);
        }
        let digest = plan.digest()?;
        if plan.is_empty() {
            self.execution.nothing(&digest, cloud.as_ref(), terminal);
            if learned(&plan).next().is_none() {
                return Ok(exit::DONE);
            }
        }
        let agreed = match plan.is_empty() {
            true => Agreed::default(),
            false => {
                let candidate = Candidate::Unsaved { plan: &plan, rule: rule.as_ref() };
                let agreed = may_apply(candidate, place.trust(), history, &evidence, Timestamp::now())?;
                announce(&agreed, terminal);
                agreed
            }
        };
        let claim = match early {
            Some(claim) => claim,
            None => {
                let claim = self.claim(&journal, &place, signer.as_ref(), terminal).await?;
                if claim.history().head() != before.head() {
                    let message = "another run has written into the journal while this plan was made";
                    return Err(Failure::refused(codes::STALE_PLAN, message, "apply again"));
                }
                claim
            }
        };
        let start = Start { claim: &claim, caller: &caller, signer: signer.as_ref() };
        if plan.is_empty() {
            return nothing_to_do(&plan, digest, &start).await;
        }
        consents::require(&plan)?;
        if !self.yes {
            confirm(terminal, "Apply this", "add `--yes`, or save a plan and apply that")?;
        }
        self.carry_out(&plan, digest, agreed, cloud.as_ref(), &start, terminal).await
    }

    /// A saved plan. Nothing in its file is executed: the plan is made again from the journal and the cloud, and only
    /// what that shares unchanged with the approved plan is done.
    async fn saved(&self, path: &Path, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        self.consents.refuse_with_saved_plan()?;
        let name = path.display().to_string();
        let saved = Saved::read(path).map_err(|refusal| Failure::plan_file(refusal, &name))?;
        let context = saved.plan.context.clone();
        let place = place(&saved, global)?;
        if let Some(other) = &global.journal
            && !saved.may_use(&absolute_journal(other)?)
        {
            let message = format!(
                "the plan was made before the first entry of its journal: {other} cannot tell whether it was applied"
            );
            let help = "leave out `--journal`, or plan again with it";
            return Err(Failure::refused(codes::BAD_PLAN_FILE, message, help));
        }
        let Opened { cloud, caller, context: now } = place.open(&context.estate).await?;
        if (&now.account, &now.partition) != (&context.account, &context.partition) {
            let message = format!("the plan is for account {}, not {}", context.account, now.account);
            return Err(Failure::refused(
                codes::WRONG_ACCOUNT,
                message,
                "use the credentials it was made with",
            ));
        }
        let signer = global.selection().signer()?;
        let journal = Journal::open(&place.journal).await?;
        // Whether enough people agree is decided before anything is made or locked, and again on what the lock shows.
        let before = place.history(&journal).await?;
        let evidence = self.agreed.evidence();
        let agrees = |history: &journal::History| {
            let candidate = Candidate::Saved(&saved, path);
            let agreed = may_apply(candidate, place.trust(), history, &evidence, Timestamp::now())?;
            announce(&agreed, terminal);
            Ok::<_, Failure>(agreed)
        };
        let mut agreed = agrees(&before)?;
        let claim = self.claim(&journal, &place, signer.as_ref(), terminal).await?;
        if claim.history().head() != before.head() {
            agreed = agrees(claim.history())?;
        }
        let cloud = place.reopen(cloud).await?;
        let digest = saved.file.digest.clone();
        let begun = journal::begun(claim.entries(), &context, &digest);
        let resumed = !begun.is_empty();
        let plan = confirmed(saved, &name, &claim, cloud.as_ref(), terminal).await?;
        let start = Start { claim: &claim, caller: &caller, signer: signer.as_ref() };
        if plan.is_empty() {
            self.show(&plan, terminal);
            self.execution.nothing(&digest, cloud.as_ref(), terminal);
            // A plan that was broken off behind its last step has been applied once this is written.
            return match resumed {
                false => nothing_to_do(&plan, digest, &start).await,
                true => without_steps(&plan, start.run(&plan, digest, agreed), &start).await,
            };
        }
        consents::require(&plan)?;
        self.carry_out(&plan, digest, agreed, cloud.as_ref(), &start, terminal).await
    }

    async fn carry_out(
        &self,
        plan: &Plan,
        digest: String,
        agreed: Agreed,
        cloud: &dyn Cloud,
        start: &Start<'_>,
        terminal: &Terminal,
    ) -> Result<u8, Failure> {
        let run = start.run(plan, digest, agreed);
        self.execution.run(plan, run, cloud, (start.claim, start.signer), terminal).await
    }

    /// Ask for the right to run, and say what became of a run before that did not end.
    async fn claim(
        &self,
        journal: &Journal,
        place: &Workspace,
        signer: Option<&Signer>,
        terminal: &Terminal,
    ) -> Result<Claim, Failure> {
        place.allows_run(signer)?;
        let claim = journal.claim(&runner(), self.take_over).await?;
        place.believe(claim.history())?;
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
}

impl Start<'_> {
    /// A run of a plan, by its digest: that of its file where it was saved.
    fn run(&self, plan: &Plan, digest: String, agreed: Agreed) -> Run {
        let run = Run::new(plan.context.clone(), digest, plan.pending().count(), runner());
        let caller = Some(self.caller.arn.clone());
        let Agreed { approvals, rule, break_glass, .. } = agreed;
        Run { caller, approvals, rule, break_glass, ..run }
    }
}

/// Where a saved plan is to be applied: where it says, as far as the trust anchor and the flags allow it.
fn place(saved: &Saved, global: &Global) -> Result<Workspace, Failure> {
    let (file, context) = (&saved.file, &saved.plan.context);
    let wanted = file.local.clone().map_or(CloudChoice::Aws, CloudChoice::Local);
    if let Some(selected) = &global.cloud
        && !wanted.is_same(&CloudChoice::parse(selected, home(&file.journal))?)?
    {
        let message = format!("the plan is for `{}`, not for `{selected}`", wanted.name());
        let help = "leave out `--cloud`: the plan says it";
        return Err(Failure::refused(codes::BAD_PLAN_FILE, message, help));
    }
    let said = global.journal.clone().unwrap_or_else(|| file.journal.clone());
    Ok(Workspace::trusted(&global.selection(), &context.estate, wanted, Some(said.clone()), said)?)
}

/// The part of a saved plan that may be executed now: what is left of it, as far as a plan made a moment ago from the
/// journal and the cloud agrees.
async fn confirmed(
    saved: Saved,
    name: &str,
    claim: &Claim,
    cloud: &dyn Cloud,
    terminal: &Terminal,
) -> Result<Plan, Failure> {
    let (context, digest) = (saved.plan.context.clone(), saved.file.digest.clone());
    let owned = journal::owned(claim.entries(), &context);
    let begun = journal::begun(claim.entries(), &context, &digest);
    // What the plan was made on is looked at too, so that what moved since is told.
    let wanted: BTreeSet<Wanted> =
        scope(saved.graph(), &owned).into_iter().chain(saved.plan.scope.iter().cloned()).collect();
    let wanted: Vec<Wanted> = wanted.into_iter().collect();
    let now = cloud.observe(&wanted).await?;
    let (rest, shifts) = plan::resume(&saved.plan, &begun, &now);
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
        let line = format!("moved since the plan was made, where it neither touches nor depends: {shift}\n");
        terminal.error(&visible(&line));
    }
    let (steps, left) = (saved.plan.pending().count(), rest.pending().count());
    let (_, fresh) = saved.again(&owned, &now).map_err(|refusal| Failure::plan_file(refusal, name))?;
    let plan = plan::confirm(&rest, &fresh, !begun.is_empty()).map_err(|departures| {
        for departure in &departures {
            terminal.error(&visible(&format!("not as approved: {departure}\n")));
        }
        not_as_approved(&departures)
    })?;
    if !begun.is_empty() {
        terminal
            .note(&format!("an earlier run of this plan was broken off: {left} of {steps} steps are left"));
    }
    Ok(plan)
}

fn not_as_approved(departures: &[Departure]) -> Failure {
    let message = match departures.len() {
        1 => "what would be done now differs from what was approved in one point".to_owned(),
        several => format!("what would be done now differs from what was approved in {several} points"),
    };
    Failure::refused(codes::NOT_AS_APPROVED, message, "plan again, and review the new plan")
}

/// Nothing changes in the cloud, but what the plan knows better than the journal is written down: what belongs to
/// a renamed service, and what turned out to be as it should.
/// Nobody has to agree to that, and the rule of the last run stays.
async fn nothing_to_do(plan: &Plan, digest: String, start: &Start<'_>) -> Result<u8, Failure> {
    if learned(plan).next().is_none() {
        return Ok(exit::DONE);
    }
    let rule = journal::rule(&start.claim.history().runs, &plan.context).cloned();
    let run = start.run(plan, digest, Agreed { rule, ..Agreed::default() });
    without_steps(plan, run, start).await
}

/// A run that asks nothing of the cloud.
async fn without_steps(plan: &Plan, run: Run, start: &Start<'_>) -> Result<u8, Failure> {
    let journal = Writer::begin(start.claim, run, start.signer).await?;
    for event in learned(plan) {
        journal.append(event).await?;
    }
    journal.append(Event::nothing_done()).await?;
    Ok(exit::DONE)
}

/// The folder of what is kept beside the policies, as far as a journal tells.
fn home(journal: &journal::Place) -> &Path {
    journal.folder().and_then(Path::parent).unwrap_or(Path::new("."))
}

/// Ask, where there is somebody to ask.
pub(super) fn confirm(terminal: &Terminal, question: &str, cure: &str) -> Result<(), Failure> {
    let refused = |message: &str| Failure::refused(codes::NOT_CONFIRMED, message, cure);
    if !std::io::stdin().is_terminal() {
        return Err(refused("nobody has agreed to this plan, and nobody is here to ask"));
    }
    terminal.error(&format!("\n{question}? Only `yes` is accepted: "));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        Ok(())
    } else {
        Err(refused("you did not agree to this plan"))
    }
}
