//! Providers: everything specific to one cloud. The neutral parts know sites, data sets, copies, traffic and people;
//! what these are on a cloud, a provider says.

pub mod aws;
pub mod evidence;
pub mod facts;
mod kinds;
pub mod region;

use crate::document::Name;
use crate::import::candidate::{Candidate, Given};
use crate::import::survey::{LeftOut, Survey};
use crate::lower::context::Context;
use crate::policy::{DataSet, Traffic};
use crate::resource::{Call, KindSchema, Rate, Resource};

pub use evidence::Evidence;
pub use facts::Facts;
pub use region::Region;

/// A provider.
#[derive(Debug)]
pub struct Provider {
    /// Its name: the word that selects it at a site, and what addresses begin with.
    pub name: &'static str,
    /// What the language is checked with.
    pub facts: &'static Facts,
    /// Its kinds.
    pub kinds: &'static [&'static KindSchema],
    /// Calls that belong to no kind: who is asking, and the journal.
    pub calls: &'static [&'static Call],
    /// How fast each of its services may be called, unless the user says otherwise.
    pub rates: &'static [(&'static str, Rate)],
    /// The resources of a data set whose primary site is the provider's.
    pub data: fn(&Context<'_>, &Name, &DataSet, &mut Vec<Resource>),
    /// The resources of an entry of traffic whose names the provider answers for.
    pub traffic: fn(&Context<'_>, &Name, &Traffic, &mut Vec<Resource>),
    /// What counts as evidence for an objective.
    pub evidence: Evidence,
    /// The regions that a survey has data in.
    pub found_regions: fn(&Survey) -> Vec<Region>,
    /// The services that a survey could be written as. What cannot be written is left out, with the reason.
    pub candidates: for<'a> fn(&'a Survey, Given<'a>, &mut Vec<LeftOut>) -> Vec<Candidate<'a>>,
}

/// The provider of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.into_iter().find(|provider| provider.name == name)
}

/// All providers. A new one is a folder beside this file, and a line here.
pub static PROVIDERS: [&Provider; 1] = [&aws::PROVIDER];

impl Provider {
    /// All calls that are made to it, each operation once.
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
