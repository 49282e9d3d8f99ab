//! What an apply does only where somebody says so, beside what the policy says.
//!
//! A slip of the hand looks just like a decision: a path that was forgotten on the command line looks like a
//! service that nobody wants any more. Three things therefore need a word of the operator: that a service goes,
//! that something goes which holds data, and that a large share of the estate changes at once. Words that were
//! given with the plan are in the plan, where a reviewer sees them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Action, Plan};
use crate::resource::Address;

/// A smaller estate may change as a whole: a share of few things says nothing. As octoDNS has it
/// (`octodns/provider/plan.py`, `MIN_EXISTING_RECORDS`).
const FEW: usize = 10;
/// The share of what exists that may be changed or removed without a word, in percent. As octoDNS has it
/// (`MAX_SAFE_UPDATE_PCENT`, `MAX_SAFE_DELETE_PCENT`).
const SHARE: usize = 30;

/// What an operator has agreed to beside the plan itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Things that may go although they hold data.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub destroy: BTreeSet<Address>,
    /// Services that may go.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teardown: BTreeSet<String>,
    /// Whether a large share of the estate may change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
}

impl Words {
    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These and those.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.destroy.extend(other.destroy);
        self.teardown.extend(other.teardown);
        self.many |= other.many;
        self
    }
}

/// A share of the estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How many things.
    pub of_them: usize,
    /// Of how many that exist.
    pub existing: usize,
}

impl Share {
    /// In percent, rounded down.
    #[must_use]
    pub fn percent(self) -> usize {
        (self.of_them * 100).checked_div(self.existing).unwrap_or(0)
    }
}

impl Plan {
    /// Services that go and that nobody has spoken for.
    #[must_use]
    pub fn unsaid_teardowns(&self, words: &Words) -> Vec<&str> {
        let unsaid = |name: &&str| !words.teardown.contains(*name) && !self.words.teardown.contains(*name);
        self.leaving.iter().map(String::as_str).filter(unsaid).collect()
    }

    /// The share of what exists that is changed or removed, where it is unlikely to be meant: of each, more than
    /// 30 % of at least ten things. Nothing where somebody has spoken for it.
    #[must_use]
    pub fn unlikely_share(&self, words: &Words) -> Option<Share> {
        if words.many || self.words.many { None } else { self.large_share() }
    }

    /// The same, whatever was said.
    #[must_use]
    pub fn large_share(&self) -> Option<Share> {
        let counts = self.counts();
        // To finish what an apply has begun is not to change it.
        let finishing = self.steps.iter().filter(|step| step.unfinished && step.action == Action::Update);
        let changed = counts.update + counts.replace - finishing.count();
        let existing = counts.keep + changed + counts.delete;
        let large = |count: usize| count * 100 > existing * SHARE;
        let either = large(changed) || large(counts.delete);
        (existing >= FEW && either).then_some(Share { of_them: changed + counts.delete, existing })
    }

    /// Things that go although they hold data.
    pub fn destroyed(&self) -> impl Iterator<Item = &Address> {
        let gone = self.steps.iter().filter(|step| step.action == Action::Delete);
        gone.map(|step| &step.address).filter(|address| address.kind().schema().stateful)
    }
}
