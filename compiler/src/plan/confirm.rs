//! Which steps of an approved plan may be executed: only those that a fresh plan contains unchanged. The
//! fresh plan is made from the same policies and consents, and from the current journal and cloud.
//!
//! A plan file records what was observed and what was owned. These records are for people who read the plan. No step is
//! executed because of them, so an attacker gains nothing by changing them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Action, After, Cause, Change, Effect, Plan, Step, StepId};

/// Why an approved plan may not be executed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// The step is no longer needed, or differs.
    Step {
        /// The step.
        id: StepId,
        /// How it differs, in a few words.
        what: String,
    },
    /// There is a caution that the approved plan did not show.
    Caution {
        /// The step, or the service that would be removed.
        of: String,
        /// The caution.
        caution: String,
    },
    /// An objective is worse than in the approved plan.
    Verdict {
        /// The service and the disruption.
        of: String,
    },
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step { id, what } => write!(f, "{id}: {what}"),
            Self::Caution { of, caution } => write!(f, "{of}: not in the approved plan: {caution}"),
            Self::Verdict { of } => {
                write!(f, "{of}: the objective is worse than in the approved plan")
            }
        }
    }
}

/// The approved part of `fresh`: every pending step of `approved` in its form in `fresh`, and no other
/// pending step. `approved` is the rest of an approved plan. `resumed`: earlier runs have started steps of
/// it.
///
/// # Errors
/// Every step of `approved` that `fresh` does not contain unchanged, unless it needs what cannot be seen now, and every caution, removed service and
/// worse objective that the approved plan did not show. After earlier runs have started the plan, objectives
/// are not compared: a half-applied state can be worse than either end, and finishing the plan fixes that.
pub fn confirm(approved: &Plan, fresh: &Plan, resumed: bool) -> Result<Plan, Vec<Departure>> {
    let wanted: BTreeMap<&StepId, &Step> = approved.pending().map(|step| (&step.id, step)).collect();
    let found: BTreeMap<&StepId, &Step> = fresh.pending().map(|step| (&step.id, step)).collect();
    let mut departures = Vec::new();
    let blocked = fresh.blocked();
    for (id, approved) in &wanted {
        match found.get(id) {
            // It is left out, and the run says so.
            None if blocked.contains(id) => {}
            None => departures
                .push(Departure::Step { id: (*id).clone(), what: "it is no longer needed".to_owned() }),
            Some(fresh) => departures.extend(compare(approved, fresh)),
        }
    }
    departures.extend(unknown_needs(&wanted, &found));
    for service in fresh.leaving.difference(&approved.leaving) {
        if found.values().any(|step| step.address.owner() == service && wanted.contains_key(&step.id)) {
            departures.push(Departure::Caution {
                of: service.clone(),
                caution: "the whole service would be removed".to_owned(),
            });
        }
    }
    let told = approved.cautions();
    let untold = fresh.cautions().into_iter().filter(|caution| !told.contains(caution));
    departures.extend(untold.map(|caution| Departure::Caution { of: "the plan".to_owned(), caution }));
    if !resumed {
        let touched: BTreeSet<&str> = wanted.values().map(|step| step.address.owner()).collect();
        departures.extend(verdicts(&approved.objectives, &fresh.objectives, &touched));
    }
    if !departures.is_empty() {
        return Err(departures);
    }
    let mut confirmed = fresh.clone();
    confirmed.steps.retain(|step| step.action == Action::Keep || wanted.contains_key(&step.id));
    Ok(confirmed)
}

fn compare(approved: &Step, fresh: &Step) -> Vec<Departure> {
    let mut departures = Vec::new();
    if bare(approved, fresh) != bare(fresh, approved) {
        let what = if approved.action != fresh.action {
            format!("{} was approved, now it is {}", approved.action, fresh.action)
        } else if approved.object != fresh.object || approved.displaces != fresh.displaces {
            "it is about another resource in the cloud".to_owned()
        } else {
            format!("changes that differ from those approved: {}", names(approved, fresh))
        };
        departures.push(Departure::Step { id: fresh.id.clone(), what });
    }
    let told: BTreeSet<&String> = approved.cautions.iter().collect();
    let untold = fresh.cautions.iter().filter(|caution| !told.contains(caution));
    departures.extend(
        untold.map(|caution| Departure::Caution { of: fresh.id.to_string(), caution: caution.clone() }),
    );
    departures
}

/// A step without the fields that may differ between two plans: descriptions, causes, places, what is
/// compared separately, and the order, where the later plan is more current. All other fields are compared,
/// including fields added in the future. A value that was unknown may be known now: it is the output of the
/// same resource, or the attributes differ.
fn bare(step: &Step, other: &Step) -> Step {
    let open = |name: &str| {
        let change =
            |of: &Step| of.changes.iter().find(|change| change.name == name).map(|c| c.after.clone());
        [change(step), change(other)].contains(&Some(After::Unknown))
    };
    let change = |change: &Change| Change {
        after: if open(&change.name) { After::Unknown } else { change.after.clone() },
        cause: Cause::Policy,
        applied: None,
        ..change.clone()
    };
    Step {
        purpose: String::new(),
        reason: String::new(),
        unfinished: false,
        cause: None,
        place: None,
        cautions: Vec::new(),
        needs: BTreeSet::new(),
        follows: BTreeSet::new(),
        batch: None,
        changes: step.changes.iter().map(change).collect(),
        ..step.clone()
    }
}

/// The attributes in which two steps differ.
fn names(approved: &Step, fresh: &Step) -> String {
    let value = |step: &Step, name: &str| -> (Option<After>, bool) {
        let change = step.changes.iter().find(|change| change.name == name);
        (change.map(|change| change.after.clone()), step.attributes.contains_key(name))
    };
    let all: BTreeSet<&String> = approved
        .attributes
        .keys()
        .chain(fresh.attributes.keys())
        .filter(|name| {
            value(approved, name) != value(fresh, name)
                || approved.attributes.get(*name) != fresh.attributes.get(*name)
        })
        .collect();
    let names: Vec<String> = all.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "the current state is different".to_owned() } else { names.join(", ") }
}

/// Approved steps that need a step that was not approved.
fn unknown_needs(wanted: &BTreeMap<&StepId, &Step>, found: &BTreeMap<&StepId, &Step>) -> Vec<Departure> {
    let mut departures = Vec::new();
    for step in found.values().filter(|step| wanted.contains_key(&step.id)) {
        for need in step.needs.iter().filter(|need| found.contains_key(need) && !wanted.contains_key(need)) {
            let what = format!("it needs {need}, which was not approved");
            departures.push(Departure::Step { id: step.id.clone(), what });
        }
    }
    departures
}

/// Objectives that are worse, of the services that the plan changes. If somebody changed another service, the
/// next plan of that service shows it.
fn verdicts(approved: &[Effect], fresh: &[Effect], touched: &BTreeSet<&str>) -> Vec<Departure> {
    let worse = fresh.iter().filter(|fresh| touched.contains(fresh.service.as_str())).filter(|fresh| {
        let same = |other: &&Effect| {
            (&other.service, other.disruption, other.measure)
                == (&fresh.service, fresh.disruption, fresh.measure)
        };
        // What cannot be seen is reported as unknown, and is no reason to leave out the rest.
        if fresh.after.is_unknown() {
            return false;
        }
        approved.iter().find(same).is_some_and(|approved| {
            approved.met() && !fresh.met() || fresh.after.is_worse_than(&approved.after)
        })
    });
    worse
        .map(|effect| Departure::Verdict { of: format!("{}, {}", effect.service, effect.disruption) })
        .collect()
}
