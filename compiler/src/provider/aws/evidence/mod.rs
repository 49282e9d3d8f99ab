//! Evidence on AWS. A copy exists if an enabled rule covers the whole bucket and copies what its encryption makes of the
//! objects, S3 may assume the role and the role has every permission, and both buckets have versioning. Traffic fails over
//! if the records of the primary and of the next standby, and the health check of the primary, do what the policy declares.

mod adopted;
mod backups;
mod bucket_access;
mod copy;
mod job;
mod key;
mod signals;
mod traffic;

use super::backup::vault;
use super::iam::grant::Foreign;
use super::iam::role;
use super::s3::{bucket, replication};
use crate::document::Name;
use crate::objectives::facts::{Backfill, Data};
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::{Bucket, DataSet, Service};
use crate::provider::evidence::{Evidence, Obstacle};
use crate::resource::Address;
use crate::source::Span;

pub(super) const EVIDENCE: Evidence = Evidence {
    left,
    leaves_versions,
    leaves_key,
    exists,
    traffic: traffic::traffic,
    diverted: traffic::diverted,
    data: copy::data,
    backups: backups::backups,
    backup_place: backups::place,
    backup_unseen: backups::unseen,
    stop,
    undecided,
    lag: signals::lag,
    objects: signals::objects,
    passes: signals::passes,
    bucket: bucket_at,
    copier: |view, name, _| copier(view, name),
    way_back: |service, data, from| replication::back(&service.name, data, from),
    behind: signals::behind,
    encrypts,
    obstacles,
    backfill,
    copy_job: job::newest,
    begin: job::begin,
    begin_back: job::begin_back,
    job_home: job::home,
};

fn obstacles(view: &View<'_, '_>, data: &Name, set: &DataSet) -> Vec<Obstacle> {
    adopted::obstacles(view, data, set).into_iter().chain(key::obstacles(view, data, set)).collect()
}

fn bucket_at(view: &View<'_, '_>, data: &Name, at: &Bucket) -> Address {
    view.address(bucket::KIND, &[data.as_str(), at.site.name.as_str()])
}

/// `AES256`, or `aws:kms, key alias/payments`, with the name of the bucket or the vault.
fn encrypts(object: &Object) -> Option<(String, String)> {
    let known_by = object.identity().parts().collect::<Vec<_>>().join(" ");
    Some((known_by, encryption(object)?))
}

/// A vault encrypts with its key, or else with that of the account.
fn encryption(object: &Object) -> Option<String> {
    let text = |attribute: &str| object.attributes.get(attribute).and_then(|value| value.as_str());
    if object.kind == bucket::KIND {
        let key = text(bucket::KMS_KEY).map(|key| format!(", key {key}"));
        return Some(format!("{}{}", text(bucket::ENCRYPTION)?, key.unwrap_or_default()));
    }
    (object.kind == vault::KIND).then(|| match text(vault::KMS_KEY) {
        Some(key) => format!("key {key}"),
        None => "the account's key for AWS Backup".to_owned(),
    })
}

fn copier(view: &View<'_, '_>, data: &Name) -> Address {
    view.address(replication::KIND, &[data.as_str()])
}

/// What an observation says about something that a copy needs and that no policy manages.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    /// It stops the copy, for the reason given.
    Stops(String),
    /// It may stop the copy, or could not be seen.
    Unclear(String),
}

/// The address of a bucket in `existing`.
fn bucket_entry(data: &Name, at: &Bucket) -> String {
    format!("{}.{data}.{}", bucket::KIND.name(), at.site.name)
}

fn left(service: &Service, data: &Name, buckets: &[&Bucket]) -> Option<(&'static str, Span)> {
    let of = |kind: &str, name: &str| service.leaves(&format!("{kind}.{data}"), name);
    let rules = of(replication::KIND.name(), replication::RULES)
        .map(|span| ("the replication configuration is", span));
    let role = || {
        let of = |name| of(role::KIND.name(), name);
        of(role::POLICY).or_else(|| of(role::TRUST)).map(|span| ("the role's policy is", span))
    };
    let versions = || {
        let of = |at: &&Bucket| service.leaves(&bucket_entry(data, at), bucket::VERSIONING);
        buckets.iter().find_map(of).map(|span| ("the versioning of a bucket is", span))
    };
    rules.or_else(role).or_else(versions)
}

fn leaves_versions(service: &Service, data: &Name, at: &Bucket) -> bool {
    service.leaves(&bucket_entry(data, at), bucket::VERSIONING).is_some()
}

fn leaves_key(service: &Service, data: &Name, at: &Bucket) -> bool {
    let names = [bucket::ENCRYPTION, bucket::KMS_KEY];
    names.iter().any(|name| service.leaves(&bucket_entry(data, at), name).is_some())
}

fn exists(service: &Service, data: &Name, at: &Bucket) -> bool {
    service.existing.contains_key(&bucket_entry(data, at))
}

/// What no policy manages and decides whether a copy exists: the settings and keys of its bucket and of the primary one.
fn findings(view: &View<'_, '_>, name: &Name, set: &DataSet, copy: &Bucket) -> Vec<Finding> {
    let access = bucket_access::findings(view, name, &set.primary, copy);
    access.into_iter().chain(key::findings(view, name, set, copy)).collect()
}

fn stop(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) {
    let Some(set) = view.service.data.get(name) else { return };
    data.versioned &= bucket_access::keeps_versions(view, name, data.primary);
    for copy in &mut data.copies {
        let found = findings(view, name, set, copy.bucket).into_iter().find_map(|finding| match finding {
            Finding::Stops(why) => Some(why),
            Finding::Unclear(_) => None,
        });
        copy.stopped = copy.stopped.take().or(found);
        copy.timed &= copy.stopped.is_none();
    }
}

/// What was seen and does not decide. A foreign policy of the role may contain a `Deny`, and a foreign boundary leaves out
/// what it does not name; neither is read.
fn undecided(view: &View<'_, '_>, name: &Name, set: &DataSet) -> Option<String> {
    foreign(view, name).or_else(|| backups::undecided(view, name, set)).or_else(|| {
        set.copies.iter().flat_map(|copy| findings(view, name, set, copy)).find_map(|finding| match finding {
            Finding::Unclear(why) => Some(why),
            Finding::Stops(_) => None,
        })
    })
}

fn foreign(view: &View<'_, '_>, name: &Name) -> Option<String> {
    let role = view.find(role::KIND, &[name.as_str()])?;
    let foreign = Foreign::of(&role.attributes)?;
    let (address, foreign) = (view.address(role::KIND, &[name.as_str()]), foreign.in_words());
    Some(format!("{address} has {foreign}, which may forbid the replication of `{name}`"))
}

/// A bucket that existed before its replication may have objects that replication never copies. That is so if
/// Holdfast did not create it, if it gets another copy, or if its replication was created in a later run.
fn backfill(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) {
    if find_bucket(view, name, data.primary).is_none() {
        return;
    }
    let replication = view.find(replication::KIND, &[name.as_str()]);
    let bucket = view.made(bucket::KIND, &[name.as_str(), data.primary.site.name.as_str()]);
    let copying = view.made(replication::KIND, &[name.as_str()]);
    let together = bucket.zip(copying).is_some_and(|(bucket, copying)| copying <= bucket);
    for copy in &mut data.copies {
        let copied = replication.is_some_and(|replication| copy::rule(replication, copy.bucket).is_some());
        let whole = versioned(view, name, data.primary) && versioned(view, name, copy.bucket);
        // A `backfilled` statement does not apply to a copy that does not exist yet.
        let unsaid = copy.backfill == Backfill::Unsaid && !together;
        if unsaid || !copied || !whole {
            copy.backfill = Backfill::Missing;
        }
    }
}

fn find_bucket<'a>(view: &View<'a, '_>, data: &Name, at: &Bucket) -> Option<&'a Object> {
    view.find(bucket::KIND, &[data.as_str(), at.site.name.as_str()])
}

/// Whether a bucket exists and has versioning, which S3 replication requires at both ends.
fn versioned(view: &View<'_, '_>, data: &Name, at: &Bucket) -> bool {
    let state = find_bucket(view, data, at).and_then(|found| found.attributes.get(bucket::VERSIONING));
    state.is_some_and(|state| state == bucket::VERSIONED)
}
