//! The part of an estate that a plan with targets looks at: the entries of services that the targets name, and every entry
//! that bears on them. The rest is neither observed nor changed, so that a region which only others need may be lost.
//!
//! An entry is a data set or an entry of traffic of a service. It is looked at as a whole: a bucket cannot be replaced in ignorance of
//! the replication that uses it.

use std::collections::{BTreeMap, BTreeSet};

use super::target::hits;
use crate::graph::Graph;
use crate::observation::{Owned, Wanted, scope};
use crate::resource::{Address, Identity, Kind};

/// The resources and objects of a part of an estate.
#[derive(Debug)]
pub struct Part {
    /// The desired resources.
    pub graph: Graph,
    /// The objects that the estate owns.
    pub owned: Vec<Owned>,
}

impl Part {
    /// The part that the targets need. `None` if there are no targets, which is the whole.
    #[must_use]
    pub fn of(targets: &[String], graph: &Graph, owned: &[Owned]) -> Option<Self> {
        if targets.is_empty() {
            return None;
        }
        let links = Links::of(graph, owned);
        let all = graph.iter().map(|resource| &resource.address).chain(owned.iter().map(|own| &own.address));
        let hit = all.filter(|address| targets.iter().any(|target| hits(address, target)));
        let mut open: Vec<String> = hit.map(Address::entry).collect();
        let mut entries: BTreeSet<String> = BTreeSet::new();
        while let Some(entry) = open.pop() {
            if !entries.contains(&entry) {
                open.extend(links.from(&entry));
                entries.insert(entry);
            }
        }
        let inside = |address: &Address| entries.contains(&address.entry());
        let owned = owned.iter().filter(|own| inside(&own.address)).cloned().collect();
        Some(Self { graph: graph.part(inside), owned })
    }
}

/// The objects that a plan with these targets looks up; without targets, all of them.
#[must_use]
pub fn looked_up(targets: &[String], graph: &Graph, owned: &[Owned]) -> Vec<Wanted> {
    match Part::of(targets, graph, owned) {
        Some(part) => scope(&part.graph, &part.owned),
        None => scope(graph, owned),
    }
}

/// Which entry bears on which.
#[derive(Default)]
struct Links {
    /// What an entry needs, and, for what the journal knows, what needs it: that is removed first.
    needs: BTreeMap<String, BTreeSet<String>>,
    /// The entries with an object of an identity, or in a place.
    shared: BTreeMap<Shared, BTreeSet<String>>,
    shares: BTreeMap<String, BTreeSet<Shared>>,
}

/// What two entries can have in common: one object under two names, or the place of objects that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Identity(Kind, Identity),
    Place(Kind, Vec<String>),
}

impl Links {
    fn of(graph: &Graph, owned: &[Owned]) -> Self {
        let mut links = Self::default();
        for resource in graph.iter() {
            let needs = resource.needs().into_iter().map(Address::entry);
            links.needs.entry(resource.address.entry()).or_default().extend(needs);
            links.share(&resource.address, resource.identity());
        }
        for own in owned {
            // Only what is removed waits for what was built on it.
            for need in own.needs.iter().filter(|need| graph.get(need).is_none()) {
                links.needs.entry(need.entry()).or_default().insert(own.address.entry());
            }
            links.share(&own.address, own.identity.clone());
        }
        links
    }

    fn share(&mut self, address: &Address, identity: Identity) {
        if address.kind() == Kind::milestone() {
            return;
        }
        let (kind, entry) = (address.kind(), address.entry());
        let place = Wanted { kind, identity: identity.clone() }.place();
        let place = place.map(|(kind, place)| Shared::Place(kind, place));
        for shared in place.into_iter().chain([Shared::Identity(kind, identity)]) {
            self.shared.entry(shared.clone()).or_default().insert(entry.clone());
            self.shares.entry(entry.clone()).or_default().insert(shared);
        }
    }

    fn from(&self, entry: &str) -> impl Iterator<Item = String> {
        let shares = self.shares.get(entry).into_iter().flatten();
        let beside = shares.filter_map(|shared| self.shared.get(shared)).flatten();
        self.needs.get(entry).into_iter().flatten().chain(beside).cloned()
    }
}
