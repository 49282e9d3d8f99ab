//! The estate view: what is lost together. When a site is lost, everything at it is lost at once: services that need the same
//! person or share a throughput delay each other. Sites that share a fate are lost together, with the copies at them.

use std::collections::{BTreeMap, BTreeSet};

use super::procedure::{Work, Worker, add};
use super::{Derivation, Deriver, Facts, Known, in_order};
use crate::document::{Disruption, Name};
use crate::policy::{Policy, Service, Site};
use crate::units::{Date, Duration};

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate<'p> {
    /// One site.
    Site(&'p Name),
    /// All sites that share something.
    Shared(&'p Name),
}

/// What the services can achieve when sites are lost together.
#[derive(Debug)]
pub struct Loss<'p> {
    /// What is lost.
    pub fate: Fate<'p>,
    /// The sites.
    pub sites: BTreeSet<&'p Name>,
    /// The services whose primary site is lost.
    pub services: BTreeMap<&'p Name, Derivation>,
}

/// The losses that hit a service: of each site, and of what two or more sites share.
#[must_use]
pub fn losses(policy: &Policy, as_of: Option<Date>) -> Vec<Loss<'_>> {
    let mut fates: BTreeMap<Fate<'_>, BTreeSet<&Name>> = BTreeMap::new();
    for site in sites(policy) {
        fates.entry(Fate::Site(&site.name)).or_default().insert(&site.name);
        site.shares.iter().for_each(|shared| {
            fates.entry(Fate::Shared(shared)).or_default().insert(&site.name);
        });
    }
    let lost = fates.into_iter().filter(|(fate, sites)| matches!(fate, Fate::Site(_)) || sites.len() > 1);
    let all = lost.map(|(fate, sites)| Loss { fate, services: together(policy, as_of, &sites), sites });
    all.filter(|loss| !loss.services.is_empty()).collect()
}

/// The sites that services use.
fn sites(policy: &Policy) -> impl Iterator<Item = &Site> {
    policy.services.values().flat_map(|service| {
        let copies = service.data.values().flat_map(|set| &set.copies).map(|copy| &copy.site);
        let backups = service.data.values().flat_map(|set| &set.schedules).flat_map(|rule| &rule.to);
        service.sites.iter().chain(copies).chain(backups.map(|(site, _)| site))
    })
}

/// What the services whose primary site is lost can achieve when these sites are lost together.
#[must_use]
pub fn together<'p>(
    policy: &'p Policy,
    as_of: Option<Date>,
    lost: &BTreeSet<&'p Name>,
) -> BTreeMap<&'p Name, Derivation> {
    let mut deriver = Deriver { lost: Some(lost.clone()), ..Deriver::new(policy, as_of) };
    let hit = |service: &&Service| service.sites.first().is_some_and(|home| lost.contains(&home.name));
    let services: Vec<&Service> = in_order(policy).into_iter().filter(hit).collect();
    // First each with those it depends on, as if nothing else were lost.
    let mut all = Everybody::default();
    for service in &services {
        let facts = Facts::wanted(service);
        let (_, known) = deriver.derive_beside(service, &facts, Disruption::SiteLoss, &Work::new());
        all.add(&known.own);
        deriver.known.insert((&service.name, Disruption::SiteLoss), known);
    }
    let one = |service: &&'p Service| {
        let beside = all.beside(&deriver, service);
        let facts = Facts::wanted(service);
        (&service.name, deriver.derive_beside(service, &facts, Disruption::SiteLoss, &beside).0)
    };
    services.iter().map(one).collect()
}

fn known<'d>(deriver: &'d Deriver<'_>, service: &'d Name) -> Option<&'d Known> {
    deriver.known.get(&(service, Disruption::SiteLoss))
}

/// The work of all services that are hit.
#[derive(Debug, Default)]
struct Everybody {
    /// For each worker: how many pieces of it have no limit, and the sum of the others.
    work: BTreeMap<Worker, (usize, Duration)>,
    /// The throughputs in the services that a person works for.
    pools: BTreeMap<Name, BTreeSet<Worker>>,
}

impl Everybody {
    fn add(&mut self, own: &Work) {
        for (worker, (endless, size)) in own {
            let sum = self.work.entry(worker.clone()).or_default();
            *sum = (sum.0 + usize::from(*endless), sum.1.plus(*size));
            if let Worker::Person(person) = worker {
                let pools = own.keys().filter(|worker| matches!(worker, Worker::Throughput(_))).cloned();
                self.pools.entry(person.clone()).or_default().extend(pools);
            }
        }
    }

    /// The work of the others that can delay a service: that of its people and throughputs, and of those it depends on.
    fn beside(&self, deriver: &Deriver<'_>, service: &Service) -> Work {
        let Some(mine) = known(deriver, &service.name) else { return Work::new() };
        let mut workers: BTreeSet<&Worker> = mine.work.keys().collect();
        for worker in mine.work.keys() {
            if let Worker::Person(person) = worker {
                workers.extend(self.pools.get(person).into_iter().flatten());
            }
        }
        let counted: Vec<&Work> = deriver
            .needs(&service.name)
            .into_iter()
            .filter_map(|name| known(deriver, name))
            .map(|one| &one.own)
            .collect();
        let mut beside = Work::new();
        for worker in workers {
            let Some((mut endless, mut sum)) = self.work.get(worker).copied() else { continue };
            for (unlimited, size) in counted.iter().filter_map(|own| own.get(worker)) {
                (endless, sum) = (endless.saturating_sub(usize::from(*unlimited)), sum.minus(*size));
            }
            if endless > 0 || sum > Duration::default() {
                add(&mut beside, worker.clone(), (endless > 0, sum));
            }
        }
        beside
    }
}
