//! The shapes of what is sent and answered, as far as Holdfast uses them.
//!
//! Source: Storage resource provider REST API, version 2025-06-01; Traffic Manager REST API, version 2022-04-01; Resource Management REST
//! API, version 2021-04-01. What is only answered is never sent. What every answer has is required: an answer without it says nothing, and
//! never that there is nothing. What Holdfast does not manage in a document that is written as a whole is kept as it was read.

pub(crate) mod account;
pub(crate) mod blobs;
pub(crate) mod container;
pub(crate) mod policy;
pub(crate) mod traffic;

use serde::Deserialize;

use super::arm::Place;

const STORAGE: &str = "2025-06-01";
const TRAFFIC: &str = "2022-04-01";
const RESOURCES: &str = "2021-04-01";

/// Something that has a resource id. An answer without one is not the answer to the question.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
}

/// The place of a resource group, by its resource id.
pub(crate) fn group(id: &str) -> Place {
    Place { path: id.to_owned(), api: RESOURCES }
}

/// The subscriptions that can be seen.
pub(crate) fn subscriptions() -> Place {
    Place { path: "/subscriptions".to_owned(), api: RESOURCES }
}

/// The storage accounts of a resource group, or of a subscription, by its resource id.
pub(crate) fn accounts(of: &str) -> Place {
    Place { path: format!("{of}/providers/Microsoft.Storage/storageAccounts"), api: STORAGE }
}

/// Something at a storage account, by the account's resource id.
pub(crate) fn at(account: &str, below: &str) -> Place {
    Place { path: format!("{account}{below}"), api: STORAGE }
}

/// The resource id of a storage account.
pub(crate) fn account_id(group: &str, name: &str) -> String {
    format!("{group}/providers/Microsoft.Storage/storageAccounts/{name}")
}

/// A profile of Traffic Manager, by its resource id.
pub(crate) fn profile(id: &str) -> Place {
    Place { path: id.to_owned(), api: TRAFFIC }
}

/// The profiles of a subscription, by its resource id.
pub(crate) fn profiles(of: &str) -> Place {
    Place { path: format!("{of}/providers/Microsoft.Network/trafficmanagerprofiles"), api: TRAFFIC }
}

/// The resource id of a profile.
pub(crate) fn profile_id(group: &str, name: &str) -> String {
    format!("{group}/providers/Microsoft.Network/trafficManagerProfiles/{name}")
}

/// The resource id of the resource group of a resource.
pub(crate) fn group_of(id: &str) -> Option<&str> {
    let end = id.to_ascii_lowercase().find("/providers/")?;
    id.get(..end)
}
