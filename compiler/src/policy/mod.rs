//! The policy: documents with their names bound and the rules of the services checked.
//!
//! A policy exists only if it has no errors; every later step relies on what is checked here.

mod approvals;
mod backups;
mod bind;
mod binder;
mod buckets;
mod continuity;
mod dependencies;
mod drills;
mod effective;
mod existing;
mod journal;
mod recovery;
mod schedule;
mod settings;
mod sites;
mod traffic;
mod waivers;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::document::{
    BucketName, Disruption, Document, DomainName, Encryption, KmsKey, Lock, Name, Strategy, TimeOfDay,
    Weekday,
};
use crate::provider::facts::Facts;
use crate::provider::region::Region;
use crate::source::Span;
use crate::units::{Bytes, Date, Duration};
pub use approvals::Approvals;
pub use continuity::{Contact, Plan};
pub use drills::Drill;
pub use effective::effective;
pub use existing::Existing;
pub use journal::{Journal, LEASE};
pub use recovery::{RecoveryStep, StepAction};
pub use settings::{Asked, Assumed, Assumptions, Origin, Setting};
pub use traffic::RecordType;
pub use waivers::Waiver;

/// A whole estate, checked.
#[derive(Debug)]
pub struct Policy {
    /// The estate's name.
    pub estate: Name,
    /// The place of the estate.
    pub estate_span: Span,
    /// The names of the providers that its sites are at.
    pub providers: BTreeSet<&'static str>,
    /// The accounts the estate says it lives in, by provider, with their places.
    pub accounts: BTreeMap<&'static str, (String, Span)>,
    /// Where the journal is stored.
    pub journal: Option<Journal>,
    /// Who has to agree to a plan.
    pub approvals: Option<Approvals>,
    /// The services by name.
    pub services: BTreeMap<Name, Service>,
    /// The continuity plan.
    pub continuity: Option<Plan>,
    /// The drills by name.
    pub drills: BTreeMap<Name, Drill>,
    /// The waivers, in the order of the text.
    pub waivers: Vec<Waiver>,
}

/// A site.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name.
    pub name: Name,
    /// Its region.
    pub region: Region,
    /// The KMS key for `aws:kms`, if not the account's own for S3.
    pub kms_key: Option<KmsKey>,
    /// What it shares with others.
    pub shares: Vec<Name>,
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
    /// Who answers for it, with the place that says so.
    pub owner: Option<(Name, Span)>,
    /// The primary site and then the standbys, in the order they take over.
    pub sites: Vec<Site>,
    /// The place of the standbys, of the primary where there are none.
    pub standby_span: Span,
    /// What is asked of it in each disruption.
    pub objectives: BTreeMap<Disruption, Asked>,
    /// Services it cannot do without, with the places that say so.
    pub depends_on: BTreeMap<Name, Span>,
    /// Its data sets.
    pub data: BTreeMap<Name, DataSet>,
    /// Its traffic.
    pub traffic: BTreeMap<Name, Traffic>,
    /// How people bring it back, each step after those it waits for.
    pub recovery: BTreeMap<Disruption, Vec<RecoveryStep>>,
    /// What is taken for granted of it.
    pub assumptions: Assumptions,
    /// What of it is there already, by address without the service.
    pub existing: BTreeMap<String, Existing>,
}

/// A data set: the primary bucket, its copies, its backups.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// The primary bucket.
    pub primary: Bucket,
    /// The copies, the first one with the highest replication priority.
    pub copies: Vec<Bucket>,
    /// The backups that are made on a schedule.
    pub schedules: Vec<Schedule>,
    /// How all of them encrypt.
    pub encryption: Setting<Encryption>,
    /// How much data it is.
    pub size: Option<Setting<Assumed<Bytes>>>,
    /// When what is older than the replication was copied by hand.
    pub backfilled: Option<Setting<Assumed<Date>>>,
    /// The place of the backups that make the copies.
    pub backups: Span,
}

/// Backups of a data set that are made on a schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Daily or weekly.
    pub strategy: Strategy,
    /// The day of the week, where it is weekly.
    pub on: Option<Weekday>,
    /// The time of day at which they are due.
    pub at: TimeOfDay,
    /// The name of the time zone of `at`.
    pub zone: String,
    /// The longest time between two: summer time makes a day longer, or skips its hour.
    pub interval: Duration,
    /// How long after they are due they start at the latest.
    pub start: Duration,
    /// How long they may take.
    pub complete: Duration,
    /// How long each is kept.
    pub keep: Duration,
    /// Who can delete them before their time.
    pub lock: Option<Lock>,
    /// The sites that hold them, with the places that say so.
    pub to: Vec<(Site, Span)>,
    /// The place of the strategy.
    pub span: Span,
}

/// A bucket at a site.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name.
    pub name: BucketName,
    /// Where it is.
    pub site: Site,
    /// The place in the policy that asks for it.
    pub span: Span,
}

/// A DNS name that fails over.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The place of the entry's name.
    pub span: Span,
    /// The provider that answers for the name.
    pub provider: &'static Facts,
    /// The hosted zone.
    pub zone: DomainName,
    /// The place of the zone.
    pub zone_span: Span,
    /// The record.
    pub record: DomainName,
    /// The record's type.
    pub record_type: RecordType,
    /// How long an answer may be kept.
    pub ttl: Setting<Duration>,
    /// How a failure is found.
    pub probe: Option<Probe>,
    /// Where the service answers: the primary site first, then the standbys in their order.
    pub endpoints: Vec<Endpoint>,
}

/// A health check, complete.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What is asked.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// Seconds between two requests of one checker: 10 or 30.
    pub interval: u64,
    /// Failures in a row until an endpoint counts as down: 1 to 10.
    pub failures: u8,
    /// Text the answer has to hold.
    pub expect: Option<String>,
    /// The place of the probe.
    pub span: Span,
}

/// What a health checker asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// A path over HTTPS.
    Https(String),
    /// A path over HTTP.
    Http(String),
    /// A connection.
    Tcp,
}

/// Where a service answers at one site.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The site.
    pub site: Site,
    /// What the record answers with.
    pub target: EndpointTarget,
    /// The place of the endpoint.
    pub span: Span,
}

/// What a record answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointTarget {
    /// An IP address.
    Ip(std::net::IpAddr),
    /// A host name.
    Host(String),
    /// An AWS resource by the DNS name it has and the hosted zone of that name.
    Alias {
        /// The DNS name.
        name: String,
        /// The hosted zone's id.
        zone_id: String,
    },
}

impl EndpointTarget {
    /// Whether the provider asks the target itself how it is.
    #[must_use]
    pub fn health_is_evaluated(&self, provider: &Facts) -> bool {
        matches!(self, Self::Alias { zone_id, .. } if (provider.dns.evaluates_alias)(zone_id))
    }
}

/// Bind documents into a policy. `complete` is false where some were too broken to be read: then what they would
/// have declared is not reported as missing. There is no policy without an estate.
pub(crate) fn bind(documents: Vec<Document>, complete: bool, out: &mut Vec<Diagnostic>) -> Option<Policy> {
    bind::bind(documents, complete, out)
}
