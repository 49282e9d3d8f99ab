//! Data sets: a replication connects its source bucket, its destination buckets and its role.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::backups::Backups;
use crate::import::candidate::{Candidate, DataSet, name, text};
use crate::import::survey::{LeftOut, Survey};
use crate::observation::Object;
use crate::provider::aws::backup::{plan, selection};
use crate::provider::aws::iam::{backup as iam_backup, role};
use crate::provider::aws::s3::replication::{self, rule};
use crate::provider::aws::s3::{bucket, bucket_of, events};

/// The tag keys that name the service of a bucket.
const TAGS: [&str; 3] = ["service", "Service", "holdfast:service"];

/// What can become a data set.
pub(super) struct Found<'a> {
    pub(super) service: String,
    pub(super) site: &'a str,
    set: DataSet,
    things: Vec<(Part, &'a Object)>,
}

/// The role of an object in a data set.
enum Part {
    Bucket(String),
    Role,
    Replication,
}

/// The data set of a replication, or why it is left out. `sites` are names by region.
pub(super) fn read<'a>(
    survey: &'a Survey,
    sites: &'a BTreeMap<String, String>,
    found: &'a Object,
    taken: &BTreeSet<String>,
) -> Result<Found<'a>, String> {
    let at = |name: &'a str| -> Result<(&'a Object, &'a str), String> {
        let object = survey.find(bucket::KIND, name);
        let object = object.ok_or_else(|| format!("the bucket {name} is in another account, or closed"))?;
        let region = text(object, bucket::REGION).unwrap_or_default();
        let site = sites.get(region);
        let site =
            site.ok_or_else(|| format!("the bucket {name} is in {region}, where the estate has no site"))?;
        if taken.contains(name) {
            return Err(format!("the bucket {name} is in another data set"));
        }
        Ok((object, site))
    };
    let source = text(found, replication::BUCKET).unwrap_or_default();
    let (primary, site) = at(source)?;
    let arn = text(found, replication::ROLE).unwrap_or_default();
    let mut roles = survey.of(role::KIND);
    let role = roles.find(|object| object.outputs.get(role::ARN).is_some_and(|own| own == arn));
    let role = role.ok_or("its role is in another account, or gone")?;
    let mut things =
        vec![(Part::Bucket(site.to_owned()), primary), (Part::Role, role), (Part::Replication, found)];
    let mut copies: Vec<(String, String)> = Vec::new();
    for one in found.attributes.get(replication::RULES).and_then(Value::as_array).into_iter().flatten() {
        let field = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
        if field(rule::STATUS) != rule::ON {
            return Err("it has a disabled rule".to_owned());
        }
        if one.pointer("/filter/prefix") != Some(&Value::from("")) || one.pointer("/filter/tags").is_some() {
            return Err("it has a rule that copies a part of the bucket only".to_owned());
        }
        let name = bucket_of(field(rule::DESTINATION)).unwrap_or_default();
        let (object, place) = at(name)?;
        if place == site || copies.iter().any(|(other, _)| other == place) {
            return Err(format!("it has two buckets at {place}"));
        }
        things.push((Part::Bucket(place.to_owned()), object));
        copies.push((place.to_owned(), name.to_owned()));
    }
    if copies.is_empty() {
        return Err("it has no rules".to_owned());
    }
    Ok(Found::new(primary, site, copies, things))
}

/// The data set of a bucket without a replication, if it has scheduled backups.
pub(super) fn backed_up<'a>(found: &'a Object, site: &'a str, backups: Backups) -> Option<Found<'a>> {
    if backups.schedules.is_empty() {
        return None;
    }
    let things = vec![(Part::Bucket(site.to_owned()), found)];
    let mut set = Found::new(found, site, Vec::new(), things);
    set.add(backups);
    Some(set)
}

impl<'a> Found<'a> {
    fn new(
        primary: &'a Object,
        site: &'a str,
        copies: Vec<(String, String)>,
        things: Vec<(Part, &'a Object)>,
    ) -> Self {
        let bucket = primary.id.as_str();
        let kms = text(primary, bucket::ENCRYPTION)
            .is_some_and(|encryption| encryption.starts_with(bucket::SSE_KMS));
        let tags = primary.attributes.get(bucket::TAGS);
        let tag = TAGS.iter().find_map(|tag| tags?.get(tag)?.as_str());
        let set = DataSet {
            bucket: bucket.to_owned(),
            encrypt: if kms { bucket::SSE_KMS } else { bucket::SSE_S3 },
            copies,
            schedules: Vec::new(),
            remarks: Vec::new(),
        };
        Self { service: name(tag.unwrap_or(bucket), |_| false), site, set, things }
    }

    /// Add the scheduled backups of its bucket.
    pub(super) fn add(&mut self, backups: Backups) {
        (self.set.schedules, self.set.remarks) = (backups.schedules, backups.remarks);
    }

    /// The primary bucket.
    pub(super) fn bucket(&self) -> &str {
        &self.set.bucket
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = &str> {
        let copies = self.set.copies.iter().map(|(_, bucket)| bucket.as_str());
        std::iter::once(self.set.bucket.as_str()).chain(copies)
    }

    /// Add it to a service.
    pub(super) fn join(self, candidate: &mut Candidate<'a>) {
        let data = name(&self.set.bucket, |name| candidate.data.contains_key(name));
        for (part, object) in self.things {
            let address = match part {
                Part::Bucket(site) => format!("{}.{data}.{site}", bucket::KIND.name()),
                Part::Role => format!("{}.{data}", role::KIND.name()),
                Part::Replication => format!("{}.{data}", replication::KIND.name()),
            };
            candidate.things.insert(address, object);
        }
        if candidate.standby.is_empty() {
            candidate.standby.extend(self.set.copies.first().map(|(site, _)| site.clone()));
        }
        if !self.set.schedules.is_empty() {
            candidate.anew.extend([
                format!("{}.{data}", plan::KIND.name()),
                format!("{}.{data}", selection::KIND.name()),
                format!("{}.{data}.{}", role::KIND.name(), iam_backup::BACKUP),
                format!("{}.{data}", events::KIND.name()),
            ]);
        }
        candidate.data.insert(data, self.set);
    }
}

/// Buckets without a replication that can be imported.
pub(super) fn unreplicated(survey: &Survey, taken: &BTreeSet<String>, out: &mut Vec<LeftOut>) {
    for lone in survey.of(bucket::KIND).filter(|lone| !taken.contains(&lone.id)) {
        let why = "it has no replication that can be imported, and no scheduled backup that a policy can say: write a data set with a backup, and `holdfast import` adopts it";
        out.push(LeftOut::new(format!("bucket {}", lone.id), why));
    }
}
