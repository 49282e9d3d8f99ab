//! What keeps Holdfast from managing a bucket that exists: objects under a key that the policy does not declare, and Object Lock
//! that the copies lack. Once a bucket is managed, what somebody changes by hand is a difference or a finding, and no obstacle.
//! A bucket is new if the journal does not know it; a key also if an import has only recorded it.
//!
//! Sources: Amazon S3 User Guide, "Replicating encrypted objects" and "Requirements and considerations for replication".

use serde_json::Value;

use super::bucket_access::{has_lock, settings};
use super::copy::under_kms;
use super::{bucket_at, copier, find_bucket};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Encryption, Name};
use crate::objectives::view::View;
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::iam::role;
use crate::provider::aws::keys::DEFAULT_KEY;
use crate::provider::aws::s3::{bucket, replication};
use crate::provider::evidence::Obstacle;
use crate::resource::{Attribute, Kind};

/// What a bucket encrypts with.
const KEY: [&str; 2] = [bucket::ENCRYPTION, bucket::KMS_KEY];

/// The obstacles of a data set.
pub(super) fn obstacles(view: &View<'_, '_>, data: &Name, set: &DataSet) -> Vec<Obstacle> {
    let buckets = std::iter::once(&set.primary).chain(&set.copies);
    let keys = buckets.filter_map(|at| under_another_key(view, data, set, at));
    keys.chain(set.copies.iter().filter_map(|copy| without_lock(view, data, set, copy))).collect()
}

/// Whether a bucket exists and the journal does not know it.
fn is_new(view: &View<'_, '_>, data: &Name, at: &Bucket) -> bool {
    find_bucket(view, data, at).is_some() && (view.live.applied)(&bucket_at(view, data, at)).is_none()
}

/// Whether only an import has taken a bucket over, with its key as it is, and no apply has made what copies it.
fn is_imported(view: &View<'_, '_>, data: &Name, set: &DataSet, at: &Bucket) -> bool {
    let address = bucket_at(view, data, at);
    let (Some(found), Some(applied)) = (find_bucket(view, data, at), (view.live.applied)(&address)) else {
        return false;
    };
    let as_found =
        |name: &&str| applied.get(*name).is_none_or(|key| found.attributes.get(*name) == Some(key));
    let role = view.address(role::KIND, &[data.as_str()]);
    let made = |address| (view.live.made)(address).is_some();
    !set.copies.is_empty() && !made(&address) && !made(&role) && KEY.iter().all(as_found)
}

/// Whether the policy manages an attribute of what a data set has once.
fn manages(view: &View<'_, '_>, kind: Kind, data: &Name, attribute: &str) -> bool {
    let declared = (view.live.declared)(&view.address(kind, &[data.as_str()]));
    declared.is_some_and(|declared| declared.attributes.contains_key(attribute))
}

/// A bucket that encrypts with a key that the policy does not declare for it. If the policy leaves its encryption as it is, only
/// the source of a replication matters: copies are encrypted as the rule says.
fn under_another_key(view: &View<'_, '_>, data: &Name, set: &DataSet, at: &Bucket) -> Option<Obstacle> {
    let object = find_bucket(view, data, at).filter(|found| under_kms(found))?;
    if !is_new(view, data, at) && !is_imported(view, data, set, at) {
        return None;
    }
    let address = bucket_at(view, data, at);
    let declared = (view.live.declared)(&address)?;
    let left = !KEY.iter().all(|name| declared.attributes.contains_key(*name));
    let copies = match set.encryption.value {
        // The rights of a role, or rules, that are left as they are may be for that key.
        Encryption::Kms => manages(view, role::KIND, data, role::POLICY),
        Encryption::Aes256 => manages(view, replication::KIND, data, replication::RULES),
    };
    if left && (at.name != set.primary.name || !copies) {
        return None;
    }
    let found = object.attributes.get(bucket::KMS_KEY).and_then(Value::as_str).unwrap_or(DEFAULT_KEY);
    let wanted = match declared.attributes.get(bucket::KMS_KEY) {
        Some(Attribute::Known(key)) => key.as_str(),
        _ => at.site.kms_key.as_ref().map(|key| key.as_str()),
    };
    let wanted = wanted.unwrap_or(DEFAULT_KEY);
    let (name, site) = (&at.name, &at.site.name);
    let but = match set.encryption.value {
        Encryption::Kms if !differ(found, wanted) => return None,
        Encryption::Kms if left => format!("the role that copies it may use `{wanted}` only"),
        Encryption::Kms => format!("the policy would set `{wanted}`"),
        Encryption::Aes256 if left => "the policy's rule does not copy such objects".to_owned(),
        Encryption::Aes256 => "the policy would encrypt without KMS".to_owned(),
    };
    let key = if short(found) == short(DEFAULT_KEY) {
        "name no `kms-key` at the site".to_owned()
    } else {
        format!("name it as `kms-key` at the site `{site}`")
    };
    Some(Obstacle {
        address,
        found: Diagnostic::new(
            codes::ADOPTED_KEY,
            format!("the bucket `{name}` exists and encrypts with the KMS key `{found}`, and {but}"),
        )
        .at(at.span, "would be taken over"),
        cure: format!("declare the key: `encrypt: aws:kms` for the data, and {key}"),
        may_adopt: true,
        may_wait: false,
    })
}

/// A key as S3 may name it, without region and account: `alias/NAME` or the id.
fn short(key: &str) -> &str {
    let name = key.splitn(6, ':').nth(5).unwrap_or(key);
    name.strip_prefix("key/").unwrap_or(name)
}

/// Whether two names are taken for those of two keys. An alias may be that of any key that is named by its id, but for the alias
/// of AWS. Two aliases may be of one key as well, which an operator can tell, and allow.
fn differ(one: &str, other: &str) -> bool {
    let (one, other) = (short(one), short(other));
    let kind = |key: &str| (key.starts_with("alias/"), key.starts_with("alias/aws/"));
    one != other && (kind(one) == kind(other) || kind(one).1 || kind(other).1)
}

/// A copy without Object Lock of a bucket that has it, where the replication or the bucket is new to Holdfast.
fn without_lock(view: &View<'_, '_>, data: &Name, set: &DataSet, copy: &Bucket) -> Option<Obstacle> {
    let source = settings(view, data, &set.primary).ok().flatten()?;
    if !has_lock(source) {
        return None;
    }
    if set.lock.is_some() {
        // The copy gets it first.
        return None;
    }
    let there = find_bucket(view, data, copy).is_some();
    let known = settings(view, data, copy).ok()?;
    if known.is_some_and(has_lock) {
        return None;
    }
    let replication = copier(view, data);
    // What somebody changes by hand later is a finding; a copy that is yet to be made is not.
    let managed = there && !is_new(view, data, copy) && !is_new(view, data, &set.primary);
    if (view.live.find)(&replication).is_some() && managed {
        return None;
    }
    let (from, to) = (&set.primary.name, &copy.name);
    let (has, cure) = match there {
        true => ("has not", format!("enable versioning and Object Lock on `{to}`, and plan again")),
        false => (
            "would be created without it",
            format!("create `{to}` with Object Lock in {}, and plan again", copy.site.region),
        ),
    };
    Some(Obstacle {
        address: bucket_at(view, data, copy),
        found: Diagnostic::new(
            codes::ADOPTED_LOCK,
            format!("the bucket `{from}` has Object Lock and its copy `{to}` {has}, so S3 copies nothing"),
        )
        .at(copy.span, "needs Object Lock"),
        cure: format!(
            "state `lock` for the data, so that Holdfast locks the copy as well; or {cure}; or take the real-time copy out of the policy"
        ),
        may_adopt: false,
        may_wait: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_different_keys_differ() {
        let arn = "arn:aws:kms:us-east-1:111122223333:key/one";
        assert!(!differ(arn, arn) && !differ(arn, "one"));
        assert!(!differ("alias/acme", "arn:aws:kms:us-east-1:111122223333:alias/acme"));
        assert!(!differ("alias/acme", arn), "the alias may be that of the key");
        assert!(differ(arn, "arn:aws:kms:us-east-1:111122223333:key/two"));
        assert!(differ("alias/acme", "alias/other"));
        assert!(differ(DEFAULT_KEY, arn) && differ("alias/acme", DEFAULT_KEY));
        assert!(!differ(DEFAULT_KEY, "arn:aws:kms:us-east-1:111122223333:alias/aws/s3"));
    }
}
