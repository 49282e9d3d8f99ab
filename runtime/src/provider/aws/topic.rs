//! Topics: a read of the attributes and one of the tags for each wanted topic.

use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::sns::{topic as kind, topic_arn};
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use aws_sdk_sns::types::Tag;

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, new_tags, required, tag_value, tags};
use super::guard_topics;
use super::policy_document::plain;
use super::retry::{NEW_TOPIC, TOPIC, retry};
use crate::cloud::{CloudError, Command, Done};

/// The code of SNS for a topic that does not exist.
pub(super) const ABSENT: &[&str] = &["NotFound"];

/// The attribute of a topic with its policy.
const POLICY: &str = "Policy";

/// The wanted topics that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let clients = look.clients;
    let wanted = look.by_region(kind::KIND, kind::NAME, kind::REGION);
    let wanted = wanted.iter().flat_map(|(region, names)| names.iter().map(move |name| (name, region)));
    let reads: Vec<_> = wanted
        .map(|(name, region)| async move {
            let read = clients.reach.ask(&kind::GET, region, read(clients, region, name)).await;
            (name, region, unless(read, ABSENT))
        })
        .collect();
    look.seen(
        kind::KIND,
        kind::NAME,
        stream::iter(reads)
            .buffer_unordered(AT_A_TIME)
            .map(|(name, region, read)| (name, region, read.map(Option::flatten)))
            .collect()
            .await,
    )
}

async fn read(clients: &Clients, region: &str, name: &str) -> Result<Option<Object>, CloudError> {
    let arn = topic_arn(region, clients.owner(), name);
    let client = clients.sns(region);
    // One after the other: of a topic that does not exist, only the first is asked.
    let attributes = client.get_topic_attributes().topic_arn(&arn).send().await.named(&kind::GET)?;
    let found = client.list_tags_for_resource().resource_arn(&arn).send().await.named(&kind::GET_TAGS)?;
    let policy = attributes.attributes().and_then(|all| all.get(POLICY));
    let policy = policy.map(|text| plain(&kind::GET, text)).transpose()?;
    let tags = found.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    let attributes = [
        (kind::NAME, json!(name)),
        (kind::REGION, json!(region)),
        (kind::POLICY, policy.unwrap_or(Value::Null)),
        (kind::TAGS, tag_value(tags)),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Some(Object { kind: kind::KIND, id: arn, attributes, outputs: Values::new() }))
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let values = &command.values;
    match (command.action, &command.object) {
        (Action::Create, _) => create(clients, values).await,
        (Action::Update, Some(found)) => {
            let region = required(values, kind::REGION, &kind::SET)?;
            if command.changed.contains(kind::POLICY) {
                set_policy(clients, region, &found.id, values).await?;
            }
            if command.changed.contains(kind::TAGS) {
                let tags = sdk_tags(new_tags(values, Some(&found.attributes)), &kind::TAG)?;
                retry(TOPIC, || async {
                    let request = clients.sns(region).tag_resource().resource_arn(&found.id);
                    request.set_tags(Some(tags.clone())).send().await.named(&kind::TAG)
                })
                .await?;
            }
            Ok(done(&found.id, Values::new()))
        }
        (Action::Delete, Some(found)) => {
            let region = required(&found.attributes, kind::REGION, &kind::DELETE)?;
            let answer = retry(TOPIC, || async {
                clients.sns(region).delete_topic().topic_arn(&found.id).send().await.named(&kind::DELETE)
            });
            unless(answer.await, ABSENT)?;
            Ok(done(&found.id, Values::new()))
        }
        _ => Err(lacks(&kind::CREATE, "object")),
    }
}

/// A topic that exists with the same policy and tags is the one of an earlier attempt whose answer was lost.
async fn create(clients: &Clients, values: &Values) -> Result<Done, CloudError> {
    let (name, region) =
        (required(values, kind::NAME, &kind::CREATE)?, required(values, kind::REGION, &kind::CREATE)?);
    let tags = sdk_tags(tags(values), &kind::CREATE)?;
    let policy = document(values, &kind::CREATE)?;
    retry(TOPIC, || async {
        let request = clients.sns(region).create_topic().name(name).attributes(POLICY, &policy);
        request.set_tags(Some(tags.clone())).send().await.named(&kind::CREATE)
    })
    .await?;
    Ok(done(&topic_arn(region, clients.owner(), name), Values::new()))
}

async fn set_policy(clients: &Clients, region: &str, arn: &str, values: &Values) -> Result<(), CloudError> {
    let policy = document(values, &kind::SET)?;
    retry(NEW_TOPIC, || async {
        let request = clients.sns(region).set_topic_attributes().topic_arn(arn);
        request.attribute_name(POLICY).attribute_value(&policy).send().await.named(&kind::SET)
    })
    .await
    .map(drop)
}

fn document(values: &Values, call: &Call) -> Result<String, CloudError> {
    values.get(kind::POLICY).map(Value::to_string).ok_or_else(|| lacks(call, kind::POLICY))
}

fn sdk_tags(tags: impl IntoIterator<Item = (String, String)>, call: &Call) -> Result<Vec<Tag>, CloudError> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build().named(call)).collect()
}

driver!(kind::KIND, observe, guard_topics::topic, execute);
