//! An apply of policies: one command makes, shows, confirms and executes the plan.

use holdfast_compiler::plan::Plan;
use jiff::Timestamp;

use super::execute::carry_out;
use super::start::{Start, claim};
use super::{Candidate, Ended, Front, Notice, RunError, RunOptions, may_apply, may_need_approvals};
use crate::apply::learned;
use crate::estate::{Base, Opened, PlanOptions, Planned, Policies, Selection, Workspace};
use crate::journal::{self, Claim, Journal};

/// Plan policies and apply the plan.
///
/// # Errors
/// See [`RunError`]. No step was started, unless the error is that the journal could not be written.
pub async fn apply_policies(
    policies: Policies,
    selection: &Selection,
    plan_options: &PlanOptions,
    options: &RunOptions,
    front: &dyn Front,
) -> Result<Ended, RunError> {
    let workspace = Workspace::of(selection, &policies)?;
    let signer = selection.signer()?;
    workspace.allows_unsaved()?;
    let (rule, trust) = (policies.rule.clone(), workspace.trust());
    let estate = policies.compiled.policy.estate.to_string();
    let journal = Journal::open(&workspace.journal).await?;
    let before = workspace.history(&journal).await?;
    let Opened { cloud, callers, context } = workspace.open(&estate).await?;
    // If approvals may be needed, nothing is created or locked before they are checked. Otherwise lock the journal
    // before observing the cloud, which another run may be changing.
    let early = if may_need_approvals(rule.as_ref(), &estate, trust, &before, &options.evidence)? {
        None
    } else {
        Some(claim(&journal, &workspace, signer.as_ref(), options, front).await?)
    };
    let cloud = workspace.reopen(cloud).await?;
    let history = early.as_ref().map_or(&before, Claim::history);
    let tell = |remark| front.tell(Notice::Remark(remark));
    let base = Base::last_applied(&journal, &history.runs, &context, &policies).await;
    let entries = &history.entries;
    let Planned { plan, policies, .. } =
        Planned::now(policies, cloud.as_ref(), &context, entries, plan_options, base, &tell).await?;
    let other_policies = plan.targets.is_empty()
        && journal::are_applied(&history.runs, &context, &policies.sources) == Some(false);
    front.show(&plan);
    let digest = plan.digest()?;
    if plan.is_empty() {
        front.tell(Notice::NothingToDo { plan: &plan, digest: &digest, calls: cloud.calls() });
        let news = learned(&plan).next().is_some() || plan.has_news_of_copies();
        if !news && !other_policies && !plan.turns_posture() {
            return Ok(Ended::without_steps(&plan));
        }
    }
    let candidate = Candidate::Unsaved { plan: &plan, rule: rule.as_ref() };
    let approved = may_apply(candidate, trust, history, &options.evidence, Timestamp::now());
    // Where nothing is to be done nobody needs to agree. But policies that nobody agreed to are not the applied ones, or the
    // next reviewer would not see what they weakened.
    let agreed = approved.is_ok();
    let approved = if plan.is_empty() && !plan.turns_posture() {
        approved.unwrap_or_default()
    } else {
        let approved = approved?;
        front.tell(Notice::Approved(&approved));
        approved
    };
    let claim = match early {
        Some(claim) => claim,
        None => {
            let claim = claim(&journal, &workspace, signer.as_ref(), options, front).await?;
            if claim.history().head() != before.head() {
                return Err(RunError::Overtaken);
            }
            claim
        }
    };
    let start = Start {
        claim: &claim,
        callers: &callers,
        signer: signer.as_ref(),
        policies: &policies.sources,
        author: None,
        commit: plan_options.commit.clone(),
    };
    if plan.is_empty() && !plan.turns_posture() {
        return match other_policies && agreed {
            true => start.without_steps(&plan, start.run(&plan, digest, approved).await?).await,
            false => start.nothing_to_do(&plan, digest).await,
        };
    }
    require_consent(&plan)?;
    front.confirm()?;
    let run = start.run(&plan, digest, approved).await?;
    if plan.is_empty() {
        return start.without_steps(&plan, run).await;
    }
    carry_out(&plan, run, cloud.as_ref(), &start, options, front).await
}

/// Refuse a plan that lacks a consent.
///
/// # Errors
/// The missing consents, with the flags to add.
pub fn require_consent(plan: &Plan) -> Result<(), RunError> {
    let missing = plan.missing_consents();
    if missing.is_empty() { Ok(()) } else { Err(RunError::NoConsent(missing)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::sample;
    use crate::files;
    use crate::run::sample::{Listener, options, policies};

    /// An embedded cloud and a journal in one folder.
    fn selection(folder: &tempfile::TempDir) -> Selection {
        let path = |name: &str| folder.path().join(name).display().to_string();
        Selection {
            cloud: Some(format!("local:{}", path("cloud.json"))),
            journal: Some(path("journal").parse().unwrap()),
            ..Selection::default()
        }
    }

    async fn apply(
        folder: &tempfile::TempDir,
        policies: Policies,
        front: &Listener,
    ) -> Result<Ended, RunError> {
        apply_policies(policies, &selection(folder), &PlanOptions::default(), &options(), front).await
    }

    async fn runs(folder: &tempfile::TempDir) -> usize {
        let place = selection(folder).journal.unwrap();
        Journal::open(&place).await.unwrap().read().await.unwrap().runs.len()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn second_apply_of_the_same_policies_does_nothing_and_records_no_run() {
        let folder = tempfile::tempdir().unwrap();
        let front = Listener::new();
        assert_eq!(apply(&folder, sample::policies(""), &front).await.unwrap(), Ended::Complete);
        assert_eq!(front.said()[..3], ["plan of 6 steps", "0 approvals", "begins with 6 steps"]);
        assert_eq!(front.said().last().unwrap(), "6 done, 0 not started");
        let again = Listener::new();
        assert_eq!(apply(&folder, sample::policies(""), &again).await.unwrap(), Ended::Complete);
        assert_eq!(again.said(), ["plan of 0 steps", "nothing to do"]);
        assert_eq!(runs(&folder).await, 1);
    }

    #[tokio::test]
    async fn unconfirmed_plan_is_shown_and_not_applied() {
        let folder = tempfile::tempdir().unwrap();
        let front = Listener { yes: false, ..Listener::new() };
        let refused = apply(&folder, sample::policies(""), &front).await.unwrap_err();
        assert_eq!(refused.to_string(), "you did not confirm this plan");
        assert_eq!(refused.refusal().unwrap().findings[0].code.as_str(), "E0705");
        assert_eq!(front.said(), ["plan of 6 steps", "0 approvals"]);
        assert_eq!(runs(&folder).await, 0);
    }

    #[tokio::test]
    async fn policies_that_ask_for_approvals_are_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let front = Listener::new();
        let refused = apply(&folder, policies(), &front).await.unwrap_err();
        let finding = refused.refusal().unwrap().findings.remove(0);
        assert_eq!(finding.code.as_str(), "E0709");
        assert_eq!(
            finding.message,
            "the estate requires 2 approvals before a change, but this plan has none"
        );
        assert!(!files::exists(&folder.path().join("journal")));
    }
}
