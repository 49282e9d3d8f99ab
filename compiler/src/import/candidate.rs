//! Candidate services: what a provider derives from a survey before it becomes policy text.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::survey::LeftOut;
use crate::graph::Graph;
use crate::observation::Object;

/// What the existing policies already declare.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The names of the sites by the provider's id of their region.
    pub sites: &'a BTreeMap<String, String>,
    /// The graph of the existing policies, or `None` if there are none.
    pub graph: Option<&'a Graph>,
    /// The service names that are already used.
    pub services: &'a BTreeSet<String>,
    /// The id of the estate's account at the provider.
    pub account: &'a str,
    /// The names of sites that are in another account.
    pub elsewhere: &'a BTreeSet<String>,
}

/// A service that can be proposed.
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
    /// The observed object at each address. The addresses omit the service.
    pub things: BTreeMap<String, &'a Object>,
    /// The addresses of what does not exist yet and the next apply makes, beside what others made.
    pub anew: BTreeSet<String>,
    /// What to write under `existing` for each address.
    pub existing: BTreeMap<String, Existing>,
    /// The objectives that the current setup does not meet: `rto`, `rpo`.
    pub undecided: BTreeSet<&'static str>,
}

/// A data set that can be proposed.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// The primary bucket.
    pub bucket: String,
    /// Its encryption, as a value of the language.
    pub encrypt: &'static str,
    /// Site and bucket of each copy.
    pub copies: Vec<(String, String)>,
    /// The scheduled backups.
    pub schedules: Vec<Scheduled>,
    /// What a person must know about its scheduled backups, in sentences. Written as comments.
    pub remarks: Vec<String>,
}

/// A scheduled backup that can be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The day of a weekly backup, as a word of the language. `None` for a daily one.
    pub on: Option<&'static str>,
    /// The time of day, `HH:MM`.
    pub at: String,
    /// The time zone of `at`, if it is not UTC.
    pub zone: Option<String>,
    /// Within how many minutes after its due time it starts.
    pub start: u64,
    /// After how many minutes a backup that has started is cancelled.
    pub complete: u64,
    /// For how many days it is kept.
    pub keep: u64,
    /// Whether the backup where the data is can be restored as of any second.
    pub continuous: bool,
    /// The sites that hold a backup.
    pub to: Vec<String>,
}

/// An entry of traffic that can be proposed.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The zone.
    pub zone: String,
    /// The record.
    pub record: String,
    /// In seconds.
    pub ttl: Option<u64>,
    /// Keys and values, in the order of the language.
    pub probe: Vec<(&'static str, Value)>,
    /// Sites and their endpoints, the primary first.
    pub endpoints: Vec<(String, Answer)>,
    /// Whether the sites of the endpoints are guesses, because nothing in the cloud shows them.
    pub guessed: bool,
}

/// The answer of a record.
#[derive(Debug, Clone)]
pub enum Answer {
    /// An address or a host name.
    Address(String),
    /// An alias of a resource of the provider.
    Alias {
        /// Its DNS name.
        name: String,
        /// The id of the zone of that name.
        zone_id: String,
    },
}

/// An entry under `existing`.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    /// Names by identity attribute: its key `as`.
    pub known_as: BTreeMap<String, String>,
    /// Attributes to leave unmanaged: its key `leave`.
    pub leave: BTreeSet<String>,
}

impl Candidate<'_> {
    /// Leave out all scheduled backups, because a policy with them does not compile. Returns whether there were any.
    pub(super) fn drop_schedules(&mut self, why: &str, out: &mut Vec<LeftOut>) -> bool {
        let mut dropped = false;
        for set in self.data.values_mut().filter(|set| !set.schedules.is_empty()) {
            set.schedules.clear();
            set.remarks = vec![format!("Its scheduled backups are not written: {why}.")];
            out.push(LeftOut::new(format!("backups of {}", set.bucket), why));
            dropped = true;
        }
        // Without any copy it is no data set.
        self.data.retain(|_, set| !set.copies.is_empty());
        self.prune();
        dropped
    }

    /// Forget what belongs to no data set and no traffic any more.
    pub(super) fn prune(&mut self) {
        // An address has a kind, then an entry, then further names.
        let entry = |address: &str| address.split('.').nth(1).unwrap_or_default().to_owned();
        let entries: BTreeSet<String> = self.data.keys().chain(self.traffic.keys()).cloned().collect();
        self.things.retain(|address, _| entries.contains(&entry(address)));
        self.anew.retain(|address| entries.contains(&entry(address)));
        self.existing.retain(|address, _| entries.contains(&entry(address)));
    }

    /// A candidate without data and traffic.
    #[must_use]
    pub fn empty(name: &str, primary: &str) -> Self {
        Self {
            name: name.to_owned(),
            primary: primary.to_owned(),
            standby: Vec::new(),
            data: BTreeMap::new(),
            traffic: BTreeMap::new(),
            things: BTreeMap::new(),
            anew: BTreeSet::new(),
            existing: BTreeMap::new(),
            undecided: BTreeSet::new(),
        }
    }
}

/// An attribute of an object, if it is text.
#[must_use]
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.attributes.get(name).and_then(Value::as_str)
}

/// The longest name in the language, in characters.
const LONGEST: usize = 40;

/// A valid name similar to a name in the cloud, and different from those that are taken.
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
