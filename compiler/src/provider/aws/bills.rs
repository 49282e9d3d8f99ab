//! What AWS bills. Sources: the pricing pages of Amazon S3 ("Replication", "S3 Replication Time Control", "S3 Batch Operations"), AWS Backup,
//! AWS KMS, Amazon Route 53, Amazon CloudWatch (`GetMetricData`, by the metric) and Amazon EventBridge (events to another region, as custom
//! events).

use std::collections::BTreeSet;

use super::backup::{plan, vault_address};
use super::cloudwatch::{OF_COPIES, alarm, heartbeat};
use super::kms::made as kms_key;
use super::name::AWS;
use super::route53::health_check;
use super::s3::{backfill, bucket, replication};
use crate::document::Name;
use crate::plan::{Billed, Created, Per};
use crate::policy::{Bucket, DataSet, Policy, Service};
use crate::resource::{Address, Kind};

/// What the size of a data set is stated as.
const SIZE: &str = "the data's `size`";
const CHANGES: &str = "the data's `changes`";

fn address_of(service: &Service, kind: Kind, rest: &[&str]) -> Address {
    let path: Vec<&str> = std::iter::once(service.name.as_str()).chain(rest.iter().copied()).collect();
    Address::new(kind, &path)
}

/// What is billed for what a plan makes.
pub(super) fn bills(policy: &Policy, made: &Created<'_>) -> Vec<Billed> {
    let services = policy.services.values();
    let sets: Vec<(&Service, &Name, &DataSet)> = services
        .flat_map(|service| service.data.iter().map(move |(name, set)| (service, name, set)))
        .collect();
    // A copy in a new bucket, or by a new replication.
    let is_new = |(service, name, _): &(&Service, &Name, &DataSet), copy: &Bucket| {
        let at = |kind, rest: &[&str]| made.is_made(&address_of(service, kind, rest));
        at(bucket::KIND, &[name.as_str(), copy.site.name.as_str()]) || at(replication::KIND, &[name.as_str()])
    };
    let copies = sets
        .iter()
        .flat_map(|one| one.2.copies.iter().filter(|copy| is_new(one, copy)).map(move |copy| (one.2, copy)));
    let copies: Vec<(&DataSet, &Bucket)> = copies.collect();
    let size = |set: &DataSet| set.size.as_ref().map(|size| size.value.value.count());
    let changes =
        |set: &DataSet| set.changes.as_ref().map(|changes| changes.value.value.count().saturating_mul(30));
    // The backup where the data is, and its copies: each vault holds all of it once, and then what changes.
    let own = policy.accounts.get(AWS).map(|(id, _)| id.as_str());
    let vaults = sets.iter().flat_map(|(service, name, set)| {
        let home = &set.primary.site;
        let all = set.schedules.iter().flat_map(|schedule| {
            let away = schedule.to.iter().map(|(site, _)| site);
            let away = away.filter(|site| site.name != home.name && site.has_made_vault(own));
            let away = away.map(|site| vault_address(&site.name, schedule.lock));
            away.chain([vault_address(&home.name, schedule.lock_at(home))])
        });
        let all: BTreeSet<Address> = all.collect();
        let whole = made.is_made(&address_of(service, plan::KIND, &[name.as_str()]));
        all.into_iter().filter(|vault| whole || made.is_made(vault)).map(|_| size(set)).collect::<Vec<_>>()
    });
    let vaults: Vec<Option<u64>> = vaults.collect();
    let of = |all: &[(&DataSet, &Bucket)], amount: &dyn Fn(&DataSet) -> Option<u64>| -> Vec<Option<u64>> {
        all.iter().map(|(set, _)| amount(set)).collect()
    };
    let checks = made.count(health_check::KIND);
    let beats =
        heartbeat::watched(policy).keys().filter(|region| made.is_made(&heartbeat::sender(region))).count();
    let all = [
        Billed::each("KMS keys", Per::Month, made.count(kms_key::KIND)),
        Billed::each("health checks", Per::Month, checks),
        Billed::each("alarms of CloudWatch", Per::Month, made.count(alarm::KIND)),
        Billed::each("events of EventBridge to other regions", Per::Month, beats * heartbeat::OF_A_MONTH),
        Billed::bytes("data stored in copies", Per::Month, SIZE, &of(&copies, &size)),
        Billed::bytes("changes copied with time control", Per::Month, CHANGES, &of(&copies, &changes)),
        Billed::bytes("data in vaults, besides what changes", Per::Month, SIZE, &vaults),
        Billed::each(
            "jobs of S3 Batch Replication, besides each object",
            Per::Once,
            made.count(backfill::KIND),
        ),
        Billed::each("figures of CloudWatch", Per::Status, copies.len() * OF_COPIES.len() + checks),
    ];
    all.into_iter().flatten().collect()
}
