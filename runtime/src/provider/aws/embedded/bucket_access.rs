//! Settings of buckets that no policy manages. A bucket has the defaults of S3, unless the cloud's file says otherwise.
//! Sources: Amazon S3 API Reference, `GetBucketRequestPayment`, `GetBucketPolicy`, `GetBucketLifecycleConfiguration`,
//! `GetObjectLockConfiguration`.

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::s3::bucket_access::rule;
use holdfast_compiler::provider::aws::s3::{bucket, bucket_access as kind, bucket_policy, lifecycle, lock};
use holdfast_compiler::resource::{Identity, Kind, Values};
use serde_json::{Value, json};

use super::{text, values};
use crate::local::embedded::Embedded;
use crate::local::store::State;

/// Settings of buckets in the embedded cloud.
pub(super) struct BucketAccess;

impl Embedded for BucketAccess {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::NAME), Values::new())
    }

    fn evidence(&self, state: &State, identity: &Identity) -> Option<Object> {
        let name = identity.get(kind::NAME)?;
        let bucket = state.get(bucket::KIND, name)?;
        let mut attributes = values(json!({
            kind::NAME: name,
            kind::REGION: bucket.attributes.get(bucket::REGION),
            kind::POLICY: null,
            kind::LIFECYCLE: null,
            kind::PAYER: kind::OWNER_PAYS,
            kind::OBJECT_LOCK: null,
        }));
        if let Some(set) = state.get(kind::KIND, name) {
            attributes.extend(set.attributes.clone());
        }
        // What Holdfast adds stands in the same documents.
        if let Some(ours) = state.get(bucket_policy::KIND, name) {
            let theirs = attributes.remove(kind::POLICY).unwrap_or_default();
            let all = bucket_policy::document(&theirs, &ours.attributes).unwrap_or_default();
            attributes.insert(kind::POLICY.to_owned(), all);
        }
        if let Some(ours) = state.get(lock::KIND, name) {
            let get = |name| ours.attributes.get(name).cloned().unwrap_or_default();
            let lock = json!({"mode": get(lock::MODE), "days": get(lock::DAYS), "years": null});
            attributes.insert(kind::OBJECT_LOCK.to_owned(), lock);
        }
        if let Some(ours) = state.get(lifecycle::KIND, name) {
            let mut rules = attributes.remove(kind::LIFECYCLE).and_then(|rules| match rules {
                Value::Array(rules) => Some(rules),
                _ => None,
            });
            rules.get_or_insert_default().push(json!({
                rule::ID: lifecycle::RULE,
                rule::STATUS: rule::ON,
                rule::FILTER: {},
                rule::NONCURRENT_DAYS: ours.attributes.get(lifecycle::KEPT),
            }));
            attributes.insert(kind::LIFECYCLE.to_owned(), rules.into());
        }
        Some(Object { kind: kind::KIND, id: name.to_owned(), attributes, outputs: Values::new() })
    }
}
