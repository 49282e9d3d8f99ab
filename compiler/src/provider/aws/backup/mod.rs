//! AWS Backup: vaults, backup plans, and what a plan selects.

pub mod lower;
pub mod notifications;
pub mod others;
mod places;
pub mod plan;
pub mod selection;
pub mod vault;
pub mod watching;

use crate::document::{Lock, Name};
use crate::resource::Address;
pub(super) use places::{place, places, places_of};

/// The address of the vault at a site for backups with a lock.
pub(super) fn vault_address(site: &Name, lock: Option<Lock>) -> Address {
    let path: Vec<&str> = std::iter::once(site.as_str()).chain(lock.map(lock_word)).collect();
    Address::new(vault::KIND, &path)
}

/// A lock in names and addresses.
fn lock_word(lock: Lock) -> &'static str {
    match lock {
        Lock::Governance => "governance",
        Lock::Compliance => "compliance",
    }
}

/// The ARN of a vault (AWS Service Authorization Reference, "Actions, resources, and condition keys for AWS Backup").
#[must_use]
pub fn vault_arn(region: &str, account: &str, name: &str) -> String {
    format!("{ARN}{region}:{account}:backup-vault:{name}")
}

/// Whether this is the ARN of a single vault of an account, without wildcards (AWS Backup API Reference, `CreateBackupVault`).
#[must_use]
pub fn is_vault(arn: &str, account: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let word = |text: &str| !text.is_empty() && text.bytes().all(fits);
    vault_of(arn)
        .is_some_and(|(region, name)| word(region) && word(name) && vault_arn(region, account, name) == arn)
}

/// The region and the name of the vault of an ARN.
#[must_use]
pub fn vault_of(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.strip_prefix(ARN)?.splitn(4, ':');
    let (region, _, kind, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (kind == "backup-vault").then_some((region, name))
}

/// The ARN of a backup plan (the same).
#[must_use]
pub fn plan_arn(region: &str, account: &str, id: &str) -> String {
    format!("{ARN}{region}:{account}:backup-plan:{id}")
}

/// The prefix of the ARNs of AWS Backup.
pub const ARN: &str = "arn:aws:backup:";

/// The longest name of a vault, a plan, a rule or a selection, in characters (AWS Backup API Reference, `CreateBackupVault`,
/// `BackupRuleInput`, `BackupSelection`).
pub(super) const LONGEST_NAME: usize = 50;
