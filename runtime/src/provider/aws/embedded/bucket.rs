//! Buckets. Sources: Amazon S3 API Reference (`CreateBucket`, `PutBucketVersioning`, `PutBucketEncryption`,
//! `DeleteBucket`).

use holdfast_compiler::provider::aws::s3::{
    self, bucket as kind, bucket_policy, events, lifecycle, lock, replication,
};
use holdfast_compiler::resource::{Identity, Kind, Values};
use serde_json::json;

use super::{text, values};
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Buckets in the embedded cloud.
pub(super) struct Bucket;

impl Embedded for Bucket {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        let name = text(wanted, kind::NAME);
        let outputs = values(json!({kind::ARN: s3::arn(&name)}));
        (name, outputs)
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("BucketAlreadyOwnedByYou", "the bucket already exists"))
    }

    fn taken(&self, state: &State, identity: &Identity) -> Option<(String, String)> {
        of_another_account(state, identity.get(kind::NAME)?)
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let name = look.text(kind::NAME);
        if look.state.foreign_bucket(name).is_some() {
            return look.refuse("BucketAlreadyExists", "another account has a bucket of this name");
        }
        if look.get(kind::VERSIONING) != kind::VERSIONED && look.state.get(replication::KIND, name).is_some()
        {
            return look.refuse(
                "InvalidBucketState",
                "a replication configuration is present, so versioning cannot be suspended",
            );
        }
        if look.get(kind::VERSIONING) != kind::VERSIONED && look.state.get(lock::KIND, name).is_some() {
            return look.refuse(
                "InvalidBucketState",
                "an Object Lock configuration is present on this bucket, so versioning cannot be suspended",
            );
        }
        if look.text(kind::REGION).is_empty() {
            return look.refuse("IllegalLocationConstraintException", "a bucket needs a region");
        }
        if look.get(kind::ENCRYPTION) == kind::SSE_S3 && !look.get(kind::KMS_KEY).is_null() {
            return look.refuse("InvalidArgument", "a KMS key needs the algorithm aws:kms");
        }
        Ok(())
    }

    fn settings(&self) -> &'static [Kind] {
        &[bucket_policy::KIND, events::KIND, lifecycle::KIND, lock::KIND, replication::KIND]
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        if look.state.is_full(&look.object.id) {
            return look.refuse("BucketNotEmpty", "the bucket you tried to delete is not empty");
        }
        Ok(())
    }
}

/// The region of a bucket of another account, and what says so.
pub(super) fn of_another_account(state: &State, name: &str) -> Option<(String, String)> {
    let region = state.foreign_bucket(name)?;
    Some((region.to_owned(), s3::of_another_account(name, region, state.account())))
}
