//! Everything in an account that a policy could describe: all buckets with their settings and replications, the roles
//! of the replications, the backup plans in the regions of the buckets with what they select and their vaults, all health
//! checks, and all records with a routing policy. Resources that cannot be read are reported with the reason, and so is
//! what does not answer.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, join, stream, try_join};
use holdfast_compiler::import::{LeftOut, Survey};
use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::backup::{self, plan, selection, vault};
use holdfast_compiler::provider::aws::route53::{
    health_check as check_kind, hosted_zone as kind, record as record_kind,
};
use holdfast_compiler::provider::aws::s3::{bucket as s3_bucket, replication as s3_replication};

use serde_json::Value;

use super::bucket;
use super::bucket_regions::{self, AT_A_TIME};
use super::clients::{Clients, HOME};
use super::error::Named;
use super::fields::text;
use super::record_name::plain;
use super::retry::{ROUTE53, retry};
use super::zone::{self, Zone};
use super::{backup_plans, backup_vault, driver, health_check, record, replication, role};
use crate::cloud::{Class, CloudError};

/// Hosted zones per page: the maximum of Route 53 (API Reference, `ListHostedZones`).
const PAGE: i32 = 100;

/// The errors of S3 for a bucket that the credentials may not read (Amazon S3 API Reference, "Error responses").
const CLOSED: [&str; 3] = ["AccessDenied", "AllAccessDisabled", "NoSuchBucket"];

/// Read everything that answers.
pub(super) async fn survey(clients: &Clients) -> Result<Survey, CloudError> {
    let checks = clients.reach.ask(&check_kind::LIST, HOME, health_check::all(clients));
    let names = clients.reach.ask(&kind::LIST, HOME, names(clients));
    let (storage, names, checks) = join!(storage(clients), names, checks);
    let checks = checks.map(|objects| Survey { objects, ..Survey::default() });
    let mut survey = Survey::default();
    for (what, found) in
        [("buckets", storage), ("hosted zones and records", names), ("health checks", checks)]
    {
        add(&mut survey, what, found)?;
    }
    survey.objects.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
    survey.left_out.sort();
    Ok(survey)
}

/// Add what was found. What does not answer is left out.
fn add(survey: &mut Survey, what: &str, found: Result<Survey, CloudError>) -> Result<(), CloudError> {
    match found {
        Ok(found) => survey.extend(found),
        Err(error) if error.is_silence() => survey.unseen(what, driver::why(&error)),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The buckets, their replications, and the roles of the replications.
async fn storage(clients: &Clients) -> Result<Survey, CloudError> {
    let find = |region: String| async move { bucket_regions::find(clients, &region, |_| true).await };
    let mut regions = clients.reach.first_answer(&s3_bucket::LIST, clients.regions(), find).await?;
    // There the credentials are those of another account, which cannot read them.
    regions.retain(|_, region| clients.account_of(region).is_none());
    let reads: Vec<_> = regions.iter().map(|(name, region)| read(clients, name, region)).collect();
    let read: Vec<Survey> = stream::iter(reads).buffer_unordered(AT_A_TIME).try_collect().await?;
    let mut survey = Survey::default();
    read.into_iter().for_each(|found| survey.extend(found));
    survey.extend(backups(clients, &survey).await?);
    let roles = survey.objects.iter().filter(|object| object.kind == s3_replication::KIND);
    let roles = roles.filter_map(|object| text(&object.attributes, s3_replication::ROLE)?.rsplit('/').next());
    let roles: BTreeSet<String> = roles.map(str::to_owned).collect();
    let roles = clients.reach.ask(role::READ, HOME, role::observe(clients, &roles)).await;
    let roles = roles.map(|objects| Survey { objects, ..Survey::default() });
    add(&mut survey, "roles of replications", roles)?;
    Ok(survey)
}

/// The backup plans in the regions of the buckets, what they select, and the vaults that they name. What may not be read is left
/// out, with the reason; it never fails an import.
async fn backups(clients: &Clients, buckets: &Survey) -> Result<Survey, CloudError> {
    let of_buckets = buckets.of(s3_bucket::KIND);
    let regions: BTreeSet<&str> =
        of_buckets.filter_map(|bucket| text(&bucket.attributes, s3_bucket::REGION)).collect();
    let plans = regions.into_iter().map(|region| async move {
        (region, clients.reach.ask(&selection::GET, region, backup_plans::survey(clients, region)).await)
    });
    let plans: Vec<_> = stream::iter(plans.collect::<Vec<_>>()).buffered(AT_A_TIME).collect().await;
    let mut survey = Survey::default();
    for (region, read) in plans {
        add_backups(&mut survey, format!("backup plans in {region}"), read);
    }
    let regions: BTreeSet<String> =
        survey.of(plan::KIND).flat_map(|found| vault_regions(clients, found)).collect();
    let vaults = regions.into_iter().map(|region| async move {
        let read = clients.reach.ask(&vault::LIST, &region, backup_vault::survey(clients, &region)).await;
        (region, read)
    });
    let vaults: Vec<_> = stream::iter(vaults.collect::<Vec<_>>()).buffered(AT_A_TIME).collect().await;
    for (region, read) in vaults {
        add_backups(&mut survey, format!("backup vaults in {region}"), read);
    }
    Ok(survey)
}

/// The regions of the vaults of the account that a plan names.
fn vault_regions(clients: &Clients, found: &Object) -> Vec<String> {
    let rules = found.attributes.get(plan::RULES).and_then(Value::as_array).into_iter().flatten();
    let copies = rules.filter_map(|rule| rule.get(plan::rule::COPIES)?.as_array()).flatten();
    let arns = copies.filter_map(|copy| copy.get(plan::rule::COPY_VAULT)?.as_str());
    let own = arns.filter(|arn| backup::is_vault(arn, clients.owner()));
    let regions = own.filter_map(|arn| backup::vault_of(arn).map(|(region, _)| region));
    let regions = regions.chain(text(&found.attributes, plan::REGION));
    // There the credentials are those of another account.
    regions.filter(|region| clients.account_of(region).is_none()).map(str::to_owned).collect()
}

fn add_backups(survey: &mut Survey, what: String, read: Result<Vec<Object>, CloudError>) {
    match read {
        Ok(objects) => survey.objects.extend(objects),
        Err(error) if error.is_silence() => survey.unseen(what, driver::why(&error)),
        Err(error) if error.class == Class::Denied => {
            survey.left_out.push(LeftOut::new(what, error.to_string()));
        }
        Err(error) => survey.unseen(what, error.to_string()),
    }
}

/// A bucket and its replication, or the reason why they cannot be read.
async fn read(clients: &Clients, name: &str, region: &str) -> Result<Survey, CloudError> {
    let both = async {
        try_join!(
            bucket::read(clients.s3(region), name, region),
            replication::read(clients.s3(region), name, region),
        )
    };
    let mut survey = Survey::default();
    match clients.reach.ask(&s3_bucket::GET_VERSIONING, region, both).await {
        Ok((bucket, replication)) => survey.objects.extend(bucket.into_iter().chain(replication)),
        Err(error) if CLOSED.contains(&error.code.as_str()) => {
            survey.left_out.push(LeftOut::new(format!("bucket {name}"), error.to_string()));
        }
        Err(error) if error.is_silence() => survey.unseen(format!("bucket {name}"), driver::why(&error)),
        Err(error) => return Err(error),
    }
    Ok(survey)
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
    Ok(Survey { objects, left_out, ..Survey::default() })
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
