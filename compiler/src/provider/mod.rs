//! Providers: everything specific to one cloud. The neutral parts know sites, data sets, copies, traffic and
//! people; a provider defines what these are on its cloud.

pub mod aws;
pub mod azure;
pub mod evidence;
pub mod facts;
mod kinds;
pub mod region;

use std::collections::BTreeSet;

use crate::backups::BackupPlace;
use crate::copies::KnownCopy;
use crate::document::Name;
use crate::graph::Graph;
use crate::import::candidate::{Candidate, Given};
use crate::import::survey::{LeftOut, Survey};
use crate::lower::context::Context;
use crate::observation::Observation;
use crate::plan::{Billed, Created};
use crate::policy::{DataSet, Policy, Traffic};
use crate::resource::{Call, KindSchema, Rate, Resource};
use crate::signals::Signal;

pub use evidence::Evidence;
pub use facts::Facts;
pub use region::Region;

/// A provider.
#[derive(Debug)]
pub struct Provider {
    /// Its name: the key that selects it at a site, and the first part of addresses.
    pub name: &'static str,
    /// The facts for checks and objectives.
    pub facts: &'static Facts,
    /// Its kinds.
    pub kinds: &'static [&'static KindSchema],
    /// Calls that belong to no kind: those for the identity of the caller, and for the journal.
    pub calls: &'static [&'static Call],
    /// The default rate limits of its services.
    pub rates: &'static [(&'static str, Rate)],
    /// Lowers a data set whose primary site is at this provider.
    pub data: fn(&Context<'_>, &Name, &DataSet, &mut Vec<Resource>),
    /// Lowers an entry of traffic whose DNS names are at this provider.
    pub traffic: fn(&Context<'_>, &Name, &Traffic, &mut Vec<Resource>),
    /// Where the desired scheduled backups are kept.
    pub backup_places: fn(&Graph) -> BTreeSet<BackupPlace>,
    /// Which of them keep the backups of a bucket in a region, by the name and the id.
    pub backups_of: fn(&Graph, &str, &str) -> BTreeSet<BackupPlace>,
    /// What is billed of what a plan makes.
    pub bills: fn(&Policy, &Created<'_>) -> Vec<Billed>,
    /// What is measured of an observation, with the buckets whose copies lack objects.
    pub signals: fn(&Observation, &BTreeSet<&str>) -> Vec<Signal>,
    /// The evidence functions.
    pub evidence: Evidence,
    /// The regions with data in a survey of the account with this id.
    pub found_regions: fn(&Survey, &str) -> Vec<Region>,
    /// The services that can be proposed from a survey. Everything else is left out, with the reason.
    pub candidates: for<'a> fn(&'a Survey, Given<'a>, &mut Vec<LeftOut>) -> Vec<Candidate<'a>>,
}

/// The provider with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.into_iter().find(|provider| provider.name == name)
}

/// Where all desired scheduled backups are kept.
#[must_use]
pub fn backup_places(graph: &Graph) -> BTreeSet<BackupPlace> {
    PROVIDERS.into_iter().flat_map(|provider| (provider.backup_places)(graph)).collect()
}

/// Everything that is measured of the objects of an observation. `copies` are what the journal remembers: of buckets whose copies lack
/// objects, it is counted how many they have.
#[must_use]
pub fn signals(observation: &Observation, copies: &[KnownCopy]) -> BTreeSet<Signal> {
    let lacking = copies.iter().filter(|copy| copy.lacks()).map(|copy| copy.from.as_str()).collect();
    PROVIDERS.into_iter().flat_map(|provider| (provider.signals)(observation, &lacking)).collect()
}

/// All providers. To add one, add a folder beside this file and an entry here.
pub static PROVIDERS: [&Provider; 2] = [&aws::PROVIDER, &azure::PROVIDER];

impl Provider {
    /// All calls to it, each operation once.
    #[must_use]
    pub fn all_calls(&self) -> Vec<&'static Call> {
        let of_kinds = self.kinds.iter().flat_map(|kind| kind.calls.iter());
        let mut all: Vec<&'static Call> = Vec::new();
        for call in self.calls.iter().chain(of_kinds) {
            if !all.iter().any(|other| other.operation == call.operation) {
                all.push(call);
            }
        }
        all
    }
}
