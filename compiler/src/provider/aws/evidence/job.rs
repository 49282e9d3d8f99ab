//! Jobs of S3 Batch Replication.

use serde_json::Value;

use crate::copies::{CopyJob, JobState};
use crate::document::Name;
use crate::objectives::view::View;
use crate::provider::aws::s3::backfill as kind;
use crate::resource::{Address, Values};
use crate::units::Date;

/// The newest job of a data set.
pub(super) fn newest(view: &View<'_, '_>, data: &Name) -> Option<CopyJob> {
    let job = view.find(kind::KIND, &[data.as_str()])?;
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
