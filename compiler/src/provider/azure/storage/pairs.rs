//! The pairs of accounts that object replication connects: Azure has one policy for a pair, with a rule for each container, whichever data
//! sets those belong to.

use serde_json::{Value, json};

use super::container;
use super::replication::rule;
use crate::document::Name;
use crate::policy::{Bucket, DataSet, Policy, Service};
use crate::provider::azure::words::{account_of, container_of};
use crate::resource::Address;

/// A container that is copied to another account.
#[derive(Debug, Clone, Copy)]
pub struct Copied<'p> {
    service: &'p Name,
    data: &'p Name,
    primary: &'p Bucket,
    copy: &'p Bucket,
}

impl Copied<'_> {
    /// The rule.
    #[must_use]
    pub fn rule(&self) -> Value {
        rule_of(self.primary, self.copy)
    }

    /// The addresses of its two containers.
    #[must_use]
    pub fn containers(&self) -> [Address; 2] {
        [self.primary, self.copy].map(|at| container::address(self.service, self.data, at))
    }
}

/// The rule that copies one container to another one.
#[must_use]
pub fn rule_of(primary: &Bucket, copy: &Bucket) -> Value {
    let [source, destination] = [primary, copy].map(|at| container_of(at.name.as_str()));
    json!({rule::SOURCE: source, rule::DESTINATION: destination})
}

/// Everything that is copied from one account to another one.
#[must_use]
pub fn between<'p>(policy: &'p Policy, source: &str, destination: &str) -> Vec<Copied<'p>> {
    let of = |service: &'p Service, data: &'p Name, set: &'p DataSet| {
        let here = account_of(set.primary.name.as_str()) == source;
        let copies = set.copies.iter().filter(move |_| here);
        copies
            .filter(|copy| account_of(copy.name.as_str()) == destination)
            .map(|copy| Copied { service: &service.name, data, primary: &set.primary, copy })
            .collect::<Vec<_>>()
    };
    let sets =
        policy.services.values().flat_map(|service| service.data.iter().map(move |set| (service, set)));
    let mut all: Vec<Copied<'p>> = sets.flat_map(|(service, (data, set))| of(service, data, set)).collect();
    all.sort_by_key(|copied| copied.primary.name.as_str());
    all
}

/// Whether an account is the source of a replication.
#[must_use]
pub fn is_source(policy: &Policy, account: &str) -> bool {
    let mut sets = policy.services.values().flat_map(|service| service.data.values());
    sets.any(|set| !set.copies.is_empty() && account_of(set.primary.name.as_str()) == account)
}
