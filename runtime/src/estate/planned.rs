//! The plan for what exists now, and what it was made from.

use holdfast_compiler::observation::{Observation, Owned, scope};
use holdfast_compiler::plan::{Consents, Context, Plan};

use super::{EstateError, Findings, PlanError, Policies, Request};
use crate::cloud::Cloud;
use crate::journal::{self, Entry};

/// What the operator says about a plan.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// What they agree to explicitly.
    pub consents: Consents,
    /// The only things that are asked for; all where this is empty.
    pub targets: Vec<String>,
}

/// Something about a plan that people should read before it, and that keeps nothing from happening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The journal knows things of another estate on the same cloud and account: this one may have been renamed.
    OtherEstate {
        /// Its name.
        estate: String,
        /// How many things of it there are.
        things: usize,
    },
    /// Only a part of the plan was asked for.
    OnlyPart,
}

/// A plan for what exists now, and what it was made from.
#[derive(Debug)]
pub struct Planned {
    /// The policies.
    pub policies: Policies,
    /// What Holdfast owned.
    pub owned: Vec<Owned>,
    /// What existed.
    pub observation: Observation,
    /// The plan.
    pub plan: Plan,
}

impl Planned {
    /// Observe, and plan. `entries` is all that the journal has.
    ///
    /// # Errors
    /// The credentials are of another account than the estate names, the cloud does not answer, what exists stands in
    /// the way of the policies, or the plan has nothing of a target.
    pub async fn now(
        policies: Policies,
        cloud: &dyn Cloud,
        context: &Context,
        entries: &[Entry],
        wishes: &Wishes,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let policies = policies.in_account(context)?;
        let (policies, graph) = policies.graph(&context.accounts)?;
        let owned = journal::owned(entries, context);
        for other in journal::other_estates(entries, context) {
            let things = journal::owned(entries, &other).len();
            if things > 0 {
                tell(Remark::OtherEstate { estate: other.estate, things });
            }
        }
        let observation = cloud.observe(&scope(&graph, &owned)).await?;
        if !wishes.targets.is_empty() {
            tell(Remark::OnlyPart);
        }
        let request = Request {
            context,
            owned: &owned,
            observation: &observation,
            consents: &wishes.consents,
            targets: &wishes.targets,
        };
        match policies.plan(&graph, &request) {
            Ok(plan) => Ok(Self { policies, owned, observation, plan }),
            Err(error) => Err(error.about(policies)),
        }
    }
}

impl PlanError {
    /// With the policies that it is about.
    pub(crate) fn about(self, policies: Policies) -> EstateError {
        match self {
            Self::Findings(findings) => Findings { findings, sources: policies.sources }.into(),
            Self::NoTarget(target) => EstateError::NoTarget(target),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::estate::sample;
    use crate::journal::{Event, Run};
    use crate::local::{Local, Weather};

    async fn plan(
        policies: Policies,
        context: &Context,
        entries: &[Entry],
        wishes: &Wishes,
    ) -> (Result<Planned, EstateError>, Vec<Remark>) {
        let (cloud, remarks) = (Local::in_memory(Weather::default()), RefCell::<Vec<Remark>>::default());
        let tell = |remark| remarks.borrow_mut().push(remark);
        let planned = Planned::now(policies, &cloud, context, entries, wishes, &tell).await;
        (planned, remarks.into_inner())
    }

    fn entries(events: Vec<Event>) -> Vec<Entry> {
        let entry =
            |(at, event)| Entry { number: at as u64 + 1, previous: String::new(), at: String::new(), event };
        events.into_iter().enumerate().map(entry).collect()
    }

    #[tokio::test]
    async fn empty_cloud_gets_everything_the_policies_ask_for() {
        let context = sample::context("acme");
        let (planned, remarks) = plan(sample::policies(""), &context, &[], &Wishes::default()).await;
        let planned = planned.unwrap();
        let steps: Vec<&str> = planned.plan.pending().map(|step| step.id.as_str()).collect();
        assert_eq!(
            steps,
            [
                "aws.bucket.files.docs.virginia",
                "aws.bucket.files.docs.oregon",
                "aws.role.files.docs",
                "aws.replication.files.docs"
            ]
        );
        assert!(planned.owned.is_empty() && remarks.is_empty());
    }

    #[tokio::test]
    async fn resources_of_another_estate_in_the_journal_are_reported() {
        let run = Run::new(sample::context("former"), "p".to_owned(), 0, String::new());
        let bucket = sample::adopted("aws.bucket.files.docs.virginia", "acme-docs");
        let entries = entries(vec![Event::RunStarted(run), bucket, Event::nothing_done()]);
        let (_, remarks) =
            plan(sample::policies(""), &sample::context("acme"), &entries, &Wishes::default()).await;
        assert_eq!(remarks, [Remark::OtherEstate { estate: "former".to_owned(), things: 1 }]);
    }

    #[tokio::test]
    async fn target_that_the_plan_does_not_contain_is_wrong_usage() {
        let wishes = Wishes { targets: vec!["payments".to_owned()], ..Wishes::default() };
        let (planned, remarks) = plan(sample::policies(""), &sample::context("acme"), &[], &wishes).await;
        let refused = planned.unwrap_err();
        assert!(matches!(&refused, EstateError::NoTarget(target) if target == "payments"), "{refused}");
        assert_eq!(remarks, [Remark::OnlyPart]);
    }

    #[tokio::test]
    async fn credentials_of_another_account_than_the_estate_names_are_refused() {
        let policies = || sample::policies("account: \"111122223333\"\n");
        let aws = Context { cloud: "aws".to_owned(), ..sample::context("acme") };
        let (refused, _) = plan(policies(), &aws, &[], &Wishes::default()).await;
        let refusal = refused.unwrap_err().refusal().unwrap().findings.remove(0);
        assert_eq!(refusal.code.as_str(), "E0604");
        assert_eq!(refusal.message, "these credentials belong to account 000000000000");
        // The embedded cloud is in no account at all.
        let (planned, _) = plan(policies(), &sample::context("acme"), &[], &Wishes::default()).await;
        assert!(planned.is_ok());
    }
}
