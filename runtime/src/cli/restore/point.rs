//! `holdfast restore --from backup`: a recovery point of AWS Backup, restored by a job, followed, and compared.

use std::collections::BTreeSet;
use std::path::Path;

use futures::future::BoxFuture;
use holdfast_compiler::backups::BackupPlace;
use holdfast_compiler::diagnostic::codes;
use holdfast_compiler::graph::Graph;
use holdfast_compiler::policy::{Bucket, Site};
use holdfast_compiler::printable::one_line;
use holdfast_compiler::provider;
use holdfast_compiler::restore::{
    Chosen, FromPoint, JobSeen, JobState, Measured, RecoveryPoint, Report, Whole, choose_point, named_point,
    text,
};
use holdfast_compiler::units::{Date, Throughput};

use super::job_checks::cannot;
use super::{Named, Restore, not_served, place, verdict};
use crate::cli::failure::Failure;
use crate::cli::front::confirm;
use crate::cli::output::Terminal;
use crate::cloud::{BucketPlace, Class, Cloud, CloudError, Objects, RecoveryPoints, RestoreOrder};
use crate::restore::{
    Asked, JobError, JobKey, JobRecord, Request, count_only, counted, follow, start, verify,
};

/// How many recovery points a refusal names.
const NAMED: usize = 10;
/// The word of `--from` for a recovery point.
pub(super) const BACKUP: &str = "backup";

/// What a restore of a recovery point is done with.
pub(super) struct Means<'m> {
    pub(super) cloud: &'m dyn Cloud,
    pub(super) terminal: &'m Terminal,
    /// The `.holdfast` folder.
    pub(super) home: &'m Path,
    pub(super) objects: &'m dyn Objects,
    /// The vaults that keep the backups.
    pub(super) places: BTreeSet<BackupPlace>,
}

impl Restore {
    /// Whether a recovery point is restored.
    pub(super) fn is_of_a_backup(&self) -> bool {
        self.backup_site().is_some()
    }

    /// What follows `backup:`; nothing for the site of the primary bucket.
    pub(super) fn backup_site(&self) -> Option<Option<&str>> {
        match self.from.strip_prefix(BACKUP)? {
            "" => Some(None),
            rest => rest.strip_prefix(':').map(Some),
        }
    }

    /// The vaults of a site that keep backups of a bucket.
    pub(super) fn places(&self, named: &Named<'_>, site: &Site, graph: &Graph) -> BTreeSet<BackupPlace> {
        let bucket = &named.set.primary;
        provider::find(bucket.site.region.provider.name).map_or_else(BTreeSet::new, |provider| {
            (provider.backups_of)(graph, bucket.name.as_str(), site.region.as_str())
        })
    }

    /// Restore a recovery point of the vaults of a site.
    pub(super) async fn restore_point(
        &self,
        named: &Named<'_>,
        site: &Site,
        means: Means<'_>,
    ) -> Result<(u8, Option<Report>), Failure> {
        let Means { cloud, terminal, home, objects, places } = means;
        let provider = site.region.provider.name;
        let Some(points) = cloud.recovery_points(provider) else {
            return Err(not_served(format!(
                "the cloud `{}` has no recovery points to restore",
                cloud.name()
            )));
        };
        if places.is_empty() {
            return Err(not_served(format!(
                "Holdfast makes no vault for `{}` at `{}`",
                self.data, site.name
            )));
        }
        let (cloud_name, source) = (cloud.name(), named.set.primary.name.as_str());
        let key = JobKey {
            cloud: &cloud_name,
            source,
            site: site.name.as_str(),
            moment: self.to_time,
            point: self.point.as_deref(),
            into: &named.into,
        };
        let broken = |error: crate::restore::BusyOrBroken| Failure::message(error.to_string());
        let mut record = match self.dry_run {
            true => JobRecord::read(home, key),
            false => JobRecord::open(home, key),
        }
        .map_err(broken)?;

        let into = self.destination(named, site, objects).await?;
        let there = counted(objects, &into).await?.objects;
        // A job whose objects are gone again is over.
        let (mut earlier, mut over) = (None, false);
        if let Some(job) = record.job().map(str::to_owned) {
            let region = record.asked().map(|asked| asked.region.clone()).unwrap_or_default();
            let seen = points.restore_job(&region, &job).await;
            let seen = seen.map_err(|error| self.unseen(error, &mut record))?;
            over = match seen.state {
                JobState::Running => false,
                JobState::Completed => there == 0,
                JobState::Failed | JobState::Aborted => true,
            };
            match over {
                true => {
                    let said = seen.said.map(|said| format!(": {said}")).unwrap_or_default();
                    terminal.note(&one_line(&format!(
                        "the earlier restore job {} is over: {}{said}",
                        seen.id,
                        seen.state.word()
                    )));
                }
                false => earlier = Some(seen),
            }
        }
        let found = points.points(&places).await?;
        let asked = record.asked().filter(|_| !over);
        let chosen = match asked {
            Some(asked) => recorded(found, asked, self.to_time),
            None => self.choose(found, site)?,
        };
        if asked.is_none() && there > 0 {
            let noun = if there == 1 { "object" } else { "objects" };
            return Err(cannot(
                format!("`{}` has {there} {noun}, and a restore job skips keys that are there", named.into),
                "name an empty bucket in that region".to_owned(),
            ));
        }
        let from = FromPoint { chosen, job: earlier.clone(), compared: None, uncompared: Default::default() };
        let request = self.compared_with(named, site, into.clone());
        let planned = planned(&request, &from);
        if self.dry_run {
            self.print(&planned, terminal);
            let code = if from.chosen.point.whole == Whole::Yes {
                crate::cli::exit::DONE
            } else {
                crate::cli::exit::FAILED
            };
            return Ok((code, None));
        }
        if !self.yes && earlier.is_none() {
            terminal.error(&text(&planned, terminal.stderr()));
            let question = format!("Restore this into `{}`", one_line(&named.into));
            confirm(terminal, &question).map_err(|_| {
                Failure::message("nothing was restored: nobody has confirmed it; to restore without being asked, add --yes")
            })?;
        }
        if over {
            record.end().map_err(broken)?;
        }
        let job = self.job(points, &from.chosen, &mut record, terminal).await?;
        let from = FromPoint { job: Some(job), ..from };
        let report = self.compared(objects, named, request, from, terminal).await?;
        self.print(&report, terminal);
        terminal.detail(&crate::cli::screen::calls(&cloud.calls()));
        Ok((verdict(&report), Some(report)))
    }

    fn choose(&self, points: Vec<RecoveryPoint>, site: &Site) -> Result<Chosen, Failure> {
        let chosen = match &self.point {
            Some(id) => named_point(points, id, self.to_time),
            None => choose_point(points, self.to_time),
        };
        chosen.map_err(|passed| {
            let moment = time(self.to_time);
            let what = format!("no recovery point of `{}.{}` at `{}`", self.service, self.data, site.name);
            let mut why: Vec<String> = passed
                .iter()
                .take(NAMED)
                .map(|(point, why)| format!("{} of {}: {why}", point.id, time(point.made)))
                .collect();
            if passed.len() > NAMED {
                why.push(format!("and {} more", passed.len() - NAMED));
            }
            let message = match (why.is_empty(), &self.point) {
                (true, None) => format!("there is {what}"),
                (true, Some(id)) => format!("there is {what}, so none with the name `{id}`"),
                (false, _) => format!("{what} serves {moment}: {}", why.join("; ")),
            };
            let help = "choose a later moment, another site (`--from backup:SITE`), or `--from versions`; to restore one that lacks \
                        something, name it: `--point ARN`";
            Failure::refused(codes::NO_RECOVERY_POINT, one_line(&message), help)
        })
    }

    /// Start the job, or find the one that runs, and follow it to its end.
    async fn job(
        &self,
        points: &dyn RecoveryPoints,
        chosen: &Chosen,
        record: &mut JobRecord,
        terminal: &Terminal,
    ) -> Result<JobSeen, Failure> {
        let point = &chosen.point;
        // What is not the first attempt may have started a job whose answer was lost.
        let is_first = record.asked().is_none();
        let asked = match record.asked() {
            Some(asked) => asked.clone(),
            None => Asked {
                point: point.id.clone(),
                vault: point.vault.clone(),
                region: point.region.clone(),
                made: point.made,
                moment: point.window.map(|_| chosen.as_of),
                token: record.token(),
            },
        };
        let order = RestoreOrder {
            point: asked.point.clone(),
            region: asked.region.clone(),
            moment: asked.moment,
            into: place(&self.into)?.0,
            role: self.role.clone().unwrap_or_default(),
            kms_key: self.kms_key.clone(),
            token: asked.token.clone(),
        };
        let id = match start(points, &order, asked, record).await {
            Ok(id) => id,
            // No job runs, and the next attempt asks for another one.
            Err(JobError::Cloud(error)) if is_first && is_definite(&error) => {
                record.end().map_err(|error| Failure::message(error.to_string()))?;
                return Err(error.into());
            }
            Err(JobError::Cloud(error)) => return Err(lost(error)),
            Err(JobError::Record(error)) => return Err(Failure::message(error.to_string())),
        };
        terminal.note(&format!(
            "restore job {}: it goes on if this command ends; run the same command again to follow it",
            one_line(&id)
        ));
        let wait = std::time::Duration::from_secs(self.ask_every.as_seconds());
        let pause = move || -> BoxFuture<'static, ()> { Box::pin(tokio::time::sleep(wait)) };
        let mut told = None;
        let mut tell = |job: &JobSeen| {
            if job.state == JobState::Running && told != Some(job.done.clone()) {
                told = Some(job.done.clone());
                let done = job.done.as_ref().map(|done| format!(", {}", one_line(done))).unwrap_or_default();
                terminal.note(&format!("restore job {}: running{done}", one_line(&job.id)));
            }
        };
        let seen = follow(points, (&order.region, &id), &pause, &mut tell).await;
        seen.map_err(|error| self.unseen(error, record))
    }

    /// An error of a look at a job that was started. One that is not there any more is over.
    fn unseen(&self, error: CloudError, record: &mut JobRecord) -> Failure {
        if error.class != Class::NotFound {
            return lost(error);
        }
        if self.dry_run {
            return with_cure(
                error,
                "without --dry-run, the command forgets this job, and the next one starts another",
            );
        }
        match record.end() {
            Ok(()) => with_cure(error, "run the same command again to start another"),
            Err(broken) => Failure::message(broken.to_string()),
        }
    }

    /// What is compared with the destination: the versions of the primary bucket.
    fn compared_with(&self, named: &Named<'_>, site: &Site, into: BucketPlace) -> Request {
        let primary = &named.set.primary;
        Request {
            service: named.service.name.to_string(),
            data: named.data.to_string(),
            moment: self.to_time,
            now: jiff::Timestamp::now().as_millisecond(),
            source: BucketPlace {
                bucket: primary.name.to_string(),
                region: primary.site.region.as_str().to_owned(),
            },
            site: site.name.to_string(),
            replica: false,
            prefix: String::new(),
            into,
            into_prefix: String::new(),
            over: false,
            parallelism: usize::from(self.parallelism),
            part_size: self.part_size.count(),
        }
    }

    /// Compare what the job restored with the first bucket of the data set that has objects of the moment: the primary one, then the
    /// copies. One that was wiped has none.
    async fn compared(
        &self,
        objects: &dyn Objects,
        named: &Named<'_>,
        request: Request,
        from: FromPoint,
        terminal: &Terminal,
    ) -> Result<Report, Failure> {
        let (mut why, mut empty, mut unread) = (Vec::new(), None, false);
        if from.job.as_ref().is_some_and(|job| job.state != JobState::Completed) {
            let why = "the job did not end well".to_owned();
            return Ok(count_only(objects, &request, from, why).await?);
        }
        let buckets = std::iter::once((&named.set.primary, false));
        for (bucket, replica) in buckets.chain(named.set.copies.iter().map(|copy| (copy, true))) {
            let found = objects.place(bucket.name.as_str(), Some(bucket.site.region.as_str())).await;
            let found = match found {
                Ok(source) => {
                    let request = Request { source, replica, ..request.clone() };
                    verify(objects, &request, from.clone(), &mut |_| ()).await
                }
                Err(error) => Err(error),
            };
            match found {
                Ok(report) if report.wanted.objects > 0 => return Ok(concluded(bucket, report, &request)),
                Ok(report) => {
                    terminal.note(&format!("warning: `{}` has no object of the moment", bucket.name));
                    why.push(format!("`{}`: no object of the moment", bucket.name));
                    empty.get_or_insert_with(|| concluded(bucket, report, &request));
                }
                Err(error) => {
                    unread = true;
                    terminal.note(&format!(
                        "warning: `{}` cannot be compared: {}",
                        bucket.name,
                        one_line(&error.to_string())
                    ));
                    why.push(format!("`{}`: {}", bucket.name, error.code));
                }
            }
        }
        match empty.filter(|_| !unread) {
            Some(report) => Ok(report),
            None => Ok(count_only(objects, &request, from, why.join(", ")).await?),
        }
    }
}

/// The report of a comparison with a bucket. What was restored is a recovery point of the primary one.
fn concluded(bucket: &Bucket, report: Report, request: &Request) -> Report {
    let point = report.point.map(|from| FromPoint { compared: Some(bucket.name.to_string()), ..from });
    measured(Report { source: request.source.bucket.clone(), point, ..report })
}

/// How fast the job was, if everything is there and the service says how long it took.
fn measured(report: Report) -> Report {
    let took = report.point.as_ref().and_then(|from| {
        let job = from.job.as_ref()?;
        Some((job.milliseconds?, Date::parse(time(job.ended?).get(..10)?)?))
    });
    let whole = report.failed.is_empty() && report.restored.objects > 0;
    let measured = took.filter(|_| whole).map(|(milliseconds, on)| Measured {
        on,
        milliseconds,
        copied: report.restored,
        throughput: Throughput::measured(report.restored.bytes, milliseconds),
    });
    Report { measured, ..report }
}

/// The recovery point of a job that was asked for, as the vault shows it; it may be gone since.
fn recorded(points: Vec<RecoveryPoint>, asked: &Asked, moment: i64) -> Chosen {
    let found = points.into_iter().find(|point| point.id == asked.point);
    let point = found.unwrap_or_else(|| RecoveryPoint {
        id: asked.point.clone(),
        vault: asked.vault.clone(),
        region: asked.region.clone(),
        made: asked.made,
        window: asked.moment.map(|moment| (moment, moment)),
        whole: Whole::Unknown("the vault does not list it any more".to_owned()),
        unservable: None,
        bytes: None,
    });
    Chosen { as_of: asked.moment.unwrap_or(point.made).min(moment), point, passed: Vec::new() }
}

/// The report of a restore that has not begun.
fn planned(request: &Request, from: &FromPoint) -> Report {
    Report { only_planned: true, ..crate::restore::blank_of_a_point(request, from.clone()) }
}

/// Whether the answer says that no job was started.
fn is_definite(error: &CloudError) -> bool {
    matches!(error.class, Class::Denied | Class::Refused | Class::NotFound)
}

/// An error while a job may run.
fn lost(error: CloudError) -> Failure {
    with_cure(error, "if a restore job runs, it goes on: run the same command again to follow it")
}

fn with_cure(error: CloudError, cure: &str) -> Failure {
    let message = format!("{}; {cure}", error.message);
    CloudError { message, ..error }.into()
}

fn time(moment: i64) -> String {
    jiff::Timestamp::from_millisecond(moment).map_or_else(|_| format!("{moment} ms"), |at| at.to_string())
}
