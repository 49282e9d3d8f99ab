//! How many objects a plan creates, changes, removes and keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Action, Plan, Step, StepId};
use crate::resource::Address;

/// The number of objects per action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Objects to create.
    pub create: usize,
    /// Objects to update.
    pub update: usize,
    /// Objects to replace.
    pub replace: usize,
    /// Objects to delete.
    pub delete: usize,
    /// Objects to keep.
    pub keep: usize,
}

impl Plan {
    /// The number of objects per action. The removal of a replaced object counts as part of the replacement;
    /// displaced objects count as deleted; milestones do not count.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let second = self.second_halves();
        let early: BTreeMap<&Address, Action> = self.early_halves();
        for step in &self.steps {
            let own = step.object.as_ref().map(|object| object.id.as_str());
            counts.delete += step.displaces.iter().filter(|object| own != Some(object.id.as_str())).count();
            match step.action {
                Action::Create => counts.create += 1,
                // An update in two halves is one update.
                Action::Update if step.is_late() && early.get(&step.address) == Some(&Action::Update) => {}
                Action::Update => counts.update += 1,
                Action::Replace => counts.replace += 1,
                Action::Delete if second.contains(&step.id) => {}
                Action::Delete => counts.delete += 1,
                Action::Keep if early.contains_key(&step.address) => {}
                Action::Keep if step.object.is_some() => counts.keep += 1,
                Action::Keep => {}
            }
        }
        counts
    }

    /// The steps that remove objects replaced in this plan.
    #[must_use]
    pub fn second_halves(&self) -> BTreeSet<&StepId> {
        let replaced = self.steps.iter().filter(|step| step.action == Action::Replace);
        let replaced: BTreeSet<&Address> = replaced.map(|step| &step.address).collect();
        let second = self.steps.iter().filter(|step| step.superseded && replaced.contains(&step.address));
        second.map(|step| &step.id).collect()
    }

    /// The first halves of the updates that are split.
    fn early_halves(&self) -> BTreeMap<&Address, Action> {
        let late: BTreeSet<&Address> =
            self.steps.iter().filter(|step| step.is_late()).map(|step| &step.address).collect();
        let first = |step: &&Step| late.contains(&step.address) && !step.is_late();
        self.steps.iter().filter(first).map(|step| (&step.address, step.action)).collect()
    }
}
