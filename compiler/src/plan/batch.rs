//! Which steps are sent together in one batch.
//!
//! Changes of one zone go into one atomic batch. A batch is sent when each of its steps is ready or can no
//! longer run. Its steps may depend on each other, but must not depend on a batch that depends on them. Steps
//! for which that cannot be avoided (a record that needs a record of another zone) go into a later batch.

use std::collections::BTreeMap;

use super::{Action, Step, StepId};

/// Set the batch of every step whose kind is batched. Steps must be ordered after those they need.
pub(super) fn assign(steps: &mut [Step]) {
    // For each step, the waves of the lanes that it comes after. `None` is everything without a lane.
    let mut waves: BTreeMap<StepId, BTreeMap<Option<String>, usize>> = BTreeMap::new();
    for step in steps {
        let group = step.lane();
        let mut behind: BTreeMap<Option<String>, usize> = BTreeMap::new();
        for (lane, wave) in step.waits_for().filter_map(|id| waves.get(id)).flatten() {
            let most = behind.entry(lane.clone()).or_default();
            *most = (*most).max(*wave);
        }
        if !step.is_kept_object() {
            let after = |(lane, wave): (&Option<String>, &usize)| {
                let crosses = lane.is_some() && *lane != group;
                wave + usize::from(crosses)
            };
            let wave = behind.iter().map(after).max().unwrap_or(0);
            if step.action != Action::Keep {
                step.batch = group.as_ref().map(|group| match wave {
                    0 => group.clone(),
                    wave => format!("{group} ({})", wave + 1),
                });
            }
            behind = BTreeMap::from([(group, wave)]);
        }
        waves.insert(step.id.clone(), behind);
    }
}

impl Step {
    /// Whether it is an existing object that stays as it is. There is nothing to wait for but what it needs itself.
    #[must_use]
    pub fn is_kept_object(&self) -> bool {
        self.action == Action::Keep && self.object.is_some()
    }

    /// What the batches of one lane change in common, such as a zone. Only one of them may run at a time.
    #[must_use]
    pub fn lane(&self) -> Option<String> {
        let kind = self.address.kind();
        let name = kind.schema().batched_by?;
        let wanted = match self.attributes.get(name) {
            Some(crate::resource::Attribute::Known(value)) => Some(value),
            _ => self.before().and_then(|before| before.get(name)),
        };
        // The kind is part of the lane, so that no batch mixes kinds or providers.
        Some(format!("{kind} {}", wanted?.as_str()?))
    }
}
