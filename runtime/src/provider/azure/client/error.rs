//! What Azure's answers mean. A request is never shown, so neither are tokens.
//!
//! Sources: Azure Resource Manager documentation, "Common error codes", "Throttling requests", "Azure REST API error response"; Storage resource
//! provider REST API, error codes.

use std::error::Error;

use azure_core::error::ErrorKind;
use holdfast_compiler::resource::Call;
use serde::Deserialize;

use crate::cloud::{Class, CloudError};
use crate::provider::trusted::bad_certificate;

/// The longest message of Azure that is shown, in characters.
const LONGEST: usize = 1_000;
/// The longest error code of Azure that is shown, in characters. The documented ones have less than 80.
const LONGEST_CODE: usize = 100;

/// The class of an error code of Azure, or of a code that Holdfast uses for calls without a response.
pub(crate) fn class(code: &str) -> Class {
    match code {
        "ResourceNotFound"
        | "NotFound"
        | "ParentResourceNotFound"
        | "ResourceGroupNotFound"
        | "ContainerNotFound" => Class::NotFound,
        "StorageAccountAlreadyExists" | "ContainerAlreadyExists" | "Conflict" | CHANGED => Class::Conflict,
        "TooManyRequests" | "SubscriptionRequestsThrottled" | "OperationNotAllowedThrottled" => {
            Class::Throttled
        }
        "AuthorizationFailed"
        | "LinkedAuthorizationFailed"
        | "StorageAccountAlreadyTaken"
        | "AccountAlreadyTaken" => Class::Denied,
        "StorageAccountOperationInProgress" | "AccountIsBeingProvisioned" => Class::Early,
        "InternalServerError" | "ServiceUnavailable" | "ServerBusy" | "GatewayTimeout" => Class::Unavailable,
        "NoAnswer" | "NoConnection" | "BadAnswer" => Class::Unanswered,
        "NoCredentials"
        | "InvalidAuthenticationToken"
        | "ExpiredAuthenticationToken"
        | "AuthenticationFailed" => Class::Credentials,
        crate::cloud::GUARDED | NO_CLIENT => Class::Guarded,
        _ => Class::Other,
    }
}

/// The code where something changed between a look and a change, or right after it. Nothing of Azure's that Holdfast writes takes a
/// condition, so this is found by reading before and after.
pub(crate) const CHANGED: &str = "ChangedMeanwhile";
/// The code where Holdfast has no client for a kind.
pub(crate) const NO_CLIENT: &str = "NoClient";

/// An error of Holdfast itself about a call.
pub(crate) fn fault(call: &Call, code: &str, message: impl Into<String>) -> CloudError {
    CloudError::new(class(code), call.operation, code, message)
}

/// What a command was doing when it signed in.
pub(super) const SIGN_IN: &str = "sign in to Azure";

/// There is nobody to sign in.
pub(super) fn no_credentials(why: impl Into<String>) -> CloudError {
    let cure = "run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET";
    let message = format!("no usable Azure credentials ({cure}): {}", shortened(&why.into()));
    CloudError::new(Class::Credentials, SIGN_IN, "NoCredentials", message)
}

/// The body of an error.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Details,
}

/// What went wrong.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Details {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
}

/// An answer that is an error. If the code is unknown, the HTTP status decides the class.
pub(super) fn refused(call: &Call, status: u16, body: &[u8]) -> CloudError {
    let Refusal { error } = serde_json::from_slice(body).unwrap_or_default();
    of_details(call, status, error)
}

/// The error with these details.
fn of_details(call: &Call, status: u16, error: Details) -> CloudError {
    let code = if is_code(&error.code) { error.code } else { format!("HTTP{status}") };
    let message = match error.message.as_str() {
        "" => format!("HTTP status {status}"),
        said => shortened(said),
    };
    let class = match (class(&code), status) {
        (Class::Other, 401) => Class::Credentials,
        (Class::Other, 403) => Class::Denied,
        // Only what names the thing: a subscription, a tenant or a provider that is not found, or the page of a proxy, says nothing of it.
        (Class::Other, 404) if is_of_a_thing(&code) => Class::NotFound,
        (Class::Other, 409) => Class::Conflict,
        // Whatever its code: nothing was done.
        (_, 429) => Class::Throttled,
        (Class::Other, 500..) => Class::Unavailable,
        (class, _) => class,
    };
    CloudError::new(class, call.operation, code, message)
}

/// The error of an operation that was accepted and has ended in the state `Failed` or `Canceled`. Without a code of Azure it is no silence:
/// what happened is known.
pub(super) fn ended(call: &Call, state: &str, error: Details) -> CloudError {
    let code = if is_code(&error.code) { error.code } else { format!("Operation{state}") };
    let message = match error.message.as_str() {
        "" => format!("Azure began it, and it ended in the state `{state}`"),
        said => shortened(said),
    };
    fault(call, &code, message)
}

/// Whether a text is a code and not something else that came instead of one, such as the page of a proxy.
fn is_code(text: &str) -> bool {
    let plain = |one: u8| one.is_ascii_alphanumeric() || matches!(one, b'.' | b'_' | b'-');
    (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(plain)
}

/// Whether a code of the status 404 says that the thing asked for does not exist.
fn is_of_a_thing(code: &str) -> bool {
    code.ends_with("NotFound") && !code.starts_with("Subscription") && !code.starts_with("Tenant")
}

/// The error of an endpoint whose certificate is not trusted, if that is the cause.
pub(super) fn untrusted(operation: &str, error: &azure_core::Error) -> Option<CloudError> {
    let why = bad_certificate(error)?;
    let cure = "if a proxy or an endpoint of your organization answers, set SSL_CERT_FILE to a PEM file with its certificate \
                authority";
    let message = format!("the endpoint is not trusted: {why}: {cure}");
    Some(CloudError::new(Class::Other, operation, "BadCertificate", message))
}

/// A call without a response, or with one that cannot be read.
pub(super) fn silent(call: &Call, error: &azure_core::Error) -> CloudError {
    let causes = causes(error);
    if let Some(untrusted) = untrusted(call.operation, error) {
        return untrusted;
    }
    match error.kind() {
        ErrorKind::Credential => {
            CloudError { operation: call.operation.to_owned(), ..no_credentials(causes) }
        }
        ErrorKind::Connection => {
            fault(call, "NoConnection", format!("the endpoint cannot be reached: {causes}"))
        }
        ErrorKind::Io => fault(call, "NoAnswer", format!("there is no response: {causes}")),
        _ => fault(call, "BadAnswer", format!("the response cannot be read: {causes}")),
    }
}

/// The chain of causes in one line, without repetitions.
pub(super) fn causes(error: &dyn Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ");
        if !text.is_empty() && !said.iter().any(|said| said.contains(&text)) {
            said.push(text);
        }
        next = error.source();
    }
    shortened(&said.join(": "))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::provider::azure::storage::account::GET;

    use super::*;

    #[test]
    fn status_decides_where_the_code_is_unknown() {
        let class = |status: u16, body: &str| refused(&GET, status, body.as_bytes()).class;
        assert_eq!(class(404, r#"{"error":{"code":"ResourceNotFound","message":"gone"}}"#), Class::NotFound);
        let of = |code: &str| class(404, &serde_json::json!({"error": {"code": code}}).to_string());
        assert_eq!(of("ObjectReplicationPolicyNotFound"), Class::NotFound);
        for code in
            ["SubscriptionNotFound", "TenantNotFound", "NoRegisteredProviderFound", "InvalidSubscriptionId"]
        {
            assert_eq!(of(code), Class::Other, "{code}");
        }
        assert_eq!(class(404, "no JSON"), Class::Other);
        assert_eq!(class(429, r#"{"error":{"code":"Whatever","message":""}}"#), Class::Throttled);
        assert_eq!(class(403, r#"{"error":{"code":"RequestDisallowedByPolicy"}}"#), Class::Denied);
        assert_eq!(class(503, ""), Class::Unavailable);
        assert_eq!(class(400, r#"{"error":{"code":"InvalidRequestPropertyValue"}}"#), Class::Other);
    }

    #[test]
    fn what_is_no_code_is_not_shown_as_one() {
        let code = |code: &str| {
            let body = serde_json::json!({"error": {"code": code, "message": "no"}}).to_string();
            refused(&GET, 400, body.as_bytes()).code
        };
        let longest = "a".repeat(LONGEST_CODE);
        for known in ["AuthorizationFailed", "Storage.Account-Not_Found1", &longest] {
            assert_eq!(code(known), known);
        }
        for other in
            ["", "two words", "a\nb", "\u{1b}[31m", "\u{202e}edoc", "é", "<html>", &format!("{longest}a")]
        {
            assert_eq!(code(other), "HTTP400", "{other:?}");
            let error = Details { code: other.to_owned(), message: String::new() };
            assert_eq!(ended(&GET, "Failed", error).code, "OperationFailed", "{other:?}");
        }
    }

    #[test]
    fn long_message_is_cut() {
        let body = serde_json::json!({"error": {"code": "X", "message": "é".repeat(2 * LONGEST)}});
        let error = refused(&GET, 400, body.to_string().as_bytes());
        assert_eq!(error.message.chars().count(), LONGEST + 1);
    }
}
