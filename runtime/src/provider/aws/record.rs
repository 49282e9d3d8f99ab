//! Reading records, zone by zone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{ResourceRecordSet, RrType};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::route53::record as kind;
use holdfast_compiler::resource::Values;

use super::clients::Clients;
use super::error::Named;
use super::record_name::plain;
use super::record_set;
use super::retry::{ROUTE53, retry};
use super::zone::{AT_A_TIME, Zone};
use crate::cloud::CloudError;

/// Record sets per page: the maximum of Route 53 (API Reference, `ListResourceRecordSets`).
const PAGE: i32 = 300;

/// All records on the wanted names, by zone. Zones that do not exist are skipped.
pub(super) async fn observe(
    clients: &Clients,
    wanted: &BTreeMap<String, BTreeSet<String>>,
    zones: &BTreeMap<String, Zone>,
) -> Result<Vec<Object>, CloudError> {
    let there = wanted.iter().filter_map(|(zone, names)| Some((zones.get(zone)?, names)));
    let reads: Vec<_> = there.map(|(zone, names)| read(clients, zone, names)).collect();
    let objects: Vec<Vec<Object>> = stream::iter(reads).buffer_unordered(AT_A_TIME).try_collect().await?;
    Ok(objects.into_iter().flatten().collect())
}

/// All records on some names of a zone, in as few calls as possible: name by name, or the whole zone.
pub(super) async fn read(
    clients: &Clients,
    zone: &Zone,
    names: &BTreeSet<String>,
) -> Result<Vec<Object>, CloudError> {
    let page = i64::from(PAGE);
    let pages = zone.records.map_or(i64::MAX, |records| records.saturating_add(page - 1) / page);
    let mut objects = Vec::new();
    if i64::try_from(names.len()).is_ok_and(|names| names < pages) {
        for name in names {
            list(clients, zone, Some(name), &mut objects, |found| found == name).await?;
        }
    } else {
        list(clients, zone, None, &mut objects, |found| names.contains(found)).await?;
    }
    Ok(objects)
}

/// All records of a zone.
pub(super) async fn all(clients: &Clients, zone: &Zone) -> Result<Vec<Object>, CloudError> {
    let mut objects = Vec::new();
    list(clients, zone, None, &mut objects, |_| true).await?;
    Ok(objects)
}

/// Read pages from a name, or from the beginning. Records of a name are contiguous, so a listing that starts at a
/// name ends where the next name begins.
async fn list(
    clients: &Clients,
    zone: &Zone,
    first: Option<&String>,
    objects: &mut Vec<Object>,
    keep: impl Fn(&str) -> bool,
) -> Result<(), CloudError> {
    let mut next: (Option<String>, Option<RrType>, Option<String>) = (first.cloned(), None, None);
    loop {
        let (name, kind, set) = next;
        let page = retry(ROUTE53, || async {
            let request =
                clients.route53.list_resource_record_sets().hosted_zone_id(&zone.id).max_items(PAGE);
            let request = request.set_start_record_name(name.clone()).set_start_record_type(kind.clone());
            let answer = request.set_start_record_identifier(set.clone()).send().await;
            answer.named(&kind::LIST)
        });
        let page = page.await?;
        let found = page.resource_record_sets().iter().filter(|set| keep(&plain(set.name())));
        objects.extend(found.map(|set| object(zone, set)));
        let more = page
            .next_record_name
            .filter(|name| page.is_truncated && !name.is_empty() && (first.is_none() || keep(&plain(name))));
        if more.is_none() {
            return Ok(());
        }
        next = (more, page.next_record_type, page.next_record_identifier);
    }
}

fn object(zone: &Zone, set: &ResourceRecordSet) -> Object {
    let attributes = record_set::to_values(zone, set);
    Object { kind: kind::KIND, id: record_set::id(&attributes), attributes, outputs: Values::new() }
}
