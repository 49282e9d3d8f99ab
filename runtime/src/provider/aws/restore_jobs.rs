//! Recovery points of AWS Backup that a restore chooses from, and its restore jobs.
//!
//! Source: AWS Backup Developer Guide, "Restore S3 data using AWS Backup"; AWS Backup API Reference, `StartRestoreJob`,
//! `DescribeRestoreJob`, `ListRecoveryPointsByBackupVault`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_backup::types::{RecoveryPointByBackupVault, RecoveryPointStatus, RestoreJobStatus};
use holdfast_compiler::backups::{BackupPlace, DAYS_OF_JOBS};
use holdfast_compiler::provider::aws::backup::vault as kind;
use holdfast_compiler::provider::aws::{FACTS, RESTORE_JOB, RESTORE_POINTS, RESTORE_START};
use holdfast_compiler::restore::{JobSeen, JobState, RecoveryPoint, Whole};
use holdfast_compiler::units::Duration;

use super::Aws;
use super::backup_jobs::{self, SeenJobs};
use super::error::{Named, fault, unless};
use super::retry::{VAULT, retry};
use crate::cloud::{CloudError, RecoveryPoints, RestoreOrder};

/// The most recovery points of a page (AWS Backup API Reference, `ListRecoveryPointsByBackupVault`).
const PAGE: i32 = 1000;

#[async_trait]
impl RecoveryPoints for Aws {
    async fn points(&self, places: &BTreeSet<BackupPlace>) -> Result<Vec<RecoveryPoint>, CloudError> {
        self.clients.identity().await?;
        let jobs = backup_jobs::list(&self.clients, places).await;
        let now = jiff::Timestamp::now().as_millisecond();
        let mut all: BTreeMap<String, RecoveryPoint> = BTreeMap::new();
        for place in places.iter().filter(|place| place.kind == kind::KIND) {
            let region = place.vault.get(kind::REGION).unwrap_or_default();
            let list = self.clients.reach.ask(&RESTORE_POINTS, region, self.list(place));
            let found = list.await.map_err(|error| self.clients.explained(region, error))?;
            for point in found {
                let point = seen(&point, place, &jobs, now);
                all.extend(point.map(|point| (point.id.clone(), point)));
            }
        }
        Ok(all.into_values().collect())
    }

    async fn start_restore(&self, order: &RestoreOrder) -> Result<String, CloudError> {
        let client = self.clients.backup(&order.region);
        let started = retry(VAULT, || async {
            let request = client.start_restore_job().recovery_point_arn(&order.point).resource_type("S3");
            let mut request = request.iam_role_arn(&order.role).idempotency_token(&order.token);
            for (name, value) in metadata(order) {
                request = request.metadata(name, value);
            }
            request.send().await.named(&RESTORE_START)
        });
        let started = self.clients.reach.ask(&RESTORE_START, &order.region, started).await;
        let started = started.map_err(|error| self.clients.explained(&order.region, error))?;
        let id = started.restore_job_id().map(str::to_owned);
        id.ok_or_else(|| fault(&RESTORE_START, "BadAnswer", "the job has no id".to_owned()))
    }

    async fn restore_job(&self, region: &str, id: &str) -> Result<JobSeen, CloudError> {
        let client = self.clients.backup(region);
        let job = retry(VAULT, || async {
            client.describe_restore_job().restore_job_id(id).send().await.named(&RESTORE_JOB)
        });
        let job = self.clients.reach.ask(&RESTORE_JOB, region, job).await;
        let job = job.map_err(|error| self.clients.explained(region, error))?;
        let state = match job.status() {
            Some(RestoreJobStatus::Completed) => JobState::Completed,
            Some(RestoreJobStatus::Failed) => JobState::Failed,
            Some(RestoreJobStatus::Aborted) => JobState::Aborted,
            _ => JobState::Running,
        };
        let took = job.creation_date().zip(job.completion_date());
        let took = took.filter(|_| state != JobState::Running).and_then(|(from, to)| {
            u64::try_from(to.to_millis().ok()?.saturating_sub(from.to_millis().ok()?)).ok()
        });
        let ended = job.completion_date().filter(|_| state != JobState::Running);
        let ended = ended.and_then(|at| at.to_millis().ok());
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(JobSeen {
            id: id.to_owned(),
            state,
            said: text(job.status_message()),
            done: text(job.percent_done()),
            milliseconds: took,
            ended,
        })
    }
}

impl Aws {
    /// All recovery points of a bucket in a vault.
    async fn list(&self, place: &BackupPlace) -> Result<Vec<RecoveryPointByBackupVault>, CloudError> {
        let vault = place.vault.get(kind::NAME).unwrap_or_default();
        let client = self.clients.backup(place.vault.get(kind::REGION).unwrap_or_default());
        let (mut all, mut next) = (Vec::new(), None::<String>);
        loop {
            let page = retry(VAULT, || async {
                let request = client.list_recovery_points_by_backup_vault().backup_vault_name(vault);
                let request = request.by_resource_arn(&place.resource).max_results(PAGE);
                request.set_next_token(next.clone()).send().await.named(&RESTORE_POINTS)
            });
            let Some(page) = unless(page.await, &["ResourceNotFoundException"])? else { return Ok(all) };
            all.extend(page.recovery_points.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(all);
            }
        }
    }
}

/// What a job is told. ACLs are not restored: a bucket that has them disabled would fail the job. Without a number of versions it restores
/// the newest one of each key, which is what a moment has.
fn metadata(order: &RestoreOrder) -> Vec<(&'static str, String)> {
    let mut all = vec![("DestinationBucketName", order.into.clone()), ("RestoreACLs", "false".to_owned())];
    match &order.kms_key {
        Some(key) => all.extend([("EncryptionType", "SSE-KMS".to_owned()), ("KMSKey", key.clone())]),
        None => all.push(("EncryptionType", "SSE-S3".to_owned())),
    }
    // Whole seconds, as the guide writes them.
    let moment = order.moment.and_then(|moment| jiff::Timestamp::from_second(moment.div_euclid(1000)).ok());
    all.extend(moment.map(|moment| ("RestoreTime", moment.to_string())));
    all
}

/// A recovery point as a restore needs it. `None`: it does not say what it is.
fn seen(
    point: &RecoveryPointByBackupVault,
    place: &BackupPlace,
    jobs: &SeenJobs,
    now: i64,
) -> Option<RecoveryPoint> {
    let id = point.recovery_point_arn()?.to_owned();
    // The listing is of one bucket, and whoever answers is not believed.
    if point.resource_arn() != Some(place.resource.as_str()) {
        return None;
    }
    let made = point.creation_date().and_then(|at| at.to_millis().ok())?;
    let status = point.status()?;
    let lag =
        i64::try_from(FACTS.backup.continuous.value.as_seconds()).unwrap_or(i64::MAX).saturating_mul(1000);
    let days = i64::try_from(FACTS.backup.longest_continuous_days).unwrap_or_default().saturating_mul(DAY);
    let continuous = *status == RecoveryPointStatus::Available;
    let window = continuous.then(|| (made.max(now.saturating_sub(days)), now.saturating_sub(lag)));
    let age = Duration::seconds(u64::try_from(now.saturating_sub(made) / 1000).unwrap_or_default());
    let whole = match (status, jobs.get(&place.source)) {
        (RecoveryPointStatus::Completed | RecoveryPointStatus::Available, Some(Ok(jobs))) => {
            if jobs.partial.contains(&id) {
                Whole::No("the job that made it did not save everything".to_owned())
            } else if jobs.whole.contains(&id) {
                Whole::Yes
            } else if age >= Duration::hours(24 * DAYS_OF_JOBS) {
                Whole::Unknown(format!("its job is more than {DAYS_OF_JOBS} days old"))
            } else {
                Whole::Unknown("no job is listed that made it".to_owned())
            }
        }
        (RecoveryPointStatus::Completed | RecoveryPointStatus::Available, Some(Err(why))) => {
            Whole::Unknown(format!("its job cannot be seen: {why}"))
        }
        (RecoveryPointStatus::Completed | RecoveryPointStatus::Available, None) => {
            Whole::Unknown("nobody has looked at its job".to_owned())
        }
        (other, _) => Whole::No(format!("AWS Backup says that it is {}", other.as_str())),
    };
    Some(RecoveryPoint {
        id,
        vault: place.vault.get(kind::NAME).unwrap_or_default().to_owned(),
        region: place.vault.get(kind::REGION).unwrap_or_default().to_owned(),
        made,
        window,
        whole,
        unservable: (*status == RecoveryPointStatus::Stopped).then(|| STOPPED.to_owned()),
        bytes: point.backup_size_in_bytes().and_then(|bytes| u64::try_from(bytes).ok()),
    })
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Why a continuous recovery point that has stopped is not restored (AWS Backup API Reference, `DescribeRecoveryPoint`: `STOPPED`).
const STOPPED: &str = "it is continuous and has stopped; Holdfast does not know until when it reaches: restore it by hand with RestoreTime";

#[cfg(test)]
mod tests {
    use aws_sdk_backup::primitives::DateTime;
    use holdfast_compiler::resource::{Identity, Values};
    use holdfast_compiler::restore::named_point;
    use serde_json::json;

    use super::*;

    fn order(moment: Option<i64>, kms_key: Option<&str>) -> RestoreOrder {
        RestoreOrder {
            point: "arn:aws:backup:us-east-1:111122223333:recovery-point:one".to_owned(),
            region: "us-east-1".to_owned(),
            moment,
            into: "acme-restored".to_owned(),
            role: "arn:aws:iam::111122223333:role/restore".to_owned(),
            kms_key: kms_key.map(str::to_owned),
            token: "token".to_owned(),
        }
    }

    const POINT: &str = "arn:aws:backup:us-east-1:111122223333:recovery-point:one";
    const NOW: i64 = 1_800_000_000_000;

    /// A recovery point of so many days ago, as a restore sees it with the jobs of its region.
    fn point(status: RecoveryPointStatus, days: i64, jobs: backup_jobs::Region) -> RecoveryPoint {
        let values = Values::from([
            (kind::NAME.to_owned(), json!("home")),
            (kind::REGION.to_owned(), json!("us-east-1")),
        ]);
        let place = BackupPlace {
            kind: kind::KIND,
            vault: Identity::of(kind::KIND, &values),
            resource: "arn:aws:s3:::acme-docs".to_owned(),
            source: "us-east-1".to_owned(),
            schedule: "daily".to_owned(),
            days: 35,
        };
        let made = DateTime::from_millis(NOW - days * DAY);
        let found = RecoveryPointByBackupVault::builder()
            .recovery_point_arn(POINT)
            .resource_arn(&place.resource)
            .creation_date(made)
            .status(status)
            .build();
        seen(&found, &place, &SeenJobs::from([("us-east-1".to_owned(), Ok(jobs))]), NOW).unwrap()
    }

    /// Only a job that is seen to have ended with success makes a recovery point whole.
    #[test]
    fn recovery_point_without_a_job_is_not_whole() {
        let unknown = |why: &str| Whole::Unknown(why.to_owned());
        for status in [RecoveryPointStatus::Completed, RecoveryPointStatus::Available] {
            let found = |days| point(status.clone(), days, backup_jobs::Region::default()).whole;
            assert_eq!(found(1), unknown("no job is listed that made it"), "{status:?}");
            assert_eq!(found(20), unknown("its job is more than 15 days old"), "{status:?}");
            let mut jobs = backup_jobs::Region::default();
            jobs.whole.insert(POINT.to_owned());
            assert_eq!(point(status.clone(), 20, jobs).whole, Whole::Yes, "{status:?}");
            let mut jobs = backup_jobs::Region::default();
            jobs.partial.insert(POINT.to_owned());
            assert!(matches!(point(status.clone(), 1, jobs).whole, Whole::No(_)), "{status:?}");
        }
    }

    /// A restore of it without a time gives back nobody knows what.
    #[test]
    fn stopped_continuous_recovery_point_serves_no_moment() {
        let found = point(RecoveryPointStatus::Stopped, 1, backup_jobs::Region::default());
        assert_eq!(found.as_of(NOW), None);
        let passed = named_point(vec![found], POINT, NOW).unwrap_err();
        assert!(
            passed.iter().all(|(_, why)| why.contains("restore it by hand with RestoreTime")),
            "{passed:?}"
        );
    }

    #[test]
    fn job_is_told_the_moment_only_of_a_continuous_recovery_point() {
        let snapshot: BTreeMap<_, _> = metadata(&order(None, None)).into_iter().collect();
        assert!(!snapshot.contains_key("RestoreTime"), "{snapshot:?}");
        assert_eq!(snapshot["EncryptionType"], "SSE-S3");
        let key = "arn:aws:kms:us-east-1:111122223333:key/one";
        let continuous: BTreeMap<_, _> =
            metadata(&order(Some(1_793_530_800_999), Some(key))).into_iter().collect();
        assert_eq!(continuous["RestoreTime"], "2026-11-01T11:00:00Z");
        assert_eq!((continuous["EncryptionType"].as_str(), continuous["KMSKey"].as_str()), ("SSE-KMS", key));
    }
}
