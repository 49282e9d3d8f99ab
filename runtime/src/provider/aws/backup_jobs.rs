//! Jobs of AWS Backup: what a status reads to tell how long backups take, and whether the newest ones lack objects. One listing of
//! backup jobs and one of copy jobs for each region with data.
//!
//! A copy job is listed where it was started, in the region of the data (AWS Backup API Reference, `StartCopyJob`: the source is a
//! vault of that region).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_backup::primitives::DateTime;
use aws_sdk_backup::types::{
    BackupJob, BackupJobState, CopyJob, CopyJobState, Lifecycle, RecoveryPointCreator,
};
use futures::{StreamExt, stream, try_join};
use holdfast_compiler::backups::{BackupPlace, DAYS_OF_JOBS, JobFault, Jobs, Times};
use holdfast_compiler::provider::aws::backup::{plan, vault, vault_of};
use holdfast_compiler::units::Duration;

use super::clients::Clients;
use super::driver::AT_A_TIME;
use super::error::Named;
use super::recovery_points::unseen;
use super::retry::{VAULT, retry};
use crate::cloud::CloudError;

/// The most jobs of a page (AWS Backup API Reference, `ListBackupJobs` and `ListCopyJobs`).
const PAGE: i32 = 1000;

/// The jobs of the last days in each region, or why they cannot be seen.
pub(super) type SeenJobs = BTreeMap<String, Result<Region, String>>;

/// The jobs of a region.
#[derive(Debug, Default)]
pub(super) struct Region {
    made: Vec<Job>,
    copied: Vec<Job>,
    /// The recovery points that lack objects.
    pub(super) partial: BTreeSet<String>,
    /// The recovery points whose last job ended with success.
    pub(super) whole: BTreeSet<String>,
}

/// A job that has ended.
#[derive(Debug)]
struct Job {
    resource: String,
    /// The ARN of the vault that it wrote to.
    vault: String,
    /// For how many days its recovery point is kept; `None`: not said, or for ever.
    days: Option<u64>,
    /// When its rule is due; `None`: not said, or nobody's rule began it.
    cron: Option<String>,
    /// Seconds since it was created.
    age: Duration,
    /// How long it took, if it is done.
    took: Option<Duration>,
    /// What is wrong.
    fault: Option<String>,
}

/// The jobs in the regions of what is backed up.
pub(super) async fn list(clients: &Clients, places: &BTreeSet<BackupPlace>) -> SeenJobs {
    let places = places.iter().filter(|place| place.kind == vault::KIND);
    let regions: BTreeSet<&String> = places.map(|place| &place.source).collect();
    let now = jiff::Timestamp::now().as_second();
    let lists = regions.into_iter().map(|region| async move {
        let found = try_join!(
            clients.reach.ask(&plan::LIST_JOBS, region, backup_jobs(clients, region, now)),
            clients.reach.ask(&plan::LIST_COPY_JOBS, region, copy_jobs(clients, region, now)),
        );
        let found = found.map(|(made, copied)| seen(made, copied, now));
        (region.clone(), found.map_err(|error| unseen(&error)))
    });
    stream::iter(lists.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await
}

fn since(now: i64) -> DateTime {
    DateTime::from_secs(
        now.saturating_sub(i64::try_from(DAYS_OF_JOBS * Duration::DAY.as_seconds()).unwrap_or_default()),
    )
}

async fn backup_jobs(clients: &Clients, region: &str, now: i64) -> Result<Vec<BackupJob>, CloudError> {
    let client = clients.backup(region);
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let page = retry(VAULT, || async {
            let request = client.list_backup_jobs().by_resource_type("S3").by_created_after(since(now));
            let request = request.max_results(PAGE).set_next_token(next.clone());
            request.send().await.named(&plan::LIST_JOBS)
        });
        let page = page.await?;
        all.extend(page.backup_jobs.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

async fn copy_jobs(clients: &Clients, region: &str, now: i64) -> Result<Vec<CopyJob>, CloudError> {
    let client = clients.backup(region);
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let page = retry(VAULT, || async {
            let request = client.list_copy_jobs().by_resource_type("S3").by_created_after(since(now));
            let request = request.max_results(PAGE).set_next_token(next.clone());
            request.send().await.named(&plan::LIST_COPY_JOBS)
        });
        let page = page.await?;
        all.extend(page.copy_jobs.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// What the jobs of a region show, the oldest first: a continuous recovery point has many, and the newest decides.
fn seen(mut made: Vec<BackupJob>, mut copied: Vec<CopyJob>, now: i64) -> Region {
    let mut region = Region::default();
    let at = |at: Option<&DateTime>| at.map(|at| at.as_nanos());
    made.sort_by_key(|job| at(job.creation_date()));
    copied.sort_by_key(|job| at(job.creation_date()));
    for job in &made {
        let (said, category) = (job.status_message(), job.message_category());
        let Some(fault) = of_backup(job.state(), said, category) else { continue };
        let (created, done) = (job.creation_date(), job.completion_date());
        region.mark(job.recovery_point_arn(), fault.is_none());
        let place = job.resource_arn().zip(job.backup_vault_arn());
        let of = (job.recovery_point_lifecycle(), job.created_by());
        region.made.extend(ended(place, of, (created, done, now), fault));
    }
    for job in &copied {
        let (said, category) = (job.status_message(), job.message_category());
        let Some(fault) = of_copy(job.state(), said, category) else { continue };
        let (created, done) = (job.creation_date(), job.completion_date());
        let (source, copy) = (job.source_recovery_point_arn(), job.destination_recovery_point_arn());
        let of_partial = source.is_some_and(|arn| region.partial.contains(arn));
        // A copy is as whole as its source, of which nothing is known if its job is not listed.
        if fault.is_some() || of_partial {
            region.mark(copy, false);
        } else if source.is_some_and(|arn| region.whole.contains(arn)) {
            region.mark(copy, true);
        }
        let place = job.resource_arn().zip(job.destination_backup_vault_arn());
        let of = (job.destination_recovery_point_lifecycle(), job.created_by());
        region.copied.extend(ended(place, of, (created, done, now), fault));
    }
    region
}

fn ended(
    place: Option<(&str, &str)>,
    (lifecycle, by): (Option<&Lifecycle>, Option<&RecoveryPointCreator>),
    (created, done, now): (Option<&DateTime>, Option<&DateTime>, i64),
    fault: Option<String>,
) -> Option<Job> {
    let ((resource, vault), created) = (place?, created?.secs());
    let seconds =
        |from: i64, to: i64| Duration::seconds(u64::try_from(to.saturating_sub(from)).unwrap_or_default());
    Some(Job {
        resource: resource.to_owned(),
        vault: vault.to_owned(),
        days: lifecycle.and_then(Lifecycle::delete_after_days).and_then(|days| u64::try_from(days).ok()),
        cron: by.and_then(RecoveryPointCreator::backup_rule_cron).map(str::to_owned),
        age: seconds(created, now),
        took: done.filter(|_| fault.is_none()).map(|done| seconds(created, done.secs())),
        fault,
    })
}

/// What is wrong with a backup job. `None` if it has not ended.
fn of_backup(
    state: Option<&BackupJobState>,
    said: Option<&str>,
    category: Option<&str>,
) -> Option<Option<String>> {
    match state? {
        BackupJobState::Completed => Some(with_issues(said, category)),
        BackupJobState::Failed => Some(Some(with("failed", said))),
        BackupJobState::Aborted => Some(Some(with("was stopped", said))),
        BackupJobState::Expired => Some(Some(with("did not start in its window", said))),
        BackupJobState::Partial => Some(Some(with("made only a part of it", said))),
        _ => None,
    }
}

fn of_copy(
    state: Option<&CopyJobState>,
    said: Option<&str>,
    category: Option<&str>,
) -> Option<Option<String>> {
    match state? {
        CopyJobState::Completed => Some(with_issues(said, category)),
        CopyJobState::Failed => Some(Some(with("failed", said))),
        CopyJobState::Partial => Some(Some(with("made only a part of it", said))),
        _ => None,
    }
}

/// A job that is done with another message than success lacks something, and the console says "Completed with issues" (AWS Backup
/// API Reference, `ListBackupJobs`).
fn with_issues(said: Option<&str>, category: Option<&str>) -> Option<String> {
    let is_whole = match category.filter(|category| !category.is_empty()) {
        Some(category) => category.eq_ignore_ascii_case("SUCCESS"),
        None => said.is_none_or(str::is_empty),
    };
    (!is_whole).then(|| with("ended with issues", said.filter(|said| !said.is_empty()).or(category)))
}

fn with(what: &str, why: Option<&str>) -> String {
    let why = why.filter(|why| !why.is_empty()).map(|why| format!(": {why}"));
    format!("{what}{}", why.unwrap_or_default())
}

impl Region {
    /// A job that made a recovery point has ended, later than those before.
    fn mark(&mut self, point: Option<&str>, is_whole: bool) {
        let Some(point) = point else { return };
        let (to, from) = match is_whole {
            true => (&mut self.whole, &mut self.partial),
            false => (&mut self.partial, &mut self.whole),
        };
        from.remove(point);
        to.insert(point.to_owned());
    }

    /// The jobs that make backups at a place. Those of another schedule of the same data are not its own; of a job whose schedule no
    /// policy declares, nobody can tell.
    pub(super) fn at(&self, place: &BackupPlace, places: &BTreeSet<BackupPlace>) -> Jobs {
        let others = places.iter().filter(|other| other.resource == place.resource);
        let others: BTreeSet<&str> = others.map(|other| other.schedule.as_str()).collect();
        let is_of_another = |cron: &String| *cron != place.schedule && others.contains(cron.as_str());
        let keeps = |job: &&Job| {
            job.resource == place.resource
                && job.days.is_none_or(|days| days >= place.days)
                && !job.cron.as_ref().is_some_and(is_of_another)
        };
        let is_here = |job: &&Job| {
            let here = (place.vault.get(vault::REGION), place.vault.get(vault::NAME));
            vault_of(&job.vault).is_some_and(|(region, name)| here == (Some(region), Some(name)))
        };
        let times = |jobs: &[&Job]| {
            let mut times = Times::default();
            jobs.iter().filter_map(|job| job.took).for_each(|took| times.add(took));
            times
        };
        let made: Vec<&Job> = self.made.iter().filter(keeps).collect();
        let copied: Vec<&Job> = self.copied.iter().filter(keeps).filter(is_here).collect();
        let away = place.vault.get(vault::REGION) != Some(place.source.as_str());
        // Which of two jobs of one second is the last, nobody can tell: one that failed is not hidden.
        let last = |jobs: &[&Job]| {
            let last = jobs.iter().min_by_key(|job| (job.age, job.fault.is_none()));
            last.and_then(|job| Some((job.age, job.fault.clone()?)))
        };
        // A copy is only begun after a backup that is made.
        let fault = last(&made).or_else(|| last(&copied).filter(|_| away));
        Jobs {
            made: times(&made),
            copied: times(&copied),
            fault: fault.map(|(age, said)| JobFault { age, said }),
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::resource::{Identity, Values};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const BUCKET: &str = "arn:aws:s3:::acme-docs";
    const HOME: &str = "arn:aws:backup:us-east-1:111122223333:backup-vault:home";
    const AWAY: &str = "arn:aws:backup:eu-west-1:111122223333:backup-vault:away";

    fn place(region: &str, name: &str, cron: &str) -> BackupPlace {
        let values =
            Values::from([(vault::NAME.to_owned(), json!(name)), (vault::REGION.to_owned(), json!(region))]);
        BackupPlace {
            kind: vault::KIND,
            vault: Identity::of(vault::KIND, &values),
            resource: BUCKET.to_owned(),
            source: "us-east-1".to_owned(),
            schedule: cron.to_owned(),
            days: 7,
        }
    }

    /// A job of so many minutes ago, which took ten.
    fn made(minutes: i64, cron: &str, state: BackupJobState, point: &str) -> BackupJob {
        let created = NOW - minutes * 60;
        let by = RecoveryPointCreator::builder().backup_rule_cron(cron).build();
        BackupJob::builder()
            .resource_arn(BUCKET)
            .backup_vault_arn(HOME)
            .recovery_point_arn(point)
            .created_by(by)
            .creation_date(DateTime::from_secs(created))
            .completion_date(DateTime::from_secs(created + 600))
            .message_category("SUCCESS")
            .state(state)
            .build()
    }

    #[test]
    fn failure_of_one_schedule_is_not_hidden_by_another() {
        let (daily, weekly) = (place("us-east-1", "home", "daily"), place("us-east-1", "home", "weekly"));
        let places = BTreeSet::from([daily.clone(), weekly.clone()]);
        let jobs = vec![
            made(60, "daily", BackupJobState::Failed, "one"),
            made(30, "weekly", BackupJobState::Completed, "two"),
            made(20, "daily", BackupJobState::Running, "three"),
        ];
        let region = seen(jobs, Vec::new(), NOW);
        let of_daily = region.at(&daily, &places);
        assert_eq!(
            of_daily.fault.map(|fault| (fault.age.as_minutes(), fault.said)),
            Some((60, "failed".to_owned()))
        );
        assert_eq!(of_daily.made.done, 0);
        let of_weekly = region.at(&weekly, &places);
        assert_eq!((of_weekly.fault, of_weekly.made.done), (None, 1));
        assert_eq!(of_weekly.made.longest, Duration::minutes(10));
    }

    /// A continuous recovery point has a job each day, and the newest says whether it is whole.
    #[test]
    fn newest_job_of_a_recovery_point_decides() {
        let failed = || made(60, "daily", BackupJobState::Partial, "one");
        let done = || made(30, "daily", BackupJobState::Completed, "one");
        let region = seen(vec![done(), failed()], Vec::new(), NOW);
        assert!(region.partial.is_empty() && region.whole.contains("one"));
        let failed_later = made(10, "daily", BackupJobState::Partial, "one");
        let region = seen(vec![failed_later, done()], Vec::new(), NOW);
        assert!(region.partial.contains("one") && region.whole.is_empty());
    }

    /// Without objects of its source, a copy is not whole, whatever its own job says.
    #[test]
    fn copy_of_a_backup_that_is_not_whole_is_not_whole() {
        let copy = || {
            CopyJob::builder()
                .resource_arn(BUCKET)
                .source_recovery_point_arn("one")
                .destination_recovery_point_arn("copy")
                .destination_backup_vault_arn(AWAY)
                .creation_date(DateTime::from_secs(NOW - 600))
                .completion_date(DateTime::from_secs(NOW - 300))
                .message_category("SUCCESS")
                .state(CopyJobState::Completed)
                .build()
        };
        let region = seen(vec![made(60, "daily", BackupJobState::Completed, "one")], vec![copy()], NOW);
        assert!(region.whole.contains("copy") && region.partial.is_empty());
        let region = seen(Vec::new(), vec![copy()], NOW);
        assert!(region.whole.is_empty() && region.partial.is_empty(), "the job of its source is not listed");
        let region = seen(vec![made(60, "daily", BackupJobState::Partial, "one")], vec![copy()], NOW);
        assert!(region.partial.contains("copy") && region.whole.is_empty());
        let away = place("eu-west-1", "away", "daily");
        let jobs = region.at(&away, &BTreeSet::from([away.clone()]));
        assert_eq!((jobs.copied.done, jobs.copied.longest), (1, Duration::minutes(5)));
        assert_eq!(jobs.fault.map(|fault| fault.said), Some("made only a part of it".to_owned()));
    }

    #[test]
    fn failure_is_not_hidden_by_a_job_of_the_same_second() {
        let daily = place("us-east-1", "home", "daily");
        let places = BTreeSet::from([daily.clone()]);
        let jobs = [("one", BackupJobState::Completed), ("two", BackupJobState::Failed)];
        for order in [[0, 1], [1, 0]] {
            let jobs = order.map(|at| made(30, "daily", jobs[at].1.clone(), jobs[at].0));
            let seen = seen(jobs.to_vec(), vec![], NOW);
            assert!(seen.at(&daily, &places).fault.is_some_and(|fault| fault.said == "failed"));
        }
    }

    #[test]
    fn job_that_is_done_with_another_message_has_issues() {
        assert_eq!(with_issues(None, Some("SUCCESS")), None);
        assert_eq!(with_issues(None, None), None);
        assert_eq!(with_issues(Some("why"), None).as_deref(), Some("ended with issues: why"));
        assert_eq!(
            with_issues(None, Some("AccessDenied")).as_deref(),
            Some("ended with issues: AccessDenied")
        );
    }
}
