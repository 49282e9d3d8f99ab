//! What vaults tell of. Source: AWS Backup API Reference, `PutBackupVaultNotifications`.

use holdfast_compiler::provider::aws::backup::{notifications as kind, vault};
use holdfast_compiler::provider::aws::sns::{topic, topic_of};
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// What vaults tell of in the embedded cloud.
pub(super) struct VaultNotifications;

impl Embedded for VaultNotifications {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (super::backup_vault::id(&text(wanted, kind::REGION), &text(wanted, kind::VAULT)), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let region = look.text(kind::REGION);
        let id = super::backup_vault::id(region, look.text(kind::VAULT));
        if look.state.get(vault::KIND, &id).is_none() {
            return look.refuse("ResourceNotFoundException", "the vault does not exist");
        }
        let arn = topic_of(look.text(kind::TOPIC)).filter(|(of, ..)| *of == region);
        let id = arn.map(|(region, _, name)| super::topic::id(region, name)).unwrap_or_default();
        if look.state.get(topic::KIND, &id).is_none() {
            return look.refuse("InvalidParameterValueException", "a vault tells a topic of its region");
        }
        if look.get(kind::EVENTS).as_array().is_none_or(Vec::is_empty) {
            return look.refuse("InvalidParameterValueException", "a vault tells of one event at least");
        }
        Ok(())
    }
}
