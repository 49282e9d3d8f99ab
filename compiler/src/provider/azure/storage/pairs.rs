//! The pairs of accounts that object replication connects: Azure has one policy for a pair, with a rule for each container, whichever data
//! sets those belong to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::container;
use super::replication::rule;
use crate::document::Name;
use crate::policy::{Bucket, Policy};
use crate::provider::azure::name::AZURE;
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
    let copied = copied_from(policy, source);
    let mut all: Vec<Copied<'p>> =
        copied.filter(|copied| account_of(copied.copy.name.as_str()) == destination).collect();
    all.sort_by_key(|copied| copied.primary.name.as_str());
    all
}

/// The accounts that an account is copied to without a promised time.
#[must_use]
pub fn without_priority<'p>(policy: &'p Policy, source: &str) -> BTreeSet<&'p str> {
    let copied = copied_from(policy, source).filter(|copied| !copied.copy.timed);
    copied.map(|copied| account_of(copied.copy.name.as_str())).collect()
}

/// Whether an account is the source of a replication.
#[must_use]
pub fn is_source(policy: &Policy, account: &str) -> bool {
    copied_from(policy, account).next().is_some()
}

/// Everything that is copied from an account. Only on Azure: a bucket elsewhere can have the name of an account.
fn copied_from<'p>(policy: &'p Policy, source: &str) -> impl Iterator<Item = Copied<'p>> {
    let services = policy.services.values();
    let sets = services.flat_map(|service| service.data.iter().map(move |(data, set)| (service, data, set)));
    let sets = sets.filter(move |(_, _, set)| {
        let primary = &set.primary;
        primary.site.region.provider.name == AZURE && account_of(primary.name.as_str()) == source
    });
    sets.flat_map(|(service, data, set)| {
        let copied = move |copy| Copied { service: &service.name, data, primary: &set.primary, copy };
        set.copies.iter().map(copied)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Options, check};
    use crate::source::Sources;

    /// A bucket on AWS and a container, each with a copy; the names of the buckets are those of the accounts.
    const ALIKE: &str = "
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  ireland: { aws: eu-west-1 }
  amsterdam: { azure: westeurope, subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme }
  dublin: { azure: northeurope, subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme }
---
kind: service
name: ledger
primary: virginia
data:
  old:
    bucket: acmearchive
    backups: [{ strategy: real-time, to: [{ site: ireland, bucket: acmearchivenortheurope }] }]
  more:
    bucket: acmeledger
    backups: [{ strategy: real-time, to: [ireland] }]
---
kind: service
name: archive
primary: amsterdam
data:
  scans:
    container: { account: acmearchive, name: scans }
    backups: [{ strategy: real-time, to: [dublin] }]
";

    #[test]
    fn bucket_with_the_name_of_an_account_has_no_rule() {
        let mut sources = Sources::default();
        sources.add("all.yaml", ALIKE);
        let policy = check(&sources, Options::default()).policy.unwrap();
        let rules: Vec<Value> =
            between(&policy, "acmearchive", "acmearchivenortheurope").iter().map(Copied::rule).collect();
        assert_eq!(rules, [json!({"source": "scans", "destination": "scans"})]);
        assert!(is_source(&policy, "acmearchive"));
        assert!(!is_source(&policy, "acmeledger"));
    }
}
