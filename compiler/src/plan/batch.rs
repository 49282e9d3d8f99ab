//! Which steps are sent together in one batch.
//!
//! Changes of one zone go into one atomic batch. A batch is sent when each of its steps is ready or can no
//! longer run. Its steps may depend on each other, but must not depend on a batch that depends on them. Steps
//! for which that cannot be avoided (a record that needs a record of another zone) go into a later batch.

use std::collections::BTreeMap;

use super::{Action, Step, StepId};

/// Set the batch of every step whose kind is batched. Steps must be ordered after those they need.
pub(super) fn assign(steps: &mut [Step]) {
    let mut waves: BTreeMap<StepId, (usize, Option<String>)> = BTreeMap::new();
    for step in steps {
        let group = step.lane();
        let wave = step.needs.iter().filter_map(|need| waves.get(need)).map(|(wave, other)| {
            let crosses = other.is_some() && *other != group;
            wave + usize::from(crosses)
        });
        let wave = wave.max().unwrap_or(0);
        if step.action != Action::Keep {
            step.batch = group.as_ref().map(|group| match wave {
                0 => group.clone(),
                wave => format!("{group} ({})", wave + 1),
            });
        }
        waves.insert(step.id.clone(), (wave, group));
    }
}

impl Step {
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
