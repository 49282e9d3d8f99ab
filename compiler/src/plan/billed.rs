//! What a plan makes that is billed anew, in the provider's units and without prices. An amount that no policy states is unknown.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Action, Step};
use crate::policy::Policy;
use crate::provider::PROVIDERS;
use crate::resource::{Address, Kind};
use crate::units::bytes_in_words;

/// Something that is billed anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Billed {
    /// What, in the plural: `KMS keys`.
    pub what: &'static str,
    /// How it is counted.
    pub unit: Unit,
    /// How often it is billed.
    pub per: Per,
    /// How much of it is known.
    pub amount: u64,
    /// How many resources make it up.
    pub of: usize,
    /// Of how many of those nobody has stated the amount.
    pub unknown: usize,
    /// What to state in the policy so that it is known.
    pub cure: &'static str,
}

/// How something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// One by one.
    Each,
    /// In bytes.
    Bytes,
}

/// How often something is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Once.
    Once,
    /// Every month.
    Month,
    /// With every `status`.
    Status,
}

/// The resources that a plan begins to have.
pub struct Created<'p> {
    steps: BTreeSet<&'p Address>,
    kinds: Vec<Kind>,
}

impl Created<'_> {
    /// Whether a resource is among them.
    #[must_use]
    pub fn is_made(&self, address: &Address) -> bool {
        self.steps.contains(address)
    }

    /// How many there are of a kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.kinds.iter().filter(|made| **made == kind).count()
    }
}

impl Billed {
    /// Things that are counted one by one. `None` if there are none.
    #[must_use]
    pub fn each(what: &'static str, per: Per, count: usize) -> Option<Self> {
        let amount = u64::try_from(count).unwrap_or(u64::MAX);
        (count > 0).then_some(Self { what, unit: Unit::Each, per, amount, of: count, unknown: 0, cure: "" })
    }

    /// Amounts of data, each stated or not. `None` if there are none.
    #[must_use]
    pub fn bytes(what: &'static str, per: Per, cure: &'static str, all: &[Option<u64>]) -> Option<Self> {
        let amount = all.iter().flatten().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes));
        let unknown = all.iter().filter(|bytes| bytes.is_none()).count();
        (!all.is_empty()).then_some(Self {
            what,
            unit: Unit::Bytes,
            per,
            amount,
            of: all.len(),
            unknown,
            cure,
        })
    }

    /// For people: `KMS keys: 3 a month`, ``data stored in copies: 4.0 TiB a month; for 2 of 3 unknown (state the data's `size`)``.
    #[must_use]
    pub fn in_words(&self) -> String {
        let per = match self.per {
            Per::Once => "once",
            Per::Month => "a month",
            Per::Status => "with every `status`",
        };
        let amount = match self.unit {
            Unit::Each => self.amount.to_string(),
            Unit::Bytes => bytes_in_words(self.amount),
        };
        let (what, of, unknown, cure) = (self.what, self.of, self.unknown, self.cure);
        match unknown {
            0 => format!("{what}: {amount} {per}"),
            _ if unknown == of => format!("{what}: unknown (state {cure})"),
            _ => format!("{what}: {amount} {per}; for {unknown} of {of} unknown (state {cure})"),
        }
    }
}

/// What the steps of a plan begin to cost.
pub(super) fn all(policy: &Policy, steps: &[Step]) -> Vec<Billed> {
    let made = steps.iter().filter(|step| step.action == Action::Create);
    let made = Created {
        steps: made.clone().map(|step| &step.address).collect(),
        kinds: made.map(|step| step.address.kind()).collect(),
    };
    PROVIDERS.into_iter().flat_map(|provider| (provider.bills)(policy, &made)).collect()
}
