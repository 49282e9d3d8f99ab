//! Evidence on AWS. A copy exists if an enabled rule covers the whole bucket and copies what its encryption makes of the
//! objects, S3 may assume the role and the role has every permission, and both buckets have versioning. Traffic fails over
//! if the records of the primary and of the next standby, and the health check of the primary, do what the policy declares.

use serde_json::{Value, json};

use super::iam::grant::{Foreign, GRANTS};
use super::iam::{rights, role};
use super::route53::{health_check, record};
use super::s3::{self, bucket, replication};
use crate::document::Name;
use crate::objectives::facts::{Backfill, Data, Detection, Traffic};
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::{self, Bucket, Service};
use crate::provider::evidence::Evidence;
use crate::resource::Address;
use crate::source::Span;
use crate::units::Duration;

pub(super) const EVIDENCE: Evidence = Evidence {
    left,
    leaves_versions,
    leaves_key,
    traffic,
    data,
    undecided,
    bucket: bucket_at,
    copier,
    backfill,
};

fn bucket_at(view: &View<'_, '_>, data: &Name, at: &Bucket) -> Address {
    view.address(bucket::KIND, &[data.as_str(), at.site.name.as_str()])
}

fn copier(view: &View<'_, '_>, data: &Name) -> Address {
    view.address(replication::KIND, &[data.as_str()])
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

/// What decides where a record sends users, and whether it stops doing so. Its TTL is a number of the derivation.
const ROUTE: [&str; 8] = [
    record::TYPE,
    record::ROUTING,
    record::FAILOVER,
    record::VALUES,
    record::ALIAS_NAME,
    record::ALIAS_ZONE_ID,
    record::EVALUATE,
    record::HEALTH_CHECK,
];

/// What decides whether a health check asks the right thing. Its interval and failures are numbers of the derivation.
const PROBE: [&str; 9] = [
    health_check::TYPE,
    health_check::IP,
    health_check::DOMAIN,
    health_check::PORT,
    health_check::PATH,
    health_check::SEARCH,
    health_check::SNI,
    health_check::INVERTED,
    health_check::DISABLED,
];

fn traffic(view: &View<'_, '_>, name: &Name, wanted: &policy::Traffic, traffic: &mut Traffic) -> bool {
    let Some(home) = wanted.endpoints.first().map(|endpoint| endpoint.site.name.as_str()) else {
        return false;
    };
    let Some(primary) = view.find(record::KIND, &[name.as_str(), home]) else { return false };
    if let Some(seconds) = primary.attributes.get(record::TTL).and_then(Value::as_u64) {
        traffic.ttl.value = Duration::seconds(seconds);
    }
    traffic.alias = primary.attributes.get(record::ALIAS_NAME).is_some_and(|name| !name.is_null());
    traffic.moves = routes(view, &[name.as_str(), home])
        && has_standby(view, name, wanted)
        && detects_failure(view, name, wanted, primary, traffic);
    true
}

/// Whether a record sends users where the policy says, with the health check that the policy gives it.
fn routes(view: &View<'_, '_>, rest: &[&str]) -> bool {
    view.is_as_declared(record::KIND, rest, &ROUTE)
}

/// Whether the next site answers when the first one is lost: its own record does, and where there are more standbys the
/// alias to them leads there.
fn has_standby(view: &View<'_, '_>, name: &Name, traffic: &policy::Traffic) -> bool {
    let site = |nth: usize| traffic.endpoints.get(nth).map(|endpoint| endpoint.site.name.as_str());
    let (Some(first), Some(next)) = (site(0), site(1)) else { return false };
    let leads = traffic.endpoints.len() == 2 || routes(view, &[name.as_str(), first, "standbys"]);
    leads && routes(view, &[name.as_str(), next])
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
    let rest = [name.as_str(), site];
    let Some(check) = view.find(health_check::KIND, &rest).filter(|_| checked) else {
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
    view.is_as_declared(health_check::KIND, &rest, &PROBE)
}

fn data(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) -> bool {
    if find_bucket(view, name, data.primary).is_none() {
        return false;
    }
    let source = data.primary;
    data.versioned = versioned(view, name, source);
    let replication = view.find(replication::KIND, &[name.as_str()]);
    let encrypted = find_bucket(view, name, source).is_some_and(under_kms);
    data.copies.retain_mut(|copy| {
        let rule = replication.and_then(|replication| rule(replication, copy.bucket));
        let wanted = view.wanted(replication::KIND, &[name.as_str()], replication::RULES);
        let wanted: Vec<&Value> = wanted.into_iter().filter_map(|rules| to(rules, copy.bucket)).collect();
        let rule = rule.filter(|rule| is_ours(rule, &wanted) && (!encrypted || copies_kms(rule)));
        // Permissions that are left unmanaged are not evaluated.
        let rule =
            rule.filter(|_| copy.left.is_some() || may_copy(view, name, source, copy.bucket, encrypted));
        let timed = |rule: &Value| rule.get(replication::rule::TIME).is_some_and(Value::is_number);
        copy.timed = rule.is_some_and(timed);
        versioned(view, name, copy.bucket) && rule.is_some()
    });
    true
}

/// A foreign policy of the role may contain a `Deny`, and a foreign boundary leaves out what it does not name. Neither is
/// read.
fn undecided(view: &View<'_, '_>, name: &Name) -> Option<String> {
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

/// Whether new objects of a bucket are encrypted with a KMS key. S3 names the algorithm `aws:kms` or `aws:kms:dsse`.
fn under_kms(bucket: &Object) -> bool {
    let algorithm = bucket.attributes.get(bucket::ENCRYPTION).and_then(Value::as_str);
    algorithm.is_some_and(|algorithm| algorithm.starts_with("aws:kms"))
}

/// Whether a rule copies objects under SSE-KMS: it must say so and name a key for the copies. Source: Amazon S3 User Guide,
/// "Replicating encrypted objects".
fn copies_kms(rule: &Value) -> bool {
    use replication::rule::{ON, REPLICA_KEY, SSE_KMS};
    rule.get(SSE_KMS).is_some_and(|on| on == ON) && rule.get(REPLICA_KEY).is_some_and(Value::is_string)
}

/// Whether a rule names the key and the owner that the wanted one names: any other may not exist, may not be usable by the
/// role, or may not own the bucket, in which case S3 copies nothing.
fn is_ours(rule: &Value, wanted: &[&Value]) -> bool {
    use replication::rule::{ACCOUNT, REPLICA_KEY};
    let value = |rule: &Value, key: &str| rule.get(key).cloned().unwrap_or_default();
    let same =
        |wanted: &&Value| [ACCOUNT, REPLICA_KEY].iter().all(|key| value(rule, key) == value(wanted, key));
    wanted.is_empty() || wanted.iter().any(same)
}

/// Whether S3 may copy from one bucket to the other: the configuration names the role, S3 may assume it, and it allows all
/// that replication needs. Rights about keys are compared with the declared ones only if the whole document is, because
/// their resources are keys and their conditions are Holdfast's own.
fn may_copy(view: &View<'_, '_>, data: &Name, from: &Bucket, to: &Bucket, encrypted: bool) -> bool {
    let rest = [data.as_str()];
    let Some(role) = view.find(role::KIND, &rest) else { return false };
    let Some(policy) = role.attributes.get(role::POLICY) else { return false };
    let allowed = |id: &str, resource: &str| {
        let grant = GRANTS.iter().find(|grant| grant.id == id);
        let allows = |action: &&str| rights::allows(policy, action, resource);
        grant.is_some_and(|grant| grant.actions.iter().all(allows))
    };
    let bucket = |at: &Bucket| s3::arn(at.name.as_str());
    let objects = |at: &Bucket| format!("{}/*", s3::arn(at.name.as_str()));
    view.is_as_declared(replication::KIND, &rest, &[replication::ROLE])
        && view.is_as_declared(role::KIND, &rest, &[role::TRUST])
        && allowed("ReadConfiguration", &bucket(from))
        && allowed("ReadObjects", &objects(from))
        && allowed("WriteCopies", &objects(to))
        && (!encrypted || view.is_as_declared(role::KIND, &rest, &[role::POLICY]))
}

/// The rule that copies the whole of a bucket to another one.
fn rule<'o>(replication: &'o Object, copy: &Bucket) -> Option<&'o Value> {
    let whole = |rule: &&Value| {
        rule.get(replication::rule::FILTER).is_none_or(|filter| *filter == json!({"prefix": ""}))
    };
    to(replication.attributes.get(replication::RULES)?, copy).filter(whole)
}

/// The rule that decides what is copied to a bucket: the enabled one of the highest priority. Rules are in that order.
fn to<'o>(rules: &'o Value, copy: &Bucket) -> Option<&'o Value> {
    use replication::rule::{DESTINATION, ON, STATUS};
    let arn = s3::arn(copy.name.as_str());
    rules.as_array()?.iter().find(|rule| {
        rule.get(DESTINATION).is_some_and(|to| *to == arn) && rule.get(STATUS).is_some_and(|on| on == ON)
    })
}
