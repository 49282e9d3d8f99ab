//! A plan of policies for the current cloud, with everything that a plan file needs.

use std::collections::BTreeMap;

use holdfast_compiler::plan::Asked;
use holdfast_compiler::resource::Address;
use holdfast_compiler::status::{LastRun, Status};
use holdfast_compiler::units::Date;

use super::{Base, EstateError, Opened, PlanOptions, Planned, Policies, Remark, Selection, Workspace};
use crate::cloud::Calls;
use crate::journal::{self, History, Journal, RunState};

/// A plan of policies for the current cloud.
#[derive(Debug)]
pub struct LivePlan {
    /// The plan and its inputs.
    pub planned: Planned,
    /// The cloud and the journal it was made with.
    pub workspace: Workspace,
    /// The journal, read before the plan was made.
    pub history: History,
    /// The API calls it took.
    pub calls: Calls,
}

impl LivePlan {
    /// Read the journal, observe the cloud, and plan. Nothing is changed.
    ///
    /// # Errors
    /// The trust anchor does not allow it, the journal or the cloud cannot be read, or there is no plan.
    pub async fn of(
        policies: Policies,
        selection: &Selection,
        plan_options: &PlanOptions,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let workspace = Workspace::of(selection, &policies)?;
        let estate = policies.compiled.policy.estate.to_string();
        // Read the journal before planning, so that entries written in between make the plan stale.
        let journal = Journal::open(&workspace.journal).await?;
        let history = workspace.history(&journal).await?;
        Remark::silent(journal.silent()).for_each(tell);
        let Opened { cloud, context, .. } = workspace.open(&estate).await?;
        let base = match &plan_options.base {
            Some(base) => Some(base.clone()),
            None => Base::last_applied(&journal, &history.runs, &context, &policies).await,
        };
        let entries = &history.entries;
        let planned =
            Planned::now(policies, cloud.as_ref(), &context, entries, plan_options, base, tell).await?;
        Ok(Self { planned, workspace, history, calls: cloud.calls() })
    }

    /// Where the estate stands today.
    #[must_use]
    pub fn status(&self, today: Date) -> Status<'_> {
        let Planned { policies, plan, blocks, .. } = &self.planned;
        // A drill is no apply, and does not hide that one failed.
        let run =
            self.history.runs.iter().rev().find(|run| run.run.context == plan.context && !run.only_records);
        let held = journal::held(&self.history.entries, &plan.context);
        let last = |run: &RunState| LastRun {
            number: run.number,
            started: run.started.clone(),
            ended: run.ended(),
            complete: run.is_complete(),
        };
        let mut status = Status::of(&policies.compiled.policy, plan, &held, today, run.map(last));
        status.asked = self.asked();
        status.blocks.clone_from(blocks);
        status
    }

    /// In which run each resource was made that waits for a person. What was adopted has no run.
    fn asked(&self) -> BTreeMap<Address, Asked> {
        let plan = &self.planned.plan;
        let owned = journal::owned(&self.history.entries, &plan.context);
        let awaited = plan.awaited.iter().map(|one| &one.address);
        let asked = awaited.filter_map(|address| {
            let made = owned.iter().find(|made| made.address == *address)?;
            let run = self.history.runs.iter().find(|run| run.number == made.run)?;
            let day = run.started.split('T').next().and_then(Date::parse)?;
            Some((address.clone(), Asked { run: run.number, day }))
        });
        asked.collect()
    }

    /// Whether the plan needs approvals and only the policies say whose, so that anybody who can change the policies
    /// can change who must approve.
    #[must_use]
    pub fn relies_on_policies_alone(&self) -> bool {
        let last = journal::rule(&self.history.runs, &self.planned.plan.context);
        let asked = self.planned.policies.rule.as_ref().or(last).is_some_and(|rule| rule.required > 0);
        asked && self.workspace.trust().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::sample;
    use crate::files;
    use crate::planfile::{PlanFile, Saved};
    use crate::run::sample::policies;

    async fn plan(folder: &tempfile::TempDir, policies: Policies) -> LivePlan {
        let path = |name: &str| folder.path().join(name).display().to_string();
        let selection = Selection {
            cloud: Some(format!("local:{}", path("cloud.json"))),
            journal: Some(path("journal").parse().unwrap()),
            ..Selection::default()
        };
        LivePlan::of(policies, &selection, &PlanOptions::default(), &|_| ()).await.unwrap()
    }

    #[tokio::test]
    async fn plan_creates_neither_a_cloud_nor_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let live = plan(&folder, sample::policies("")).await;
        assert_eq!(live.planned.plan.pending().count(), 6);
        assert!(!live.relies_on_policies_alone());
        for name in ["cloud.json", "journal"] {
            assert!(!files::exists(&folder.path().join(name)), "{name}");
        }
    }

    #[tokio::test]
    async fn approval_rule_without_an_anchor_gives_a_note() {
        let folder = tempfile::tempdir().unwrap();
        assert!(plan(&folder, policies()).await.relies_on_policies_alone());
    }

    #[tokio::test]
    async fn saved_plan_is_the_plan_that_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let live = plan(&folder, policies()).await;
        let file = PlanFile::of(&live, "ci@acme.example".to_owned(), &PlanOptions::default()).unwrap();
        let saved = Saved::parse(file.text().unwrap().as_bytes(), None).unwrap();
        assert_eq!(saved.plan.digest().unwrap(), live.planned.plan.digest().unwrap());
        assert_eq!(saved.file.journal.to_string(), folder.path().join("journal").display().to_string());
        assert_eq!(saved.rule().map(|rule| rule.required), Some(2));
    }
}
