//! A resource group. Holdfast does not create it; whoever owns the subscription does.

use super::name::AZURE;
use super::scope::on;
use crate::resource::{Address, AttributeSchema, Kind, KindSchema, Lifecycle, Made, calls};

/// The resource id.
pub const ID: &str = "id";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AZURE),
    name: "resource-group",
    lifecycle: Lifecycle::Prerequisite,
    stateful: true,
    contains: true,
    attributes: &[AttributeSchema::identity(ID)],
    by_hand: Some(|id| {
        format!(
            "create it: az rest --method put --url '{id}?api-version=2022-09-01' --body '{{\"location\": …}}'"
        )
    }),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "azure-resources:ResourceGroupsGet", made [Made::Observe],
        takes [on("Microsoft.Resources/subscriptions/resourceGroups/read")];
}

/// Its address.
#[must_use]
pub fn address(id: &str) -> Address {
    Address::new(KIND, &[id])
}
