//! Object Lock. Sources: Amazon S3 API Reference, `PutObjectLockConfiguration`; Amazon S3 User Guide, "Object Lock considerations".

use holdfast_compiler::provider::aws::s3::{bucket, lock as kind};
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Object Lock of buckets in the embedded cloud.
pub(super) struct BucketLock;

impl Embedded for BucketLock {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::BUCKET), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let Some(found) = look.state.get(bucket::KIND, look.text(kind::BUCKET)) else {
            return look.refuse("NoSuchBucket", "the bucket does not exist");
        };
        if found.attributes.get(bucket::VERSIONING).is_none_or(|state| state != bucket::VERSIONED) {
            return look.refuse("InvalidBucketState", "Object Lock needs versioning to be enabled");
        }
        let days = look.get(kind::DAYS).as_u64().is_some_and(|days| (1..=36_500).contains(&days));
        match [kind::GOVERNANCE, kind::COMPLIANCE].contains(&look.text(kind::MODE)) && days {
            true => Ok(()),
            false => look.refuse("InvalidArgument", "a default retention has a mode, and 1 to 36,500 days"),
        }
    }
}
