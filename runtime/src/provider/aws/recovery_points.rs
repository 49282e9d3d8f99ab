//! Recovery points: what a status reads of backups. One listing for each vault, however many data sets have backups in it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_backup::primitives::DateTime;
use aws_sdk_backup::types::{Lifecycle, RecoveryPointStatus};
use futures::{StreamExt, join, stream};
use holdfast_compiler::backups::{BackupPlace, DAYS_OF_JOBS, Newest, SeenBackup, SeenBackups};
use holdfast_compiler::provider::aws::FACTS;
use holdfast_compiler::provider::aws::backup::vault as kind;
use holdfast_compiler::resource::Identity;
use holdfast_compiler::units::Duration;

use super::backup_jobs::{self, SeenJobs};
use super::clients::Clients;
use super::driver::{AT_A_TIME, why};
use super::error::{Named, unless};
use super::retry::{VAULT, retry};
use crate::cloud::{Class, CloudError};

/// The most recovery points of a page (AWS Backup API Reference, `ListRecoveryPointsByBackupVault`).
const PAGE: i32 = 1000;

/// The newest complete backups of the places. What cannot be listed is unseen, with the reason.
pub(super) async fn newest(clients: &Clients, places: &BTreeSet<BackupPlace>) -> SeenBackups {
    let (points, jobs) = join!(points(clients, places), backup_jobs::list(clients, places));
    let seen = points.into_iter().map(|(place, points)| {
        let jobs = seen_jobs(&jobs, &place);
        // A point that a job says it did not finish is not whole; without the jobs nobody can tell.
        let lacks = |arn: &str| jobs.is_ok_and(|jobs| jobs.partial.contains(arn));
        let newest = points.map(|points| {
            let whole = points.into_iter().filter(|point| !lacks(&point.arn)).map(|point| point.newest);
            whole.min_by_key(|newest| (!newest.continuous, newest.age))
        });
        let forgotten =
            |newest: &Newest| !newest.continuous && newest.age >= Duration::hours(24 * DAYS_OF_JOBS);
        let jobs = match newest.as_ref().is_ok_and(|newest| newest.as_ref().is_some_and(forgotten)) {
            true => Err(format!("its job is more than {DAYS_OF_JOBS} days old")),
            false => jobs.map(|jobs| jobs.at(&place, places)).map_err(str::to_owned),
        };
        (place, SeenBackup { newest, jobs })
    });
    seen.collect()
}

fn seen_jobs<'j>(jobs: &'j SeenJobs, place: &BackupPlace) -> Result<&'j backup_jobs::Region, &'j str> {
    let found = jobs.get(&place.source).map(|found| found.as_ref().map_err(String::as_str));
    found.unwrap_or(Err("nobody has looked"))
}

/// Why something cannot be seen.
pub(super) fn unseen(error: &CloudError) -> String {
    match error.class {
        Class::Denied => error.to_string(),
        _ => why(error),
    }
}

/// The complete recovery points at each place.
async fn points(
    clients: &Clients,
    places: &BTreeSet<BackupPlace>,
) -> Vec<(BackupPlace, Result<Vec<Point>, String>)> {
    let mut vaults: BTreeMap<&Identity, Vec<&BackupPlace>> = BTreeMap::new();
    for place in places.iter().filter(|place| place.kind == kind::KIND) {
        vaults.entry(&place.vault).or_default().push(place);
    }
    let lists = vaults.into_iter().map(|(vault, places)| async move {
        let (name, region) =
            (vault.get(kind::NAME).unwrap_or_default(), vault.get(kind::REGION).unwrap_or_default());
        let found = clients.reach.ask(&kind::LIST_POINTS, region, list(clients, region, name)).await;
        let found = found.map_err(|error| unseen(&error));
        places
            .into_iter()
            .map(move |place| {
                let points = found.as_ref().map(|all| {
                    let points = all.get(&place.resource).into_iter().flatten();
                    points.filter(|point| point.days.is_none_or(|days| days >= place.days)).cloned().collect()
                });
                (place.clone(), points.map_err(Clone::clone))
            })
            .collect::<Vec<_>>()
    });
    let lists: Vec<Vec<_>> =
        stream::iter(lists.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    lists.into_iter().flatten().collect()
}

/// A complete backup.
#[derive(Debug, Clone)]
struct Point {
    arn: String,
    /// For how many days it is kept; `None`: for ever.
    days: Option<u64>,
    newest: Newest,
}

/// The complete backups of each bucket in a vault.
async fn list(
    clients: &Clients,
    region: &str,
    vault: &str,
) -> Result<BTreeMap<String, Vec<Point>>, CloudError> {
    let client = clients.backup(region);
    let now = jiff::Timestamp::now().as_second();
    let mut all: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    let mut next: Option<String> = None;
    loop {
        let page = retry(VAULT, || async {
            let request = client.list_recovery_points_by_backup_vault().backup_vault_name(vault);
            let request = request.by_resource_type("S3").max_results(PAGE).set_next_token(next.clone());
            request.send().await.named(&kind::LIST_POINTS)
        });
        let Some(page) = unless(page.await, &["ResourceNotFoundException"])? else { return Ok(all) };
        for point in page.recovery_points() {
            // A partial one lacks objects, and an expired one goes.
            let complete = matches!(
                point.status(),
                Some(RecoveryPointStatus::Completed | RecoveryPointStatus::Available)
            );
            let made = point.creation_date().map(DateTime::secs).filter(|_| complete);
            let (Some(resource), Some(made)) = (point.resource_arn(), made) else { continue };
            // A continuous one is made once, and goes on; one that has stopped is none any more.
            let continuous = point.status() == Some(&RecoveryPointStatus::Available);
            let age = match continuous {
                true => FACTS.backup.continuous.value,
                false => Duration::seconds(u64::try_from(now.saturating_sub(made)).unwrap_or_default()),
            };
            let bytes = point.backup_size_in_bytes().and_then(|bytes| u64::try_from(bytes).ok());
            let days = point.lifecycle().and_then(Lifecycle::delete_after_days);
            let days = days.and_then(|days| u64::try_from(days).ok());
            let (arn, newest) =
                (point.recovery_point_arn().unwrap_or_default(), Newest { age, bytes, continuous });
            all.entry(resource.to_owned()).or_default().push(Point { arn: arn.to_owned(), days, newest });
        }
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}
