//! From things to services: replications and pairs of records, joined where names or tags agree.

use std::collections::{BTreeMap, BTreeSet};

use super::{Candidate, LeftOut, Survey, data, name, text, traffic};
use crate::graph::Graph;
use crate::observation::Object;
use crate::resource::{Attribute, Kind};

/// What the policies mention already.
#[derive(Default)]
pub(super) struct Mentioned {
    buckets: BTreeSet<String>,
    records: BTreeSet<[String; 3]>,
    references: Vec<String>,
}

impl Mentioned {
    pub(super) fn by(graph: &Graph) -> Self {
        let mut mentioned = Self::default();
        for resource in graph.iter() {
            let known = |name: &str| match resource.attributes.get(name) {
                Some(Attribute::Known(value)) => value.as_str().unwrap_or_default().to_owned(),
                _ => String::new(),
            };
            match resource.address.kind() {
                Kind::Bucket => {
                    mentioned.buckets.insert(known("name"));
                }
                Kind::Record => {
                    mentioned.records.insert([known("zone"), known("name"), known("type")]);
                }
                Kind::HealthCheck => mentioned.references.push(known("reference")),
                Kind::Role | Kind::Replication | Kind::HostedZone | Kind::Service => {}
            }
        }
        mentioned
    }

    /// Whether a health check is one of the policies', adopted or made by Holdfast.
    fn knows(&self, check: &Object) -> bool {
        let reference = text(check, "reference").unwrap_or_default();
        self.references.iter().any(|ours| {
            reference.strip_prefix(ours.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }
}

/// The services that could be written. `sites` are names by region, `services` the names that are taken.
pub(super) fn candidates<'a>(
    survey: &'a Survey,
    sites: &'a BTreeMap<String, String>,
    mentioned: &Mentioned,
    services: &BTreeSet<String>,
    out: &mut Vec<LeftOut>,
) -> Vec<Candidate<'a>> {
    let mut taken = mentioned.buckets.clone();
    let mut groups: BTreeMap<(String, &str), Candidate<'a>> = BTreeMap::new();
    for replication in survey.of(Kind::Replication) {
        if mentioned.buckets.contains(&replication.id) {
            continue;
        }
        match data::read(survey, sites, replication, &taken) {
            Ok(set) => {
                taken.extend(set.buckets().map(str::to_owned));
                let key = (set.service.clone(), set.site);
                let group = groups.entry(key).or_insert_with(|| empty(&set.service, set.site));
                set.join(group);
            }
            Err(why) => out.push(LeftOut::new(format!("replication of {}", replication.id), why)),
        }
    }
    data::lone(survey, &taken, out);
    let mut candidates: Vec<Candidate<'a>> = groups.into_values().collect();
    for (key, records) in traffic::names(survey) {
        let (zone, record, kind) = key;
        if mentioned.records.contains(&[zone, record, kind].map(str::to_owned)) {
            continue;
        }
        let mut left_out = |why: String| out.push(LeftOut::new(format!("record {record} {kind}"), why));
        let pair = match traffic::read(survey, sites, key, &records) {
            Ok(pair) => pair,
            Err(why) => {
                left_out(why);
                continue;
            }
        };
        if let Some(candidate) = candidates.iter_mut().find(|candidate| pair.fits(candidate)) {
            pair.join(candidate);
        } else if let Some([primary, secondary]) = pair.sites() {
            if primary == secondary {
                left_out(format!("both of its records answer at {primary}"));
                continue;
            }
            let mut candidate = empty(&pair.service(), &primary);
            pair.join(&mut candidate);
            candidates.push(candidate);
        } else {
            left_out(
                "nothing tells at which sites it answers, and no data goes with it: write it by hand"
                    .to_owned(),
            );
        }
    }
    traffic::unused(survey, |check| mentioned.knows(check), out);
    let mut names = services.clone();
    for candidate in &mut candidates {
        candidate.name = name(&candidate.name, |name| names.contains(name));
        names.insert(candidate.name.clone());
    }
    candidates.sort_by(|one, other| one.name.cmp(&other.name));
    candidates
}

fn empty<'a>(name: &str, primary: &str) -> Candidate<'a> {
    Candidate {
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
