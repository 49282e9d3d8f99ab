//! The facts of a derivation, as declared by the policy or as observed.

use std::collections::BTreeMap;

use crate::copies::Moment;
use crate::document::{Disruption, Encryption, KmsKey, Name};
use crate::policy::{Assumed, Assumptions, Bucket, Origin, Policy, RecoveryStep, Schedule, Setting, Site};
use crate::provider::facts::{Dns, Facts as ProviderFacts};
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
    /// Whether encryption is left unmanaged, so that the key is unknown.
    pub any_key: bool,
    /// Its encryption.
    pub encryption: Encryption,
    /// The copies.
    pub copies: Vec<Copy<'p>>,
    /// The scheduled backups.
    pub schedules: Vec<Schedule>,
    /// The amount of data.
    pub size: Option<Setting<Assumed<Bytes>>>,
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
    /// Why nothing is copied, or not everything stays, because of something that the policy does not manage.
    pub stopped: Option<String>,
}

impl Facts<'_> {
    /// The recovery steps after a disruption.
    #[must_use]
    pub fn steps(&self, disruption: Disruption) -> &[RecoveryStep] {
        self.recovery.get(&disruption).map_or(&[], Vec::as_slice)
    }
}

impl Copy<'_> {
    /// Whether the copy contains everything on a date.
    #[must_use]
    pub fn is_whole(&self, as_of: Option<Date>) -> bool {
        let copied = match &self.backfill {
            Backfill::NotNeeded | Backfill::Unsaid => true,
            Backfill::Done(day) => as_of.is_none_or(|today| day.value.value <= today),
            Backfill::Missing | Backfill::Gap { .. } => false,
        };
        self.timed && copied && self.stopped.is_none()
    }
}

impl Data<'_> {
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
