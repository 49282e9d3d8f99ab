//! A simulation: the disaster is rehearsed on the policies, and the worst run counts.

use std::collections::BTreeSet;

use holdfast_compiler::document::{Disruption, Name};
use holdfast_compiler::drill::{Record, rehearsed};
use holdfast_compiler::policy::{Drill, Policy};
use holdfast_compiler::rehearsals::{Rehearsals, Runs};

use super::DrillError;
use super::session::{Session, timed};
use crate::rehearse::play;

/// How many runs are rehearsed, or as many as an estate of its size allows.
const RUNS: u32 = 1000;
/// The seed: always the same, so that two drills can be compared.
const SEED: u64 = 1;

/// Rehearse the disruption of a drill.
pub(super) async fn simulate(session: &Session, record: &mut Record) -> Result<(), DrillError> {
    let (policy, drill) = (session.policy(), session.drill()?);
    let most = rehearsals(policy, drill, 1).most_runs();
    record.achieved = timed(record, "rehearsal", async {
        let all = rehearsals(policy, drill, RUNS.min(most));
        let report = all.report(&play(&all));
        rehearsed(policy, drill, &report)
    })
    .await;
    Ok(())
}

fn rehearsals<'p>(policy: &'p Policy, drill: &'p Drill, count: u32) -> Rehearsals<'p> {
    let runs = Runs { count, seed: SEED, at: None };
    match drill.disruption {
        Disruption::SiteLoss => Rehearsals::of_sites(policy, lost(policy, drill), runs),
        other => Rehearsals::of_disruption(policy, other, runs),
    }
}

/// The sites that are lost: the one that the drill names, or else the primary sites of its services.
pub(super) fn lost<'p>(policy: &'p Policy, drill: &'p Drill) -> BTreeSet<&'p Name> {
    match &drill.site {
        Some(site) => BTreeSet::from([site]),
        None => {
            let services = drill.services.keys().filter_map(|name| policy.services.get(name));
            services.filter_map(|service| service.sites.first()).map(|site| &site.name).collect()
        }
    }
}
