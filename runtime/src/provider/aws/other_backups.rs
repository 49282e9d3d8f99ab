//! Backup plans of others that back up the buckets of the estate: their selections are read once for each region. What may not be read
//! is unseen, with the reason; it never fails a command.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::provider::aws::backup::{others as kind, selection};
use holdfast_compiler::provider::aws::s3;
use holdfast_compiler::resource::{Kind, Values};
use serde_json::json;

use super::backup_selection::{is_conditional, list};
use super::clients::Clients;
use super::driver::{AT_A_TIME, Look};
use super::error::{Named, unless};
use crate::cloud::CloudError;

/// A selection of a plan.
struct Selection {
    plan: String,
    resources: Vec<String>,
    except: Vec<String>,
    conditional: bool,
}

async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let buckets = look.buckets_of(kind::KIND, kind::BUCKET).await?;
    let plans = look.backup_plans().await;
    let regions: BTreeSet<&String> = buckets.iter().map(|(_, region)| *region).collect();
    let reads = regions.into_iter().map(|region| async move {
        let read = async {
            let reads = plans.of_others(look, region)?.into_iter();
            let reads = reads.map(|(name, id)| selections(look.clients, region, name, id));
            let read: Vec<_> = stream::iter(reads.collect::<Vec<_>>()).buffered(AT_A_TIME).collect().await;
            read.into_iter().collect::<Result<Vec<_>, _>>()
        };
        let read = look.clients.reach.ask(&selection::GET, region, read).await;
        (region.clone(), read.map(|all| all.into_iter().flatten().collect::<Vec<Selection>>()))
    });
    let read: BTreeMap<String, _> =
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    let seen = buckets.into_iter().filter_map(|(name, region)| {
        let object = match read.get(region)? {
            Ok(all) => Ok(object(name, region, all)),
            Err(error) => Err(error.clone()),
        };
        Some((name.clone(), region.clone(), object))
    });
    Ok(look.evidence(kind::KIND, kind::BUCKET, seen.collect()))
}

async fn selections(
    clients: &Clients,
    region: &str,
    plan: String,
    id: String,
) -> Result<Vec<Selection>, CloudError> {
    let client = clients.backup(region);
    let mut all = Vec::new();
    for (_, selection) in list(clients, region, &id).await? {
        let request = client.get_backup_selection().backup_plan_id(&id).selection_id(&selection);
        let answer = unless(request.send().await.named(&selection::GET), &["ResourceNotFoundException"])?;
        let found = answer.and_then(|answer| answer.backup_selection);
        all.extend(found.map(|found| Selection {
            plan: plan.clone(),
            resources: found.resources().to_vec(),
            except: found.not_resources().to_vec(),
            conditional: is_conditional(&found),
        }));
    }
    Ok(all)
}

/// What the plans do with a bucket; nothing if none selects it.
fn object(bucket: &str, region: &str, all: &[Selection]) -> Option<Object> {
    let arn = s3::arn(bucket);
    let (mut surely, mut perhaps) = (BTreeSet::new(), BTreeSet::new());
    for one in all {
        match kind::selects(&arn, &one.resources, &one.except, one.conditional) {
            Some(true) => drop(surely.insert(&one.plan)),
            Some(false) => drop(perhaps.insert(&one.plan)),
            None => {}
        }
    }
    if surely.is_empty() && perhaps.is_empty() {
        return None;
    }
    let attributes = [
        (kind::BUCKET, json!(bucket)),
        (kind::REGION, json!(region)),
        (kind::PLANS, json!(surely)),
        (kind::PERHAPS, json!(perhaps)),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Some(Object { kind: kind::KIND, id: bucket.to_owned(), attributes, outputs: Values::new() })
}

/// The driver.
pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError> {
        observe(look).await
    }
}
