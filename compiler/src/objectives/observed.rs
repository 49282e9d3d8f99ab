//! Facts as they were observed: what the live cloud can keep today, and what it will after the plan.

use serde_json::Value;

use super::facts::{Backfill, Detection, Facts, request};
use crate::document::Name;
use crate::observation::Object;
use crate::policy::{Bucket, Service, Traffic};
use crate::resource::{Address, Kind};
use crate::units::Duration;

/// What there is of an estate.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// The thing that is the resource of an address.
    pub find: &'a dyn Fn(&Address) -> Option<&'a Object>,
    /// The run in which Holdfast made it; nothing where it was there before.
    pub made: &'a dyn Fn(&Address) -> Option<u64>,
}

/// What a service rests on today; nothing where nothing of it is there.
#[must_use]
pub fn observed<'p>(service: &'p Service, live: Live<'_>) -> Option<Facts<'p>> {
    let view = View { service, live };
    let mut facts = Facts::wanted(service);
    let mut there = false;
    for (name, traffic) in &mut facts.traffic {
        let Some(wanted) = service.traffic.get(*name) else { continue };
        let primary = wanted
            .endpoints
            .first()
            .and_then(|e| view.find(Kind::Record, &[name.as_str(), e.site.name.as_str()]));
        traffic.moves = false;
        let Some(primary) = primary else { continue };
        there = true;
        if let Some(seconds) = primary.attributes.get("ttl").and_then(Value::as_u64) {
            traffic.ttl.value = Duration::seconds(seconds);
        }
        let rightful = primary.attributes.get("failover").is_some_and(|role| role == "PRIMARY");
        traffic.alias = primary.attributes.get("alias-name").is_some_and(|name| !name.is_null());
        traffic.moves = rightful
            && view.has_standby(name, wanted)
            && view.watched(name, wanted, primary, &mut traffic.detection);
    }
    facts.data.retain(|name, data| {
        let Some(primary) = view.bucket(name, data.primary) else { return false };
        data.versioned = primary.attributes.get("versioning").is_some_and(|state| state == "Enabled");
        let replication = view.find(Kind::Replication, &[name.as_str()]);
        data.copies.retain_mut(|copy| {
            let there = view
                .bucket(name, copy.bucket)
                .is_some_and(|b| b.attributes.get("versioning").is_some_and(|s| s == "Enabled"));
            let rule = replication.and_then(|replication| rule(replication, copy.bucket));
            // Where the permissions are left to somebody else, their form is not ours to judge.
            let rule = rule.filter(|_| copy.left.is_some() || view.may_copy(name, copy.bucket));
            copy.timed = rule.is_some_and(|rule| rule.get("replication-time").is_some_and(Value::is_number));
            there && rule.is_some()
        });
        true
    });
    backfill(service, live, &mut facts);
    (there || !facts.data.is_empty()).then_some(facts)
}

/// What a service will rest on after the plan: what is wanted, with the objects that are there already.
#[must_use]
pub fn planned<'p>(service: &'p Service, live: Live<'_>) -> Facts<'p> {
    let mut facts = Facts::wanted(service);
    backfill(service, live, &mut facts);
    facts
}

/// A bucket that is there before its replication is may have objects that replication never copies: one that
/// Holdfast did not make, one that gets another copy, one whose replication was made in a later run.
fn backfill(service: &Service, live: Live<'_>, facts: &mut Facts<'_>) {
    let view = View { service, live };
    for (name, data) in &mut facts.data {
        if view.bucket(name, data.primary).is_none() {
            continue;
        }
        let replication = view.find(Kind::Replication, &[name.as_str()]);
        let made = |address: &Address| (live.made)(address);
        let bucket = made(&view.bucket_address(name, data.primary));
        let copying = made(&view.address(Kind::Replication, &[name.as_str()]));
        let together = bucket.zip(copying).is_some_and(|(bucket, copying)| copying <= bucket);
        for copy in &mut data.copies {
            let copied = replication.is_some_and(|replication| rule(replication, copy.bucket).is_some());
            let whole = view.versioned(name, data.primary) && view.versioned(name, copy.bucket);
            // What nobody copies today nobody has backfilled: a word about it is about another copy.
            let unsaid = copy.backfill == Backfill::NotNeeded && !together;
            if unsaid || !copied || !whole {
                copy.backfill = Backfill::Missing;
            }
        }
    }
}

struct View<'a, 's> {
    service: &'s Service,
    live: Live<'a>,
}

impl<'a> View<'a, '_> {
    fn address(&self, kind: Kind, rest: &[&str]) -> Address {
        let path: Vec<&str> =
            std::iter::once(self.service.name.as_str()).chain(rest.iter().copied()).collect();
        Address::new(kind, &path)
    }

    fn find(&self, kind: Kind, rest: &[&str]) -> Option<&'a Object> {
        (self.live.find)(&self.address(kind, rest))
    }

    fn bucket_address(&self, data: &Name, bucket: &Bucket) -> Address {
        self.address(Kind::Bucket, &[data.as_str(), bucket.site.name.as_str()])
    }

    fn bucket(&self, data: &Name, bucket: &Bucket) -> Option<&'a Object> {
        (self.live.find)(&self.bucket_address(data, bucket))
    }

    /// Whether a bucket is there and keeps versions, without which S3 copies nothing from it or into it.
    fn versioned(&self, data: &Name, bucket: &Bucket) -> bool {
        let state = self.bucket(data, bucket).and_then(|bucket| bucket.attributes.get("versioning"));
        state.is_some_and(|state| state == "Enabled")
    }

    /// Whether the role lets S3 write into a bucket.
    fn may_copy(&self, data: &Name, bucket: &Bucket) -> bool {
        let policy = self.find(Kind::Role, &[data.as_str()]).and_then(|role| role.attributes.get("policy"));
        let policy = policy.map(Value::to_string).unwrap_or_default();
        policy.contains("s3:ReplicateObject") && policy.contains(&format!("arn:aws:s3:::{}/", bucket.name))
    }

    /// Whether somebody takes over: the last standby itself, or the way to several.
    fn has_standby(&self, name: &Name, traffic: &Traffic) -> bool {
        let first = traffic.endpoints.first().map(|endpoint| endpoint.site.name.as_str());
        let onward = first.and_then(|site| self.find(Kind::Record, &[name.as_str(), site, "standbys"]));
        let mut standbys = traffic.endpoints.iter().skip(1);
        onward.is_some()
            || standbys.any(|e| self.find(Kind::Record, &[name.as_str(), e.site.name.as_str()]).is_some())
    }

    /// Whether Route 53 notices when the primary is down, and how fast.
    fn watched(&self, name: &Name, traffic: &Traffic, record: &Object, detection: &mut Detection) -> bool {
        let checked = record.attributes.get("health-check").is_some_and(|check| !check.is_null());
        let evaluated = record.attributes.get("evaluate-target-health").is_some_and(|on| on == true);
        let site = traffic.endpoints.first().map(|endpoint| endpoint.site.name.as_str()).unwrap_or_default();
        let Some(check) = self.find(Kind::HealthCheck, &[name.as_str(), site]).filter(|_| checked) else {
            *detection = Detection::Target(traffic.span);
            return evaluated;
        };
        let number = |key: &str| check.attributes.get(key).and_then(Value::as_u64);
        let kind = check.attributes.get("type").and_then(Value::as_str).unwrap_or_default();
        let span = traffic.probe.as_ref().map_or(traffic.span, |probe| probe.span);
        if let (Some(interval), Some(failures)) = (number("interval"), number("failures")) {
            let request = request(kind == "TCP", kind.ends_with("_STR_MATCH"));
            *detection = Detection::Probe { interval, failures, request, span };
        }
        let off = |key: &str| check.attributes.get(key).is_none_or(|on| on == false);
        // A check of another address than the record's says nothing about it.
        let watched = check.attributes.get("ip").and_then(Value::as_str);
        let answers = record.attributes.get("values").and_then(Value::as_array);
        let same = watched.zip(answers).is_none_or(|(ip, answers)| answers.iter().any(|answer| answer == ip));
        off("disabled") && off("inverted") && same
    }
}

/// The rule that copies to a bucket.
fn rule<'o>(replication: &'o Object, bucket: &Bucket) -> Option<&'o Value> {
    let rules = replication.attributes.get("rules")?.as_array()?;
    let arn = format!("arn:aws:s3:::{}", bucket.name);
    rules.iter().find(|rule| {
        let whole = rule.get("filter").is_none_or(|filter| *filter == serde_json::json!({"prefix": ""}));
        whole
            && rule.get("destination").is_some_and(|to| *to == arn)
            && rule.get("status").is_some_and(|s| s == "Enabled")
    })
}
