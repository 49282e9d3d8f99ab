//! Observed facts: what the live cloud can meet today, and what it will meet after the plan.

use super::facts::Facts;
use super::view::{Live, View};
use crate::policy::Service;
use crate::provider;

/// The facts of a service today. `None` if none of its resources exist.
#[must_use]
pub fn observed<'p>(service: &'p Service, live: Live<'_>) -> Option<Facts<'p>> {
    let view = View { service, live };
    let mut facts = Facts::wanted(service);
    let mut there = false;
    for (name, traffic) in &mut facts.traffic {
        let Some(wanted) = service.traffic.get(*name) else { continue };
        traffic.moves = false;
        if let Some(provider) = provider::find(wanted.provider.name) {
            there |= (provider.evidence.traffic)(&view, name, wanted, traffic);
        }
    }
    facts.data.retain(|name, data| {
        provider::find(data.provider.name).is_some_and(|provider| (provider.evidence.data)(&view, name, data))
    });
    backfill(&view, &mut facts);
    facts.undecided = facts.data.iter().find_map(|(name, data)| {
        provider::find(data.provider.name).and_then(|provider| (provider.evidence.undecided)(&view, name))
    });
    (there || !facts.data.is_empty()).then_some(facts)
}

/// The facts of a service after the plan: the declared facts, combined with what existing objects determine.
#[must_use]
pub fn planned<'p>(service: &'p Service, live: Live<'_>) -> Facts<'p> {
    let mut facts = Facts::wanted(service);
    backfill(&View { service, live }, &mut facts);
    facts
}

fn backfill(view: &View<'_, '_>, facts: &mut Facts<'_>) {
    for (name, data) in &mut facts.data {
        if let Some(provider) = provider::find(data.provider.name) {
            (provider.evidence.backfill)(view, name, data);
        }
    }
}
