//! From observed objects to services: replications, scheduled backups and pairs of records, joined by names or tags.

mod backups;
mod data;
mod schedule;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::backup::selection;
use super::region::Region;
use super::route53::{health_check, record};
use super::s3::{self, bucket, replication};
use crate::graph::Graph;
use crate::import::candidate::{Candidate, Given, name, text};
use crate::import::survey::{LeftOut, Survey};
use crate::observation::Object;
use crate::resource::Attribute;

/// What the policies already declare.
#[derive(Default)]
pub(super) struct Mentioned {
    buckets: BTreeSet<String>,
    /// The ARNs of the buckets with scheduled backups.
    backed_up: BTreeSet<String>,
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
            let kind = resource.address.kind();
            if kind == bucket::KIND {
                mentioned.buckets.insert(known(bucket::NAME));
            } else if kind == selection::KIND {
                if let Some(Attribute::Known(Value::Array(all))) =
                    resource.attributes.get(selection::RESOURCES)
                {
                    mentioned.backed_up.extend(all.iter().filter_map(Value::as_str).map(str::to_owned));
                }
            } else if kind == record::KIND {
                mentioned.records.insert([record::ZONE, record::NAME, record::TYPE].map(known));
            } else if kind == health_check::KIND {
                mentioned.references.push(known(health_check::REFERENCE));
            }
        }
        mentioned
    }

    /// Whether a health check belongs to the policies, adopted or made by Holdfast.
    fn knows(&self, check: &Object) -> bool {
        let reference = text(check, health_check::REFERENCE).unwrap_or_default();
        self.references.iter().any(|ours| {
            reference.strip_prefix(ours.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }
}

/// The regions of all buckets, and those that backups of them are copied to in the account.
pub(super) fn found_regions(survey: &Survey, account: &str) -> Vec<crate::provider::region::Region> {
    let regions = survey.of(bucket::KIND).filter_map(|found| text(found, bucket::REGION));
    regions.chain(backups::regions(survey, account)).filter_map(Region::parse).map(Into::into).collect()
}

/// The services that can be proposed.
pub(super) fn candidates<'a>(
    survey: &'a Survey,
    given: Given<'a>,
    out: &mut Vec<LeftOut>,
) -> Vec<Candidate<'a>> {
    let Given { sites, services, .. } = given;
    let mentioned = given.graph.map(Mentioned::by).unwrap_or_default();
    let mut taken = mentioned.buckets.clone();
    let mut sets = Vec::new();
    for replication in survey.of(replication::KIND) {
        if mentioned.buckets.contains(&replication.id) {
            continue;
        }
        match data::read(survey, sites, replication, &taken) {
            Ok(set) => {
                taken.extend(set.buckets().map(str::to_owned));
                sets.push(set);
            }
            Err(why) => out.push(LeftOut::new(format!("replication of {}", replication.id), why)),
        }
    }
    for found in survey.of(bucket::KIND) {
        let set = sets.iter().position(|set| set.bucket() == found.id);
        if mentioned.buckets.contains(&found.id) {
            let why = "a policy describes the bucket without scheduled backups: write `backups` there";
            // Where a policy does, a plan tells of the others.
            if !mentioned.backed_up.contains(&s3::arn(&found.id)) {
                backups::leave_out(survey, found, why, out);
            }
            continue;
        }
        if set.is_none() && taken.contains(&found.id) {
            let why = "the bucket is a copy, and a policy backs up what it is a copy of";
            backups::leave_out(survey, found, why, out);
            continue;
        }
        let region = text(found, bucket::REGION).unwrap_or_default();
        let Some(site) = sites.get(region) else { continue };
        let backups = backups::of(survey, given, found, site, out);
        match set.and_then(|at| sets.get_mut(at)) {
            Some(set) => set.add(backups),
            None => sets.extend(data::backed_up(found, site, backups)),
        }
    }
    let unmentioned = survey.of(bucket::KIND).filter(|found| !mentioned.buckets.contains(&found.id));
    backups::unnamed(survey, unmentioned, out);
    taken.extend(sets.iter().map(|set| set.bucket().to_owned()));
    data::unreplicated(survey, &taken, out);
    let mut groups: BTreeMap<(String, &str), Candidate<'a>> = BTreeMap::new();
    for set in sets {
        let key = (set.service.clone(), set.site);
        let group = groups.entry(key).or_insert_with(|| Candidate::empty(&set.service, set.site));
        set.join(group);
    }
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
            let mut candidate = Candidate::empty(&pair.service(), &primary);
            pair.join(&mut candidate);
            candidates.push(candidate);
        } else {
            left_out(
                "its sites cannot be determined, and no data belongs to it: write it by hand".to_owned(),
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
