//! The preconditions of the real cloud, with its codes, where a wrong program would otherwise pass.
//!
//! Sources: Amazon S3 API Reference (`PutBucketReplication`, `PutBucketVersioning`, `PutBucketEncryption`) and
//! User Guide, "Requirements and considerations for replication"; Route 53 API Reference
//! (`ChangeResourceRecordSets`, `HealthCheckConfig`, `ResourceRecordSet`); IAM API Reference (`CreateRole`).

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::{Change, Kind, Values};
use serde_json::Value;

use super::store::State;
use crate::cloud::{CloudError, Command};

type Checked = Result<(), CloudError>;

/// The name of what a command asks for.
pub(super) fn operation(command: &Command) -> String {
    format!("local:{}-{}", command.action, command.address.kind())
}

/// A refusal.
pub(super) fn refuse(command: &Command, code: &str, message: impl Into<String>) -> CloudError {
    CloudError::new(operation(command), code, message)
}

/// The entries of a JSON object.
pub(super) fn values(object: Value) -> Values {
    match object {
        Value::Object(map) => map.into_iter().collect(),
        _ => Values::new(),
    }
}

/// Whether a thing may become what `object` says.
pub(super) fn check(state: &State, command: &Command, object: &Object) -> Checked {
    let rules = Rules { state, command, object };
    rules.immutable()?;
    match object.kind {
        Kind::Bucket => rules.bucket(),
        Kind::Replication => rules.replication(),
        Kind::Role => rules.role(),
        Kind::HealthCheck => rules.health_check(),
        Kind::Record => rules.record(),
        Kind::HostedZone | Kind::Service => Ok(()),
    }
}

/// Whether a thing may go.
pub(super) fn delete(state: &State, command: &Command) -> Checked {
    let Some(object) = &command.object else {
        return Err(refuse(command, "InvalidRequest", "nothing to delete"));
    };
    if object.kind == Kind::Bucket && state.full_buckets.contains(&object.id) {
        return Err(refuse(command, "BucketNotEmpty", "the bucket you tried to delete is not empty"));
    }
    if object.kind == Kind::Record && state.get(Kind::Record, &object.id).is_none() {
        return Err(refuse(command, "InvalidChangeBatch", format!("`{}` was not found", object.id)));
    }
    Ok(())
}

struct Rules<'a> {
    state: &'a State,
    command: &'a Command,
    object: &'a Object,
}

impl Rules<'_> {
    fn refuse(&self, code: &str, message: impl Into<String>) -> Checked {
        Err(refuse(self.command, code, message))
    }

    fn get(&self, name: &str) -> &Value {
        self.object.attributes.get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }

    /// What a kind's schema calls immutable, an update cannot change.
    fn immutable(&self) -> Checked {
        let Some(old) = self.state.get(self.object.kind, &self.object.id) else { return Ok(()) };
        if self.command.action != Action::Update {
            return match self.object.kind {
                Kind::Bucket => self.refuse("BucketAlreadyOwnedByYou", "the bucket exists already"),
                Kind::Record => self.refuse("InvalidChangeBatch", "the record exists already"),
                Kind::Role => self.refuse("EntityAlreadyExists", "the role exists already"),
                _ => Ok(()),
            };
        }
        for attribute in self.object.kind.schema().attributes {
            let before = old.attributes.get(attribute.name).unwrap_or(&Value::Null);
            let after = self.get(attribute.name);
            let allowed = matches!(attribute.change, Change::InPlace) || !attribute.replaces(before, after);
            if before != after && !allowed {
                return self.refuse("InvalidInput", format!("{} cannot change", attribute.name));
            }
        }
        Ok(())
    }

    fn bucket(&self) -> Checked {
        let name = self.text("name");
        if self.get("versioning") != "Enabled" && self.state.get(Kind::Replication, name).is_some() {
            return self.refuse(
                "InvalidBucketState",
                "a replication configuration is present, so versioning cannot be suspended",
            );
        }
        if self.text("region").is_empty() {
            return self.refuse("IllegalLocationConstraintException", "a bucket needs a region");
        }
        if self.get("encryption") == "AES256" && !self.get("kms-key").is_null() {
            return self.refuse("InvalidArgument", "a KMS key needs the algorithm aws:kms");
        }
        Ok(())
    }

    fn versioned(&self, bucket: &str) -> Option<bool> {
        let bucket = self.state.get(Kind::Bucket, bucket)?;
        Some(bucket.attributes.get("versioning").is_some_and(|v| v == "Enabled"))
    }

    fn replication(&self) -> Checked {
        match self.versioned(self.text("bucket")) {
            None => return self.refuse("NoSuchBucket", "the source bucket does not exist"),
            Some(false) => {
                return self.refuse("InvalidRequest", "versioning must be enabled on the source bucket");
            }
            Some(true) => {}
        }
        let role = self.text("role").rsplit('/').next().unwrap_or_default();
        if self.state.get(Kind::Role, role).is_none() {
            return self.refuse("InvalidRequest", format!("the role `{role}` does not exist"));
        }
        let (mut ids, mut priorities) = (BTreeSet::new(), BTreeSet::new());
        for rule in self.get("rules").as_array().into_iter().flatten() {
            let get = |name: &str| rule.get(name).unwrap_or(&Value::Null);
            if !ids.insert(get("id").to_string()) || !priorities.insert(get("priority").to_string()) {
                return self.refuse("InvalidRequest", "two rules share an id or a priority");
            }
            let arn = get("destination").as_str().unwrap_or_default();
            let destination = arn.strip_prefix("arn:aws:s3:::").unwrap_or_default();
            match self.versioned(destination) {
                _ if destination == self.text("bucket") => {
                    return self.refuse("InvalidRequest", "a bucket cannot replicate to itself");
                }
                None => return self.refuse("InvalidRequest", "the destination bucket must exist"),
                Some(false) => {
                    return self
                        .refuse("InvalidRequest", "the destination bucket must have versioning enabled");
                }
                Some(true) => {}
            }
            if get("replication-time") != get("metrics")
                || !(get("metrics").is_null() || get("metrics") == 15)
            {
                return self
                    .refuse("InvalidRequest", "replication time and metrics go together, at 15 minutes");
            }
            if get("sse-kms-objects").is_null() != get("replica-kms-key").is_null() {
                return self.refuse("InvalidRequest", "SSE-KMS objects and the replica's key go together");
            }
        }
        if ids.is_empty() { self.refuse("MalformedXML", "there has to be a rule") } else { Ok(()) }
    }

    fn role(&self) -> Checked {
        if !(1..=64).contains(&self.text("name").len()) {
            return self.refuse("ValidationError", "a role's name has 1 to 64 characters");
        }
        if self.get("trust").get("Statement").is_none() || self.get("policy").get("Statement").is_none() {
            return self.refuse("MalformedPolicyDocument", "a policy has statements");
        }
        Ok(())
    }

    fn health_check(&self) -> Checked {
        let number = |name: &str| self.get(name).as_u64().unwrap_or_default();
        let kind = self.text("type");
        if !["HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"].contains(&kind) {
            return self.refuse("InvalidInput", format!("there is no type `{kind}`"));
        }
        if ![10, 30].contains(&number("interval")) || !(1..=10).contains(&number("failures")) {
            return self.refuse("InvalidInput", "the interval is 10 or 30, the threshold 1 to 10");
        }
        if self.get("ip").is_null() && self.get("domain").is_null() {
            return self.refuse("InvalidInput", "a check needs an address or a domain name");
        }
        if kind.ends_with("_STR_MATCH") == self.get("search").is_null() {
            return self.refuse("InvalidInput", "a search string goes with the types *_STR_MATCH");
        }
        Ok(())
    }

    fn record(&self) -> Checked {
        let (zone, name) = (self.text("zone"), self.text("name"));
        let Some(hosted) = self.state.get(Kind::HostedZone, self.text("zone-id")) else {
            return self.refuse("NoSuchHostedZone", format!("there is no zone `{zone}`"));
        };
        if hosted.attributes.get("name").is_none_or(|n| n != zone)
            || !(name == zone || name.ends_with(&format!(".{zone}")))
        {
            return self.refuse("InvalidChangeBatch", format!("`{name}` is not permitted in zone `{zone}`"));
        }
        if self.get("routing") == "failover"
            && (self.get("set-identifier").is_null()
                || !["PRIMARY", "SECONDARY"].contains(&self.text("failover")))
        {
            return self.refuse("InvalidChangeBatch", "a failover record needs an identifier and a role");
        }
        if let Some(check) = self.get("health-check").as_str()
            && self.state.get(Kind::HealthCheck, check).is_none()
        {
            return self.refuse("NoSuchHealthCheck", format!("there is no health check `{check}`"));
        }
        self.answer()?;
        let Some(coexist) = &self.object.kind.schema().coexist else { return Ok(()) };
        for other in self.state.records(self.text("zone-id"), name).filter(|o| o.id != self.object.id) {
            if !(coexist.rule)(&self.object.attributes, &other.attributes) {
                let message = format!("`{name}` conflicts with `{}`", other.id);
                return self.refuse("InvalidChangeBatch", message);
            }
        }
        Ok(())
    }

    /// What the record answers with.
    fn answer(&self) -> Checked {
        let record_type = self.text("type");
        if record_type == "CNAME" && self.get("name") == self.get("zone") {
            return self.refuse("InvalidChangeBatch", "a CNAME cannot stand at the apex of a zone");
        }
        if let Some(alias) = self.get("alias-name").as_str() {
            let own_zone = self.get("alias-zone-id") == self.get("zone-id");
            let mut targets = self.state.records(self.text("zone-id"), alias);
            let there = targets.any(|other| other.attributes.get("type") == Some(self.get("type")));
            if own_zone && !there {
                return self
                    .refuse("InvalidChangeBatch", format!("the alias target `{alias}` was not found"));
            }
            let cloudfront = self.get("alias-zone-id") == "Z2FDTNDATAQYW2";
            let evaluates = self.get("evaluate-target-health") == true;
            if self.get("routing") == "failover" && evaluates == cloudfront {
                return self.refuse(
                    "InvalidChangeBatch",
                    "a failover alias evaluates its target's health, unless that is CloudFront",
                );
            }
            return Ok(());
        }
        if self.get("ttl").is_null() {
            return self.refuse("InvalidChangeBatch", "a record needs a TTL");
        }
        let answers: Vec<&str> =
            self.get("values").as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fits = |answer: &&str| match record_type {
            "A" => answer.parse::<Ipv4Addr>().is_ok(),
            "AAAA" => answer.parse::<Ipv6Addr>().is_ok(),
            _ => true,
        };
        if answers.is_empty() || !answers.iter().all(fits) {
            return self.refuse("InvalidChangeBatch", format!("values do not fit the type {record_type}"));
        }
        Ok(())
    }
}
