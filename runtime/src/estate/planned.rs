//! A plan for what exists now, and its inputs.

use std::collections::BTreeMap;

use futures::join;
use holdfast_compiler::copies::KnownCopy;
use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::observation::{Observation, Owned};
use holdfast_compiler::plan::{Consents, Context, Plan, looked_up, signals_home, ways_home};
use holdfast_compiler::provider::{backup_places, signals};
use holdfast_compiler::unnamed;

use super::{Base, EstateError, Findings, PlanError, Policies, PostureChange, Request};
use crate::cloud::Cloud;
use crate::journal::{self, Commit, Entry};

/// What the operator's flags say about a plan.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// The consents given with `--allow`.
    pub consents: Consents,
    /// The targets given with `--target`; if empty, the whole plan.
    pub targets: Vec<String>,
    /// The version of the policies given with `--base`; without it they are compared with the last applied ones.
    pub base: Option<Base>,
    /// The git commit of the policies, for the record.
    pub commit: Option<Commit>,
    /// Whether to look at scheduled backups too.
    pub backups: bool,
    /// Whether it is only to be looked at: what keeps a plan from being made is told beside what was seen ([`Planned::blocks`]).
    pub only_looks: bool,
    /// What `--evacuate` and `--return` ask for.
    pub turn: PostureChange,
}

/// A remark about a plan that people should read first, and that blocks nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The journal knows resources of another estate on the same cloud and account: this estate may have been
    /// renamed.
    OtherEstate {
        /// The name of the other estate.
        estate: String,
        /// How many resources it owns.
        things: usize,
    },
    /// How far a site that is returned to is behind what was written elsewhere, in words.
    WayHome(String),
    /// A drill that no longer shows what the estate is.
    DrillOutdated {
        /// Its name.
        drill: String,
        /// Why, each as a clause.
        why: Vec<String>,
    },
    /// `--target` selects only a part of the plan.
    OnlyPart,
    /// A place of the journal does not answer. What it alone holds is unknown.
    JournalSilent {
        /// The place.
        place: String,
        /// The reason.
        reason: String,
    },
    /// A place of the journal lacked pages, and has them now.
    JournalCaughtUp {
        /// The place.
        place: String,
        /// How many pages.
        pages: usize,
    },
}

impl Remark {
    /// The remarks about the places of a journal that do not answer.
    pub fn silent(places: BTreeMap<String, String>) -> impl Iterator<Item = Self> {
        places.into_iter().map(|(place, reason)| Self::JournalSilent { place, reason })
    }
}

/// A plan for what exists now, and its inputs.
#[derive(Debug)]
pub struct Planned {
    /// The policies.
    pub policies: Policies,
    /// The objects that the estate owns, according to the journal.
    pub owned: Vec<Owned>,
    /// What the journal remembers of real-time copies.
    pub copies: Vec<KnownCopy>,
    /// The objects observed in the cloud.
    pub observation: Observation,
    /// The version that the policies were compared with.
    pub base: Option<Base>,
    /// The plan.
    pub plan: Plan,
    /// What keeps a plan from being made. Then [`plan`](Self::plan) lacks steps, and is only for looking at.
    pub blocks: Vec<Diagnostic>,
}

impl Planned {
    /// Observe the cloud and plan. `entries` are all entries of the journal; the policies are compared with `base`.
    ///
    /// # Errors
    /// The credentials belong to a different account than the estate names, the cloud cannot be observed, what exists
    /// conflicts with the policies, or the plan contains nothing for a target.
    pub async fn now(
        policies: Policies,
        cloud: &dyn Cloud,
        context: &Context,
        entries: &[Entry],
        plan_options: &PlanOptions,
        base: Option<Base>,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let policies = policies.in_account(context)?;
        let was = journal::posture(entries, context);
        // A site that lost its name would be returned to unseen.
        was.check(&policies.compiled.policy).map_err(|why| {
            EstateError::Posture(format!(
                "{why}, and it is evacuated: give the site its name back, and change it after the return"
            ))
        })?;
        let turn = plan_options.turn.by_site(&policies.compiled.policy, &was);
        let posture = turn.after(&was).map_err(EstateError::Posture)?;
        posture.check(&policies.compiled.policy).map_err(EstateError::Posture)?;
        let (policies, graph) = policies.graph(&context.accounts, &posture)?;
        let (owned, copies) = (journal::owned(entries, context), journal::copies(entries, context));
        for other in journal::other_estates(entries, context) {
            let things = journal::owned(entries, &other).len();
            if things > 0 {
                tell(Remark::OtherEstate { estate: other.estate, things });
            }
        }
        if !plan_options.only_looks {
            let held = journal::held(entries, context);
            for (drill, why) in held.outdated(&policies.compiled.policy, policies.compiled.options.as_of) {
                tell(Remark::DrillOutdated { drill: drill.to_string(), why });
            }
        }
        let wanted = looked_up(&plan_options.targets, &graph, &owned);
        let (wanted, left) = posture.split(&policies.compiled.policy, &graph, &owned, wanted);
        let (wanted, unnamed) =
            unnamed::split(&policies.compiled.policy, &context.accounts, &graph, &owned, wanted);
        // Half an estate is not looked at: what the other half needs would look as if it did not exist.
        if let Some(none) = wanted.iter().find(|wanted| !cloud.serves(wanted.kind)) {
            return Err(EstateError::NoClient {
                what: format!("resources of the kind `{}`", none.kind),
                cure: "plan with `--cloud local`, or take them out of the policies; nothing was read or changed",
            });
        }
        let mut observation = cloud.observe(&wanted).await?;
        observation.unseen.extend(left.into_iter().chain(unnamed));
        if plan_options.backups {
            let (places, signals) = (backup_places(&graph), signals(&observation, &copies));
            let (backups, signals) = join!(cloud.backups(&places), cloud.signals(&signals));
            (observation.backups, observation.signals) = (Some(backups), Some(signals));
        }
        let home = (&policies.compiled.policy, (&was, &posture));
        let asked = signals_home(home.0, home.1, &observation);
        if !asked.is_empty() {
            let measured = cloud.signals(&asked).await;
            let ways = ways_home(home.0, home.1, (&observation, &owned), &measured);
            ways.iter().for_each(|way| tell(Remark::WayHome(way.in_words())));
        }
        if !plan_options.targets.is_empty() {
            tell(Remark::OnlyPart);
        }
        let request = Request {
            context,
            owned: &owned,
            copies: &copies,
            observation: &observation,
            was: &was,
            posture: &posture,
            consents: &plan_options.consents,
            targets: &plan_options.targets,
            base: base.as_ref(),
        };
        let compared = match plan_options.only_looks {
            true => policies.look(&graph, &request),
            false => policies.plan(&graph, &request).map(|plan| (plan, Vec::new())),
        };
        match compared {
            Ok((plan, blocks)) => Ok(Self { policies, owned, copies, observation, base, plan, blocks }),
            Err(error) => Err(error.about(policies)),
        }
    }
}

impl PlanError {
    /// Adds the policies whose text the findings refer to.
    pub(crate) fn about(self, policies: Policies) -> EstateError {
        match self {
            Self::Findings(findings) => Findings { findings, sources: policies.sources }.into(),
            Self::NoTarget { target, near } => EstateError::NoTarget { target, near },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use holdfast_compiler::posture::Posture;

    use super::*;
    use crate::estate::sample;
    use crate::journal::{Event, Run};
    use crate::local::{Local, Weather};

    async fn plan(
        policies: Policies,
        context: &Context,
        entries: &[Entry],
        plan_options: &PlanOptions,
    ) -> (Result<Planned, EstateError>, Vec<Remark>) {
        let (cloud, remarks) = (Local::in_memory(Weather::default()), RefCell::<Vec<Remark>>::default());
        let tell = |remark| remarks.borrow_mut().push(remark);
        let planned = Planned::now(policies, &cloud, context, entries, plan_options, None, &tell).await;
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
        let (planned, remarks) = plan(sample::policies(""), &context, &[], &PlanOptions::default()).await;
        let planned = planned.unwrap();
        let steps: Vec<&str> = planned.plan.pending().map(|step| step.id.as_str()).collect();
        assert_eq!(
            steps,
            [
                "aws.bucket.files.docs.virginia",
                "aws.bucket-policy.files.docs.virginia",
                "aws.bucket.files.docs.oregon",
                "aws.bucket-policy.files.docs.oregon",
                "aws.role.files.docs",
                "aws.replication.files.docs"
            ]
        );
        assert!(planned.owned.is_empty() && remarks.is_empty());
    }

    #[tokio::test]
    async fn resources_of_another_estate_in_the_journal_are_reported() {
        let run = Run::new(sample::context("former"), Posture::default(), "p".to_owned(), 0, String::new());
        let bucket = sample::adopted("aws.bucket.files.docs.virginia", "acme-docs");
        let entries = entries(vec![Event::RunStarted(Box::new(run)), bucket, Event::nothing_done()]);
        let (_, remarks) =
            plan(sample::policies(""), &sample::context("acme"), &entries, &PlanOptions::default()).await;
        assert_eq!(remarks, [Remark::OtherEstate { estate: "former".to_owned(), things: 1 }]);
    }

    #[tokio::test]
    async fn target_that_the_plan_does_not_contain_is_wrong_usage() {
        let plan_options = PlanOptions { targets: vec!["payments".to_owned()], ..PlanOptions::default() };
        let (planned, remarks) =
            plan(sample::policies(""), &sample::context("acme"), &[], &plan_options).await;
        let refused = planned.unwrap_err();
        assert!(
            matches!(&refused, EstateError::NoTarget { target, near: None } if target == "payments"),
            "{refused}"
        );
        assert_eq!(remarks, [Remark::OnlyPart]);
    }

    #[tokio::test]
    async fn unknown_target_suggests_the_address_with_its_provider() {
        for (target, meant) in [
            ("bucket.files.docs.virginia", "aws.bucket.files.docs.virginia"),
            ("aws.bucket.files.docs.virgina", "aws.bucket.files.docs.virginia"),
            ("files.dosc", "files.docs"),
            ("file", "files"),
        ] {
            let plan_options = PlanOptions { targets: vec![target.to_owned()], ..PlanOptions::default() };
            let (planned, _) = plan(sample::policies(""), &sample::context("acme"), &[], &plan_options).await;
            let expected = format!("the plan contains nothing for `{target}`: did you mean `{meant}`?");
            assert_eq!(planned.unwrap_err().to_string(), expected);
        }
    }

    #[tokio::test]
    async fn credentials_of_another_account_than_the_estate_names_are_refused() {
        let policies = || sample::policies("account: \"111122223333\"\n");
        let aws = Context { cloud: "aws".to_owned(), ..sample::context("acme") };
        let (refused, _) = plan(policies(), &aws, &[], &PlanOptions::default()).await;
        let refusal = refused.unwrap_err().refusal().unwrap().findings.remove(0);
        assert_eq!(refusal.code.as_str(), "E0604");
        assert_eq!(refusal.message, "these credentials belong to account 000000000000");
        // Accounts are not checked on the embedded cloud.
        let (planned, _) = plan(policies(), &sample::context("acme"), &[], &PlanOptions::default()).await;
        assert!(planned.is_ok());
    }
}
