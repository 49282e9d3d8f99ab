//! Jobs of S3 Batch Replication: one listing of the jobs of each region, and a read of each wanted one that failed. A job is begun and
//! never changed; it runs for days.

use std::collections::BTreeMap;

use aws_sdk_s3control::types::{
    JobFailure, JobListDescriptor, JobManifestGenerator, JobManifestGeneratorFilter, JobOperation, JobReport,
    JobReportFormat, JobReportScope, JobStatus, OperationName, ReplicationStatus, RequestedJobStatus,
    S3JobManifestGenerator, S3ReplicateObjectOperation,
};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::{self, backfill as kind};
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, fault};
use super::fields::{flag, lacks, required, text};
use super::guard;
use super::retry::{REPLICATION, retry};
use crate::cloud::{CloudError, Command, Done};

/// The most jobs of a page (Amazon S3 API Reference, `ListJobs`).
const PAGE: i32 = 1000;

/// What S3 says of a job that has nothing to copy (Amazon S3 User Guide, "Troubleshooting Batch Operations").
const NOTHING: &str = "found no keys matching";

/// The priority of a job among those of the account and region: any, as all of Holdfast's have the same.
const PRIORITY: i32 = 10;

/// The newest job of each wanted purpose.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let clients = look.clients;
    let wanted = look.by_region(kind::KIND, kind::PURPOSE, kind::REGION);
    let buckets: BTreeMap<&str, &str> = look
        .wanted(kind::KIND)
        .filter_map(|identity| Some((identity.get(kind::PURPOSE)?, identity.get(kind::BUCKET)?)))
        .collect();
    let (account, buckets) = (&clients.identity().await?.account.id, &buckets);
    let reads = wanted.iter().map(|(region, purposes)| async move {
        let jobs = clients.reach.ask(&kind::LIST, region, list(clients, region, account)).await;
        let reads = purposes.iter().map(|purpose| {
            let newest = jobs.as_ref().map(|jobs| newest(jobs, purpose)).map_err(Clone::clone);
            let bucket = buckets.get(purpose.as_str()).copied().unwrap_or_default();
            async move {
                let found = match newest {
                    Err(error) => Err(error),
                    Ok(None) => Ok(None),
                    Ok(Some(job)) => read(clients, (bucket, region), account, job).await.map(Some),
                };
                (purpose, region, found)
            }
        });
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect::<Vec<_>>().await
    });
    let read: Vec<Vec<_>> =
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    look.seen(kind::KIND, kind::PURPOSE, read.into_iter().flatten().collect())
}

async fn list(clients: &Clients, region: &str, account: &str) -> Result<Vec<JobListDescriptor>, CloudError> {
    let client = clients.s3control(region);
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let request = client.list_jobs().account_id(account).max_results(PAGE).set_next_token(next);
        let page = request.send().await.named(&kind::LIST)?;
        all.extend(page.jobs.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// The newest job of a purpose.
fn newest<'j>(jobs: &'j [JobListDescriptor], purpose: &str) -> Option<&'j JobListDescriptor> {
    let is_ours = |job: &&JobListDescriptor| {
        job.description() == Some(purpose) && job.operation() == Some(&OperationName::S3ReplicateObject)
    };
    jobs.iter().filter(is_ours).max_by_key(|job| (job.creation_time().map(|at| at.as_nanos()), job.job_id()))
}

async fn read(
    clients: &Clients,
    (bucket, region): (&str, &str),
    account: &str,
    job: &JobListDescriptor,
) -> Result<Object, CloudError> {
    let id = job.job_id().unwrap_or_default();
    let why = match job.status() {
        Some(JobStatus::Failed) => {
            let ask = why(clients, region, account, id);
            clients.reach.ask(&kind::DESCRIBE, region, ask).await?
        }
        Some(JobStatus::Cancelled) => Some("it was cancelled".to_owned()),
        _ => None,
    };
    let count = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    let progress = job.progress_summary();
    let total = count(progress.and_then(|all| all.total_number_of_tasks));
    let copied = count(progress.and_then(|all| all.number_of_tasks_succeeded));
    let failed = count(progress.and_then(|all| all.number_of_tasks_failed));
    // What nobody has counted may have failed.
    let uncounted = progress.is_none_or(|all| all.number_of_tasks_failed.is_none());
    let nothing = why.as_deref().is_some_and(|why| why.to_lowercase().contains(NOTHING));
    let state = match job.status() {
        Some(JobStatus::Complete) if failed == 0 && !uncounted => kind::DONE,
        Some(JobStatus::Complete) => kind::INCOMPLETE,
        Some(JobStatus::Failed) if nothing => kind::DONE,
        Some(JobStatus::Failed | JobStatus::Cancelled) => kind::BROKE_OFF,
        // Only one that needs a confirmation is suspended (Amazon S3 User Guide, "Job statuses").
        Some(JobStatus::Suspended) => kind::WAITS,
        Some(JobStatus::Paused | JobStatus::Pausing) => kind::PAUSED,
        _ => kind::RUNS,
    };
    let ended = ![kind::RUNS, kind::WAITS, kind::PAUSED].contains(&state);
    let date = |at: &aws_sdk_s3control::primitives::DateTime| {
        jiff::Timestamp::from_second(at.secs()).ok().map(|at| at.to_string())
    };
    let day = |at: &aws_sdk_s3control::primitives::DateTime| date(at)?.get(..10).map(str::to_owned);
    let attributes = [
        (kind::BUCKET, json!(bucket)),
        (kind::REGION, json!(region)),
        (kind::PURPOSE, json!(job.description())),
    ];
    let outputs = [
        (kind::STATE, json!(state)),
        (kind::CREATED, json!(job.creation_time().and_then(date))),
        (kind::ENDED, json!(job.termination_date().and_then(day))),
        // Until it is prepared, nobody has counted.
        (kind::TOTAL, json!((ended || total > 0).then_some(total))),
        (kind::COPIED, json!(copied)),
        (kind::FAILED, json!(failed)),
        (kind::WHY, json!(why.filter(|_| !nothing))),
    ];
    let values =
        |all: Vec<(&str, Value)>| all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Object {
        kind: kind::KIND,
        id: id.to_owned(),
        attributes: values(attributes.to_vec()),
        outputs: values(outputs.into_iter().filter(|(_, value)| !value.is_null()).collect()),
    })
}

/// Why a job failed.
async fn why(clients: &Clients, region: &str, account: &str, id: &str) -> Result<Option<String>, CloudError> {
    let request = clients.s3control(region).describe_job().account_id(account).job_id(id);
    let job = request.send().await.named(&kind::DESCRIBE)?.job;
    let reasons: Vec<String> = job.iter().flat_map(|job| job.failure_reasons()).map(reason).collect();
    Ok((!reasons.is_empty()).then(|| reasons.join("; ")))
}

fn reason(failure: &JobFailure) -> String {
    let code = failure.failure_code().unwrap_or_default();
    failure.failure_reason().map_or_else(|| code.to_owned(), |why| format!("{why} ({code})"))
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    if command.action != Action::Create {
        return Err(lacks(&kind::CREATE, "action"));
    }
    match text(&command.values, kind::CONFIRMS) {
        Some(job) => confirm(clients, command, job).await,
        None => create(clients, command).await,
    }
}

/// Confirm a job that waits. If the response of an earlier attempt was lost, it waits no more.
async fn confirm(clients: &Clients, command: &Command, job: &str) -> Result<Done, CloudError> {
    let region = required(&command.values, kind::REGION, &kind::CONFIRM)?;
    let account = &clients.identity().await?.account.id;
    let client = clients.s3control(region);
    let request = client.update_job_status().account_id(account).job_id(job);
    let answer = request.requested_job_status(RequestedJobStatus::Ready).send().await.named(&kind::CONFIRM);
    let Err(refused) = answer else { return Ok(done(job, Values::new())) };
    let request = client.describe_job().account_id(account).job_id(job);
    let found = request.send().await.named(&kind::DESCRIBE).ok().and_then(|found| found.job);
    match found.and_then(|found| found.status) {
        Some(
            JobStatus::Ready
            | JobStatus::Active
            | JobStatus::Completing
            | JobStatus::Complete
            | JobStatus::Pausing
            | JobStatus::Paused,
        ) => Ok(done(job, Values::new())),
        _ => Err(refused),
    }
}

/// The token makes S3 return the job of an earlier attempt whose response was lost.
async fn create(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::CREATE;
    let values = &command.values;
    let (bucket, region) =
        (required(values, kind::BUCKET, OPERATION)?, required(values, kind::REGION, OPERATION)?);
    let account = &clients.identity().await?.account.id;
    let arn = s3::arn(bucket);
    let mut filter = JobManifestGeneratorFilter::builder().eligible_for_replication(true);
    let own = flag(values, kind::ONLY_OWN).unwrap_or_default();
    if own || text(values, kind::RETRIES).is_some() {
        filter = filter
            .object_replication_statuses(ReplicationStatus::None)
            .object_replication_statuses(ReplicationStatus::Failed);
        if !own {
            // What came from another bucket keeps its status, whatever became of the copy.
            filter = filter.object_replication_statuses(ReplicationStatus::Replica);
        }
    }
    let generator = S3JobManifestGenerator::builder()
        .expected_bucket_owner(account)
        .source_bucket(&arn)
        .enable_manifest_output(false)
        .filter(filter.build())
        .build()
        .named(OPERATION)?;
    let report = JobReport::builder()
        .enabled(true)
        .bucket(&arn)
        .format(JobReportFormat::ReportCsv20180820)
        .prefix(required(values, kind::REPORTS, OPERATION)?)
        .report_scope(JobReportScope::AllTasks)
        .build();
    let operation =
        JobOperation::builder().s3_replicate_object(S3ReplicateObjectOperation::builder().build()).build();
    let client = clients.s3control(region);
    let request = client
        .create_job()
        .account_id(account)
        .confirmation_required(flag(values, kind::WAITS_FIRST).unwrap_or_default())
        .operation(operation)
        .report(report)
        .client_request_token(&command.token)
        .manifest_generator(JobManifestGenerator::S3JobManifestGenerator(generator))
        .priority(PRIORITY)
        .role_arn(required(values, kind::ROLE, OPERATION)?)
        .description(required(values, kind::PURPOSE, OPERATION)?);
    let made = retry(REPLICATION, || async { request.clone().send().await.named(OPERATION) }).await?;
    match made.job_id() {
        Some(id) => Ok(done(id, Values::new())),
        None => Err(fault(OPERATION, "BadAnswer", "the response lacks the id of the job")),
    }
}

driver!(kind::KIND, observe, guard::backfill, execute);
