//! Storage accounts. Sources: Storage resource provider REST API, "Storage Accounts"; Azure Blob Storage documentation, "Object
//! replication for block blobs".

use holdfast_compiler::provider::azure::storage::{account as kind, destination, source};
use holdfast_compiler::resource::{Kind, Values};

use super::replication::of_account;
use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Storage accounts in the embedded cloud.
pub(super) struct StorageAccount;

impl Embedded for StorageAccount {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::NAME), Values::new())
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("StorageAccountAlreadyExists", "the storage account already exists"))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let name = look.text(kind::NAME);
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !plain || !(3..=24).contains(&name.len()) {
            return look.refuse("AccountNameInvalid", "3 to 24 lower-case letters and digits");
        }
        if look.text(kind::REGION).is_empty() || look.text(kind::GROUP).is_empty() {
            return look.refuse("InvalidRequest", "a storage account needs a region and a resource group");
        }
        let days = look.get(kind::SOFT_DELETE);
        if !days.is_null() && !days.as_u64().is_some_and(|days| (1..=365).contains(&days)) {
            return look.refuse("InvalidRequest", "a deleted blob is kept for 1 to 365 days");
        }
        let copies = of_account(look.state, source::KIND, name).next().is_some();
        let takes = of_account(look.state, destination::KIND, name).next().is_some();
        if (copies || takes) && *look.get(kind::VERSIONING) != true {
            return look
                .refuse("InvalidRequest", "versioning cannot be off while a replication policy stands here");
        }
        if copies && *look.get(kind::CHANGE_FEED) != true {
            return look
                .refuse("InvalidRequest", "the change feed cannot be off at the source of a replication");
        }
        Ok(())
    }

    /// A driver that deletes one would delete data: nothing here does.
    fn delete(&self, look: &Look<'_>) -> Checked {
        look.refuse("Guarded", "Holdfast never deletes a storage account")
    }
}
