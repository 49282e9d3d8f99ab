//! Counting every attempt of every call, including the SDK's retries, and the wasted ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::reach::Reach;
use super::retry::{is_repetition, is_throttling};
use crate::cloud::{Calls, Waste};

/// Counts calls per service. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter {
    counts: Arc<Mutex<Counts>>,
    reach: Reach,
    /// The region of the client that it counts for.
    region: String,
}

#[derive(Debug, Default)]
struct Counts {
    calls: Calls,
    /// How many attempts have begun and not ended. One whose future is dropped never ends.
    open: u64,
}

impl Counter {
    /// A new one.
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, ..Self::default() }
    }

    /// The same for the client of a region.
    pub(crate) fn of(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// The counts when no call is in progress: what has begun and not ended was given up.
    pub(crate) fn calls(&self) -> Calls {
        let counts = self.lock();
        let mut calls = counts.calls.clone();
        (0..counts.open).for_each(|_| calls.waste(Waste::GivenUp));
        calls
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "HoldfastCounter"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A repetition means that the call before it was too early, and so wasted.
        if is_repetition() {
            self.lock().calls.waste(Waste::Early);
        }
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = cfg.load::<Metadata>() {
            let mut counts = self.lock();
            counts.calls.count(service(metadata));
            counts.open += 1;
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let why = match context.output_or_error() {
            Some(Err(error)) if error.is_connector_error() || error.is_timeout_error() => {
                Some(Waste::Unanswered)
            }
            Some(Err(_)) => context.response().and_then(waste),
            _ => None,
        };
        let Some(metadata) = cfg.load::<Metadata>() else { return Ok(()) };
        // Who has too many requests is there.
        if matches!(why, None | Some(Waste::Throttled)) {
            self.reach.heard(&service(metadata), &self.region);
        }
        let mut counts = self.lock();
        counts.open = counts.open.saturating_sub(1);
        why.into_iter().for_each(|why| counts.calls.waste(why));
        Ok(())
    }
}

/// "Route 53" counts as `route53`.
fn service(metadata: &Metadata) -> String {
    metadata.service().replace(' ', "").to_lowercase()
}

/// Why an error response was wasted. Most are not: they say what is wrong, or that something does not exist.
fn waste(response: &HttpResponse) -> Option<Waste> {
    // Each operation has its own error type, but the code is always in the same XML element, or in a header where answers are JSON.
    let body = response.body().bytes().and_then(|body| std::str::from_utf8(body).ok());
    let code = body.and_then(|body| body.split_once("<Code>")?.1.split_once("</Code>")).map(|(code, _)| code);
    let code = code.or_else(|| response.headers().get("x-amzn-errortype")?.split(':').next());
    match response.status().as_u16() {
        _ if code.is_some_and(is_throttling) => Some(Waste::Throttled),
        429 => Some(Waste::Throttled),
        500.. => Some(Waste::Refused),
        // A successful status with an unreadable body: the response was truncated.
        200..400 => Some(Waste::Unanswered),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn only_throttled_refused_and_unreadable_answers_count_as_wasted() {
        let answer = |status: u16, body: &str| {
            waste(&HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_owned())))
        };
        assert_eq!(answer(503, "<Error><Code>SlowDown</Code></Error>"), Some(Waste::Throttled));
        assert_eq!(answer(400, "<Error><Code>Throttling</Code></Error>"), Some(Waste::Throttled));
        assert_eq!(answer(503, "<Error><Code>ServiceUnavailable</Code></Error>"), Some(Waste::Refused));
        assert_eq!(answer(502, "no XML"), Some(Waste::Refused));
        assert_eq!(answer(200, "<ListBuck"), Some(Waste::Unanswered));
        assert_eq!(answer(404, "<Error><Code>NoSuchTagSet</Code></Error>"), None);
        assert_eq!(answer(409, "<Error><Code>BucketAlreadyOwnedByYou</Code></Error>"), None);
    }
}
