//! Claiming the right to run, and recording runs without steps.

use holdfast_compiler::plan::Plan;
use holdfast_compiler::source::Sources;

use super::runner::runner;
use super::{Approved, Ended, Front, Notice, RunError, RunOptions};
use crate::apply::{learned, seen};
use crate::approval::PlanAuthor;
use crate::cloud::{Callers, principals};
use crate::estate::{Remark, Workspace};
use crate::journal::{self, Claim, Commit, Event, Journal, Run, Signer, Writer};

/// Claim the right to run, and report the last run if it did not record its end.
pub(super) async fn claim(
    journal: &Journal,
    workspace: &Workspace,
    signer: Option<&Signer>,
    options: &RunOptions,
    front: &dyn Front,
) -> Result<Claim, RunError> {
    workspace.allows_run(signer)?;
    let claim = journal.claim(&runner(), options.take_over).await?;
    workspace.require_trusted(claim.history())?;
    for (place, pages) in claim.caught_up() {
        front.tell(Notice::Remark(Remark::JournalCaughtUp { place: place.clone(), pages: *pages }));
    }
    Remark::silent(claim.silent()).for_each(|remark| front.tell(Notice::Remark(remark)));
    if let Some(died) = claim.died() {
        front.tell(Notice::Died(died));
    }
    Ok(claim)
}

/// What a run needs to begin: the claim, the identity of the credentials, and the signer if there is one.
pub(super) struct Start<'a> {
    pub(super) claim: &'a Claim,
    pub(super) callers: &'a Callers,
    pub(super) signer: Option<&'a Signer>,
    /// The policies that it applies.
    pub(super) policies: &'a Sources,
    /// Who made the plan, if it was saved.
    pub(super) author: Option<PlanAuthor>,
    /// The git commit of the policies.
    pub(super) commit: Option<Commit>,
}

impl Start<'_> {
    /// The record of a run, and its policies in the journal. `digest` is that of the plan, or of the plan file if the
    /// plan was saved.
    pub(super) async fn run(&self, plan: &Plan, digest: String, approved: Approved) -> Result<Run, RunError> {
        // A part of a plan does not apply all of the policies.
        let policies = match plan.targets.as_slice() {
            [] => self.claim.keep(self.policies).await?,
            _ => Vec::new(),
        };
        Ok(Run { policies, ..self.run_of(plan, digest, approved) })
    }

    /// The record of a run that does not make its policies the applied ones.
    fn run_of(&self, plan: &Plan, digest: String, approved: Approved) -> Run {
        let run =
            Run::new(plan.context.clone(), plan.posture.clone(), digest, plan.pending().count(), runner());
        let callers = principals(self.callers);
        let Approved { approvals, rule, break_glass, .. } = approved;
        let (author, commit) = (self.author.clone(), self.commit.clone());
        Run { author, commit, callers, approvals, rule, break_glass, ..run }
    }

    /// Whether the policies are others than the last applied ones, although the cloud may need no change.
    pub(super) fn changes_policies(&self, plan: &Plan) -> bool {
        let runs = &self.claim.history().runs;
        plan.targets.is_empty() && journal::are_applied(runs, &plan.context, self.policies) == Some(false)
    }

    /// Change nothing in the cloud, but record what the plan found that the journal does not say yet: the resources
    /// of a renamed service, and resources observed in their desired state. This needs no approvals, and the rule of
    /// the last run stays, and so do the last applied policies.
    pub(super) async fn nothing_to_do(&self, plan: &Plan, digest: String) -> Result<Ended, RunError> {
        if learned(plan).next().is_none() && !plan.has_news_of_copies() {
            return Ok(Ended::without_steps(plan));
        }
        let rule = journal::rule(&self.claim.history().runs, &plan.context).cloned();
        let run = self.run_of(plan, digest, Approved { rule, ..Approved::default() });
        self.without_steps(plan, run).await
    }

    /// Record a run without steps.
    pub(super) async fn without_steps(&self, plan: &Plan, run: Run) -> Result<Ended, RunError> {
        let journal = Writer::begin(self.claim, run, self.signer).await?;
        for event in learned(plan).chain(seen(plan)) {
            journal.append(event).await?;
        }
        journal.append(Event::nothing_done()).await?;
        Ok(Ended::without_steps(plan))
    }
}
