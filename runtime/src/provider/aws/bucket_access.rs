//! Settings of buckets that no policy manages and that decide whether S3 copies: four reads for each bucket, together. What
//! may not be read is unknown, with the reason; it never fails a command.

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{LifecycleRule, LifecycleRuleFilter};
use futures::{StreamExt, join, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::provider::aws::s3::bucket_access::{self as kind, rule};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::{Map, Value, json};

use super::bucket_lifecycle::Rules;
use super::bucket_lock::Lock;
use super::bucket_regions::AT_A_TIME;
use super::driver::Look;
use super::error::Named;
use crate::cloud::{Class, CloudError};

/// The settings of the wanted buckets that exist.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let (clients, there) = (look.clients, look.buckets_of(kind::KIND, kind::NAME).await?);
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let read = read(look, name, region);
            (name.clone(), region.clone(), clients.reach.ask(&kind::GET_POLICY, region, read).await)
        })
        .collect();
    let read = stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await;
    Ok(look.evidence(kind::KIND, kind::NAME, read))
}

async fn read(look: &Look<'_>, name: &str, region: &str) -> Result<Option<Object>, CloudError> {
    let client = look.clients.s3(region);
    let (policy, rules, payer, locked) = join!(
        look.bucket_policy(name, region),
        look.bucket_lifecycle(name, region),
        read_payer(&client, name),
        look.bucket_lock(name, region),
    );
    let answers = [
        (kind::POLICY, policy),
        (kind::LIFECYCLE, rules.map(|rules| lifecycle(&rules))),
        (kind::PAYER, payer),
        (kind::OBJECT_LOCK, locked.map(lock)),
    ];
    let (mut attributes, mut unread) = (Values::new(), Map::new());
    for (attribute, answer) in answers {
        match answer {
            Ok(value) => {
                attributes.insert(attribute.to_owned(), value);
            }
            Err(error) if error.code == "NoSuchBucket" => return Ok(None),
            // Also a refusal that is not about permissions, such as a document that cannot be parsed: the region answers.
            Err(error)
                if !matches!(error.class, Class::Unanswered | Class::Unavailable) || is_odd(&error) =>
            {
                unread.insert(attribute.to_owned(), error.to_string().into());
            }
            Err(error) => return Err(error),
        }
    }
    if !unread.is_empty() {
        attributes.insert(kind::UNREAD.to_owned(), Value::Object(unread));
    }
    attributes.insert(kind::NAME.to_owned(), name.into());
    attributes.insert(kind::REGION.to_owned(), region.into());
    Ok(Some(Object { kind: kind::KIND, id: name.to_owned(), attributes, outputs: Values::new() }))
}

/// Whether an answer came and could not be understood.
fn is_odd(error: &CloudError) -> bool {
    error.code == "BadAnswer"
}

/// The rules of a bucket; null if it has none.
fn lifecycle(found: &Rules) -> Value {
    match found.rules.as_slice() {
        [] => Value::Null,
        rules => rules.iter().map(lifecycle_rule).collect(),
    }
}

fn lifecycle_rule(found: &LifecycleRule) -> Value {
    let expiration = found.expiration();
    let noncurrent = found.noncurrent_version_expiration();
    let moves_to = found.transitions().iter().filter_map(|transition| transition.storage_class());
    // The element `Prefix` is the old form of the filter.
    #[expect(deprecated, reason = "rules written before 2016 still have it")]
    let prefix = found.prefix().filter(|prefix| !prefix.is_empty());
    json!({
        rule::ID: found.id().unwrap_or_default(),
        rule::STATUS: found.status().as_str(),
        rule::FILTER: found.filter().map_or_else(|| json_filter(prefix), filter),
        rule::EXPIRES_DAYS: expiration.and_then(|expiration| expiration.days()),
        rule::EXPIRES_ON: expiration.and_then(|expiration| expiration.date()).map(ToString::to_string),
        rule::NONCURRENT_DAYS: noncurrent.and_then(|noncurrent| noncurrent.noncurrent_days()),
        rule::NONCURRENT_KEPT: noncurrent.and_then(|noncurrent| noncurrent.newer_noncurrent_versions()),
        rule::MOVES_TO: moves_to.map(|class| class.as_str()).collect::<Vec<_>>(),
    })
}

fn json_filter(prefix: Option<&str>) -> Value {
    prefix.map_or_else(|| json!({}), |prefix| json!({"prefix": prefix}))
}

fn filter(found: &LifecycleRuleFilter) -> Value {
    let Value::Object(mut all) = json_filter(found.prefix().filter(|prefix| !prefix.is_empty())) else {
        return Value::Null;
    };
    // Only whether two filters are the same is compared, so the SDK's own notation of the rarer parts is enough.
    let rare = [
        ("tag", found.tag().map(|tag| json!({tag.key(): tag.value()}))),
        ("larger-than", found.object_size_greater_than().map(|size| json!(size))),
        ("smaller-than", found.object_size_less_than().map(|size| json!(size))),
        ("and", found.and().map(|and| json!(format!("{and:?}")))),
    ];
    all.extend(rare.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    Value::Object(all)
}

async fn read_payer(client: &Client, bucket: &str) -> Result<Value, CloudError> {
    let answer = client.get_bucket_request_payment().bucket(bucket).send().await.named(&kind::GET_PAYER)?;
    Ok(answer.payer().map_or(kind::OWNER_PAYS, |payer| payer.as_str()).into())
}

/// The default retention of Object Lock, empty if there is none; null without Object Lock.
fn lock(found: Lock) -> Value {
    found.map_or(Value::Null, |retention| {
        retention.map_or_else(
            || json!({}),
            |one| json!({"mode": one.mode().map(|mode| mode.as_str()), "days": one.days(), "years": one.years()}),
        )
    })
}

/// The driver of these settings.
pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError> {
        observe(look).await
    }
}
