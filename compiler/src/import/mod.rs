//! Taking over what is there already: YAML for what no policy mentions, and the things of policies that become ours.
//!
//! ```text
//! survey → candidates (group) → text (write) → check, lower → held against what was found (propose) → text
//! ```
//!
//! The language itself decides what can be written: a candidate that does not compile, or whose graph differs from
//! the cloud in what a policy cannot leave as it is, is left out, with the reason. Everything in a survey comes from
//! a cloud, where others choose the names: it reaches the text quoted, or within the patterns of the language.

mod adopt;
mod data;
mod group;
mod propose;
mod traffic;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::observation::Object;
use crate::resource::Kind;
pub use adopt::{Adoption, adoptions};
pub use propose::{Proposal, propose};

/// What a cloud has of what a policy could describe.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The things, health checks by their whole caller reference.
    pub objects: Vec<Object>,
    /// What could not be looked at.
    pub left_out: Vec<LeftOut>,
}

/// Something that is not taken over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// What it is.
    pub what: String,
    /// Why.
    pub why: String,
}

impl LeftOut {
    /// Something, and why.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

impl Survey {
    fn of(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    fn find(&self, kind: Kind, id: &str) -> Option<&Object> {
        self.of(kind).find(|object| object.id == id)
    }
}

/// A service that could be written.
#[derive(Debug, Clone)]
struct Candidate<'a> {
    name: String,
    primary: String,
    standby: Vec<String>,
    data: BTreeMap<String, DataSet>,
    traffic: BTreeMap<String, Traffic>,
    /// The thing that is at each address, which is written without the service.
    things: BTreeMap<String, &'a Object>,
    /// What has to be said about them.
    existing: BTreeMap<String, Existing>,
    /// The objectives that what is there does not keep: `rto`, `rpo`.
    undecided: BTreeSet<&'static str>,
}

#[derive(Debug, Clone)]
struct DataSet {
    bucket: String,
    encrypt: &'static str,
    /// Site and bucket of each copy.
    copies: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
struct Traffic {
    zone: String,
    record: String,
    ttl: Option<u64>,
    /// Key and value, in the order of the language.
    probe: Vec<(&'static str, Value)>,
    /// Site and what it answers with, the primary first.
    endpoints: Vec<(String, Target)>,
    /// Whether nothing in the cloud says which sites the endpoints are at.
    guessed: bool,
}

#[derive(Debug, Clone)]
enum Target {
    Address(String),
    Alias { name: String, zone_id: String },
}

#[derive(Debug, Clone, Default)]
struct Existing {
    known_as: BTreeMap<String, String>,
    leave: BTreeSet<String>,
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.attributes.get(name).and_then(Value::as_str)
}

/// The longest name of the language.
const LONGEST: usize = 40;

/// A name of the language that is like a name of the cloud, and not one of those that are taken.
fn name(like: &str, taken: impl Fn(&str) -> bool) -> String {
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
