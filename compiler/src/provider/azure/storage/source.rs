//! The replication policy at the source account, with the ids that the destination has given.

use super::replication::{METRICS, POLICY, PRIORITY, REGION, RULES};
use crate::provider::azure::name::AZURE;
use crate::provider::azure::scope::on;
use crate::resource::{Address, AttributeSchema, Kind, KindSchema, Made, Shape, calls};

/// The name of the source account, which the policy stands at.
pub const ACCOUNT: &str = "account";
/// The name of the destination account.
pub const DESTINATION: &str = "destination-account";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AZURE),
    name: "replication-source",
    of_estate: true,
    attributes: &[
        AttributeSchema::identity(ACCOUNT),
        AttributeSchema::identity(DESTINATION),
        AttributeSchema::new(REGION),
        AttributeSchema::new(POLICY),
        AttributeSchema::new(RULES).shaped(Shape::Document),
        AttributeSchema::new(PRIORITY).unset(|| false.into()),
        AttributeSchema::new(METRICS).unset(|| false.into()),
    ],
    removal: Some("new blobs are no longer copied"),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    LIST = "azure-storage:ObjectReplicationPoliciesList", made [Made::Observe],
        takes [on("Microsoft.Storage/storageAccounts/objectReplicationPolicies/read")];
    /// What the destination has given each rule.
    GET = "azure-storage:ObjectReplicationPoliciesGet", made [Made::Recover],
        takes [on("Microsoft.Storage/storageAccounts/objectReplicationPolicies/read")];
    PUT = "azure-storage:ObjectReplicationPoliciesCreateOrUpdate",
        made [Made::Create, Made::Update(&[REGION, POLICY, RULES, PRIORITY, METRICS])],
        takes [on("Microsoft.Storage/storageAccounts/objectReplicationPolicies/write")];
    DELETE = "azure-storage:ObjectReplicationPoliciesDelete", made [Made::Delete],
        takes [on("Microsoft.Storage/storageAccounts/objectReplicationPolicies/delete")];
}

/// The address of the policy between two accounts.
#[must_use]
pub fn address(source: &str, destination: &str) -> Address {
    Address::new(KIND, &[source, destination])
}
