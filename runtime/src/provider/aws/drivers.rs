//! The driver of each kind.

use holdfast_compiler::resource::{Kind, Lifecycle};

use super::driver::Driver;
use super::{alarm, backfill, backup_plan, backup_selection, backup_vault};
use super::{
    bucket, bucket_access, bucket_events, bucket_lifecycle, bucket_lock, bucket_policy, event_rule,
    health_check, hosted_zone, key, kms_key, other_backups, record_change, replication, replication_events,
    role, subscription, topic, vault_notifications,
};
use crate::cloud::{CloudError, Command, refuse};

/// All drivers. To add one, add a file beside this one, and a line here.
pub(super) static DRIVERS: &[&dyn Driver] = &[
    &bucket::Driver,
    &replication::Driver,
    &role::Driver,
    &hosted_zone::Driver,
    &record_change::Driver,
    &health_check::Driver,
    &bucket_access::Driver,
    &key::Driver,
    &kms_key::Driver,
    &backup_vault::Driver,
    &backup_plan::Driver,
    &backup_selection::Driver,
    &other_backups::Driver,
    &backfill::Driver,
    &bucket_events::Driver,
    &replication_events::Driver,
    &bucket_policy::Driver,
    &bucket_lifecycle::Driver,
    &bucket_lock::Driver,
    &topic::Driver,
    &subscription::Driver,
    &alarm::Driver,
    &vault_notifications::Driver,
    &event_rule::Driver,
];

/// The driver of a kind.
pub(super) fn of(kind: Kind) -> Option<&'static dyn Driver> {
    DRIVERS.iter().copied().find(|driver| driver.kind() == kind)
}

/// Refuse a command that would grant rights that no policy grants, or whose kind Holdfast does not manage. `estate` is the account of
/// the estate.
pub(super) fn check(command: &Command, estate: &str) -> Result<(), CloudError> {
    let account = command.named.account.as_deref().unwrap_or(estate);
    let kind = command.address.kind();
    match of(kind).filter(|_| matches!(kind.schema().lifecycle, Lifecycle::Managed | Lifecycle::Task)) {
        Some(driver) => driver.check(command, account),
        None => Err(refuse(command, format!("Holdfast does not create or change a {}", kind.name()))),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::provider::aws::PROVIDER;

    use super::*;

    #[test]
    fn every_declared_kind_has_one_driver() {
        for schema in PROVIDER.kinds {
            let drivers = DRIVERS.iter().filter(|driver| driver.kind() == Kind::of(schema)).count();
            assert_eq!(drivers, 1, "{}", schema.name);
        }
        assert_eq!(DRIVERS.len(), PROVIDER.kinds.len());
    }
}
