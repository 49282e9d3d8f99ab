//! What the language is checked with and objectives are derived from: facts of a provider, each with its source where it
//! is declared. Sentences are shown to users as they stand here.

use std::fmt;
use std::net::IpAddr;

use super::aws::words::KmsKey;
use crate::diagnostic::Code;
use crate::units::Duration;

/// The facts of a provider.
pub struct Facts {
    /// The provider's name.
    pub name: &'static str,
    /// Names that fail over.
    pub dns: Dns,
    /// Data, and its copies in real time.
    pub storage: Storage,
    /// Backups on a schedule.
    pub backup: Backup,
    /// Whether two keys are one, so that they are lost together.
    pub same_key: fn(&KmsKey, &KmsKey) -> bool,
    /// Calls that static stability forbids during a disaster. The first group that a call belongs to names it.
    pub control_planes: &'static [ControlPlane],
}

/// A duration, and why it is that.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// How long.
    pub value: Duration,
    /// Why, for users.
    pub why: &'static str,
}

/// Names that fail over by health checks.
#[derive(Debug)]
pub struct Dns {
    /// The service, as its users call it.
    pub service: &'static str,
    /// The TTL where the policy gives none.
    pub ttl: Fact,
    /// The longest TTL that passes without a warning.
    pub longest_ttl: Duration,
    /// What is advised about TTLs.
    pub ttl_advice: &'static str,
    /// A TTL and a probe that are as short as makes sense: the TTL, seconds between two requests, failures.
    pub fastest: (Duration, u64, u64),
    /// How long the answers of an alias are kept.
    pub alias_ttl: Fact,
    /// Failures in a row where the policy gives none.
    pub failures: u8,
    /// Seconds that one request of a health checker may take, by whether it only connects and whether it reads a text.
    pub request: fn(bool, bool) -> u64,
    /// How long it takes until a failed check changes the answers.
    pub health_propagation: Fact,
    /// How long clients keep connections open.
    pub keep_alive: Fact,
    /// Whether the target of an alias is asked how it is, by the id of the zone that its name is in.
    pub evaluates_alias: fn(&str) -> bool,
    /// Why health checkers cannot reach an address.
    pub unreachable: fn(IpAddr) -> Option<&'static str>,
    /// Where health checkers ask from.
    pub checks_from: &'static str,
    /// The longest record that leaves room for names below it, in characters.
    pub longest_record: usize,
    /// Health checks that an account may have.
    pub most_checks: usize,
    /// What to do about more.
    pub more_checks: &'static str,
}

/// Data, and its copies in real time.
#[derive(Debug)]
pub struct Storage {
    /// How far behind a copy in real time can be, where the provider promises a time.
    pub copy: Fact,
    /// Why a copy has no bound otherwise.
    pub no_bound: &'static str,
    /// Why older objects are in no copy, and what to do.
    pub backfill: &'static str,
    /// Why older states of the primary are there.
    pub versions: &'static str,
    /// What is said of keys that the provider keeps: what, source.
    pub provider_keys: (&'static str, &'static str),
    /// What is said of a key that the provider manages in the account: what, source.
    pub managed_key: (&'static str, &'static str),
    /// Why data is encrypted as it is where the policy says nothing.
    pub default_encryption: &'static str,
    /// Why a key has to be of the region of its data.
    pub key_region: &'static str,
}

/// Backups on a schedule.
#[derive(Debug)]
pub struct Backup {
    /// The service, as its users call it.
    pub service: &'static str,
    /// The shortest start window.
    pub start: Fact,
    /// The longest time that a backup is kept, in days.
    pub longest_days: u64,
    /// Why copies of backups have no bound.
    pub no_copy_bound: &'static str,
    /// Why restores have no bound.
    pub no_restore_bound: &'static str,
}

/// A group of calls that need a control plane.
#[derive(Debug)]
pub struct ControlPlane {
    /// The code of the finding.
    pub code: Code,
    /// What the calls do, in a few words.
    pub what: &'static str,
    /// What to have in place instead.
    pub instead: &'static str,
    /// Services with the beginnings of their actions.
    pub calls: &'static [(&'static str, &'static [&'static str])],
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
    /// Whether two keys are one. Having no key equals nothing.
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
