//! Jobs of S3 Batch Replication.

use serde_json::Value;

use crate::copies::{CopyJob, JobState};
use crate::document::Name;
use crate::objectives::view::View;
use crate::observation::{Object, Observation, Owned};
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::s3::{backfill as kind, replication};
use crate::provider::evidence::Begin;
use crate::resource::{Address, Values};
use crate::units::Date;

/// The newest job of a data set.
pub(super) fn newest(view: &View<'_, '_>, data: &Name) -> Option<CopyJob> {
    of(view.find(kind::KIND, &[data.as_str()])?)
}

/// The newest job over a copy since the rule that copies home what is written there: an earlier one knew nothing of what came after it.
pub(super) fn home(
    observation: &Observation,
    owned: &[Owned],
    (service, data, bucket): (&Name, &Name, &Bucket),
) -> Option<CopyJob> {
    let made = |address: &Address| {
        let made = owned.iter().filter(|owned| owned.address == *address);
        made.map(|owned| owned.run).max()
    };
    let parts = [service, data, &bucket.site.name].map(Name::as_str);
    if made(&Address::new(kind::KIND, &parts)) < Some(made(&replication::back(service, data, bucket))?) {
        return None;
    }
    let name = Some(bucket.name.as_str());
    let over = |object: &&Object| {
        object.kind == kind::KIND && object.attributes.get(kind::BUCKET).and_then(Value::as_str) == name
    };
    let jobs = observation.objects.iter().filter(over).filter_map(of);
    jobs.max_by(|one, other| one.created.cmp(&other.created))
}

fn of(job: &Object) -> Option<CopyJob> {
    let text = |name: &str| job.outputs.get(name).and_then(Value::as_str);
    let number = |name: &str| job.outputs.get(name).and_then(Value::as_u64);
    let state = match text(kind::STATE)? {
        kind::RUNS => JobState::Running,
        kind::WAITS => JobState::Waiting,
        kind::PAUSED => JobState::Paused,
        kind::DONE => JobState::Done,
        kind::INCOMPLETE => JobState::Incomplete,
        _ => JobState::Failed,
    };
    let bucket = job.attributes.get(kind::BUCKET).and_then(Value::as_str).unwrap_or_default();
    Some(CopyJob {
        id: job.id.clone(),
        state,
        created: text(kind::CREATED)?.to_owned(),
        ended: text(kind::ENDED).and_then(Date::parse),
        total: number(kind::TOTAL),
        copied: number(kind::COPIED),
        failed: number(kind::FAILED),
        why: text(kind::WHY).map(str::to_owned),
        report: Some(format!("s3://{bucket}/{}/job-{}/", kind::REPORT_PREFIX, job.id)),
    })
}

/// One for each copy whose rule back is newer than the last job, or whose last job did not copy everything. The graph has them only while a
/// return is prepared.
pub(super) fn begin_back(view: &View<'_, '_>, data: &Name, set: &DataSet) -> Vec<Begin> {
    let begin = |copy: &Bucket| {
        let site = &copy.site.name;
        let address = view.address(kind::KIND, &[data.as_str(), site.as_str()]);
        (view.live.declared)(&address)?;
        let rule = replication::back(&view.service.name, data, copy);
        let is_older = (view.live.made)(&address) < (view.live.made)(&rule);
        let last = (view.live.find)(&address).and_then(of).filter(|_| !is_older);
        let about = match last.as_ref().map(|job| job.state) {
            Some(JobState::Running | JobState::Waiting | JobState::Paused | JobState::Done) => return None,
            Some(JobState::Incomplete) => {
                last.as_ref().map(|job| (kind::RETRIES.to_owned(), Value::from(job.id.as_str())))
            }
            Some(JobState::Failed) | None => None,
        };
        let why = last.map(|job| format!(": {}", job.in_words())).unwrap_or_default();
        let reason = format!(
            "`{}` lacks what was written at `{site}` before the rule that copies it back{why}; a version that was deleted by its id stays at \
             the other site",
            set.primary.name
        );
        Some(Begin { address, attributes: about.into_iter().collect(), reason })
    };
    set.copies.iter().filter_map(begin).collect()
}

/// A job that waits for its confirmation is confirmed. One that follows one which has tried everything copies only what failed then, and what was never copied. After one that broke
/// off, or over objects that were copied to other buckets before, only all of them are enough: those have been given the states
/// `COMPLETED` and `REPLICA`, and a job over the others leaves them out (Amazon S3 API Reference, `JobManifestGeneratorFilter`).
pub(super) fn begin(view: &View<'_, '_>, data: &Name, last: Option<&CopyJob>) -> (Address, Values) {
    let about = last.and_then(|job| match job.state {
        JobState::Waiting => Some((kind::CONFIRMS.to_owned(), Value::from(job.id.as_str()))),
        JobState::Incomplete => Some((kind::RETRIES.to_owned(), Value::from(job.id.as_str()))),
        _ => None,
    });
    (view.address(kind::KIND, &[data.as_str()]), about.into_iter().collect())
}
