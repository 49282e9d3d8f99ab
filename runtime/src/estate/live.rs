//! A plan of policies for their cloud as it is, from what was selected to what may be saved.

use super::{EstateError, Opened, Planned, Policies, Remark, Selection, Wishes, Workspace};
use crate::cloud::Calls;
use crate::journal::{self, History, Journal};

/// A plan of policies for their cloud as it is.
#[derive(Debug)]
pub struct LivePlan {
    /// The plan, and what it was made from.
    pub planned: Planned,
    /// Where it was made.
    pub workspace: Workspace,
    /// What the journal said before the plan was made.
    pub history: History,
    /// The calls it took.
    pub calls: Calls,
}

impl LivePlan {
    /// Read the journal, look at the cloud, and plan. Nothing is changed.
    ///
    /// # Errors
    /// The trust anchor does not allow it, the journal or the cloud cannot be read, or there is no plan.
    pub async fn of(
        policies: Policies,
        selection: &Selection,
        wishes: &Wishes,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let workspace = Workspace::of(selection, &policies)?;
        let estate = policies.compiled.policy.estate.to_string();
        // Before the plan: what is written in between makes the plan stale, never the journal another one.
        let journal = Journal::open(&workspace.journal).await?;
        let history = workspace.history(&journal).await?;
        let Opened { cloud, context, .. } = workspace.open(&estate).await?;
        let planned =
            Planned::now(policies, cloud.as_ref(), &context, &history.entries, wishes, tell).await?;
        Ok(Self { planned, workspace, history, calls: cloud.calls() })
    }

    /// Whether somebody has to agree to it, and only the policies say who: whoever can change those can change that.
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
        LivePlan::of(policies, &selection, &Wishes::default(), &|_| ()).await.unwrap()
    }

    #[tokio::test]
    async fn plan_creates_neither_a_cloud_nor_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let live = plan(&folder, sample::policies("")).await;
        assert_eq!(live.planned.plan.pending().count(), 4);
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
        let file = PlanFile::of(&live, "ci@acme.example".to_owned(), &Wishes::default()).unwrap();
        let saved = Saved::parse(file.text().unwrap().as_bytes(), None).unwrap();
        assert_eq!(saved.plan.digest().unwrap(), live.planned.plan.digest().unwrap());
        assert_eq!(saved.file.journal.to_string(), folder.path().join("journal").display().to_string());
        assert_eq!(saved.rule().map(|rule| rule.required), Some(2));
    }
}
