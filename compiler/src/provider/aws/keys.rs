//! The key that a site encrypts with.

use super::kms::ARN;
use super::name::AWS;
use crate::lower::context::Context;
use crate::policy::Site;

/// The account's default key for S3, which nobody can delete (AWS KMS Developer Guide, "AWS managed keys").
pub(super) const DEFAULT_KEY: &str = "alias/aws/s3";

/// Whether a site encrypts with a key that somebody can disable or delete. AWS manages those whose aliases begin with
/// `aws/`.
pub(super) fn own_key(site: &Site) -> bool {
    site.kms_key.as_ref().is_some_and(|key| !key.as_str().contains("alias/aws/"))
}

/// The ARN of the key that a site encrypts with, or of its alias if the policy names an alias.
pub(super) fn key_arn(context: &Context<'_>, site: &Site) -> String {
    let key = site.kms_key.as_ref().map_or(DEFAULT_KEY, |key| key.as_str());
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    format!("{ARN}{}:{}:{key}", site.region, context.target.account(AWS))
}
