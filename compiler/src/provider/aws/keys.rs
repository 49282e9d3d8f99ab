//! The key that a site encrypts with.

use super::kms::made;
use super::words::KmsKey;
use crate::lower::context::Context;
use crate::policy::Site;

/// The account's default key for S3, which nobody can delete (AWS KMS Developer Guide, "AWS managed keys").
pub(super) const DEFAULT_KEY: &str = "alias/aws/s3";

/// Whether a site encrypts with a key that the policy names and that somebody can disable or delete. AWS manages those whose
/// aliases begin with `aws/`.
pub(super) fn named_key(site: &Site) -> bool {
    site.kms_key.as_ref().is_some_and(|key| !key.as_str().contains("alias/aws/") && !made::is_made(key))
}

/// The account's default key for AWS Backup, which nobody can delete (AWS Backup Developer Guide, "Encryption for backups in AWS
/// Backup").
const DEFAULT_VAULT_KEY: &str = "alias/aws/backup";

/// The key of the vault at a site: its ARN, or the alias of one that Holdfast makes. `None`: the account's default key for AWS
/// Backup. The rules exclude other aliases, because AWS Backup does not accept them ([`alias_of_a_vault`]).
pub(super) fn vault_key(site: &Site) -> Option<&str> {
    site.vault_key().map(KmsKey::as_str).filter(|key| *key != DEFAULT_VAULT_KEY)
}

/// The ARN of the key of the vault at a site, or of its alias for the default key.
pub(super) fn vault_key_arn(context: &Context<'_>, site: &Site) -> String {
    arn_of(context, site, vault_key(site).unwrap_or(DEFAULT_VAULT_KEY))
}

/// The ARN of the alias of the default key at a site.
pub(super) fn default_vault_key_arn(context: &Context<'_>, site: &Site) -> String {
    arn_of(context, site, DEFAULT_VAULT_KEY)
}

/// Whether a key cannot be the key of a vault: an alias other than the default one (AWS Backup API Reference, `CreateBackupVault`;
/// AWS CloudFormation User Guide, `AWS::Backup::BackupVault`: "you must specify its ARN, not its alias").
pub(super) fn alias_of_a_vault(key: &KmsKey) -> bool {
    key.as_str().starts_with("alias/") && key.as_str() != DEFAULT_VAULT_KEY && !made::is_made(key)
}

/// The ARN of the key that a site encrypts with, or of its alias if the policy names an alias.
pub(super) fn key_arn(context: &Context<'_>, site: &Site) -> String {
    arn_of(context, site, site.kms_key.as_ref().map_or(DEFAULT_KEY, |key| key.as_str()))
}

fn arn_of(context: &Context<'_>, site: &Site, key: &str) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    made::alias_arn(site.region.as_str(), context.account(site), key)
}
