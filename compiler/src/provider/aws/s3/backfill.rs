//! A job of S3 Batch Replication: it copies what live replication never does, because it is older than the replication or was
//! written while that did not work.
//!
//! Sources: Amazon S3 User Guide, "Replicating existing objects with Batch Replication", "Tracking job status and completion reports";
//! Amazon S3 API Reference, `CreateJob`.

use crate::digest::sha256;
use crate::document::Name;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, JOBS, PASSED_BATCH_ROLES, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Lifecycle, Made, Mark, calls};

/// The source bucket.
pub const BUCKET: &str = "bucket";
/// Its region.
pub const REGION: &str = "region";
/// The ARN of the role that the job acts with.
pub const ROLE: &str = "role";
/// What the job is for, in its description, which nobody can change: S3 lists jobs by nothing else. It names the buckets with the
/// copies by a digest, so that no job counts for a copy that did not exist then.
pub const PURPOSE: &str = "purpose";
/// Where in the source bucket its report goes: a prefix.
pub const REPORTS: &str = "reports";
/// The id of an earlier job that has tried all objects: only what failed then, what was never copied, and what came from another bucket,
/// is copied.
pub const RETRIES: &str = "retries";
/// Whether it waits for a confirmation once it has counted what it copies.
pub const WAITS_FIRST: &str = "waits-first";
/// Whether it copies only what was written to the bucket itself and was never copied, or could not be: what came from another bucket is there
/// already.
pub const ONLY_OWN: &str = "only-own";
/// The id of an earlier job that waits for its confirmation: that one is confirmed, and no other is created.
pub const CONFIRMS: &str = "confirms";

/// The output: one of the words below.
pub const STATE: &str = "state";
/// The output: when it was created (RFC 3339).
pub const CREATED: &str = "created";
/// The output: the day on which it ended.
pub const ENDED: &str = "ended";
/// The output: how many object versions it copies, once it has counted them.
pub const TOTAL: &str = "total";
/// The output: how many it has copied.
pub const COPIED: &str = "copied";
/// The output: how many it could not copy.
pub const FAILED: &str = "failed";
/// The output: why it failed.
pub const WHY: &str = "why";

/// It is being prepared, or copies, or waits for its turn.
pub const RUNS: &str = "running";
/// It has counted what it copies, and waits for its confirmation.
pub const WAITS: &str = "waiting";
/// It waits for somebody to resume it.
pub const PAUSED: &str = "paused";
/// It is done, and copied everything.
pub const DONE: &str = "done";
/// It has tried everything, and could not copy some objects.
pub const INCOMPLETE: &str = "incomplete";
/// It ended before it has tried everything.
pub const BROKE_OFF: &str = "failed";

/// The prefix of reports in the source bucket. Its objects are copied as all others, so that a report outlives the region.
pub const REPORT_PREFIX: &str = "holdfast/backfill";

/// The longest description of a job (Amazon S3 API Reference, `CreateJob`).
const LONGEST: usize = 256;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "backfill",
    lifecycle: Lifecycle::Task,
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::identity(REGION),
        AttributeSchema::identity(PURPOSE),
        AttributeSchema::new(ROLE),
        AttributeSchema::new(REPORTS),
        AttributeSchema::new(RETRIES),
        AttributeSchema::new(WAITS_FIRST),
        AttributeSchema::new(ONLY_OWN),
        AttributeSchema::new(CONFIRMS),
    ],
    outputs: &[STATE, CREATED, ENDED, TOTAL, COPIED, FAILED, WHY],
    never_deleted: Some("a job ends by itself"),
    mark: Mark::Identity,
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// Up to 1,000 jobs of a region, with their descriptions and progress.
    LIST = "s3control:ListJobs", made [Made::Observe], takes [on("s3:ListJobs", &ANY)];
    /// Why a job failed, and whether one is confirmed already.
    DESCRIBE = "s3control:DescribeJob", made [Made::Observe, Made::Recover], takes [on("s3:DescribeJob", &JOBS)];
    /// Repeated with the same token, it returns the job that it made.
    CREATE = "s3control:CreateJob", made [Made::Create],
        takes [on("s3:CreateJob", &ANY), on("iam:PassRole", &PASSED_BATCH_ROLES)];
    /// Confirms a job that waits.
    CONFIRM = "s3control:UpdateJobStatus", made [Made::Create], takes [on("s3:UpdateJobStatus", &JOBS)];
}

/// What a job says that it is for. `copies` are the names of the buckets with copies.
pub(in crate::provider::aws) fn purpose(owner: [&Name; 3], bucket: &str, copies: &[&str]) -> String {
    let [estate, service, data] = owner;
    let mut copies = copies.to_vec();
    copies.sort_unstable();
    let digest: String = sha256(copies.join("\n")).chars().take(8).collect();
    let text = format!("Holdfast backfill {digest} of {bucket} for {estate}/{service}/{data}");
    text.chars().take(LONGEST).collect()
}
