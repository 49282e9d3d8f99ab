//! Facts of a provider for checks and for deriving objectives. Each has its source where it is declared. The
//! texts are shown to users unchanged.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::region::Region;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{KmsKey, Name};
use crate::objectives::Assurance;
use crate::policy::Service;
use crate::units::Duration;

/// The facts of a provider.
pub struct Facts {
    /// The provider's name.
    pub name: &'static str,
    /// DNS names that fail over.
    pub dns: Dns,
    /// Data and its real-time copies.
    pub storage: Storage,
    /// Scheduled backups.
    pub backup: Backup,
    /// Whether two keys are the same key, so that they are lost together.
    pub same_key: fn(&KmsKey, &KmsKey) -> bool,
    /// Whether two keys at one site are surely not the same key.
    pub surely_differ: fn(&KmsKey, &KmsKey) -> bool,
    /// Who can delete a key.
    pub key_owner: for<'k> fn(&'k KmsKey) -> KeyOwner<'k>,
    /// What the language can say and this provider cannot do, or Holdfast not there. `None`: it can.
    pub refuses: fn(Word) -> Option<Refused>,
    /// Settles what depends on all services together: for which copies the provider promises a time, and what it allows only so many
    /// times. Adds a finding for each fault.
    pub settle: fn(&mut BTreeMap<Name, Service>, &mut Vec<Diagnostic>),
    /// Calls that static stability forbids in a recovery. The first group that contains a call reports it.
    pub control_planes: &'static [ControlPlane],
}

/// Words of the language that do not mean the same at every provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Scheduled backups.
    Schedule,
    /// Encryption with a key of the account.
    AccountKey,
    /// Versions that are kept for a time.
    KeptVersions,
    /// Versions that are locked.
    LockedVersions,
    /// Copies that go both ways.
    TwoWay,
    /// Jobs that copy what replication does not.
    BackfillJob,
    /// Alarms that watch copies.
    WatchedCopy,
    /// Alarms that watch endpoints.
    WatchedEndpoint,
    /// A text that the response to a probe must contain.
    ExpectedText,
    /// A time that the response to a probe may take.
    ProbeTimeout,
    /// A probe over TLS of an endpoint that is an address.
    AddressOverTls,
    /// An alias of a resource as an endpoint.
    AliasEndpoint,
}

/// Why a word cannot be said at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The reason, as a label.
    pub why: &'static str,
    /// What to do.
    pub cure: &'static str,
}

/// Who can delete a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner<'k> {
    /// Nobody: the provider manages it.
    Provider,
    /// Whoever holds this account.
    Account(&'k str),
    /// Its name does not say it.
    Unsaid,
}

/// What a key that Holdfast makes encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// The data of a site.
    Data,
    /// The backups in its vault.
    Vault,
}

/// A duration with its reason.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// The duration.
    pub value: Duration,
    /// The reason, shown to users.
    pub why: &'static str,
}

/// On what it rests that something holds.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    /// How reliable it is.
    pub assurance: Assurance,
    /// The reason, shown to users.
    pub why: &'static str,
}

/// DNS names that fail over by health checks.
#[derive(Debug)]
pub struct Dns {
    /// The name of the service, as users know it.
    pub service: &'static str,
    /// The default TTL.
    pub ttl: Fact,
    /// The longest TTL without a warning.
    pub longest_ttl: Duration,
    /// The recommendation about TTLs.
    pub ttl_advice: &'static str,
    /// The shortest useful TTL and probe: the TTL, the seconds between two requests, the failures.
    pub fastest: (Duration, u64, u64),
    /// How long the answers of an alias are cached.
    pub alias_ttl: Fact,
    /// The default number of consecutive failures.
    pub failures: u8,
    /// Seconds that one request of a health checker may take. Arguments: whether it only connects, whether it reads a text, and the
    /// seconds between two requests.
    pub request: fn(bool, bool, u64) -> u64,
    /// The times that a request may be given, by the seconds between two requests. `None`: they are fixed.
    pub timeouts: fn(u64) -> Option<RangeInclusive<u64>>,
    /// How sure it is that an endpoint counts as down after that.
    pub detects: Assurance,
    /// How long it takes until a failed check changes the answers.
    pub health_propagation: Fact,
    /// The default time that clients keep connections open.
    pub keep_alive: Fact,
    /// Whether the provider evaluates the health of an alias target, by the id of the zone of its name.
    pub evaluates_alias: fn(&str) -> bool,
    /// Why health checkers cannot reach an address.
    pub unreachable: fn(IpAddr) -> Option<&'static str>,
    /// Why a DNS name cannot be that of an endpoint. `None`: it can.
    pub refuses_name: fn(&str) -> Option<Refused>,
    /// Where health checkers send requests from.
    pub checks_from: &'static str,
    /// What to do where no site of a service is at the provider, if the provider keeps what answers where a site is.
    pub needs_place: Option<&'static str>,
    /// Why two endpoints cannot have the same target, and what to do. `None`: they can.
    pub targets_differ: Option<&'static str>,
    /// The longest record name, in characters, that leaves room for generated names below it.
    pub longest_record: usize,
    /// The default quota of health checks in an account.
    pub most_checks: usize,
    /// What to do if more are needed.
    pub more_checks: &'static str,
}

/// Data and its real-time copies.
#[derive(Debug)]
pub struct Storage {
    /// The key of the language that names what holds data.
    pub key: &'static str,
    /// The longest delay of a real-time copy, if the provider guarantees one.
    pub copy: Fact,
    /// Whether the provider can promise that delay between two regions.
    pub promises: fn(Region, Region) -> bool,
    /// Why a copy otherwise has no bound.
    pub no_bound: &'static str,
    /// Why nobody can write to a copy while it is one. `None`: it can be written to.
    pub read_only_copies: Option<&'static str>,
    /// What to do before somebody can write to such a copy, by its name.
    pub make_writable: Option<fn(&str) -> String>,
    /// Why older objects are not copied, and what to do.
    pub backfill: &'static str,
    /// The same where Holdfast does it.
    pub backfill_job: &'static str,
    /// Why a change whose copy failed is in no copy, and what to do.
    pub failed_copies: &'static str,
    /// Why older versions of the primary's objects exist.
    pub versions: Ground,
    /// Keys that the provider manages: description and source.
    pub provider_keys: (&'static str, Ground),
    /// A key that the provider manages in the account: description and source.
    pub managed_key: (&'static str, Ground),
    /// The reason for the default encryption.
    pub default_encryption: &'static str,
    /// On what it rests that a copy in another account outlives whoever holds the estate's.
    pub other_account: &'static str,
    /// What to write where a copy in another account has no key of that account, and why.
    pub default_key_elsewhere: &'static str,
    /// Why a copy in another account cannot go both ways, as the label of that account.
    pub one_way_elsewhere: &'static str,
    /// What to write where a key is in another region than its data, and why.
    pub key_region: &'static str,
    /// The name of a key that Holdfast makes, from the names of the estate and the site, its use, and whether other regions can have
    /// replicas of it.
    /// `None` if Holdfast makes no keys there.
    pub made_key: fn(&Name, &Name, KeyUse, bool) -> Option<KmsKey>,
    /// The names of copies that the policy does not name.
    pub copy_names: CopyNames,
}

/// The names of copies that the policy does not name.
#[derive(Debug)]
pub struct CopyNames {
    /// The name of a copy, from that of the primary and the id of the region.
    pub made: fn(&str, &str) -> String,
    /// The part of a name whose length is limited.
    pub limited: fn(&str) -> &str,
    /// How many characters it has at most.
    pub longest: usize,
    /// What has that name, with its article.
    pub what: &'static str,
    /// The key to write beside the site instead.
    pub instead: &'static str,
}

/// Scheduled backups.
#[derive(Debug)]
pub struct Backup {
    /// The name of the service, as users know it.
    pub service: &'static str,
    /// The shortest start window.
    pub start: Fact,
    /// The longest retention of a backup, in days.
    pub longest_days: u64,
    /// The longest retention of a continuous backup, in days.
    pub longest_continuous_days: u64,
    /// What a continuous backup loses, at most.
    pub continuous: Fact,
    /// The most schedules of one data set.
    pub most_rules: usize,
    /// The most sites that one schedule copies to.
    pub most_copies: usize,
    /// The default quota of data sets with backups in an account, and of those in a region.
    pub most_sets: (usize, usize),
    /// What to do if more are needed.
    pub more_sets: &'static str,
    /// Why a key cannot be that of a vault, and what to do.
    pub vault_key_fault: fn(&KmsKey) -> Option<&'static str>,
    /// Why one backup can wait for another one.
    pub one_job: &'static str,
    /// Why a backup can be skipped each time.
    pub skipped: &'static str,
    /// Why copies of backups have no bound.
    pub no_copy_bound: &'static str,
    /// On what it rests that backups are copied to another account.
    pub across_accounts: &'static str,
    /// The same where somebody holds the account of the estate.
    pub shared_owner: &'static str,
    /// Where a backup in another account is restored.
    pub restored_there: &'static str,
    /// What to write where a vault in another account has no key of its own, and why.
    pub vault_key_elsewhere: &'static str,
    /// Why a backup in a vault may not be readable after a compromise of the account, and what to do.
    pub vault_key: &'static str,
    /// Why restores have no bound.
    pub no_restore_bound: &'static str,
}

/// A group of calls that need a control plane.
#[derive(Debug)]
pub struct ControlPlane {
    /// The code of the finding.
    pub code: Code,
    /// What the calls do, as part of a sentence.
    pub what: &'static str,
    /// What to prepare instead.
    pub instead: &'static str,
    /// Services, each with prefixes of action names.
    pub calls: &'static [(&'static str, &'static [&'static str])],
}

impl Dns {
    /// The seconds until so many requests in a row have failed, at most. A failure begins right after a request was answered. The seconds
    /// between two requests count from the response to the first one, or from the end of its time: where a provider does not say so, the
    /// other reading gives less, and nobody could rely on it.
    #[must_use]
    pub fn detection(&self, interval: u64, failures: u64, request: u64) -> u64 {
        failures.saturating_mul(interval.saturating_add(request))
    }

    /// The same as a formula for users.
    #[must_use]
    pub fn detection_in_words(&self, interval: u64, failures: u64, request: u64) -> String {
        let service = self.service;
        format!("{service}: {failures} failures × ({interval} s between requests + {request} s for one)")
    }
}

impl ControlPlane {
    /// Whether a call, such as `queue:CreateTopic`, belongs to the group.
    #[must_use]
    pub fn covers(&self, call: &str) -> bool {
        let Some((service, action)) = call.split_once(':') else { return false };
        let beginnings =
            self.calls.iter().filter(|(name, _)| *name == service).flat_map(|(_, actions)| *actions);
        beginnings.into_iter().any(|beginning| action.starts_with(beginning))
    }
}

impl Facts {
    /// Whether two keys are the same. A missing key equals no other.
    #[must_use]
    pub fn one_key(&self, one: Option<&KmsKey>, other: Option<&KmsKey>) -> bool {
        one.zip(other).is_some_and(|(one, other)| (self.same_key)(one, other))
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facts({})", self.name)
    }
}
