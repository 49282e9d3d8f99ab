//! The text types of the language that are specific to Azure: names of storage accounts and containers, subscriptions, resource
//! groups.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::text::text_type;

text_type! {
    /// The name of a storage account.
    ///
    /// Rules: Azure Resource Manager documentation, "Naming rules and restrictions for Azure resources", `Microsoft.Storage`.
    StorageAccountName, "^[a-z0-9]{3,24}$",
    "The name of a storage account: 3 to 24 lower-case letters and digits. It is unique across all of Azure.",
    ["acmearchive"]
}
text_type! {
    /// The name of a container.
    ///
    /// Rules: Blob Storage REST API, "Naming and Referencing Containers, Blobs, and Metadata".
    ContainerName, "^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
    "The name of a container: 3 to 63 lower-case letters, digits and single hyphens, with a letter or a digit at both ends.",
    ["invoices"]
}
text_type! {
    /// The id of a subscription.
    SubscriptionId, "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "The id of an Azure subscription, in lower case.",
    ["11111111-2222-3333-4444-555555555555"]
}
text_type! {
    /// The name of a resource group.
    ///
    /// Rules: Azure Resource Manager documentation, "Naming rules and restrictions for Azure resources", `Microsoft.Resources`.
    ResourceGroup, "^(?=.{1,90}$)[A-Za-z0-9_.()-]*[A-Za-z0-9_()-]$",
    "The name of a resource group: 1 to 90 letters, digits, `_`, `-`, `.`, `(` and `)`, without a final dot.",
    ["acme-recovery"]
}

text_type! {
    /// The name of a profile of Traffic Manager, which is also its label below `trafficmanager.net`.
    ///
    /// Rules: Azure Resource Manager documentation, "Naming rules and restrictions for Azure resources", `Microsoft.Network`
    /// (`trafficManagerProfiles`); RFC 1123 §2.1 for the label.
    ProfileName, "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    "The name of a profile: 1 to 63 lower-case letters, digits and hyphens, with a letter or a digit at both ends. It is unique across \
     all of Azure.",
    ["acme-shop"]
}

impl ProfileName {
    /// The DNS name of the profile.
    #[must_use]
    pub fn domain(&self) -> String {
        format!("{self}.trafficmanager.net")
    }
}

/// A container of Azure Blob Storage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Container {
    /// The storage account. Holdfast makes it, or adopts one that exists, and never deletes it.
    pub account: StorageAccountName,
    /// The container in it.
    pub name: ContainerName,
}

impl Container {
    /// `ACCOUNT/CONTAINER`, which no other container has.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.account, self.name)
    }
}

/// The storage account of a container's name.
#[must_use]
pub fn account_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(account, _)| account)
}

/// The container's own name.
#[must_use]
pub fn container_of(name: &str) -> &str {
    name.split_once('/').map_or("", |(_, container)| container)
}

/// The name of a copy: the account with the region, and the same container.
#[must_use]
pub fn copy_name(primary: &str, region: &str) -> String {
    format!("{}{region}/{}", account_of(primary), container_of(primary))
}

/// The resource id of a resource group.
#[must_use]
pub fn group_id(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_keeps_its_container_and_gets_an_account_of_its_region() {
        let name = copy_name("acmearchive/invoices", "northeurope");
        assert_eq!(name, "acmearchivenortheurope/invoices");
        assert_eq!((account_of(&name), container_of(&name)), ("acmearchivenortheurope", "invoices"));
    }

    #[test]
    fn names_that_azure_refuses_do_not_match() {
        let fits = |schema: schemars::Schema, text: &str| {
            jsonschema::validator_for(schema.as_value()).unwrap().is_valid(&text.into())
        };
        let mut generator = schemars::SchemaGenerator::default();
        for (name, valid) in [("acme", true), ("ac", false), ("Acme", false), ("acme-docs", false)] {
            assert_eq!(fits(StorageAccountName::json_schema(&mut generator), name), valid, "{name}");
        }
        for (name, valid) in [("docs", true), ("a-b", true), ("a--b", false), ("-ab", false), ("ab-", false)]
        {
            assert_eq!(fits(ContainerName::json_schema(&mut generator), name), valid, "{name}");
        }
        for (name, valid) in [("acme.recovery", true), ("acme.", false), ("", false), ("a b", false)] {
            assert_eq!(fits(ResourceGroup::json_schema(&mut generator), name), valid, "{name}");
        }
    }
}
