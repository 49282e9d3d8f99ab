//! Microsoft Azure. There is no client for it yet: its kinds exist in the embedded cloud only, and a real cloud is refused before any
//! call.

mod embedded;

use crate::cloud::Class;
use crate::provider::Provider;

/// The provider Azure.
pub static PROVIDER: Provider = Provider {
    declared: &holdfast_compiler::provider::azure::PROVIDER,
    check: |_, _| Ok(()),
    partition: "AzureCloud",
    connect: None,
    class,
    embedded: embedded::KINDS,
};

/// The class of an error code. Source: Storage resource provider REST API and Azure Resource Manager documentation, "Common error codes".
fn class(code: &str) -> Class {
    match code {
        "ResourceNotFound" | "NotFound" | "ParentResourceNotFound" => Class::NotFound,
        "StorageAccountAlreadyExists" | "ContainerAlreadyExists" | "Conflict" => Class::Conflict,
        "TooManyRequests" | "SubscriptionRequestsThrottled" => Class::Throttled,
        "AuthorizationFailed" | "StorageAccountAlreadyTaken" => Class::Denied,
        "InternalServerError" | "ServiceUnavailable" => Class::Unavailable,
        _ => Class::Other,
    }
}
