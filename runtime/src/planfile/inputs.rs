//! The inputs of a saved plan.

use holdfast_compiler::copies::KnownCopy;
use holdfast_compiler::graph::Graph;
use holdfast_compiler::observation::{Object, Observation, Owned, Unseen};
use holdfast_compiler::plan::{Consents, Context, Plan};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::units::Date;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::estate::{Base, PlanError, Policies, PolicyFile, Request};

/// The inputs of a plan. The same inputs always give the same plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Inputs {
    /// Estate, cloud and accounts.
    pub context: Context,
    /// The policies.
    pub policies: Vec<PolicyFile>,
    /// The version of the policies that they are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The list of signers that the policies name: the text of an `allowed_signers` file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signers: Option<String>,
    /// The date against which reviews, drills, measurements and waivers are checked, such as 2026-11-23.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// The consents given with `--allow`.
    #[serde(default, skip_serializing_if = "Consents::is_empty")]
    pub consents: Consents,
    /// The targets given with `--target`; if empty, the whole plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Which sites were evacuated before, according to the journal. An apply reads the journal again.
    #[serde(default, skip_serializing_if = "Posture::is_normal")]
    pub was: Posture,
    /// Which sites are evacuated once the plan is applied.
    #[serde(default, skip_serializing_if = "Posture::is_normal")]
    pub posture: Posture,
    /// The objects that the estate owned, according to the journal. An apply reads the journal again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned: Vec<Owned>,
    /// What the journal remembers of real-time copies. An apply reads the journal again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<KnownCopy>,
    /// The observed objects. An apply observes again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Object>,
    /// What could not be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Unseen>,
}

/// What is derived from the inputs.
#[derive(Debug)]
pub(super) struct Derived {
    pub(super) policies: Policies,
    pub(super) graph: Graph,
    pub(super) plan: Plan,
}

impl Inputs {
    /// The inputs of a plan that was made from these policies.
    #[must_use]
    pub fn of(policies: &Policies, request: &Request<'_>) -> Self {
        Self {
            context: request.context.clone(),
            policies: PolicyFile::all(&policies.sources),
            base: request.base.cloned(),
            signers: policies.rule.as_ref().map(|rule| rule.signers.clone()),
            as_of: policies.compiled.options.as_of.map(|date| date.to_string()),
            consents: request.consents.clone(),
            targets: request.targets.to_vec(),
            was: request.was.clone(),
            posture: request.posture.clone(),
            owned: request.owned.to_vec(),
            copies: request.copies.to_vec(),
            observed: request.observation.sorted(),
            unseen: request.observation.unseen_sorted(),
        }
    }

    /// Compile the policies.
    pub(super) fn policies(&self) -> Result<Policies, Refusal> {
        let as_of = match &self.as_of {
            None => None,
            Some(text) => {
                Some(Date::parse(text).ok_or_else(|| Refusal::changed("its `as-of` is not a date"))?)
            }
        };
        let policies =
            Policies::recorded(PolicyFile::sources(&self.policies), as_of, self.signers.as_deref())
                .map_err(Refusal::Invalid)?;
        if policies.rule.is_some() != self.signers.is_some() {
            return Err(Refusal::changed("it has a list of signers that its policies do not name"));
        }
        if policies.compiled.policy.estate.as_str() != self.context.estate {
            return Err(Refusal::changed("its context names a different estate than its policies"));
        }
        if policies.other_account(&self.context).is_some() {
            return Err(Refusal::changed("its context names a different account than its policies"));
        }
        Ok(policies)
    }

    /// Derive the plan.
    pub(super) fn derive(&self) -> Result<Derived, Refusal> {
        let policies = self.policies()?;
        self.posture.check(&policies.compiled.policy).map_err(|why| Refusal::changed(&why))?;
        let (policies, graph) =
            policies.graph(&self.context.accounts, &self.posture).map_err(Refusal::Invalid)?;
        let observation = Observation {
            objects: self.observed.clone(),
            unseen: self.unseen.clone(),
            backups: None,
            signals: None,
        };
        let request = Request {
            context: &self.context,
            owned: &self.owned,
            copies: &self.copies,
            observation: &observation,
            was: &self.was,
            posture: &self.posture,
            consents: &self.consents,
            targets: &self.targets,
            base: self.base.as_ref(),
        };
        match policies.plan(&graph, &request) {
            Ok(plan) => Ok(Derived { policies, graph, plan }),
            Err(PlanError::Findings(findings)) => {
                Err(Refusal::Invalid(crate::estate::Findings { findings, sources: policies.sources }))
            }
            Err(PlanError::NoTarget { target, .. }) => {
                Err(Refusal::changed(&format!("the plan contains nothing for its target `{target}`")))
            }
        }
    }
}
