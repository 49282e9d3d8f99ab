//! KMS keys that policies name: one read for each key, however many buckets use it. A key that may not be described is
//! unseen, with the reason; it never fails a command.

use async_trait::async_trait;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::provider::aws::kms::{self, key as kind};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::json;

use super::clients::{Clients, HOME};
use super::driver::Look;
use super::error::{Named, unless};
use crate::cloud::CloudError;

/// How many keys are described concurrently.
const AT_A_TIME: usize = 16;

async fn observe(look: &Look<'_>) -> Observation {
    let (clients, wanted) = (look.clients, look.names(kind::KIND, kind::ARN));
    let reads: Vec<_> = wanted
        .into_iter()
        .map(|arn| async move {
            let region = kms::region(&arn).unwrap_or(HOME).to_owned();
            let answer = clients.reach.ask(&kind::DESCRIBE, &region, read(clients, &arn, &region)).await;
            (arn, region, answer)
        })
        .collect();
    let read: Vec<_> = stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await;
    look.evidence(kind::KIND, kind::ARN, read)
}

async fn read(clients: &Clients, arn: &str, region: &str) -> Result<Option<Object>, CloudError> {
    let answer = clients.kms(region).describe_key().key_id(arn).send().await.named(&kind::DESCRIBE);
    let Some(found) = unless(answer, &["NotFoundException"])?.and_then(|answer| answer.key_metadata) else {
        return Ok(None);
    };
    let region = found.arn().and_then(kms::region).unwrap_or(region);
    let attributes = [
        (kind::ARN, json!(arn)),
        (kind::KEY, json!(found.arn())),
        (kind::REGION, json!(region)),
        (kind::STATE, json!(found.key_state().map(|state| state.as_str()))),
        (kind::SPEC, json!(found.key_spec().map(|spec| spec.as_str()))),
        (kind::USAGE, json!(found.key_usage().map(|usage| usage.as_str()))),
        (kind::MULTI_REGION, json!(found.multi_region().unwrap_or(false))),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Some(Object { kind: kind::KIND, id: arn.to_owned(), attributes, outputs: Values::new() }))
}

/// The driver of keys.
pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError> {
        Ok(observe(look).await)
    }
}
