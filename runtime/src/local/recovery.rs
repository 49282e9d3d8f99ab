//! Recovery points in the embedded cloud. Its file says which backups there are; each holds the versions of the moment when it was made,
//! as the bucket has them. A restore job goes one state on each time somebody looks at it: pending, running, completed. It refuses what AWS
//! Backup refuses, and skips keys that are there without a word, as AWS Backup does.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use holdfast_compiler::backups::{BackupPlace, DAYS_OF_JOBS};
use holdfast_compiler::provider::PROVIDERS;
use holdfast_compiler::restore::{JobSeen, JobState, RecoveryPoint, Whole};
use serde::{Deserialize, Serialize};

use super::Local;
use super::entries::Backup;
use super::objects::{NOWHERE, StoredVersion};
use super::store::State;
use crate::cloud::{BucketPlace, Class, CloudError, RecoveryPoints, RestoreOrder};
use crate::provider;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A job that restores a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RestoreJob {
    /// Its id.
    pub(super) id: String,
    token: String,
    point: String,
    moment: jiff::Timestamp,
    into: String,
    state: Runs,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Runs {
    Pending,
    Running,
    Completed,
}

fn refused(code: &str, message: String) -> CloudError {
    CloudError::new(Class::Refused, "local:restore-job", code, message)
}

fn id(backup: &Backup) -> String {
    format!("local:recovery-point:{}:{}:{}", backup.vault, backup.resource, backup.made)
}

fn bucket_of(backup: &Backup) -> &str {
    backup.resource.rsplit(':').next().unwrap_or_default()
}

impl State {
    fn backup(&self, point: &str) -> Option<&Backup> {
        self.backups.iter().find(|backup| id(backup) == point)
    }

    /// A backup as a restore sees it.
    fn recovery_point(
        &self,
        backup: &Backup,
        region: &str,
        jobs: Result<(), &str>,
        now: i64,
    ) -> RecoveryPoint {
        let made = backup.made.as_millisecond();
        let facts = PROVIDERS.first().map(|provider| &provider.facts.backup);
        let window = facts.filter(|_| backup.continuous).map(|facts| {
            let days = i64::try_from(facts.longest_continuous_days).unwrap_or_default();
            let lag = i64::try_from(facts.continuous.value.as_seconds()).unwrap_or_default();
            (made.max(now - days * DAY), now - lag * 1000)
        });
        // A backup has the time of the job that made it.
        let job = self.backup_jobs.iter().find(|job| {
            (&job.vault, &job.resource, job.created) == (&backup.vault, &backup.resource, backup.made)
        });
        let old = i64::try_from(DAYS_OF_JOBS).unwrap_or_default() * DAY;
        let is_old = now - made >= old;
        // AWS Backup lists no older jobs.
        let whole = match (jobs, job.map(|job| job.fault.as_ref())) {
            (Err(why), _) => Whole::Unknown(format!("its job cannot be seen: {why}")),
            (Ok(()), _) if is_old => Whole::Unknown(format!("its job is more than {DAYS_OF_JOBS} days old")),
            (Ok(()), Some(Some(fault))) => Whole::No(format!("the job that made it {fault}")),
            (Ok(()), Some(None)) => Whole::Yes,
            (Ok(()), None) => Whole::Unknown("no job is listed that made it".to_owned()),
        };
        let (vault, region, bytes) = (backup.vault.clone(), region.to_owned(), Some(backup.bytes));
        RecoveryPoint { id: id(backup), vault, region, made, window, whole, unservable: None, bytes }
    }

    /// What the backup holds of a moment and the bucket does not have: AWS Backup replaces nothing.
    fn to_restore(&self, job: &RestoreJob) -> Vec<StoredVersion> {
        let Some(backup) = self.backup(&job.point) else { return Vec::new() };
        let then = self.versions_in(bucket_of(backup)).filter(|one| one.written <= job.moment);
        let newest: BTreeMap<&str, &StoredVersion> = then.map(|one| (one.key.as_str(), one)).collect();
        let there: BTreeMap<&str, bool> =
            self.versions_in(&job.into).map(|one| (one.key.as_str(), one.text.is_some())).collect();
        let free = |key: &str| !there.get(key).copied().unwrap_or_default();
        let wanted = newest.into_values().filter(|one| one.text.is_some() && free(&one.key));
        wanted.filter(|one| !backup.lacks.contains(&one.key)).cloned().collect()
    }
}

impl Local {
    fn in_region<T>(
        &self,
        region: &str,
        question: impl FnOnce(&mut State) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        self.ask(&BucketPlace { bucket: String::new(), region: region.to_owned() }, question)
    }

    fn saved(&self, state: &mut State) -> Result<(), CloudError> {
        match &self.store {
            None => {
                state.forget_changes();
                Ok(())
            }
            Some(store) => store.save(state),
        }
    }
}

#[async_trait]
impl RecoveryPoints for Local {
    async fn points(&self, places: &BTreeSet<BackupPlace>) -> Result<Vec<RecoveryPoint>, CloudError> {
        let now = jiff::Timestamp::now().as_millisecond();
        let mut all: BTreeMap<String, RecoveryPoint> = BTreeMap::new();
        for place in places {
            let region = provider::embedded(place.kind).and_then(|kind| kind.region(&place.vault.values()));
            let region = region.unwrap_or_default();
            let silent = format!("{} does not answer (weather)", place.source);
            all.extend(self.in_region(&region, |state| {
                let lost = state.weather.as_ref().is_some_and(|weather| weather.lost.contains(&place.source));
                let jobs = if lost { Err(silent.as_str()) } else { Ok(()) };
                let here = |one: &&Backup| {
                    one.resource == place.resource && place.vault.parts().any(|part| part == one.vault)
                };
                let found = state.backups.iter().filter(here);
                let found = found.map(|one| (id(one), state.recovery_point(one, &region, jobs, now)));
                Ok(found.collect::<Vec<_>>())
            })?);
        }
        Ok(all.into_values().collect())
    }

    async fn start_restore(&self, order: &RestoreOrder) -> Result<String, CloudError> {
        self.in_region(&order.region, |state| {
            if let Some(job) = state.restore_jobs.iter().find(|job| job.token == order.token) {
                return Ok(job.id.clone());
            }
            let point = state.backup(&order.point).ok_or_else(|| {
                CloudError::new(
                    Class::NotFound,
                    "local:restore-job",
                    "NotFound",
                    "there is no such recovery point",
                )
            })?;
            let moment = match (point.continuous, order.moment) {
                (false, None) => point.made,
                (true, Some(moment)) => jiff::Timestamp::from_millisecond(moment)
                    .map_err(|error| refused("InvalidRequest", error.to_string()))?,
                (true, None) => {
                    return Err(refused(
                        "InvalidRequest",
                        "a continuous recovery point needs a time".to_owned(),
                    ));
                }
                (false, Some(_)) => {
                    return Err(refused(
                        "InvalidRequest",
                        "a snapshot is restored as of its own time".to_owned(),
                    ));
                }
            };
            let region = state
                .bucket_region(&order.into)
                .ok_or_else(|| refused("InvalidRequest", format!("there is no bucket `{}`", order.into)))?;
            if region != order.region && region != NOWHERE {
                let message =
                    format!("`{}` is in {region}, and the recovery point in {}", order.into, order.region);
                return Err(refused("InvalidRequest", message));
            }
            let role = format!(":iam::{}:role/", state.account());
            if !order.role.contains(&role) {
                let message = format!("`{}` is not a role of account {}", order.role, state.account());
                return Err(refused("AccessDeniedException", message));
            }
            let id = state.next_id("restore-job");
            let (point, into, token) = (order.point.clone(), order.into.clone(), order.token.clone());
            let job = RestoreJob { id: id.clone(), token, point, moment, into, state: Runs::Pending };
            state.put_restore_job(job);
            self.saved(state).map(|()| id)
        })
    }

    async fn restore_job(&self, region: &str, id: &str) -> Result<JobSeen, CloudError> {
        self.in_region(region, |state| {
            let job = state.restore_jobs.iter().find(|job| job.id == id).cloned();
            let mut job = job.ok_or_else(|| {
                let message = format!("there is no restore job `{id}`");
                CloudError::new(Class::NotFound, "local:restore-job", "NotFound", message)
            })?;
            match job.state {
                Runs::Completed => {}
                Runs::Pending => job.state = Runs::Running,
                Runs::Running => {
                    for one in state.to_restore(&job) {
                        let version = state.next_id("version");
                        let written = jiff::Timestamp::now();
                        state.keep(
                            &job.into,
                            StoredVersion { version, written, parts: false, class: None, ..one },
                        );
                    }
                    job.state = Runs::Completed;
                }
            }
            state.put_restore_job(job.clone());
            self.saved(state)?;
            let state = if job.state == Runs::Completed { JobState::Completed } else { JobState::Running };
            Ok(JobSeen { id: job.id, state, said: None, done: None, milliseconds: None, ended: None })
        })
    }
}
