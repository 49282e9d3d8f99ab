//! Whose every bucket has to be: a bucket's name says nothing about its owner, and a name that was given up can be
//! taken by anybody. So every request of S3 says the account that the bucket must belong to, and S3 answers 403
//! where it does not (Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition").

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

const HEADER: &str = "x-amz-expected-bucket-owner";

/// The operations of S3 that have no such header: there is no bucket yet, or none in particular. Source: the service
/// model of S3 (botocore 1.43, `s3/2006-03-01`); of the four others that lack it (sessions and renames of directory
/// buckets, Object Lambda) Holdfast makes no use, and here they fail.
const WITHOUT: [&str; 2] = ["CreateBucket", "ListBuckets"];

/// The account that all buckets have to belong to, once it is known. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Owner(Arc<OnceLock<String>>);

impl Owner {
    /// It is this one. What was said first stands.
    pub(super) fn set(&self, account: &str) {
        let _ = self.0.set(account.to_owned());
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Owner {
    fn name(&self) -> &'static str {
        "HoldfastOwner"
    }

    /// Before it is signed, so that nobody on the way can take it out.
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
        let owner = self.0.get().ok_or("the owner of the buckets is not known yet")?;
        context.request_mut().headers_mut().try_insert(HEADER, owner.clone())?;
        Ok(())
    }
}
