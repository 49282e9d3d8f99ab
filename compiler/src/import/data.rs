//! Data sets: a replication joins its source bucket, the buckets it copies to and the role it copies with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Candidate, DataSet, LeftOut, Survey, name, text};
use crate::observation::Object;
use crate::resource::Kind;

/// What a service is called in the tags of buckets.
const TAGS: [&str; 3] = ["service", "Service", "holdfast:service"];

/// A replication that can be a data set.
pub(super) struct Replicated<'a> {
    pub(super) service: String,
    pub(super) site: &'a str,
    set: DataSet,
    things: Vec<(Part, &'a Object)>,
}

/// The part a thing has in a data set.
enum Part {
    Bucket(String),
    Role,
    Replication,
}

/// The data set of a replication, or why there is none. `sites` are names by region.
pub(super) fn read<'a>(
    survey: &'a Survey,
    sites: &'a BTreeMap<String, String>,
    replication: &'a Object,
    taken: &BTreeSet<String>,
) -> Result<Replicated<'a>, String> {
    let at = |bucket: &'a str| -> Result<(&'a Object, &'a str), String> {
        let object = survey.find(Kind::Bucket, bucket);
        let object = object.ok_or_else(|| format!("the bucket {bucket} is in another account, or closed"))?;
        let region = text(object, "region").unwrap_or_default();
        let site = sites.get(region);
        let site =
            site.ok_or_else(|| format!("the bucket {bucket} is in {region}, where the estate has no site"))?;
        if taken.contains(bucket) {
            return Err(format!("the bucket {bucket} is in another data set"));
        }
        Ok((object, site))
    };
    let source = text(replication, "bucket").unwrap_or_default();
    let (primary, site) = at(source)?;
    let role = text(replication, "role").unwrap_or_default();
    let role = survey.of(Kind::Role).find(|object| object.outputs.get("arn").is_some_and(|arn| arn == role));
    let role = role.ok_or("its role is in another account, or gone")?;
    let mut things =
        vec![(Part::Bucket(site.to_owned()), primary), (Part::Role, role), (Part::Replication, replication)];
    let mut copies: Vec<(String, String)> = Vec::new();
    for rule in replication.attributes.get("rules").and_then(Value::as_array).into_iter().flatten() {
        let field = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default();
        if field("status") != "Enabled" {
            return Err("it has a rule that is off".to_owned());
        }
        if rule.pointer("/filter/prefix") != Some(&Value::from("")) || rule.pointer("/filter/tags").is_some()
        {
            return Err("it has a rule that copies a part of the bucket only".to_owned());
        }
        let bucket = field("destination").strip_prefix("arn:aws:s3:::").unwrap_or_default();
        let (object, place) = at(bucket)?;
        if place == site || copies.iter().any(|(other, _)| other == place) {
            return Err(format!("it has two buckets at {place}"));
        }
        things.push((Part::Bucket(place.to_owned()), object));
        copies.push((place.to_owned(), bucket.to_owned()));
    }
    if copies.is_empty() {
        return Err("it has no rules".to_owned());
    }
    let kms = text(primary, "encryption").is_some_and(|encryption| encryption.starts_with("aws:kms"));
    let tags = primary.attributes.get("tags");
    let tag = TAGS.iter().find_map(|tag| tags?.get(tag)?.as_str());
    let set = DataSet { bucket: source.to_owned(), encrypt: if kms { "aws:kms" } else { "AES256" }, copies };
    Ok(Replicated { service: name(tag.unwrap_or(source), |_| false), site, set, things })
}

impl<'a> Replicated<'a> {
    pub(super) fn buckets(&self) -> impl Iterator<Item = &str> {
        let copies = self.set.copies.iter().map(|(_, bucket)| bucket.as_str());
        std::iter::once(self.set.bucket.as_str()).chain(copies)
    }

    /// Make it a part of a service.
    pub(super) fn join(self, candidate: &mut Candidate<'a>) {
        let data = name(&self.set.bucket, |name| candidate.data.contains_key(name));
        for (part, object) in self.things {
            let address = match part {
                Part::Bucket(site) => format!("bucket.{data}.{site}"),
                Part::Role => format!("role.{data}"),
                Part::Replication => format!("replication.{data}"),
            };
            candidate.things.insert(address, object);
        }
        if candidate.standby.is_empty() {
            candidate.standby.extend(self.set.copies.first().map(|(site, _)| site.clone()));
        }
        candidate.data.insert(data, self.set);
    }
}

/// Buckets that nothing copies.
pub(super) fn lone(survey: &Survey, taken: &BTreeSet<String>, out: &mut Vec<LeftOut>) {
    for bucket in survey.of(Kind::Bucket).filter(|bucket| !taken.contains(&bucket.id)) {
        let why = "no replication that can be taken over copies it: write a data set with a backup, and `holdfast import` adopts it";
        out.push(LeftOut::new(format!("bucket {}", bucket.id), why));
    }
}
