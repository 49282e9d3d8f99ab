//! Converting the SDK's errors: the operation, the code and AWS's message. Without a response, the chain of causes.
//! Requests are never shown, so credentials are not shown either.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;

use holdfast_compiler::resource::Call;

use super::network::is_of_proxy;
use crate::cloud::{Class, CloudError};
use crate::provider::trusted::bad_certificate;

/// Attaches a declared call to the error of a result.
pub(crate) trait Named<T> {
    /// Converts the error into a [`CloudError`] for this call. Only declared calls can be named.
    fn named(self, call: &Call) -> Result<T, CloudError>;
}

impl<T, E> Named<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn named(self, call: &Call) -> Result<T, CloudError> {
        self.map_err(|error| translate(call, &error))
    }
}

impl<T> Named<T> for Result<T, BuildError> {
    fn named(self, call: &Call) -> Result<T, CloudError> {
        self.map_err(|error| fault(call, "BadRequest", causes(&error)))
    }
}

/// Converts an SDK error.
pub(crate) fn translate<E>(call: &Call, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let answer = |code: &str, message: String| fault(call, code, message);
    match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let status = service.raw().status().as_u16();
            let code = meta.code().map_or_else(|| format!("HTTP{status}"), str::to_owned);
            let message = meta.message().map_or_else(|| format!("HTTP status {status}"), str::to_owned);
            answered(call, status, code, message)
        }
        SdkError::TimeoutError(_) => answer("NoAnswer", "AWS did not respond in time".to_owned()),
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            let causes = causes(error);
            answer("BadAnswer", format!("the response cannot be read (HTTP status {status}): {causes}"))
        }
        SdkError::DispatchFailure(failure) => {
            let causes = causes(error);
            if let Some(why) = bad_certificate(error) {
                let cure = "if a proxy or an endpoint of your organization answers, set AWS_CA_BUNDLE to a PEM file with \
                            its certificate authority";
                answer("BadCertificate", format!("the endpoint is not trusted: {why}: {cure}"))
            } else if is_of_proxy(error) {
                answer("NoConnection", format!("the proxy of HTTPS_PROXY does not let it through: {causes}"))
            } else if causes.to_lowercase().contains("credential") {
                let cure = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
                answer("NoCredentials", format!("no usable AWS credentials ({cure}): {causes}"))
            } else if failure.is_timeout() {
                answer("NoConnection", format!("the endpoint did not respond in time: {causes}"))
            } else {
                answer("NoConnection", format!("the endpoint cannot be reached: {causes}"))
            }
        }
        // An invalid request, or a variant of a later SDK.
        _ => answer("BadRequest", causes(error)),
    }
}

/// An error of Holdfast itself about a call, with AWS's code if there is one.
pub(crate) fn fault(call: &Call, code: impl Into<String>, message: impl Into<String>) -> CloudError {
    let code = code.into();
    CloudError::new(class(&code), call.operation, code, message)
}

/// An error response of AWS. If the code is unknown, the HTTP status decides the class.
fn answered(call: &Call, status: u16, code: String, message: String) -> CloudError {
    let class = match (class(&code), status) {
        (Class::Other, 403) => Class::Denied,
        (Class::Other, 404) => Class::NotFound,
        (Class::Other, 429) => Class::Throttled,
        (Class::Other, 500..) => Class::Unavailable,
        (class, _) => class,
    };
    CloudError::new(class, call.operation, code, message)
}

/// The class of a code of AWS, or of a code that Holdfast uses for calls without a response.
///
/// Sources: Amazon S3 API Reference, "Error responses"; Route 53 API Reference, `ChangeResourceRecordSets` and
/// "Common errors"; Developer Guide, "Maximums on API requests"; IAM API Reference, "Common errors"; AWS Backup API Reference, "Common errors".
pub(crate) fn class(code: &str) -> Class {
    match code {
        "NoSuchBucket"
        | "NoSuchEntity"
        | "NoSuchHostedZone"
        | "NoSuchKey"
        | "NoSuchTagSet"
        | "NotFound"
        | "NotFoundException"
        | "ResourceNotFoundException" => Class::NotFound,
        "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "BucketNotEmpty"
        | "EntityAlreadyExists"
        | "AlreadyExistsException"
        | "HealthCheckAlreadyExists"
        | "PreconditionFailed"
        | "ConditionalRequestConflict"
        | "DeleteConflict" => Class::Conflict,
        // Route 53 executes one change per zone at a time, and few requests per second and account.
        "Throttling"
        | "ThrottlingException"
        | "PriorRequestNotComplete"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "TooManyRequestsException" => Class::Throttled,
        "AccessDenied" | "AccessDeniedException" | "AllAccessDisabled" => Class::Denied,
        "InvalidChangeBatch" | "NoSuchHealthCheck" | "InvalidInput" => Class::Refused,
        "OperationAborted" | "ConcurrentModification" | "ChangePending" => Class::Early,
        "NoAnswer" | "NoConnection" | "BadAnswer" => Class::Unanswered,
        "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "ServiceFailure" => Class::Unavailable,
        "NoCredentials" | "ExpiredToken" | "InvalidClientTokenId" => Class::Credentials,
        crate::cloud::GUARDED => Class::Guarded,
        _ => Class::Other,
    }
}

/// The HTTP status, if there was a response.
pub(crate) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Messages of the SDK's wrapper errors, which add no information.
const WRAPPERS: [&str; 7] = [
    "dispatch failure",
    "other",
    "io error",
    "timeout",
    "client error (Connect)",
    "service error",
    "the credential provider was not enabled",
];

/// The chain of causes in one line, without repetitions.
fn causes(error: &dyn Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text =
            error.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ").replace(":; ", ": ");
        if !WRAPPERS.contains(&text.as_str()) && !said.iter().any(|said| said.contains(&text)) {
            said.push(text);
        }
        next = error.source();
    }
    if said.is_empty() { "no reason given".to_owned() } else { said.join(": ") }
}

/// Turns errors with one of these codes, which mean absence, into `None`.
pub(crate) fn unless<T>(answer: Result<T, CloudError>, absent: &[&str]) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if absent.contains(&error.code.as_str()) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::provider::aws::s3::bucket::GET_TAGS;

    use super::*;

    #[test]
    fn missing_resource_is_not_an_error() {
        let error = |code: &str| fault(&GET_TAGS, code, "");
        assert_eq!(unless::<u8>(Err(error("NoSuchTagSet")), &["NoSuchTagSet"]), Ok(None));
        assert_eq!(unless::<u8>(Err(error("AccessDenied")), &["NoSuchTagSet"]), Err(error("AccessDenied")));
    }

    #[test]
    fn each_cause_is_shown_once() {
        let inner = std::io::Error::other("connection refused");
        let outer = std::io::Error::other(inner);
        assert_eq!(causes(&outer), "connection refused");
    }
}
