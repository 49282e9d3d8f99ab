//! The kinds of Azure in the embedded cloud. To add one, add a file beside this one, and a line here.
//!
//! The error codes of refused policies are those of the embedded cloud: Azure documents the rules and not each code.

mod account;
mod container;
mod destination;
mod group;
mod replication;
mod source;
mod traffic_endpoint;
mod traffic_profile;

use holdfast_compiler::resource::Values;
use serde_json::Value;

use crate::local::embedded::Embedded;

/// All kinds of Azure in the embedded cloud.
pub(super) static KINDS: &[&dyn Embedded] = &[
    &group::ResourceGroup,
    &account::StorageAccount,
    &container::BlobContainer,
    &destination::ReplicationDestination,
    &source::ReplicationSource,
    &traffic_profile::TrafficProfile,
    &traffic_endpoint::TrafficEndpoint,
];

/// An attribute as text; empty if it is not a string.
fn text(values: &Values, name: &str) -> String {
    values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
