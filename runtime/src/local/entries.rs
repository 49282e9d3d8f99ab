//! What the file of an embedded cloud says besides its objects, mostly written by tests, and what is seen of it.

use std::collections::BTreeSet;

use holdfast_compiler::backups::{BackupPlace, JobFault, Jobs, Newest};
use holdfast_compiler::signals::{Counts, Signal};
use holdfast_compiler::units::Duration;
use serde::{Deserialize, Serialize};

use super::store::State;

/// An injected failure. A test writes it into the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The address of the resource whose next command fails.
    pub address: String,
    /// How many more times it happens.
    pub times: u32,
    /// The code of the error.
    pub code: String,
    /// Whether the command takes effect and only its response is lost.
    #[serde(default)]
    pub after: bool,
}

/// A complete scheduled backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Backup {
    /// The name of its vault.
    pub(super) vault: String,
    /// What is backed up, as the provider names it.
    pub(super) resource: String,
    /// When it was made (RFC 3339).
    pub(super) made: jiff::Timestamp,
    /// How many bytes it holds.
    pub(super) bytes: u64,
    /// For how many days it is kept; for ever without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) days: Option<u64>,
    /// Whether it is continuous.
    #[serde(default)]
    pub(super) continuous: bool,
    /// Keys that it lost, and nobody says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) lacks: BTreeSet<String>,
}

/// A job that makes backups and has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    /// The name of the vault that it wrote to.
    pub(super) vault: String,
    /// What was backed up, as the provider names it.
    pub(super) resource: String,
    /// When it was created (RFC 3339).
    pub(super) created: jiff::Timestamp,
    /// How long it took, in seconds.
    pub(super) seconds: u64,
    /// Whether it copied a backup.
    #[serde(default)]
    pub(super) copies: bool,
    /// What is wrong: `failed: Access Denied`. Nothing if it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
}

/// How much is in a bucket, as a job that copies it would count. A test writes it into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// How many versions of objects it has.
    pub objects: u64,
    /// How many of them are in no copy.
    pub uncopied: u64,
    /// How a job that copies them ends; without it, it is done at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<Ends>,
}

/// How a job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// It does not: half of the objects are copied.
    Runs,
    /// It is done.
    Done,
    /// All but one object are copied.
    Incomplete,
    /// It fails, and nothing is copied.
    Fails,
}

/// A figure that a test sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figure {
    /// `behind`, `pending`, `pending-bytes`, `failed-copies` or `healthy`.
    pub(super) counts: String,
    /// A part of what it is about: the name of a bucket with a copy, or the id of a health check.
    pub(super) about: String,
    /// None if there is no figure.
    pub(super) value: Option<u64>,
}

fn age(at: jiff::Timestamp, now: jiff::Timestamp) -> Duration {
    Duration::seconds(u64::try_from(now.as_second() - at.as_second()).unwrap_or_default())
}

impl State {
    /// The newest backup at a place.
    pub(super) fn newest_backup(&self, place: &BackupPlace, now: jiff::Timestamp) -> Option<Newest> {
        let here = |one: &&Backup| {
            let stays = one.days.is_none_or(|days| days >= place.days);
            one.resource == place.resource && stays && place.vault.parts().any(|part| part == one.vault)
        };
        let newest = self.backups.iter().filter(here).max_by_key(|one| (one.continuous, one.made))?;
        let bytes = Some(newest.bytes);
        Some(Newest { age: age(newest.made, now), bytes, continuous: newest.continuous })
    }

    /// The jobs that make backups at a place.
    pub(super) fn backup_jobs(&self, place: &BackupPlace, now: jiff::Timestamp) -> Jobs {
        let here = |one: &&Job| place.vault.parts().any(|part| part == one.vault) || !one.copies;
        let all: Vec<&Job> =
            self.backup_jobs.iter().filter(|one| one.resource == place.resource).filter(here).collect();
        let mut jobs = Jobs::default();
        for job in all.iter().filter(|job| job.fault.is_none()) {
            let times = if job.copies { &mut jobs.copied } else { &mut jobs.made };
            times.add(Duration::seconds(job.seconds));
        }
        let last = all.iter().max_by_key(|job| job.created);
        jobs.fault =
            last.and_then(|job| Some(JobFault { age: age(job.created, now), said: job.fault.clone()? }));
        jobs
    }

    /// What a signal measures.
    pub(super) fn measured(&self, signal: &Signal) -> Option<u64> {
        let contents = || signal.about.iter().find_map(|(_, about)| self.contents(about));
        let (name, usual) = match signal.counts {
            Counts::Behind => ("behind", 0),
            Counts::Pending => ("pending", 0),
            Counts::PendingBytes => ("pending-bytes", 0),
            Counts::FailedCopies => ("failed-copies", 0),
            Counts::Objects => return contents().map(|contents| contents.objects),
            Counts::Healthy => ("healthy", 1),
        };
        let is_it = |figure: &&Figure| {
            figure.counts == name && signal.about.iter().any(|(_, about)| *about == figure.about)
        };
        self.measured.iter().find(is_it).map_or(Some(usual), |figure| figure.value)
    }
}
