//! A part of a plan: some steps with everything they need. For emergencies, not for routine use: afterwards
//! the rest may still differ from the policy.

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, Step, StepId};
use crate::resource::Address;

impl Plan {
    /// The part that the targets need. A target is an address, a service, or an entry of a service
    /// (`payments.ledger`).
    ///
    /// # Errors
    /// The first target that matches nothing in the plan.
    pub fn targeted(mut self, targets: &[String]) -> Result<Self, String> {
        let mut wanted: Vec<&StepId> = Vec::new();
        for target in targets {
            let before = wanted.len();
            let steps = self.steps.iter().filter(|step| hits(&step.address, target));
            wanted.extend(steps.map(|step| &step.id));
            let mut unseen = self.unknown.iter().map(|unknown| &unknown.address);
            let mut waiting = self.waiting.iter().map(|waiting| &waiting.address);
            let hidden = unseen.any(|one| hits(one, target)) || waiting.any(|one| hits(one, target));
            if wanted.len() == before && !hidden {
                return Err(target.clone());
            }
        }
        let steps: BTreeMap<&StepId, &Step> = self.steps.iter().map(|step| (&step.id, step)).collect();
        // What comes first only for the sake of order is left out, unless it is of the same entry.
        let first = |id: &StepId| {
            let step = steps.get(id).copied()?;
            let own = |other: &&StepId| {
                steps.get(other).is_some_and(|other| other.address.entry() == step.address.entry())
            };
            Some(step.needs.iter().chain(step.follows.iter().filter(own)))
        };
        let mut keep: BTreeSet<StepId> = BTreeSet::new();
        while let Some(id) = wanted.pop() {
            if keep.insert(id.clone()) {
                wanted.extend(first(id).into_iter().flatten());
            }
        }
        let hit = |address: &Address| targets.iter().any(|target| hits(address, target));
        self.waiting.retain(|waiting| hit(&waiting.address));
        self.steps.retain(|step| keep.contains(&step.id));
        self.steps.iter_mut().for_each(|step| step.follows.retain(|id| keep.contains(id)));
        let left: BTreeSet<&str> = self.steps.iter().map(|step| step.address.owner()).collect();
        self.leaving.retain(|service| left.contains(service.as_str()));
        let kept: BTreeSet<&Address> = self.steps.iter().map(|step| &step.address).collect();
        let entries: BTreeSet<String> = self.pending().map(|step| step.address.entry()).collect();
        self.behind.retain(|behind| entries.contains(&behind.address.entry()));
        self.moved.retain(|moved| kept.contains(&moved.to));
        self.confirmed.retain(|confirmed| kept.contains(&confirmed.address));
        self.targets = targets.to_vec();
        // Objectives depend on services that were not looked at, and what is billed on all steps.
        self.objectives.clear();
        self.billed.clear();
        Ok(self)
    }
}

/// Whether a target names a resource.
pub(super) fn hits(address: &Address, target: &str) -> bool {
    address.to_string() == target || address.owner() == target || address.entry() == target
}
