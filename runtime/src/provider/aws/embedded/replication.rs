//! Replication configurations. Sources: Amazon S3 API Reference, `PutBucketReplication`; User Guide, "Requirements
//! and considerations for replication".

use std::collections::BTreeSet;

use holdfast_compiler::provider::aws::iam::role;
use holdfast_compiler::provider::aws::s3::replication::{self as kind, rule};
use holdfast_compiler::provider::aws::s3::{self, bucket, bucket_access, lock};
use holdfast_compiler::resource::{Identity, Kind, Values};
use serde_json::{Value, json};

use super::bucket::of_another_account;
use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Replication configurations in the embedded cloud.
pub(super) struct Replication;

impl Embedded for Replication {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::BUCKET), Values::new())
    }

    fn taken(&self, state: &State, identity: &Identity) -> Option<(String, String)> {
        of_another_account(state, identity.get(kind::BUCKET)?)
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        match versioned(look.state, look.text(kind::BUCKET)) {
            None => return look.refuse("NoSuchBucket", "the source bucket does not exist"),
            Some(false) => {
                return look.refuse("InvalidRequest", "versioning must be enabled on the source bucket");
            }
            Some(true) => {}
        }
        let name = look.text(kind::ROLE).rsplit('/').next().unwrap_or_default();
        if look.state.get(role::KIND, name).is_none() {
            return look.refuse("InvalidRequest", format!("the role `{name}` does not exist"));
        }
        let (mut ids, mut priorities) = (BTreeSet::new(), BTreeSet::new());
        for one in look.get(kind::RULES).as_array().into_iter().flatten() {
            let get = |name: &str| one.get(name).unwrap_or(&Value::Null);
            if !ids.insert(get(rule::ID).to_string()) || !priorities.insert(get(rule::PRIORITY).to_string()) {
                return look.refuse("InvalidRequest", "two rules share an id or a priority");
            }
            let arn = get(rule::DESTINATION).as_str().unwrap_or_default();
            let destination = s3::bucket_of(arn).unwrap_or_default();
            match versioned(look.state, destination) {
                _ if destination == look.text(kind::BUCKET) => {
                    return look.refuse("InvalidRequest", "a bucket cannot replicate to itself");
                }
                None => return look.refuse("InvalidRequest", "the destination bucket must exist"),
                Some(false) => {
                    return look
                        .refuse("InvalidRequest", "the destination bucket must have versioning enabled");
                }
                Some(true) => {}
            }
            let locked = |name: &str| {
                let access = look.state.get(bucket_access::KIND, name);
                look.state.get(lock::KIND, name).is_some()
                    || access.is_some_and(|found| {
                        !found.attributes.get(bucket_access::OBJECT_LOCK).unwrap_or(&Value::Null).is_null()
                    })
            };
            if locked(look.text(kind::BUCKET)) && !locked(destination) {
                return look.refuse(
                    "InvalidRequest",
                    "the destination bucket must have Object Lock, as the source has",
                );
            }
            if get(rule::TIME) != get(rule::METRICS)
                || !(get(rule::METRICS).is_null() || *get(rule::METRICS) == json!(kind::MINUTES))
            {
                return look.refuse(
                    "InvalidRequest",
                    "replication time and metrics need each other, both with 15 minutes",
                );
            }
            if get(rule::SSE_KMS).is_null() != get(rule::REPLICA_KEY).is_null() {
                return look
                    .refuse("InvalidRequest", "SSE-KMS objects and the replica's key need each other");
            }
        }
        if ids.is_empty() { look.refuse("MalformedXML", "a configuration needs a rule") } else { Ok(()) }
    }
}

/// Whether versioning is enabled on a bucket; `None` if the bucket does not exist.
fn versioned(state: &State, name: &str) -> Option<bool> {
    let found = state.get(bucket::KIND, name)?;
    Some(found.attributes.get(bucket::VERSIONING).is_some_and(|v| v == bucket::VERSIONED))
}
