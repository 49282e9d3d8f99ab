//! Microsoft Azure: a folder per service, a file per kind.

mod bills;
mod control_planes;
mod evidence;
pub mod facts;
pub mod group;
mod import;
pub mod name;
pub mod region;
pub mod scope;
mod settle;
pub mod storage;
pub mod traffic;
pub mod words;

use std::collections::BTreeSet;

use super::Provider;
use crate::resource::Rate;
pub use facts::FACTS;
pub use name::AZURE;
pub use region::Region;
pub use settle::MOST;

/// The provider. No backup is made there yet.
pub static PROVIDER: Provider = Provider {
    name: AZURE,
    facts: &FACTS,
    kinds: &[
        &group::SCHEMA,
        &storage::account::SCHEMA,
        &storage::container::SCHEMA,
        &storage::destination::SCHEMA,
        &storage::source::SCHEMA,
        &traffic::profile::SCHEMA,
        &traffic::endpoint::SCHEMA,
    ],
    calls: &[],
    rates: &RATES,
    data: storage::lower,
    traffic: traffic::lower,
    backup_places: |_| BTreeSet::new(),
    backups_of: |_, _, _| BTreeSet::new(),
    bills: bills::bills,
    signals: |_, _| Vec::new(),
    evidence: evidence::EVIDENCE,
    found_regions: import::found_regions,
    candidates: import::candidates,
};

/// Rate limits: Azure Resource Manager documentation, "Understand how Azure Resource Manager throttles requests" (writes of a subscription
/// and principal in a region: 200 at once, 10 a second; reads: 250 and 25).
static RATES: [(&str, Rate); 3] = [
    ("azure-resources", Rate { rate: 10.0, burst: 200.0 }),
    ("azure-storage", Rate { rate: 10.0, burst: 200.0 }),
    ("azure-traffic", Rate { rate: 10.0, burst: 200.0 }),
];
