//! What somebody has to know who uses the machine: which records change and when, and whom its messages reach.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::Builder;
use crate::document::{Disruption, Name};
use crate::export::{Act, Does, Recovery};
use crate::plan::{Awaited, Plan, awaited_in_words};
use crate::policy::{Policy, Severity, StepAction};
use crate::provider::aws::sns::subscription;
use crate::text::count;

/// Which records change, before whose decision, and who moves the other traffic.
pub(super) fn of_records(recovery: &Recovery<'_>, machine: &Builder<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if changes_before_anybody_is_asked(machine) {
        notes.push(
            "The machine changes records as soon as it is started, before anybody has declared, and leaves them changed if the \
             declaration is refused: `holdfast apply` without `--evacuate` puts them back."
                .to_owned(),
        );
    }
    let changes = machine.acts.iter().any(|act| machine.change(act).is_some());
    if let Some(approvals) = recovery.policy().approvals.as_ref().filter(|_| changes) {
        notes.push(format!(
            "The estate requires {} for this change; whoever can start the machine needs none.",
            count(usize::from(approvals.required), "approval")
        ));
    }
    let moved: BTreeSet<String> = machine.acts.iter().filter_map(|act| machine.entry(act)).collect();
    let by_people = by_people(recovery);
    notes.extend(machine.moves.keys().filter(|entry| !moved.contains(*entry)).map(|entry| {
        match by_people.get(entry) {
            Some(person) => format!("{entry} is moved by {person}: the machine does not change its records."),
            None => format!(
                "{entry} only loses a standby. The machine leaves its records as they are: health checks keep traffic away from it."
            ),
        }
    }));
    notes.extend(moved.iter().filter(|entry| !machine.moves.contains_key(*entry)).map(|entry| {
        format!(
            "The plan changes no record for {entry}: it is evacuated already, or health checks alone move it."
        )
    }));
    notes
}

/// Whether an act changes records and waits for nobody.
fn changes_before_anybody_is_asked(machine: &Builder<'_>) -> bool {
    let mut asked = BTreeSet::new();
    machine.acts.iter().enumerate().any(|(nth, act)| {
        let waits = !asked.is_disjoint(&act.after);
        if waits || matches!(act.does, Does::Ask { .. }) {
            asked.insert(nth);
        }
        !waits && machine.change(act).is_some()
    })
}

/// Who moves traffic themselves, by `SERVICE.TRAFFIC`.
fn by_people<'p>(recovery: &Recovery<'p>) -> BTreeMap<String, &'p Name> {
    let mut all = BTreeMap::new();
    for service in recovery.services().into_values() {
        for step in service.recovery.get(&Disruption::SiteLoss).into_iter().flatten() {
            if let (StepAction::Failover(traffic), Some((person, _))) = (&step.action, &step.by) {
                all.insert(format!("{}.{traffic}", service.name), person);
            }
        }
    }
    all
}

/// Whom the messages reach: who has a step and does not get them, who has not confirmed yet, and what readers can do.
pub(super) fn of_people(policy: &Policy, plan: &Plan, machine: &Builder<'_>) -> Vec<String> {
    let asked: BTreeSet<&Name> = machine.acts.iter().filter_map(person).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    if let (Some(_), Some(alarms)) = (machine.topic, &policy.alarms) {
        let (_, told) = alarms.of(Severity::Critical);
        let without = asked.iter().filter(|person| !told.ways.iter().any(|way| way.contact == ***person));
        notes.extend(without.map(|person| {
            format!("`{person}` has a step and gets no critical alarms: subscribe them to the topic.")
        }));
        let here = format!("{}.{}.", Severity::Critical, machine.region);
        let is_here = |one: &&Awaited| {
            one.address.kind() == subscription::KIND && one.address.name().starts_with(&here)
        };
        let awaited: Vec<Awaited> = plan.awaited.iter().filter(is_here).cloned().collect();
        notes.extend(awaited_in_words(&awaited));
    }
    notes.push(
        "Whoever reads the topic gets the token of every step, and can answer for others: subscribe nobody else."
            .to_owned(),
    );
    notes
}

/// Whom an act asks.
fn person(act: &Act) -> Option<&Name> {
    match &act.does {
        Does::Ask { person, .. } => Some(person),
        Does::Move { .. } | Does::Wait => None,
    }
}
