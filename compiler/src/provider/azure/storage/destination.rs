//! The replication policy at the destination account.

use super::replication::{METRICS, POLICY, PRIORITY, REGION, RULES};
use crate::provider::azure::name::AZURE;
use crate::provider::azure::scope::on;
use crate::resource::{Address, AttributeSchema, Kind, KindSchema, Made, Shape, calls};

/// The name of the destination account, which the policy stands at.
pub const ACCOUNT: &str = "account";
/// The name of the source account.
pub const SOURCE: &str = "source-account";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AZURE),
    name: "replication-destination",
    of_estate: true,
    attributes: &[
        AttributeSchema::identity(ACCOUNT),
        AttributeSchema::identity(SOURCE),
        AttributeSchema::new(REGION),
        AttributeSchema::new(RULES).shaped(Shape::Document),
        AttributeSchema::new(PRIORITY).unset(|| false.into()),
        AttributeSchema::new(METRICS).unset(|| false.into()),
    ],
    outputs: &[POLICY],
    removal: Some("new blobs are no longer copied, and its containers can be written to again"),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    LIST = "azure-storage:ObjectReplicationPoliciesList", made [Made::Observe],
        takes [on("Microsoft.Storage/storageAccounts/objectReplicationPolicies/read")];
    PUT = "azure-storage:ObjectReplicationPoliciesCreateOrUpdate",
        made [Made::Create, Made::Update(&[REGION, RULES, PRIORITY, METRICS])],
        takes [on("Microsoft.Storage/storageAccounts/objectReplicationPolicies/write")];
    DELETE = "azure-storage:ObjectReplicationPoliciesDelete", made [Made::Delete],
        takes [on("Microsoft.Storage/storageAccounts/objectReplicationPolicies/delete")];
}

/// The address of the policy between two accounts.
#[must_use]
pub fn address(source: &str, destination: &str) -> Address {
    Address::new(KIND, &[source, destination])
}
