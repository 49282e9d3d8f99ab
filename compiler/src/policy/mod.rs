//! The policy: documents with bound names, after the checks of each service.
//!
//! A policy exists only if it has no errors. Every later stage relies on these checks.

mod alarms;
mod approvals;
mod backups;
mod bind;
mod binder;
mod buckets;
mod calendar;
mod compare;
mod continuity;
mod criterion;
mod dependencies;
mod direction;
mod drills;
mod effective;
mod elsewhere;
mod existing;
mod journal;
mod keys;
mod probe;
mod recovery;
mod schedule;
mod settings;
mod sites;
mod traffic;
mod versions;
mod waivers;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::document::{
    Backfiller, Disruption, Document, Encryption, KmsKey, Lock, Name, Strategy, TimeOfDay, VersionLock,
    Weekday,
};
use crate::provider::facts::{Facts, KeyUse};
use crate::provider::region::Region;
use crate::source::Span;
use crate::units::{Bytes, Date, Duration};
pub use alarms::{Alarms, Medium, Severity, Told, Way};
pub use approvals::Approvals;
pub use compare::{Judgement, PolicyChange, PolicyChanges, changes_since};
pub(crate) use compare::{change_in_words, text as changes};
pub(crate) use continuity::REVIEW_EVERY;
pub use continuity::{Contact, Plan};
pub use criterion::{Criterion, Page};
pub use direction::{Direction, Order, Said, direction, unsaid};
pub use drills::Drill;
pub use effective::effective;
pub use existing::Existing;
pub use journal::{Journal, LEASE};
pub use recovery::{RecoveryStep, StepAction};
pub use settings::{Asked, Assumed, Assumptions, Origin, Setting};
pub use traffic::RecordType;
pub use waivers::Waiver;

/// A whole estate, bound and checked.
#[derive(Debug)]
pub struct Policy {
    /// The estate's name.
    pub estate: Name,
    /// The place of the estate.
    pub estate_span: Span,
    /// Its sites with their regions, also those that no service uses.
    pub sites: BTreeMap<Name, Region>,
    /// What sites share and are lost together with, each with those sites.
    pub shared: BTreeMap<Name, BTreeSet<Name>>,
    /// The names of the providers of its sites.
    pub providers: BTreeSet<&'static str>,
    /// The accounts that the estate declares, by provider, with their places.
    pub accounts: BTreeMap<&'static str, (String, Span)>,
    /// Where the journal is stored.
    pub journal: Option<Journal>,
    /// Who must approve a plan.
    pub approvals: Option<Approvals>,
    /// Who is told when something fails.
    pub alarms: Option<Alarms>,
    /// The sites in accounts other than the estate's, by their regions.
    pub elsewhere: BTreeMap<Region, SiteAccount>,
    /// The services by name.
    pub services: BTreeMap<Name, Service>,
    /// The continuity plan.
    pub continuity: Option<Plan>,
    /// The drills by name.
    pub drills: BTreeMap<Name, Drill>,
    /// The waivers, in the order of the text.
    pub waivers: Vec<Waiver>,
}

impl Policy {
    /// The sites that a name stands for: the site of this name, or else all that share what has this name. Empty if there is neither.
    #[must_use]
    pub fn sites_of(&self, name: &str) -> Vec<&Name> {
        let own = self.sites.keys().find(|site| site.as_str() == name);
        let shared = self.shared.iter().find(|(what, _)| what.as_str() == name);
        own.map(|site| vec![site]).or_else(|| Some(shared?.1.iter().collect())).unwrap_or_default()
    }
}

/// A site.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name.
    pub name: Name,
    /// Its region.
    pub region: Region,
    /// The part of the account that holds what is at the site, as the provider names it. `None`: the account itself.
    pub within: Option<String>,
    /// Its account, if that is not the estate's.
    pub account: Option<SiteAccount>,
    /// The KMS key for `aws:kms`. `None`: the account's default key for S3.
    pub kms_key: Option<KmsKey>,
    /// The keys that Holdfast makes for the site: its own, and that of its vault.
    pub made_keys: Vec<MadeKey>,
    /// The backup vault at this site, if the policy says something about it.
    pub vault: Option<Vault>,
    /// Names of what it shares with other sites.
    pub shares: Vec<Name>,
}

/// An account other than the estate's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAccount {
    /// Its id.
    pub id: String,
    /// The name of the role there that Holdfast assumes.
    pub role: String,
    /// What the role asks of whoever assumes it.
    pub external_id: Option<String>,
    /// The place that declares it.
    pub span: Span,
}

/// A key that Holdfast makes at a site.
#[derive(Debug, Clone)]
pub struct MadeKey {
    /// Its name.
    pub key: KmsKey,
    /// What it encrypts.
    pub of: KeyUse,
    /// Whether other regions can have replicas of it.
    pub multi_region: bool,
    /// The site whose key it is a replica of, and the region there.
    pub replica_of: Option<(Name, Region)>,
    /// The place that declares it.
    pub span: Span,
}

/// The vault of the scheduled backups at a site.
#[derive(Debug, Clone)]
pub struct Vault {
    /// The account that it is in. `None`: the estate's.
    pub account: Option<String>,
    /// Its own key.
    pub kms_key: Option<KmsKey>,
    /// The place that declares it.
    pub span: Span,
}

impl Site {
    /// The account of what is at the site, if that is not the estate's.
    #[must_use]
    pub fn own_account(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.id.as_str())
    }

    /// The account that the vault is in, if the policy says it.
    #[must_use]
    pub fn vault_account(&self) -> Option<&str> {
        self.vault.as_ref().and_then(|vault| vault.account.as_deref()).or_else(|| self.own_account())
    }

    /// Whether Holdfast makes the vault: in the account of the estate, or in that of the site, where it has a role. `estate`: the account of
    /// the estate, if it is known.
    #[must_use]
    pub fn has_made_vault(&self, estate: Option<&str>) -> bool {
        let account = self.vault_account();
        account.is_none() || account == estate || account == self.own_account()
    }

    /// The key that encrypts the backups in the vault. `None`: one that the provider manages.
    #[must_use]
    pub fn vault_key(&self) -> Option<&KmsKey> {
        self.vault.as_ref().and_then(|vault| vault.kms_key.as_ref()).or(self.kms_key.as_ref())
    }
}

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// The place of its name.
    pub span: Span,
    /// Its tier, with the place that says so.
    pub tier: Option<(Name, Span)>,
    /// Whether the business stops without it.
    pub critical: bool,
    /// Who is responsible for it, with the place that says so.
    pub owner: Option<(Name, Span)>,
    /// The primary site and then the standbys, in the order they take over.
    pub sites: Vec<Site>,
    /// The place of the standbys; of the primary if there are none.
    pub standby_span: Span,
    /// Its objectives for each disruption.
    pub objectives: BTreeMap<Disruption, Asked>,
    /// Services that it depends on, with the places that say so.
    pub depends_on: BTreeMap<Name, Span>,
    /// Its data sets.
    pub data: BTreeMap<Name, DataSet>,
    /// Its traffic.
    pub traffic: BTreeMap<Name, Traffic>,
    /// Its recovery steps, each after those it waits for.
    pub recovery: BTreeMap<Disruption, Vec<RecoveryStep>>,
    /// Its assumptions.
    pub assumptions: Assumptions,
    /// Its existing resources, by address without the service.
    pub existing: BTreeMap<String, Existing>,
}

/// A data set: the primary bucket, its copies, its backups.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// The primary bucket.
    pub primary: Bucket,
    /// The copies, the first one with the highest replication priority.
    pub copies: Vec<Bucket>,
    /// The scheduled backups.
    pub schedules: Vec<Schedule>,
    /// How all of them encrypt.
    pub encryption: Setting<Encryption>,
    /// The amount of data.
    pub size: Option<Setting<Assumed<Bytes>>>,
    /// How much of it is written in a day.
    pub changes: Option<Setting<Assumed<Bytes>>>,
    /// When objects older than the replication were copied by hand.
    pub backfilled: Option<Setting<Assumed<Date>>>,
    /// How Holdfast copies them, and the place that says so.
    pub backfill: Option<(Backfiller, Span)>,
    /// The place that says that what is written to a copy is copied to the primary bucket and the other copies.
    pub two_way: Option<Span>,
    /// How long versions are kept after they were replaced. `None`: for ever.
    pub keep_versions: Option<Setting<Duration>>,
    /// How long versions are locked after they were written. `None`: they are not.
    pub lock: Option<Setting<VersionLock>>,
    /// The place of the backups that create the copies.
    pub backups: Span,
}

/// Scheduled backups of a data set.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Daily or weekly.
    pub strategy: Strategy,
    /// The day of the week, for a weekly schedule.
    pub on: Option<Weekday>,
    /// The time of day at which they are due.
    pub at: TimeOfDay,
    /// The name of the time zone of `at`.
    pub zone: String,
    /// The longest time between two backups, including the effect of summer time and of other backups of the same data
    /// that can take their turn. `None`: nothing limits it.
    pub interval: Option<Duration>,
    /// How much later a backup can be in its place because of other backups of the same data.
    pub delay: Duration,
    /// The latest start after the due time.
    pub start: Duration,
    /// The longest time a backup may take.
    pub complete: Duration,
    /// How long each is kept.
    pub keep: Duration,
    /// Whether the backup in the region of the data can be restored as of any second.
    pub continuous: bool,
    /// Who can delete backups before their time.
    pub lock: Option<Lock>,
    /// Until when whoever holds the account can remove the lock, as was observed.
    pub removable_until: Option<Date>,
    /// The sites that store them, with the places that say so.
    pub to: Vec<(Site, Span)>,
    /// The place of the strategy.
    pub span: Span,
}

impl Schedule {
    /// Who can delete the backups at a site before their time. Where the policy asks for no backup, there may be one only because it
    /// is copied from there: anyone with permission can.
    #[must_use]
    pub fn lock_at(&self, site: &Site) -> Option<Lock> {
        self.lock.filter(|_| self.to.iter().any(|(to, _)| to.name == site.name))
    }

    /// Until when the lock can be removed, if it still can. Without a date of today nothing says that this is over.
    #[must_use]
    pub fn lock_removable(&self, as_of: Option<Date>) -> Option<Date> {
        self.removable_until.filter(|until| as_of.is_none_or(|today| today <= *until))
    }
}

/// The name of a bucket, or of what a provider has in its place: unique at the provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreName(String);

impl StoreName {
    /// A name that the provider allows.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A bucket at a site.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name.
    pub name: StoreName,
    /// Its site.
    pub site: Site,
    /// Whether the provider promises a time for what is copied to it.
    pub timed: bool,
    /// The site whose copies have the promise in its place, where the provider gives it only once.
    pub instead: Option<Name>,
    /// The place in the policy that declares it.
    pub span: Span,
}

/// A DNS name that fails over.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The place of the entry's name.
    pub span: Span,
    /// The provider of the DNS service.
    pub provider: &'static Facts,
    /// The domain within which its names are: the zone, or the name itself where the provider has it.
    pub domain: String,
    /// The place of that.
    pub domain_span: Span,
    /// The name that fails over.
    pub record: String,
    /// Where the provider keeps what answers, if it has a place for it.
    pub within: Option<String>,
    /// The record's type.
    pub record_type: RecordType,
    /// How long an answer may be cached.
    pub ttl: Setting<Duration>,
    /// How a failure is detected.
    pub probe: Option<Probe>,
    /// The endpoints: the primary site first, then the standbys in their order.
    pub endpoints: Vec<Endpoint>,
}

/// A health check with all defaults filled in.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What is requested.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// Seconds between two requests of one checker: 10 or 30.
    pub interval: u64,
    /// The number of consecutive failures after which an endpoint counts as down: 1 to 10.
    pub failures: u8,
    /// Seconds that one request may take.
    pub request: u64,
    /// Text that the response must contain.
    pub expect: Option<String>,
    /// The place of the probe.
    pub span: Span,
}

/// What a health checker requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// A path over HTTPS.
    Https(String),
    /// A path over HTTP.
    Http(String),
    /// A TCP connection.
    Tcp,
}

/// The endpoint of a service at one site.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The site.
    pub site: Site,
    /// The answer of the record.
    pub target: EndpointTarget,
    /// The place of the endpoint.
    pub span: Span,
}

/// The answer of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointTarget {
    /// An IP address.
    Ip(std::net::IpAddr),
    /// A host name.
    Host(String),
    /// An alias of a resource of the provider, by its DNS name and the hosted zone of that name.
    Alias {
        /// The DNS name.
        name: String,
        /// The hosted zone's id.
        zone_id: String,
    },
}

impl EndpointTarget {
    /// Whether the provider evaluates the health of the target itself.
    #[must_use]
    pub fn health_is_evaluated(&self, provider: &Facts) -> bool {
        matches!(self, Self::Alias { zone_id, .. } if (provider.dns.evaluates_alias)(zone_id))
    }
}

/// Bind documents into a policy. `complete` is false if some documents could not be read: then names that
/// they may declare are not reported as missing. Without an estate there is no policy.
pub(crate) fn bind(documents: Vec<Document>, complete: bool, out: &mut Vec<Diagnostic>) -> Option<Policy> {
    bind::bind(documents, complete, out)
}
