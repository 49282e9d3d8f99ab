//! AWS Key Management Service: what a key is called.

use crate::document::KmsKey;
use crate::lower::Context;
use crate::policy::Site;

const ARN: &str = "arn:aws:kms:";

/// The account's own key for S3, which nobody can delete (AWS KMS Developer Guide, "AWS managed keys").
const OWN: &str = "alias/aws/s3";

/// The ARN of the key a site encrypts with; of its alias where the policy names an alias.
#[must_use]
pub fn key_arn(context: &Context<'_>, site: &Site) -> String {
    let key = site.kms_key.as_ref().map_or(OWN, |key| key.as_str());
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    format!("{ARN}{}:{}:{key}", site.region, context.target.account(super::NAME))
}

/// The account of a key's ARN: `arn:aws:kms:REGION:ACCOUNT:key/ID`.
#[must_use]
pub fn account(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix(ARN)?;
    rest.split(':').nth(1).filter(|account| super::is_account(account))
}

/// The region of a key's ARN. An alias belongs to the region where it is used.
#[must_use]
pub fn region(key: &str) -> Option<&str> {
    key.strip_prefix(ARN)?.split(':').next()
}

/// Whether two keys are one. Aliases belong to one region each; replicas of a multi-region key are one key, with the
/// same id (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS").
#[must_use]
pub fn same(one: &KmsKey, other: &KmsKey) -> bool {
    fn multi(key: &KmsKey) -> Option<&str> {
        key.as_str().split_once(":key/mrk-").map(|(_, id)| id)
    }
    multi(one).is_some() && multi(one) == multi(other)
}
