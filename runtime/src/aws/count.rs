//! Counting: every attempt of every call, the SDK's retries included.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::cloud::Calls;

/// Counts per service. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter(Arc<Mutex<Calls>>);

impl Counter {
    /// The counts so far.
    pub(crate) fn calls(&self) -> Calls {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "HoldfastCounter"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = cfg.load::<Metadata>() {
            // "Route 53" counts as `route53`.
            let service = metadata.service().replace(' ', "").to_lowercase();
            *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(service).or_default() += 1;
        }
        Ok(())
    }
}
