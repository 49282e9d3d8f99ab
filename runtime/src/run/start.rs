//! The right to run, and what is written down where no step has to be done.

use holdfast_compiler::plan::Plan;

use super::runner::runner;
use super::{Agreed, Ended, Front, Notice, RunError, RunOptions};
use crate::apply::learned;
use crate::cloud::{Callers, principals};
use crate::estate::Workspace;
use crate::journal::{self, Claim, Event, Journal, Run, Signer, Writer};

/// Ask for the right to run, and say what became of a run before that did not end.
pub(super) async fn claim(
    journal: &Journal,
    workspace: &Workspace,
    signer: Option<&Signer>,
    options: &RunOptions,
    front: &dyn Front,
) -> Result<Claim, RunError> {
    workspace.allows_run(signer)?;
    let claim = journal.claim(&runner(), options.take_over).await?;
    workspace.believe(claim.history())?;
    if let Some(died) = claim.died() {
        front.tell(Notice::Died(died));
    }
    Ok(claim)
}

/// A run that may begin: on this claim, by these callers, signed with this key.
pub(super) struct Start<'a> {
    pub(super) claim: &'a Claim,
    pub(super) callers: &'a Callers,
    pub(super) signer: Option<&'a Signer>,
}

impl Start<'_> {
    /// A run of a plan, by its digest: that of its file where it was saved.
    pub(super) fn run(&self, plan: &Plan, digest: String, agreed: Agreed) -> Run {
        let run = Run::new(plan.context.clone(), digest, plan.pending().count(), runner());
        let callers = principals(self.callers);
        let Agreed { approvals, rule, break_glass, .. } = agreed;
        Run { callers, approvals, rule, break_glass, ..run }
    }

    /// Nothing changes in the cloud, but what the plan knows better than the journal is written down: what belongs to
    /// a renamed service, and what turned out to be as it should.
    /// Nobody has to agree to that, and the rule of the last run stays.
    pub(super) async fn nothing_to_do(&self, plan: &Plan, digest: String) -> Result<Ended, RunError> {
        if learned(plan).next().is_none() {
            return Ok(Ended::Whole);
        }
        let rule = journal::rule(&self.claim.history().runs, &plan.context).cloned();
        let run = self.run(plan, digest, Agreed { rule, ..Agreed::default() });
        self.without_steps(plan, run).await
    }

    /// A run that asks nothing of the cloud.
    pub(super) async fn without_steps(&self, plan: &Plan, run: Run) -> Result<Ended, RunError> {
        let journal = Writer::begin(self.claim, run, self.signer).await?;
        for event in learned(plan) {
            journal.append(event).await?;
        }
        journal.append(Event::nothing_done()).await?;
        Ok(Ended::Whole)
    }
}
