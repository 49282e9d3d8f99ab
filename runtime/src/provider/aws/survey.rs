//! Everything in an account that a policy could describe: all buckets with their settings and replications, the roles
//! of the replications, all health checks, and all records with a routing policy. Resources that cannot be read are
//! reported with the reason.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream, try_join};
use holdfast_compiler::import::{LeftOut, Survey};
use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::route53::{hosted_zone as kind, record as record_kind};
use holdfast_compiler::provider::aws::s3::replication as s3_replication;

use super::bucket;
use super::bucket_regions::{self, AT_A_TIME};
use super::clients::Clients;
use super::error::Named;
use super::fields::text;
use super::record_name::plain;
use super::retry::{ROUTE53, retry};
use super::zone::{self, Zone};
use super::{health_check, record, replication, role};
use crate::cloud::CloudError;

/// Hosted zones per page: the maximum of Route 53 (API Reference, `ListHostedZones`).
const PAGE: i32 = 100;

/// The errors of S3 for a bucket that the credentials may not read (Amazon S3 API Reference, "Error responses").
const CLOSED: [&str; 3] = ["AccessDenied", "AllAccessDisabled", "NoSuchBucket"];

/// Read everything.
pub(super) async fn survey(clients: &Clients) -> Result<Survey, CloudError> {
    let (storage, names, checks) = try_join!(storage(clients), names(clients), health_check::all(clients))?;
    let mut survey = storage;
    survey.objects.extend(names.objects);
    survey.objects.extend(checks);
    survey.left_out.extend(names.left_out);
    survey.objects.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
    survey.left_out.sort();
    Ok(survey)
}

/// The buckets, their replications, and the roles of the replications.
async fn storage(clients: &Clients) -> Result<Survey, CloudError> {
    let regions = bucket_regions::find(clients, clients.region(), |_| true).await?;
    let reads: Vec<_> = regions.iter().map(|(name, region)| read(clients, name, region)).collect();
    let read: Vec<Result<Vec<Object>, LeftOut>> =
        stream::iter(reads).buffer_unordered(AT_A_TIME).try_collect().await?;
    let mut survey = Survey::default();
    for found in read {
        match found {
            Ok(objects) => survey.objects.extend(objects),
            Err(left_out) => survey.left_out.push(left_out),
        }
    }
    let roles = survey.objects.iter().filter(|object| object.kind == s3_replication::KIND);
    let roles = roles.filter_map(|object| text(&object.attributes, s3_replication::ROLE)?.rsplit('/').next());
    let roles: BTreeSet<String> = roles.map(str::to_owned).collect();
    survey.objects.extend(role::observe(clients, &roles).await?);
    Ok(survey)
}

/// A bucket and its replication, or the reason why they cannot be read.
async fn read(
    clients: &Clients,
    name: &str,
    region: &str,
) -> Result<Result<Vec<Object>, LeftOut>, CloudError> {
    let both = try_join!(
        bucket::read(clients.s3(region), name, region),
        replication::read(clients.s3(region), name, region),
    );
    match both {
        Ok((bucket, replication)) => Ok(Ok(bucket.into_iter().chain(replication).collect())),
        Err(error) if CLOSED.contains(&error.code.as_str()) => {
            Ok(Err(LeftOut::new(format!("bucket {name}"), error.to_string())))
        }
        Err(error) => Err(error),
    }
}

/// The public zones, and their records with a routing policy; records without one cannot fail over.
async fn names(clients: &Clients) -> Result<Survey, CloudError> {
    let (zones, left_out) = zones(clients).await?;
    let routed = |set: &Object| {
        text(&set.attributes, record_kind::ROUTING).is_some_and(|routing| routing != record_kind::SIMPLE)
    };
    let reads: Vec<_> = zones.values().map(|zone| record::all(clients, zone)).collect();
    let found: Vec<Vec<Object>> = stream::iter(reads).buffer_unordered(zone::AT_A_TIME).try_collect().await?;
    let mut objects: Vec<Object> = found.into_iter().flatten().filter(routed).collect();
    objects.extend(zones.values().map(zone::object));
    Ok(Survey { objects, left_out })
}

async fn zones(clients: &Clients) -> Result<(BTreeMap<String, Zone>, Vec<LeftOut>), CloudError> {
    let mut zones: BTreeMap<String, Vec<Zone>> = BTreeMap::new();
    let mut left_out = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let page = retry(ROUTE53, || async {
            let request = clients.route53.list_hosted_zones().max_items(PAGE);
            request.set_marker(marker.clone()).send().await.named(&kind::LIST)
        });
        let page = page.await?;
        for zone in page.hosted_zones() {
            let (name, id) = (plain(zone.name()), zone.id().trim_start_matches("/hostedzone/").to_owned());
            if zone.config().is_some_and(|config| config.private_zone()) {
                let why = "it is private, and health checkers send their requests from the internet";
                left_out.push(LeftOut::new(format!("hosted zone {name} ({id})"), why));
            } else {
                let records = zone.resource_record_set_count();
                zones.entry(name.clone()).or_default().push(Zone { name, id, records });
            }
        }
        marker = page.next_marker.filter(|marker| page.is_truncated && !marker.is_empty());
        if marker.is_none() {
            break;
        }
    }
    let mut single = BTreeMap::new();
    for (name, mut same) in zones {
        match (same.pop(), same.is_empty()) {
            (Some(zone), true) => {
                single.insert(name, zone);
            }
            _ => {
                let why = "there are several public zones with this name, and only one of them can be in use";
                left_out.push(LeftOut::new(format!("hosted zone {name}"), why));
            }
        }
    }
    Ok((single, left_out))
}
