//! The facts of a derivation, as declared by the policy or as observed.

use std::collections::BTreeMap;

use crate::backups::{Jobs, SeenBackup};
use crate::copies::{CopyJob, JobState, Moment};
use crate::document::{Disruption, Encryption, KmsKey, Name};
use crate::policy::{Assumed, Assumptions, Bucket, Origin, Policy, RecoveryStep, Schedule, Setting, Site};
use crate::provider::facts::{Dns, Facts as ProviderFacts};
use crate::signals::Lag;
use crate::source::Span;
use crate::units::{Bytes, Date, Duration};

/// The facts of one service.
#[derive(Debug, Clone)]
pub struct Facts<'p> {
    /// The place of the service's name.
    pub span: Span,
    /// Its traffic.
    pub traffic: BTreeMap<&'p Name, Traffic>,
    /// Its data sets.
    pub data: BTreeMap<&'p Name, Data<'p>>,
    /// Its recovery steps.
    pub recovery: BTreeMap<Disruption, Vec<RecoveryStep>>,
    /// Its assumptions.
    pub assumptions: Assumptions,
    /// Whether the derivation includes waiting for the services it depends on.
    pub waits: bool,
    /// Why what was observed does not decide whether the objectives are met: something can break them that cannot be
    /// seen.
    pub undecided: Option<String>,
}

/// One entry of traffic.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The place of its name.
    pub span: Span,
    /// The DNS facts of its provider.
    pub dns: &'static Dns,
    /// Whether it fails over: the observed record is not set up otherwise.
    pub moves: bool,
    /// Why it does not, although it is set up, because of something that the policy does not manage.
    pub stopped: Option<String>,
    /// Why nobody can tell whether a standby answers now. Only a status asks.
    pub unmeasured: Option<String>,
    /// The same, taken as no failover at all.
    pub doubted: Option<String>,
    /// How a failure is detected.
    pub detection: Detection,
    /// How long an answer may be cached.
    pub ttl: Setting<Duration>,
    /// Whether the answers are aliases, whose TTL is that of their targets.
    pub alias: bool,
}

/// How the failure of an endpoint is detected.
#[derive(Debug, Clone)]
pub enum Detection {
    /// By a health check.
    Probe {
        /// Seconds between two requests of one checker.
        interval: u64,
        /// Failures in a row until an endpoint counts as down.
        failures: u64,
        /// Seconds that one request may take.
        request: u64,
        /// The place of the probe.
        span: Span,
    },
    /// By the target of an alias.
    Target(Span),
}

/// One data set.
#[derive(Debug, Clone)]
pub struct Data<'p> {
    /// The place of the backups.
    pub span: Span,
    /// The storage and backup facts of its provider.
    pub provider: &'static ProviderFacts,
    /// The primary bucket.
    pub primary: &'p Bucket,
    /// Whether the primary bucket has versioning.
    pub versioned: bool,
    /// How long its versions are kept after they were replaced. `None`: for ever, or until a rule that no policy manages.
    pub keep_versions: Option<&'p Setting<Duration>>,
    /// Whether encryption is left unmanaged, so that the key is unknown.
    pub any_key: bool,
    /// How many versions of objects the primary bucket has. Only a status asks.
    pub objects: Option<u64>,
    /// Its encryption.
    pub encryption: Encryption,
    /// The copies.
    pub copies: Vec<Copy<'p>>,
    /// The scheduled backups.
    pub schedules: Vec<Schedule>,
    /// What was seen of the jobs of a schedule at a site. Only a status asks.
    pub jobs: Vec<JobsAt>,
    /// The amount of data.
    pub size: Option<Setting<Assumed<Bytes>>>,
}

/// The jobs of a schedule at a site.
#[derive(Debug, Clone)]
pub struct JobsAt {
    /// The place of the schedule.
    pub schedule: Span,
    /// The site.
    pub site: Name,
    /// What was seen.
    pub seen: SeenBackup,
}

/// Objects that are older than the replication of their bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backfill {
    /// There are none: Holdfast created the bucket.
    NotNeeded,
    /// The policy says neither that the bucket existed before nor that it did not. Only the observation decides.
    Unsaid,
    /// The author states that they were copied.
    Done(Setting<Assumed<Date>>),
    /// A job was seen to have copied them.
    Copied(CopyJob),
    /// Nobody has stated that they were copied.
    Missing,
    /// For a time not everything was copied, and nobody has stated since that it was copied later.
    Gap {
        /// When the copy was last seen to work.
        worked: Option<Moment>,
        /// When the gap was last seen. `None`: it is seen now.
        seen: Option<Moment>,
        /// Why nothing was copied.
        why: String,
    },
}

/// A real-time copy.
#[derive(Debug, Clone)]
pub struct Copy<'p> {
    /// The bucket.
    pub bucket: &'p Bucket,
    /// Whether the provider guarantees a copy time.
    pub timed: bool,
    /// An unmanaged setting that the copy needs, with the place of its `leave`.
    pub left: Option<(&'static str, Span)>,
    /// Whether some objects were never copied, and what the author states about them.
    pub backfill: Backfill,
    /// Whether Holdfast copies them.
    pub filled: bool,
    /// The job that copies them now, or that could not copy them all.
    pub job: Option<CopyJob>,
    /// Why nothing is copied, or not everything stays, because of something that the policy does not manage.
    pub stopped: Option<String>,
    /// How far it is behind now. Only a status asks.
    pub lag: Lag,
    /// Why nobody can tell how far it is behind.
    pub unmeasured: Option<String>,
    /// The same, taken as no bound at all.
    pub late: Option<String>,
}

impl Facts<'_> {
    /// The recovery steps after a disruption.
    #[must_use]
    pub fn steps(&self, disruption: Disruption) -> &[RecoveryStep] {
        self.recovery.get(&disruption).map_or(&[], Vec::as_slice)
    }
}

impl Facts<'_> {
    /// The facts if everything that is measured and could not be seen were broken. `None` if all could be seen.
    #[must_use]
    pub fn at_worst(&self) -> Option<Self> {
        let copies = self.data.values().flat_map(|data| &data.copies).any(|copy| copy.unmeasured.is_some());
        if !copies && self.traffic.values().all(|traffic| traffic.unmeasured.is_none()) {
            return None;
        }
        let mut worst = self.clone();
        for copy in worst.data.values_mut().flat_map(|data| &mut data.copies) {
            copy.late = copy.unmeasured.take();
        }
        for traffic in worst.traffic.values_mut() {
            traffic.doubted = traffic.unmeasured.take();
        }
        Some(worst)
    }
}

impl Copy<'_> {
    /// Whether a job has to be begun, because the copy lacks objects that no job copies now.
    #[must_use]
    pub fn needs_job(&self) -> bool {
        let lacks = matches!(self.backfill, Backfill::Missing | Backfill::Gap { .. });
        let runs = |job: &CopyJob| matches!(job.state, JobState::Running | JobState::Paused);
        let runs = self.job.as_ref().is_some_and(runs);
        self.filled && lacks && !runs && self.stopped.is_none() && self.left.is_none()
    }

    /// Whether the copy contains everything on a date.
    #[must_use]
    pub fn is_whole(&self, as_of: Option<Date>) -> bool {
        let copied = match &self.backfill {
            Backfill::NotNeeded | Backfill::Unsaid | Backfill::Copied(_) => true,
            Backfill::Done(day) => as_of.is_none_or(|today| day.value.value <= today),
            Backfill::Missing | Backfill::Gap { .. } => false,
        };
        self.timed && copied && self.stopped.is_none()
    }
}

impl Data<'_> {
    /// The jobs of a schedule at a site, if they could be seen.
    #[must_use]
    pub fn jobs_at(&self, schedule: &Schedule, site: &Site) -> Option<&Jobs> {
        self.seen_at(schedule, site)?.jobs.as_ref().ok()
    }

    fn seen_at(&self, schedule: &Schedule, site: &Site) -> Option<&SeenBackup> {
        let at = self.jobs.iter().find(|at| at.schedule == schedule.span && at.site == site.name)?;
        Some(&at.seen)
    }

    /// How long it takes to copy a backup to a site, with how that was measured: as long as the longest copy that is done, or as
    /// the next one takes already. `None` if no copy is done.
    #[must_use]
    pub fn copy_took(&self, schedule: &Schedule, site: &Site) -> Option<(Duration, String)> {
        let seen = self.seen_at(schedule, site)?;
        let copied = seen.jobs.as_ref().ok()?.copied;
        let newest = seen.newest.as_ref().ok().copied().flatten();
        let late = newest.zip(schedule.until_made()).map(|(newest, due)| newest.age.minus(due));
        let late = late.unwrap_or_default();
        (copied.done > 0).then(|| match late > copied.longest {
            true => (late, "measured: the copy of the next backup has not arrived for that long".to_owned()),
            false => (copied.longest, copied.in_words("copies")),
        })
    }

    /// The key that encrypts the data at a site. `None` if the provider manages the key, or if the key is the
    /// account's managed one, which nobody can delete.
    #[must_use]
    pub fn key<'s>(&self, site: &'s Site) -> Option<&'s KmsKey> {
        (self.encryption == Encryption::Kms).then_some(site.kms_key.as_ref()).flatten()
    }
}

/// How long a contact takes to answer, with the place that states it.
pub(super) fn answers(policy: &Policy, contact: &Name) -> Option<(Duration, Span)> {
    policy.continuity.as_ref()?.contacts.get(contact).map(|contact| contact.answers_within)
}

/// Whether a setting is built in, and so has no place in the text.
pub(super) fn is_built_in(origin: &Origin) -> bool {
    matches!(origin, Origin::BuiltIn(_))
}
