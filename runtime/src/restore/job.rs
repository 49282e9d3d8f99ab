//! A restore job: started once, followed until it ends.

use futures::future::BoxFuture;
use holdfast_compiler::restore::{JobSeen, JobState};

use super::JobRecord;
use super::job_record::Asked;
use super::record::BusyOrBroken;
use crate::cloud::{CloudError, RecoveryPoints, RestoreOrder};

/// Why a job is not followed to its end.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The cloud.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The record.
    #[error(transparent)]
    Record(#[from] BusyOrBroken),
}

/// Start the job of an order, unless it was started, and return its id. It is recorded before it is asked for; asked for again, it is the
/// same job.
///
/// # Errors
/// The cloud refuses it, or the record cannot be written.
pub async fn start(
    points: &dyn RecoveryPoints,
    order: &RestoreOrder,
    asked: Asked,
    record: &mut JobRecord,
) -> Result<String, JobError> {
    if let Some(job) = record.job() {
        return Ok(job.to_owned());
    }
    if record.asked() != Some(&asked) {
        record.ask(asked)?;
    }
    let id = points.start_restore(order).await?;
    record.began(&id)?;
    Ok(id)
}

/// Look at a job until it has ended. `pause` waits between two looks, and `tell` hears what each look shows.
///
/// # Errors
/// The job cannot be seen. It goes on.
pub async fn follow(
    points: &dyn RecoveryPoints,
    (region, id): (&str, &str),
    pause: &(dyn Fn() -> BoxFuture<'static, ()> + Sync),
    tell: &mut (dyn FnMut(&JobSeen) + Send),
) -> Result<JobSeen, CloudError> {
    loop {
        let job = points.restore_job(region, id).await?;
        tell(&job);
        if job.state != JobState::Running {
            return Ok(job);
        }
        pause().await;
    }
}
