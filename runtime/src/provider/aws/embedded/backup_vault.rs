//! Backup vaults. Sources: AWS Backup API Reference (`CreateBackupVault`, `PutBackupVaultLockConfiguration`,
//! `DeleteBackupVault`).

use holdfast_compiler::provider::aws::backup::vault as kind;
use holdfast_compiler::provider::aws::kms;
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Vaults in the embedded cloud.
pub(super) struct BackupVault;

/// The id of a vault: names are unique in a region only.
pub(super) fn id(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

impl Embedded for BackupVault {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (id(&text(wanted, kind::REGION), &text(wanted, kind::NAME)), Values::new())
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("AlreadyExistsException", "the vault already exists"))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let name = look.text(kind::NAME);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(2..=50).contains(&name.len()) || !name.bytes().all(fits) {
            return look.refuse(
                "InvalidParameterValueException",
                "a vault's name has 2 to 50 letters, digits, - or _",
            );
        }
        let key = look.get(kind::KMS_KEY);
        if !key.is_null() && kms::region(look.text(kind::KMS_KEY)) != Some(look.text(kind::REGION)) {
            return look
                .refuse("InvalidParameterValueException", "the key must be the ARN of a key of the region");
        }
        let before = look.state.get(kind::KIND, &look.object.id).map(|old| &old.attributes);
        let locked = before.and_then(|old| old.get(kind::LOCK)).is_some_and(|lock| lock == kind::COMPLIANCE);
        if locked && look.get(kind::LOCK) != kind::COMPLIANCE {
            return look.refuse("InvalidRequestException", "the vault is locked: its lock cannot change");
        }
        if look.get(kind::ACCESS_POLICY).get("Statement").is_none() {
            return look.refuse("InvalidParameterValueException", "an access policy needs statements");
        }
        Ok(())
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        if look.state.is_full(&look.object.id) {
            return look.refuse(
                "InvalidRequestException",
                "the vault cannot be deleted: it contains recovery points",
            );
        }
        Ok(())
    }
}
