//! The facts of a derivation: as the policy declares them, or as they were observed.

use std::collections::BTreeMap;

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
    /// How people recover it.
    pub recovery: BTreeMap<Disruption, Vec<RecoveryStep>>,
    /// What is taken for granted.
    pub assumptions: Assumptions,
    /// Whether it waits for the services it depends on.
    pub waits: bool,
}

/// One entry of traffic.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The place of its name.
    pub span: Span,
    /// What is true of the names of its provider.
    pub dns: &'static Dns,
    /// Whether it moves at all; nobody has set it up otherwise.
    pub moves: bool,
    /// How a failure is found.
    pub detection: Detection,
    /// How long an answer may be kept.
    pub ttl: Setting<Duration>,
    /// Whether the answers are aliases, whose TTL is their targets'.
    pub alias: bool,
}

/// How the failure of an endpoint is found.
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
    /// By the alias's own target.
    Target(Span),
}

/// One data set.
#[derive(Debug, Clone)]
pub struct Data<'p> {
    /// The place of the backups.
    pub span: Span,
    /// What is true of data and backups at its provider.
    pub provider: &'static ProviderFacts,
    /// The primary bucket.
    pub primary: &'p Bucket,
    /// Whether the primary bucket keeps versions.
    pub versioned: bool,
    /// Whether encryption is left as it was found, so that nobody knows the key.
    pub any_key: bool,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// The copies.
    pub copies: Vec<Copy<'p>>,
    /// The backups on a schedule.
    pub schedules: Vec<Schedule>,
    /// How much data it is.
    pub size: Option<Setting<Assumed<Bytes>>>,
}

/// Objects that are older than the replication of their bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backfill {
    /// There are none: the bucket is Holdfast's own.
    NotNeeded,
    /// Somebody has copied them.
    Done(Setting<Assumed<Date>>),
    /// Nobody has said so.
    Missing,
}

/// A copy in real time.
#[derive(Debug, Clone)]
pub struct Copy<'p> {
    /// The bucket.
    pub bucket: &'p Bucket,
    /// Whether the provider promises a time for it.
    pub timed: bool,
    /// What the copy needs and the policy leaves as it was found, with the place that says so.
    pub left: Option<(&'static str, Span)>,
    /// Whether there are objects that were never copied to it, and what the author states about them.
    pub backfill: Backfill,
}

impl Facts<'_> {
    /// The steps after a disruption.
    #[must_use]
    pub fn steps(&self, disruption: Disruption) -> &[RecoveryStep] {
        self.recovery.get(&disruption).map_or(&[], Vec::as_slice)
    }
}

impl Copy<'_> {
    /// Whether everything is in it on a day.
    #[must_use]
    pub fn is_whole(&self, as_of: Option<Date>) -> bool {
        let copied = match &self.backfill {
            Backfill::NotNeeded => true,
            Backfill::Done(day) => as_of.is_none_or(|today| day.value.value <= today),
            Backfill::Missing => false,
        };
        self.timed && copied
    }
}

impl Data<'_> {
    /// The key the data is encrypted with at a site: nothing where the provider keeps the keys, or manages one
    /// in the account that nobody can delete.
    #[must_use]
    pub fn key<'s>(&self, site: &'s Site) -> Option<&'s KmsKey> {
        (self.encryption == Encryption::Kms).then_some(site.kms_key.as_ref()).flatten()
    }
}

/// How long it takes until somebody answers, with the place that says so.
pub(super) fn answers(policy: &Policy, contact: &Name) -> Option<(Duration, Span)> {
    policy.continuity.as_ref()?.contacts.get(contact).map(|contact| contact.answers_within)
}

/// The value of a built-in setting has no place.
pub(super) fn is_built_in(origin: &Origin) -> bool {
    matches!(origin, Origin::BuiltIn(_))
}
