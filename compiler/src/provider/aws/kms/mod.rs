//! AWS Key Management Service: keys and their identifiers.

pub mod key;
pub mod lower;
pub mod made;

use super::words::KmsKey;
use crate::provider::facts::KeyOwner;

/// The prefix of the ARN of a key.
pub(super) const ARN: &str = "arn:aws:kms:";

/// The account of a key's ARN: `arn:aws:kms:REGION:ACCOUNT:key/ID`.
#[must_use]
pub fn account(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix(ARN)?;
    rest.split(':').nth(1).filter(|account| is_account(account))
}

/// The region of a key's ARN. An alias belongs to the region where it is used.
#[must_use]
pub fn region(key: &str) -> Option<&str> {
    key.strip_prefix(ARN)?.split(':').next()
}

/// Whether two keys are the same key. Aliases belong to one region each. Replicas of a multi-region key are
/// one key, with the same id (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS"), or with the same alias if Holdfast makes them.
#[must_use]
pub fn same(one: &KmsKey, other: &KmsKey) -> bool {
    fn multi(key: &KmsKey) -> Option<&str> {
        key.as_str().split_once(":key/mrk-").map(|(_, id)| id)
    }
    if made::is_made(one) || made::is_made(other) {
        // The ARN of a multi-Region key may be that of one that Holdfast makes.
        return one == other || multi(one).is_some() || multi(other).is_some();
    }
    multi(one).is_some() && multi(one) == multi(other)
}

/// Whether two keys that are used in one region are surely not the same key: both are ARNs, Holdfast makes both,
/// or one is managed by AWS.
#[must_use]
pub fn surely_differ(one: &KmsKey, other: &KmsKey) -> bool {
    let managed = |key: &KmsKey| owner(key) == KeyOwner::Provider;
    let named = |key: &KmsKey| key.as_str().starts_with(ARN);
    let made = |key: &KmsKey| made::is_made(key);
    one != other && (managed(one) || managed(other) || named(one) && named(other) || made(one) && made(other))
}

/// Who can delete a key. Nobody can delete one that AWS manages (AWS KMS Developer Guide, "AWS managed keys"); those are the
/// aliases `aws/SERVICE`. Another alias does not say whose key it names.
#[must_use]
pub fn owner(key: &KmsKey) -> KeyOwner<'_> {
    if key.as_str().starts_with("alias/aws/") {
        return KeyOwner::Provider;
    }
    account(key.as_str()).map_or(KeyOwner::Unsaid, KeyOwner::Account)
}

/// Whether a text is an account number: twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
