//! Containers. Source: Storage resource provider REST API, "Blob Containers".

use holdfast_compiler::provider::azure::storage::{account, container as kind};
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Containers in the embedded cloud.
pub(super) struct BlobContainer;

impl Embedded for BlobContainer {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (id(&text(wanted, kind::ACCOUNT), &text(wanted, kind::NAME)), Values::new())
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("ContainerAlreadyExists", "the container already exists"))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let Some(account) = look.state.get(account::KIND, look.text(kind::ACCOUNT)) else {
            return look.refuse("ParentResourceNotFound", "the storage account does not exist");
        };
        if text(&account.attributes, account::REGION) != look.text(kind::REGION) {
            return look.refuse("InvalidRequest", "a container is in the region of its account");
        }
        let open = look.get(kind::PUBLIC_ACCESS) != kind::NOBODY;
        if open && account.attributes.get(account::PUBLIC_BLOBS).is_some_and(|on| *on == false) {
            return look
                .refuse("PublicAccessNotPermitted", "the account lets no container be opened to everybody");
        }
        Ok(())
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        look.refuse("Guarded", "Holdfast never deletes a container")
    }
}

/// The id of a container.
pub(super) fn id(account: &str, name: &str) -> String {
    format!("{account}/{name}")
}
