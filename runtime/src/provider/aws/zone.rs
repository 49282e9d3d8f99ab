//! Looking up hosted zones by name. Holdfast never creates one.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::route53::hosted_zone as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::json;

use super::clients::Clients;
use super::error::{Named, fault};
use super::record_name as name;
use super::retry::{ROUTE53, retry};
use crate::cloud::CloudError;

/// How many requests to Route 53 are made concurrently; it allows few per second and account.
pub(super) const AT_A_TIME: usize = 4;

/// A public hosted zone.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) name: String,
    pub(super) id: String,
    /// The number of its record sets, if Route 53 returns it.
    pub(super) records: Option<i64>,
}

/// The public zones with these names that exist, by name.
pub(super) async fn find(
    clients: &Clients,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Zone>, CloudError> {
    let lookups: Vec<_> = names.iter().map(|name| find_one(clients, name)).collect();
    let zones: Vec<Option<Zone>> = stream::iter(lookups).buffer_unordered(AT_A_TIME).try_collect().await?;
    Ok(zones.into_iter().flatten().map(|zone| (zone.name.clone(), zone)).collect())
}

async fn find_one(clients: &Clients, wanted: &str) -> Result<Option<Zone>, CloudError> {
    const OPERATION: &Call = &kind::FIND;
    let answer = retry(ROUTE53, || async {
        let request = clients.route53.list_hosted_zones_by_name().dns_name(wanted).max_items(100);
        request.send().await.named(OPERATION)
    });
    let answer = answer.await?;
    let public = answer.hosted_zones().iter().filter(|zone| {
        let private = zone.config().is_some_and(|config| config.private_zone());
        !private && name::plain(zone.name()) == wanted
    });
    let mut zones = public.map(|zone| Zone {
        name: wanted.to_owned(),
        id: zone.id().trim_start_matches("/hostedzone/").to_owned(),
        records: zone.resource_record_set_count(),
    });
    let first = zones.next();
    if let (Some(first), Some(second)) = (&first, zones.next()) {
        let message = format!(
            "there are two public zones `{wanted}`, {} and {}, but only one of them can be in use: remove the other",
            first.id, second.id
        );
        return Err(fault(OPERATION, "AmbiguousZone", message));
    }
    Ok(first)
}

/// A zone as an observed object.
pub(super) fn object(zone: &Zone) -> Object {
    Object {
        kind: kind::KIND,
        id: zone.id.clone(),
        attributes: Values::from([(kind::NAME.to_owned(), json!(zone.name))]),
        outputs: Values::from([("id".to_owned(), json!(zone.id))]),
    }
}
