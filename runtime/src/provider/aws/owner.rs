//! The expected owner of every bucket. A bucket's name does not prove its owner, because anybody can create a bucket
//! with the name of a deleted one. So every S3 request names the account that must own the bucket, and S3 responds
//! with 403 if it does not (Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition").

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

const HEADER: &str = "x-amz-expected-bucket-owner";

/// The operations of S3 without this header: there is no bucket yet, or no particular one. Source: the service model
/// of S3 (botocore 1.43, `s3/2006-03-01`). Holdfast does not use the four other operations that lack it (sessions and
/// renames of directory buckets, Object Lambda); they would fail here.
const WITHOUT: [&str; 2] = ["CreateBucket", "ListBuckets"];

/// Whose buckets a client expects.
#[derive(Debug, Clone)]
pub(super) enum Expected {
    /// Those of the estate's account.
    Estate(Owner),
    /// Those of another account.
    Account(String),
}

impl Expected {
    fn get(&self) -> Option<&str> {
        match self {
            Self::Estate(owner) => owner.get(),
            Self::Account(account) => Some(account),
        }
    }
}

/// The account that all buckets must belong to, once it is known. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Owner(Arc<OnceLock<String>>);

impl Owner {
    /// Set the account. Only the first call has an effect.
    pub(super) fn set(&self, account: &str) {
        let _ = self.0.set(account.to_owned());
    }

    /// The account, once it is known.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Expected {
    fn name(&self) -> &'static str {
        "HoldfastOwner"
    }

    /// Adds the header before signing, so that it cannot be removed in transit.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = cfg.load::<Metadata>().map(|metadata| metadata.name().to_owned());
        if operation.is_some_and(|name| WITHOUT.contains(&name.as_str())) {
            return Ok(());
        }
        let owner = self.get().ok_or("the owner of the buckets is not known yet")?;
        context.request_mut().headers_mut().try_insert(HEADER, owner.to_owned())?;
        Ok(())
    }
}
