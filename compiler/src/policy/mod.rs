//! The policy: documents with their names bound and the rules of the services kept.
//!
//! A policy exists only where nothing is wrong; every later step relies on what is checked here.

mod bind;
mod binder;
mod buckets;
mod sites;
mod traffic;

use std::collections::BTreeMap;

use crate::diagnostic::{self, Diagnostic};
use crate::document::{
    self, AccountId, BucketName, DomainName, Encryption, KmsKey, Name, Objectives, Region,
};
use crate::source::{Sources, Span};
use crate::units::Duration;
pub use traffic::RecordType;

/// A whole estate, checked.
#[derive(Debug)]
pub struct Policy {
    /// The estate's name.
    pub estate: Name,
    /// The place of the estate.
    pub estate_span: Span,
    /// The account the estate says it lives in, with its place.
    pub account: Option<(AccountId, Span)>,
    /// The services by name.
    pub services: BTreeMap<Name, Service>,
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
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// The place of its name.
    pub span: Span,
    /// The primary site and then the standbys, in the order they take over.
    pub sites: Vec<Site>,
    /// What it has to keep.
    pub objectives: Objectives,
    /// Services that are set up first, with the places that say so.
    pub after: BTreeMap<Name, Span>,
    /// Its data sets.
    pub data: BTreeMap<Name, DataSet>,
    /// Its traffic.
    pub traffic: BTreeMap<Name, Traffic>,
}

/// A data set: the primary bucket and its copies.
#[derive(Debug)]
pub struct DataSet {
    /// The primary bucket.
    pub primary: Bucket,
    /// The copies, the first one with the highest replication priority.
    pub copies: Vec<Bucket>,
    /// How all of them encrypt.
    pub encryption: Encryption,
    /// The place of the backups that make the copies.
    pub backups: Span,
}

/// A bucket at a site.
#[derive(Debug)]
pub struct Bucket {
    /// Its name.
    pub name: BucketName,
    /// Where it is.
    pub site: Site,
    /// The place in the policy that asks for it.
    pub span: Span,
}

/// A DNS name that fails over.
#[derive(Debug)]
pub struct Traffic {
    /// The place of the entry's name.
    pub span: Span,
    /// The hosted zone.
    pub zone: DomainName,
    /// The place of the zone.
    pub zone_span: Span,
    /// The record.
    pub record: DomainName,
    /// The record's type.
    pub record_type: RecordType,
    /// How long an answer may be kept.
    pub ttl: Duration,
    /// How a failure is found.
    pub probe: Option<Probe>,
    /// Where the service answers: the primary site first, then the standbys in their order.
    pub endpoints: Vec<Endpoint>,
}

/// A health check, complete.
#[derive(Debug)]
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
#[derive(Debug)]
pub struct Endpoint {
    /// The site.
    pub site: Site,
    /// What the record answers with.
    pub target: Target,
    /// The place of the endpoint.
    pub span: Span,
}

/// What a record answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
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

impl Target {
    /// Whether Route 53 asks the target itself how it is. It does for every AWS resource but CloudFront
    /// distributions (Route 53 API Reference, `AliasTarget.EvaluateTargetHealth`), which all have names in one
    /// zone (`AliasTarget.HostedZoneId`).
    #[must_use]
    pub fn tells_its_health(&self) -> bool {
        matches!(self, Self::Alias { zone_id, .. } if zone_id != "Z2FDTNDATAQYW2")
    }
}

/// Compile the text of an estate into its policy.
///
/// # Errors
/// All findings at once, in the order of the files, if one of them is an error.
pub fn compile(sources: &Sources) -> Result<Policy, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let documents = document::read(sources, &mut findings);
    // Names are bound even where a document is broken, so that one run reports everything; but what a
    // broken document would have declared is not reported as missing.
    let complete = findings.is_empty();
    let policy = bind::bind(&documents, complete, &mut findings);
    diagnostic::sort(&mut findings);
    match policy {
        Some(policy) if findings.is_empty() => Ok(policy),
        _ => Err(findings),
    }
}
