//! What Azure bills. Sources: the pricing page of Azure Blob Storage ("Object replication", "Blob changefeed", "Geo-replication data
//! transfer") and of Traffic Manager ("Health checks").

use super::name::AZURE;
use super::storage::{container, source};
use super::traffic::endpoint;
use super::words::account_of;
use crate::plan::{Billed, Created, Per};
use crate::policy::{Bucket, DataSet, Policy};

/// What is billed for what a plan makes.
pub(super) fn bills(policy: &Policy, made: &Created<'_>) -> Vec<Billed> {
    let sets = policy
        .services
        .values()
        .flat_map(|service| service.data.iter().map(move |(name, set)| (service, name, set)));
    let sets = sets.filter(|(_, _, set)| set.primary.site.region.provider.name == AZURE);
    let new = sets.flat_map(|(service, name, set)| {
        let is_new = move |copy: &&Bucket| {
            let [from, to] = [&set.primary, *copy].map(|at| account_of(at.name.as_str()));
            made.is_made(&source::address(from, to))
                || made.is_made(&container::address(&service.name, name, copy))
        };
        set.copies.iter().filter(is_new).map(move |copy| (set, copy)).collect::<Vec<_>>()
    });
    let new: Vec<(&DataSet, &Bucket)> = new.collect();
    let size = |set: &DataSet| set.size.as_ref().map(|size| size.value.value.count());
    let changes =
        |set: &DataSet| set.changes.as_ref().map(|changes| changes.value.value.count().saturating_mul(30));
    let sizes: Vec<Option<u64>> = new.iter().map(|(set, _)| size(set)).collect();
    let plain: Vec<Option<u64>> = new.iter().map(|(set, _)| changes(set)).collect();
    let prompt: Vec<Option<u64>> =
        new.iter().filter(|(_, copy)| copy.timed).map(|(set, _)| changes(set)).collect();
    let all = [
        Billed::each("health checks of Traffic Manager", Per::Month, made.count(endpoint::KIND)),
        Billed::bytes("data stored in copied containers", Per::Month, "the data's `size`", &sizes),
        Billed::bytes("changes copied by object replication", Per::Month, "the data's `changes`", &plain),
        Billed::bytes("changes copied with priority", Per::Month, "the data's `changes`", &prompt),
    ];
    all.into_iter().flatten().collect()
}
