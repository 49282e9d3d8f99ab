//! Evidence on AWS. A copy exists if there is a replication with its rule, its role has the permissions, and
//! both buckets have versioning. Traffic fails over if there is a failover pair with a health check of its
//! primary.

use serde_json::{Value, json};

use super::iam::{rights, role};
use super::route53::{health_check, record};
use super::s3::{self, bucket, replication};
use crate::document::Name;
use crate::objectives::facts::{Backfill, Data, Detection, Traffic};
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::{self, Bucket, Service};
use crate::provider::evidence::Evidence;
use crate::source::Span;
use crate::units::Duration;

pub(super) const EVIDENCE: Evidence = Evidence { left, leaves_versions, leaves_key, traffic, data, backfill };

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

fn traffic(view: &View<'_, '_>, name: &Name, wanted: &policy::Traffic, traffic: &mut Traffic) -> bool {
    let home = wanted.endpoints.first();
    let primary = home.and_then(|e| view.find(record::KIND, &[name.as_str(), e.site.name.as_str()]));
    let Some(primary) = primary else { return false };
    if let Some(seconds) = primary.attributes.get(record::TTL).and_then(Value::as_u64) {
        traffic.ttl.value = Duration::seconds(seconds);
    }
    let rightful = primary.attributes.get(record::FAILOVER).is_some_and(|role| role == record::PRIMARY);
    traffic.alias = primary.attributes.get(record::ALIAS_NAME).is_some_and(|name| !name.is_null());
    traffic.moves =
        rightful && has_standby(view, name, wanted) && detects_failure(view, name, wanted, primary, traffic);
    true
}

/// Whether there is a target to fail over to: the last standby itself, or the alias to several.
fn has_standby(view: &View<'_, '_>, name: &Name, traffic: &policy::Traffic) -> bool {
    let first = traffic.endpoints.first().map(|endpoint| endpoint.site.name.as_str());
    let onward = first.and_then(|site| view.find(record::KIND, &[name.as_str(), site, "standbys"]));
    let mut standbys = traffic.endpoints.iter().skip(1);
    onward.is_some()
        || standbys.any(|e| view.find(record::KIND, &[name.as_str(), e.site.name.as_str()]).is_some())
}

/// Whether Route 53 detects a failure of the primary, and how fast.
fn detects_failure(
    view: &View<'_, '_>,
    name: &Name,
    wanted: &policy::Traffic,
    record: &Object,
    traffic: &mut Traffic,
) -> bool {
    let checked = record.attributes.get(record::HEALTH_CHECK).is_some_and(|check| !check.is_null());
    let evaluated = record.attributes.get(record::EVALUATE).is_some_and(|on| on == true);
    let site = wanted.endpoints.first().map(|endpoint| endpoint.site.name.as_str()).unwrap_or_default();
    let Some(check) = view.find(health_check::KIND, &[name.as_str(), site]).filter(|_| checked) else {
        traffic.detection = Detection::Target(wanted.span);
        return evaluated;
    };
    let number = |key: &str| check.attributes.get(key).and_then(Value::as_u64);
    let kind = check.attributes.get(health_check::TYPE).and_then(Value::as_str).unwrap_or_default();
    let span = wanted.probe.as_ref().map_or(wanted.span, |probe| probe.span);
    if let (Some(interval), Some(failures)) = (number(health_check::INTERVAL), number(health_check::FAILURES))
    {
        let request = (traffic.dns.request)(kind == "TCP", kind.ends_with(health_check::STRING_MATCH));
        traffic.detection = Detection::Probe { interval, failures, request, span };
    }
    let off = |key: &str| check.attributes.get(key).is_none_or(|on| on == false);
    // A check of another address does not check this record.
    let watched = check.attributes.get(health_check::IP).and_then(Value::as_str);
    let answers = record.attributes.get(record::VALUES).and_then(Value::as_array);
    let same = watched.zip(answers).is_none_or(|(ip, answers)| answers.iter().any(|answer| answer == ip));
    off(health_check::DISABLED) && off(health_check::INVERTED) && same
}

fn data(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) -> bool {
    if find_bucket(view, name, data.primary).is_none() {
        return false;
    }
    let source = data.primary;
    data.versioned = versioned(view, name, source);
    let replication = view.find(replication::KIND, &[name.as_str()]);
    data.copies.retain_mut(|copy| {
        let rule = replication.and_then(|replication| rule(replication, copy.bucket));
        // Permissions that are left unmanaged are not evaluated.
        let rule = rule.filter(|_| copy.left.is_some() || may_copy(view, name, source, copy.bucket));
        let timed = |rule: &Value| rule.get(replication::rule::TIME).is_some_and(Value::is_number);
        copy.timed = rule.is_some_and(timed);
        versioned(view, name, copy.bucket) && rule.is_some()
    });
    true
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
        let copied = replication.is_some_and(|replication| rule(replication, copy.bucket).is_some());
        let whole = versioned(view, name, data.primary) && versioned(view, name, copy.bucket);
        // A `backfilled` statement does not apply to a copy that does not exist yet.
        let unsaid = copy.backfill == Backfill::NotNeeded && !together;
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

/// Whether the role allows S3 to read from one bucket and write to the other.
fn may_copy(view: &View<'_, '_>, data: &Name, from: &Bucket, to: &Bucket) -> bool {
    let role = view.find(role::KIND, &[data.as_str()]);
    let Some(policy) = role.and_then(|role| role.attributes.get(role::POLICY)) else { return false };
    let objects = |at: &Bucket| format!("{}/*", s3::arn(at.name.as_str()));
    rights::allows(policy, "s3:GetObjectVersionForReplication", &objects(from))
        && rights::allows(policy, "s3:ReplicateObject", &objects(to))
}

/// The rule that copies to a bucket.
fn rule<'o>(replication: &'o Object, to: &Bucket) -> Option<&'o Value> {
    use replication::rule;
    let rules = replication.attributes.get(replication::RULES)?.as_array()?;
    let arn = s3::arn(to.name.as_str());
    rules.iter().find(|one| {
        let whole = one.get(rule::FILTER).is_none_or(|filter| *filter == json!({"prefix": ""}));
        whole
            && one.get(rule::DESTINATION).is_some_and(|to| *to == arn)
            && one.get(rule::STATUS).is_some_and(|status| status == rule::ON)
    })
}
