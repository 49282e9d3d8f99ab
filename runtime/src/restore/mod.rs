//! A restore: copies the versions of a moment into a place, and compares each copy with its version. `holdfast_compiler::restore` decides
//! which versions those are.
//!
//! First everything is listed, without a change: what there is to copy, and what is at the destination already. Then every object is
//! copied and verified, several at a time, and recorded once it is. A run that was killed is continued by the same command: what was
//! copied is recognised by comparing it, and not copied again. The record is no evidence of data: it only tells what somebody changed
//! since from what was there before.
//!
//! An object at the destination is written over only if the request says so, and only if it is still the one that was listed. Nothing
//! is ever deleted.
//!
//! A recovery point is restored by a job of the backup service (`job.rs`), as a whole and into an empty bucket. What it restored is compared
//! with the versions of the moment, where these can still be listed (`verify.rs`).

mod apart;
mod compare;
mod destination;
mod job;
mod job_record;
mod journaled;
mod plan;
mod record;
mod run;
#[cfg(test)]
mod tests;
mod verify;
mod versions;
mod walk;

pub use apart::apart;
pub use destination::{holds_journal, is_made};
pub use job::{JobError, follow, start};
pub use job_record::{Asked, JobKey, JobRecord};
pub use journaled::{NotRecorded, Restorer, record};
pub use plan::{Refused, Survey, survey};
pub use record::{BusyOrBroken, Record};
pub use run::run;
pub use verify::{blank_of_a_point, count_only, counted, verify};

use crate::cloud::BucketPlace;

/// What is to be restored.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service.
    pub service: String,
    /// The data set.
    pub data: String,
    /// The moment, in milliseconds since 1970-01-01 UTC.
    pub moment: i64,
    /// Now.
    pub now: i64,
    /// The bucket whose versions are read.
    pub source: BucketPlace,
    /// The site of that bucket.
    pub site: String,
    /// Whether replication writes that bucket.
    pub replica: bool,
    /// How the keys begin that are restored; empty for all of them.
    pub prefix: String,
    /// The bucket that is written to.
    pub into: BucketPlace,
    /// What is put before each key there; empty for nothing.
    pub into_prefix: String,
    /// Whether objects that are there may be written over.
    pub over: bool,
    /// How many objects are copied at a time.
    pub parallelism: usize,
    /// Objects of more bytes are copied in parts of this size.
    pub part_size: u64,
}

impl Request {
    /// The key at the destination.
    fn destination(&self, key: &str) -> String {
        format!("{}{key}", self.into_prefix)
    }
}
