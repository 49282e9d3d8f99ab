//! Policies matched with the objects that exist in an account.

use std::collections::BTreeMap;

use holdfast_compiler::digest::{Purpose, digest};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::import::{Adoption, adoptions};
use holdfast_compiler::observation::{Observation, Owned, scope};
use holdfast_compiler::plan::{Consents, Context};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::resource::{Kind, Lifecycle};
use holdfast_compiler::unnamed;

use super::ImportError;
use crate::cloud::Cloud;
use crate::estate::{EstateError, Policies, Request};
use crate::journal::{self, Claim, Entry, Event, Run, Signer, Writer};
use crate::run::runner::runner;

/// Policies matched with the objects that exist in an account.
pub(super) struct Matched {
    policies: Policies,
    graph: Graph,
    context: Context,
    owned: Vec<Owned>,
    observation: Observation,
    /// Which sites are evacuated.
    posture: Posture,
}

impl Matched {
    /// Observe what the policies describe. `here` names the cloud and the account; its estate is ignored.
    pub(super) async fn in_cloud(
        policies: Policies,
        cloud: &dyn Cloud,
        here: Context,
        entries: &[Entry],
    ) -> Result<Self, ImportError> {
        let context = Context { estate: policies.compiled.policy.estate.to_string(), ..here };
        let posture = journal::posture(entries, &context);
        posture.check(&policies.compiled.policy).map_err(EstateError::Posture)?;
        let (policies, graph) = policies.graph(&context.accounts, &posture)?;
        let owned = journal::owned(entries, &context);
        let (wanted, left) = posture.split(&policies.compiled.policy, &graph, &owned, scope(&graph, &owned));
        let (wanted, unnamed) =
            unnamed::split(&policies.compiled.policy, &context.accounts, &graph, &owned, wanted);
        let mut observation = cloud.observe(&wanted).await?;
        observation.unseen.extend(left.into_iter().chain(unnamed));
        Ok(Self { policies, graph, context, owned, observation, posture })
    }

    /// The objects that exist and that the estate does not own yet.
    pub(super) fn adoptions(&self) -> Vec<Adoption> {
        adoptions(&self.graph, &self.owned, &self.observation)
    }

    /// Whether something that the policies describe could not be seen.
    pub(super) fn is_partial(&self) -> bool {
        // What is only looked at is never imported.
        let is_kept = |kind: Kind| kind.schema().lifecycle != Lifecycle::Evidence;
        let mut unseen = self.observation.unseen.iter();
        unseen.any(|unseen| !unseen.taken && !unseen.evacuated && is_kept(unseen.kind))
    }

    /// How many names that the policies declare belong to other accounts.
    pub(super) fn taken(&self) -> usize {
        self.observation.unseen.iter().filter(|unseen| unseen.taken).count()
    }

    /// Record the adopted objects in the journal, as a run that changes nothing in the cloud.
    pub(super) async fn adopt(
        &self,
        adopted: Vec<Adoption>,
        claim: &Claim,
        callers: BTreeMap<String, String>,
        signer: Option<&Signer>,
    ) -> Result<(), ImportError> {
        if adopted.is_empty() {
            return Ok(());
        }
        let things: Vec<_> = adopted.iter().map(|one| (&one.address, &one.identity)).collect();
        let plan = digest(Purpose::Adoption, &things)?;
        // Adopting needs no approvals, and the rule of the last run stays.
        let rule = journal::rule(&claim.history().runs, &self.context).cloned();
        let posture = journal::posture(&claim.history().entries, &self.context);
        let run = Run::new(self.context.clone(), posture, plan, 0, runner());
        let run = Run { rule, callers, ..run };
        let journal = Writer::begin(claim, run, signer).await?;
        for Adoption { address, identity, attributes, needs, account } in adopted {
            let account = self.context.accounts.of(address.kind(), account.as_deref());
            journal.append(Event::Adopted { address, identity, attributes, needs, account }).await?;
        }
        journal.append(Event::nothing_done()).await?;
        Ok(())
    }

    /// How many resources differ from the policies.
    pub(super) fn pending(self) -> Result<usize, ImportError> {
        let Self { policies, graph, context, owned, observation, posture } = self;
        let request = Request {
            context: &context,
            owned: &owned,
            // Only steps are counted, and they do not depend on copies.
            copies: &[],
            observation: &observation,
            was: &posture,
            posture: &posture,
            consents: &Consents::new(),
            targets: &[],
            base: None,
        };
        match policies.plan(&graph, &request) {
            Ok(plan) => Ok(plan.pending().count()),
            Err(error) => Err(error.about(policies).into()),
        }
    }
}
