//! Candidate services: what a provider reads from a survey, before it becomes policy text.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::graph::Graph;
use crate::observation::Object;

/// What there is already on our side.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The names of the sites by the provider's id of their region.
    pub sites: &'a BTreeMap<String, String>,
    /// What the policies mention; nothing where there are none.
    pub graph: Option<&'a Graph>,
    /// The names of services that are taken.
    pub services: &'a BTreeSet<String>,
}

/// A service that could be written.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// Its name.
    pub name: String,
    /// The primary site.
    pub primary: String,
    /// The standbys, in the order in which they take over.
    pub standby: Vec<String>,
    /// Data sets by name.
    pub data: BTreeMap<String, DataSet>,
    /// Entries of traffic by name.
    pub traffic: BTreeMap<String, Traffic>,
    /// The thing that is at each address, which is written without the service.
    pub things: BTreeMap<String, &'a Object>,
    /// What has to be said about them.
    pub existing: BTreeMap<String, Existing>,
    /// The objectives that what is there does not keep: `rto`, `rpo`.
    pub undecided: BTreeSet<&'static str>,
}

/// A data set that could be written.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// The primary bucket.
    pub bucket: String,
    /// How it encrypts, as the language says it.
    pub encrypt: &'static str,
    /// Site and bucket of each copy.
    pub copies: Vec<(String, String)>,
}

/// An entry of traffic that could be written.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The zone.
    pub zone: String,
    /// The record.
    pub record: String,
    /// Seconds.
    pub ttl: Option<u64>,
    /// Key and value, in the order of the language.
    pub probe: Vec<(&'static str, Value)>,
    /// Site and what it answers with, the primary first.
    pub endpoints: Vec<(String, Answer)>,
    /// Whether nothing in the cloud says which sites the endpoints are at.
    pub guessed: bool,
}

/// What a record answers with.
#[derive(Debug, Clone)]
pub enum Answer {
    /// An address or a host name.
    Address(String),
    /// The provider's own resource.
    Alias {
        /// Its DNS name.
        name: String,
        /// The id of the zone of that name.
        zone_id: String,
    },
}

/// What has to be said under `existing`.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    /// Names by identity attribute.
    pub known_as: BTreeMap<String, String>,
    /// Attributes that are left as they are.
    pub leave: BTreeSet<String>,
}

impl Candidate<'_> {
    /// An empty one.
    #[must_use]
    pub fn empty(name: &str, primary: &str) -> Self {
        Self {
            name: name.to_owned(),
            primary: primary.to_owned(),
            standby: Vec::new(),
            data: BTreeMap::new(),
            traffic: BTreeMap::new(),
            things: BTreeMap::new(),
            existing: BTreeMap::new(),
            undecided: BTreeSet::new(),
        }
    }
}

/// An attribute of a thing, where it is text.
#[must_use]
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.attributes.get(name).and_then(Value::as_str)
}

/// The longest name of the language.
const LONGEST: usize = 40;

/// A name of the language that is like a name of the cloud, and not one of those that are taken.
pub fn name(like: &str, taken: impl Fn(&str) -> bool) -> String {
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let mut name: String = like.to_ascii_lowercase().chars().map(plain).take(LONGEST).collect();
    name = name.trim_matches('-').to_owned();
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name = format!("x-{name}");
    }
    let fitted = |room: usize| name.chars().take(room).collect::<String>().trim_end_matches('-').to_owned();
    let whole = fitted(LONGEST);
    if !taken(&whole) {
        return whole;
    }
    let numbered = (2_u64..).map(|nth| format!("{}-{nth}", fitted(LONGEST - 1 - nth.to_string().len())));
    numbered.into_iter().find(|name| !taken(name)).unwrap_or(whole)
}
