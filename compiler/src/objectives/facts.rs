//! What a derivation rests on: as the policy wants it, or as it was observed.

use std::collections::BTreeMap;

use crate::document::{Disruption, Encryption, KmsKey, Name};
use crate::policy::{
    Assumed, Assumptions, Bucket, Origin, Policy, Protocol, RecoveryStep, Schedule, Service, Setting, Site,
    Target,
};
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
    /// How people bring it back.
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
    /// Whether S3 promises a time for it.
    pub timed: bool,
    /// What the copy needs and the policy leaves as it was found, with the place that says so.
    pub left: Option<(&'static str, Span)>,
    /// Whether there are objects that were never copied to it, and what the author says about them.
    pub backfill: Backfill,
}

impl<'p> Facts<'p> {
    /// As the policy wants it.
    #[must_use]
    pub fn wanted(service: &'p Service) -> Self {
        let traffic = service.traffic.iter().map(|(name, traffic)| {
            // What clients hold when the primary is lost is the primary's answer.
            let alias = traffic.endpoints.first().is_some_and(|e| matches!(e.target, Target::Alias { .. }));
            let detection = match &traffic.probe {
                Some(probe) => Detection::Probe {
                    interval: probe.interval,
                    failures: u64::from(probe.failures),
                    request: request(probe.protocol == Protocol::Tcp, probe.expect.is_some()),
                    span: probe.span,
                },
                None => Detection::Target(traffic.span),
            };
            (name, Traffic { span: traffic.span, moves: true, detection, ttl: traffic.ttl.clone(), alias })
        });
        let data = service.data.iter().map(|(name, set)| {
            let backfill = || set.backfilled.clone().map_or(Backfill::NotNeeded, Backfill::Done);
            let copies = set.copies.iter().map(|bucket| {
                let left = left(service, name, &[&set.primary, bucket]);
                Copy { bucket, timed: left.is_none(), left, backfill: backfill() }
            });
            let at = bucket_address(name, &set.primary);
            let data = Data {
                span: set.backups,
                primary: &set.primary,
                versioned: service.leaves(&at, "versioning").is_none(),
                any_key: ["encryption", "kms-key"].iter().any(|name| service.leaves(&at, name).is_some()),
                encryption: set.encryption.value,
                copies: copies.collect(),
                schedules: set.schedules.clone(),
                size: set.size.clone(),
            };
            (name, data)
        });
        Self {
            span: service.span,
            traffic: traffic.collect(),
            data: data.collect(),
            recovery: service.recovery.clone(),
            assumptions: service.assumptions.clone(),
            waits: true,
        }
    }

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
    /// The key the data is encrypted with at a site: nothing where S3 keeps the keys, or the account's own for S3,
    /// which nobody can delete (AWS KMS Developer Guide, "AWS managed keys").
    #[must_use]
    pub fn key<'s>(&self, site: &'s Site) -> Option<&'s KmsKey> {
        (self.encryption == Encryption::Kms).then_some(site.kms_key.as_ref()).flatten()
    }
}

fn bucket_address(data: &Name, bucket: &Bucket) -> String {
    format!("bucket.{data}.{}", bucket.site.name)
}

/// The first thing a copy in real time needs that is left as it was found.
fn left(service: &Service, data: &Name, buckets: &[&Bucket]) -> Option<(&'static str, Span)> {
    let rules =
        service.leaves(&format!("replication.{data}"), "rules").map(|span| ("replication rules are", span));
    let role = || {
        let of = |name| service.leaves(&format!("role.{data}"), name);
        of("policy").or_else(|| of("trust")).map(|span| ("the permissions of the role are", span))
    };
    let versions = || {
        let of = |bucket: &&Bucket| service.leaves(&bucket_address(data, bucket), "versioning");
        buckets.iter().find_map(of).map(|span| ("the versioning of a bucket is", span))
    };
    rules.or_else(role).or_else(versions)
}

/// Whether two keys are one. Aliases belong to one region each; replicas of a multi-region key are one key, with the
/// same id (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS").
pub(crate) fn same_key(one: Option<&KmsKey>, other: Option<&KmsKey>) -> bool {
    fn multi(key: &KmsKey) -> Option<&str> {
        key.as_str().split_once(":key/mrk-").map(|(_, id)| id)
    }
    one.zip(other).is_some_and(|(one, other)| multi(one).is_some() && multi(one) == multi(other))
}

/// Seconds that one request of a health checker may take: TCP 10; otherwise 4 to connect and 2 to answer, and 2 more
/// for the text (Amazon Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is
/// healthy").
pub(super) fn request(tcp: bool, reads: bool) -> u64 {
    match (tcp, reads) {
        (true, _) => 10,
        (false, true) => 8,
        (false, false) => 6,
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
