//! Our statements in the policies of buckets. Source: Amazon S3 API Reference, `PutBucketPolicy`.

use holdfast_compiler::provider::aws::s3::{bucket, bucket_policy as kind};
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// The policies of buckets in the embedded cloud.
pub(super) struct BucketPolicy;

impl Embedded for BucketPolicy {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::BUCKET), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        match look.state.get(bucket::KIND, look.text(kind::BUCKET)) {
            Some(_) => Ok(()),
            None => look.refuse("NoSuchBucket", "the bucket does not exist"),
        }
    }
}
