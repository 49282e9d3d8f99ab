//! Whether the KMS keys that a copy needs can be used. S3 accepts a replication configuration with any key, and copies nothing
//! if the key cannot be used (Amazon S3 User Guide, "Amazon S3 replication failure reasons": `DstKmsKeyNotFound`,
//! `DstKmsKeyInvalidState`).

use serde_json::Value;

use super::{Finding, copy::under_kms, find_bucket, leaves_key};
use crate::document::{Encryption, Name};
use crate::objectives::view::View;
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::kms::key;
use crate::provider::aws::s3::{bucket, replication};
use crate::resource::{Identity, Kind};

/// What the keys of the primary bucket and of a copy mean for the copy.
pub(super) fn findings(view: &View<'_, '_>, data: &Name, set: &DataSet, copy: &Bucket) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        [&set.primary, copy].into_iter().filter_map(|at| named(view, data, at)).collect();
    found.extend(unmanaged(view, data, set));
    found
}

/// The key that the policy names for a site, of those that the replication of the data set looks at.
fn named(view: &View<'_, '_>, data: &Name, at: &Bucket) -> Option<Finding> {
    let key = at.site.kms_key.as_ref()?.as_str();
    let region = at.site.region.as_str();
    let address = view.address(replication::KIND, &[data.as_str()]);
    let is_it = |(kind, identity): &&(Kind, Identity)| {
        let arn = identity.get(key::ARN).unwrap_or_default();
        let of_region = || arn.split(':').nth(3) == Some(region);
        *kind == key::KIND && (arn == key || arn.ends_with(&format!(":{key}")) && of_region())
    };
    let (_, identity) = (view.live.declared)(&address)?.looks.iter().find(is_it)?;
    let stops =
        |why: &str| Some(Finding::Stops(format!("the key `{key}` {why}, so S3 copies nothing with it")));
    let found = match view.look(key::KIND, &identity.values()) {
        Err(why) => return Some(Finding::Unclear(format!("the key `{key}` cannot be seen: {why}"))),
        Ok(None) => return stops(&format!("does not exist in {region}")),
        Ok(Some(found)) => &found.attributes,
    };
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or("unknown");
    match () {
        () if text(key::STATE) != key::ENABLED => stops(&format!("is in the state {}", text(key::STATE))),
        () if text(key::REGION) != region => stops(&format!("is in {}, not in {region}", text(key::REGION))),
        () if text(key::SPEC) != key::SYMMETRIC || text(key::USAGE) != key::ENCRYPTS => {
            stops("is not a symmetric key for encryption")
        }
        () => None,
    }
}

/// A primary bucket whose encryption the policy leaves alone, and which encrypts with KMS: neither the rule nor the role are
/// for its key.
fn unmanaged(view: &View<'_, '_>, data: &Name, set: &DataSet) -> Option<Finding> {
    let found = find_bucket(view, data, &set.primary).filter(|found| under_kms(found))?;
    if !leaves_key(view.service, data, &set.primary) {
        return None;
    }
    let key =
        found.attributes.get(bucket::KMS_KEY).and_then(Value::as_str).unwrap_or("its account's default key");
    let name = &set.primary.name;
    Some(match set.encryption.value {
        Encryption::Aes256 => Finding::Stops(format!(
            "the bucket `{name}` encrypts with KMS, which the policy leaves as it is, and the policy's rule does not select \
             such objects: set `encrypt: aws:kms`"
        )),
        Encryption::Kms => Finding::Unclear(format!(
            "the policy leaves the key of the bucket `{name}` as it is ({key}), and the role may have no right on it"
        )),
    })
}
