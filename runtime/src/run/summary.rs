//! The summary of a run.

use std::collections::BTreeSet;

use holdfast_compiler::plan::{Action, Awaited, Plan, Step, StepId};
use holdfast_compiler::resource::known;

use crate::apply::{Outcome, Stopped};
use crate::cloud::CloudError;

/// The counts of a run. A change that takes several steps counts once.
#[derive(Debug)]
pub struct Summary<'a> {
    /// How many resources were created.
    pub created: usize,
    /// How many were updated.
    pub updated: usize,
    /// How many were replaced.
    pub replaced: usize,
    /// How many were deleted.
    pub deleted: usize,
    /// The steps that failed, and why.
    pub failed: &'a [(StepId, CloudError)],
    /// The steps that were not started, each with a step it needs that failed or was not started.
    pub blocked: Vec<(&'a StepId, &'a StepId)>,
    /// What somebody has to do before the objects that were created do their work, by their addresses.
    pub awaited: Vec<Awaited>,
    /// How many steps were ready or waiting when the run was stopped.
    pub waiting: usize,
    /// Why the run was stopped, if it was.
    pub stopped: Option<Stopped>,
}

impl<'a> Summary<'a> {
    /// Count the outcome of a plan.
    #[must_use]
    pub fn of(plan: &Plan, outcome: &'a Outcome) -> Self {
        let ended: BTreeSet<&StepId> = outcome.done.iter().collect();
        let second = plan.second_halves();
        let done = |wanted: Action| {
            let of = plan.steps.iter().filter(|step| step.action == wanted && !second.contains(&step.id));
            of.filter(|step| ended.contains(&step.id)).count()
        };
        let blocked: Vec<_> = outcome
            .not_started
            .iter()
            .filter_map(|(step, because)| Some((step, because.as_ref()?)))
            .collect();
        let made = plan.pending().filter(|step| matches!(step.action, Action::Create | Action::Replace));
        let made = made.filter(|step| ended.contains(&step.id));
        let mut awaited: Vec<Awaited> = made.filter_map(awaited_by_new).collect();
        awaited.sort_by(|one, other| one.address.cmp(&other.address));
        Self {
            created: done(Action::Create),
            updated: done(Action::Update),
            replaced: done(Action::Replace),
            deleted: done(Action::Delete),
            failed: &outcome.failed,
            awaited,
            waiting: outcome.not_started.len() - blocked.len(),
            blocked,
            stopped: outcome.stopped,
        }
    }

    /// Whether steps failed or were not started.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.failed.is_empty() || !self.blocked.is_empty() || self.waiting > 0
    }
}

/// What a new object waits for. The cloud has given it the values that the policy leaves open.
fn awaited_by_new(step: &Step) -> Option<Awaited> {
    let schema = step.address.kind().schema();
    let mut values = schema.unset();
    values.extend(known(&step.attributes));
    let waits = (schema.waits?)(&step.address, &values)?;
    Some(Awaited { address: step.address.clone(), waits })
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::plan::awaited_in_words;
    use holdfast_compiler::provider::aws::sns::subscription;
    use holdfast_compiler::resource::{Address, Attributes};

    use super::*;
    use crate::cloud::Class;
    use crate::run::sample::Folder;

    #[tokio::test]
    async fn steps_are_counted_by_outcome() {
        let plan = Folder::new().await.saved.plan;
        let steps: Vec<StepId> = plan.pending().map(|step| step.id.clone()).collect();
        let [one, _, two, _, role, replication] = steps.try_into().unwrap();
        let outcome = Outcome {
            done: vec![one],
            failed: vec![(
                role.clone(),
                CloudError::new(Class::Denied, "cloud:Create", "AccessDenied", "no"),
            )],
            not_started: vec![(replication.clone(), Some(role.clone())), (two, None)],
            stopped: Some(Stopped::Late),
            journal: None,
        };
        let summary = Summary::of(&plan, &outcome);
        assert_eq!((summary.created, summary.updated, summary.deleted), (1, 0, 0));
        assert_eq!(summary.failed.len(), 1);
        assert_eq!(summary.blocked, [(&replication, &role)]);
        assert_eq!((summary.waiting, summary.stopped), (1, Some(Stopped::Late)));
        assert!(summary.is_partial());
        assert!(!Summary::of(&plan, &Outcome::default()).is_partial());
    }

    #[tokio::test]
    async fn new_subscription_waits_for_its_contact() {
        let mut plan = Folder::new().await.saved.plan;
        let model = plan.pending().next().unwrap().clone();
        let create = |region: &str| {
            let address = Address::new(subscription::KIND, &["critical", region, "on-call", "mail"]);
            let id = StepId::of(&address);
            Step { id, address, action: Action::Create, attributes: Attributes::new(), ..model.clone() }
        };
        let (one, other, failed) = (create("us-east-1"), create("eu-west-1"), create("us-west-2"));
        let outcome = Outcome { done: vec![one.id.clone(), other.id.clone()], ..Outcome::default() };
        plan.steps = vec![one, other, failed];
        let said: Vec<String> = awaited_in_words(&Summary::of(&plan, &outcome).awaited).collect();
        let waits = "`on-call` has to confirm that critical alarms of eu-west-1 and us-east-1 come by mail.";
        assert_eq!(said, [format!("Waiting for a person: {waits}")]);
    }
}
