//! Rehearsal: one disaster, played through event by event, without any bound.
//!
//! It is a discrete-event simulation of what the language says and of what the provider's services do: backup jobs run in
//! their windows and expire, people answer and do one step at a time, restores share their throughput, clients keep what
//! they cached. What nobody can know, such as how long a job took or which step somebody did first, is asked of
//! [`Choices`]. The result is a timeline, and per service the time until it was back and the data that was lost.
//!
//! It is written from the meaning of the language, never from the derivation of bounds: no file here may use the module
//! of objectives, and a test reads them. So a bound below what happens here is a mistake in one of the two.
//!
//! Words: a *disaster* is a disruption at a moment; who *suffers* are the services it hits; a *task* is a piece of the
//! recovery; a *job* is one backup or one copy of a backup; a *rule* is one scheduled backup of a data set.

mod backups;
mod calendar;
mod choices;
mod critical;
mod loss;
mod nodes;
mod people;
mod recovery;
mod tasks;
mod transfers;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Disruption, Name};
use crate::phase::Phase;
use crate::policy::{DataSet, Policy, Service};
pub use calendar::clock_changes;
pub use choices::{Choices, Question};
pub use nodes::{Node, Part, critical};

/// What goes wrong, and when.
#[derive(Debug, Clone)]
pub struct Disaster<'p> {
    /// What goes wrong.
    pub disruption: Disruption,
    /// The sites that are lost, for the loss of a site.
    pub lost: BTreeSet<&'p Name>,
    /// The services that suffer.
    pub services: BTreeSet<&'p Name>,
    /// The people who never answer. Their deputies are called once they should have.
    pub away: BTreeSet<&'p Name>,
    /// When, in seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Seconds since the disaster.
    pub after: u64,
    /// Since when it took place, in seconds since the disaster.
    pub began: u64,
    /// The service it is about. Empty: none.
    pub service: String,
    /// The person who did it.
    pub by: Option<Name>,
    /// The part of the recovery.
    pub phase: Phase,
    /// What happened.
    pub what: String,
}

/// What a service achieved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Achieved {
    /// Seconds from the disaster until the service was back. `None`: never.
    pub back: Option<u64>,
    /// Seconds of data lost, per data set. `None`: all of it.
    pub lost: BTreeMap<Name, Option<u64>>,
    /// When the restore of each data set began, in seconds. Missing: it was not restored.
    pub begun: BTreeMap<Name, u64>,
    /// The seconds of each phase on the critical path. Empty if the service never came back.
    pub spent: BTreeMap<Phase, u64>,
}

/// The outcome of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// What happened, in the order in which it happened.
    pub timeline: Vec<Event>,
    /// What each service achieved.
    pub services: BTreeMap<Name, Achieved>,
}

impl<'p> Disaster<'p> {
    /// One service suffers alone, with the services it depends on, at its primary site.
    #[must_use]
    pub fn of_service(policy: &'p Policy, service: &'p Service, disruption: Disruption, at: i64) -> Self {
        let shared = matches!(disruption, Disruption::SiteLoss | Disruption::AccountCompromise);
        let mut services = BTreeSet::from([&service.name]);
        let mut open: Vec<&Service> = if shared { vec![service] } else { Vec::new() };
        while let Some(next) = open.pop() {
            for other in next.depends_on.keys().filter_map(|name| policy.services.get(name)) {
                if services.insert(&other.name) {
                    open.push(other);
                }
            }
        }
        let homes = services.iter().filter_map(|name| home(policy, name));
        let lost = if disruption == Disruption::SiteLoss { homes.collect() } else { BTreeSet::new() };
        Self { disruption, lost, services, away: BTreeSet::new(), at }
    }

    /// These sites are lost with everything in them.
    #[must_use]
    pub fn of_sites(policy: &'p Policy, lost: BTreeSet<&'p Name>, at: i64) -> Self {
        let services = policy.services.keys();
        let services = services.filter(|name| home(policy, name).is_some_and(|home| lost.contains(home)));
        let (services, away) = (services.collect(), BTreeSet::new());
        Self { disruption: Disruption::SiteLoss, services, lost, away, at }
    }
}

/// The primary site of a service.
fn home<'p>(policy: &'p Policy, service: &Name) -> Option<&'p Name> {
    policy.services.get(service)?.sites.first().map(|site| &site.name)
}

/// Plays a disaster through.
#[must_use]
pub fn rehearse(policy: &Policy, disaster: &Disaster<'_>, choices: &mut dyn Choices) -> Outcome {
    let mut outcome = recover(policy, disaster, choices);
    for (name, achieved) in &mut outcome.services {
        let Some(service) = policy.services.get(name) else { continue };
        for (data, set) in &service.data {
            let begun = achieved.begun.get(data).copied();
            achieved.lost.insert(data.clone(), lost(policy, disaster, service, (data, set), begun, choices));
        }
    }
    outcome
}

/// Plays the recovery alone, without what is lost: it does not depend on the moment of the disaster.
#[must_use]
pub fn recover(policy: &Policy, disaster: &Disaster<'_>, choices: &mut dyn Choices) -> Outcome {
    let mut ran = recovery::run(policy, disaster, choices);
    let timeline = std::mem::take(&mut ran.timeline);
    let mut outcome = Outcome { timeline, ..Outcome::default() };
    for name in &disaster.services {
        let Some(service) = policy.services.get(*name) else { continue };
        let mut achieved = Achieved { back: ran.back.get(*name).copied(), ..Achieved::default() };
        for data in service.data.keys() {
            let begun = ran.restores.get(&(*name, data)).copied();
            achieved.begun.extend(begun.map(|begun| (data.clone(), begun)));
        }
        achieved.spent = ran.spent.remove(*name).unwrap_or_default();
        outcome.services.insert((*name).clone(), achieved);
    }
    outcome
}

/// Plays the recovery alone, as [`recover`] does, and gives its tasks as a graph.
#[must_use]
pub fn graph(policy: &Policy, disaster: &Disaster<'_>, choices: &mut dyn Choices) -> Vec<Node> {
    nodes::of(&recovery::run(policy, disaster, choices))
}

/// Seconds of a data set that are lost, if its restore begins `begun` seconds after the disaster, or never. `None`: all of it.
#[must_use]
pub fn lost(
    policy: &Policy,
    disaster: &Disaster<'_>,
    service: &Service,
    (name, set): (&Name, &DataSet),
    begun: Option<u64>,
    choices: &mut dyn Choices,
) -> Option<u64> {
    let provider = set.primary.site.region.provider.name;
    let account = policy.accounts.get(provider).map(|(id, _)| id.as_str());
    loss::of(service, name, set, disaster, account, begun, choices)
}

/// The worst moments for a disaster in a span of time: just before a backup of the service is in its place, and just after
/// it began. In seconds since 1970-01-01 UTC.
#[must_use]
pub fn moments(service: &Service, from: i64, to: i64, choices: &mut dyn Choices) -> Vec<i64> {
    let mut all = BTreeSet::new();
    for (name, set) in &service.data {
        all.extend(moments_of(service, (name, set), from, to, choices));
    }
    all.into_iter().collect()
}

/// As [`moments`], for one data set of the service.
#[must_use]
pub fn moments_of(
    service: &Service,
    (name, set): (&Name, &DataSet),
    from: i64,
    to: i64,
    choices: &mut dyn Choices,
) -> BTreeSet<i64> {
    let jobs = backups::made(service, name, set, from, to, choices);
    let around = |copy: &backups::Kept<'_>| {
        [copy.arrived.saturating_sub(1), copy.ended.saturating_sub(1), copy.content.saturating_add(1)]
    };
    jobs.iter().flat_map(around).filter(|moment| (from..to).contains(moment)).collect()
}
