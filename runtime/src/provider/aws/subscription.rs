//! Subscriptions: a listing for each wanted topic. The address of each is compared by its digest, so that it is in no plan.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sns::types::Subscription;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::sns::{subscription as kind, topic_arn};
use holdfast_compiler::resource::{Call, Values};
use serde_json::json;

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, required};
use super::guard_topics;
use super::retry::{NEW_TOPIC, TOPIC, retry};
use super::topic::ABSENT;
use crate::cloud::{CloudError, Command, Done};

/// The wanted subscriptions that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let clients = look.clients;
    let wanted = look.by_region(kind::KIND, kind::NAME, kind::REGION);
    let topics: BTreeSet<(&String, &str)> = wanted
        .iter()
        .flat_map(|(region, names)| names.iter().map(move |name| (region, kind::topic_of(name))))
        .collect();
    let lists: Vec<_> = topics
        .into_iter()
        .map(|(region, topic)| async move {
            let arn = topic_arn(region, clients.owner(), topic);
            ((region, topic), clients.reach.ask(&kind::LIST, region, list(clients, region, &arn)).await)
        })
        .collect();
    let lists: BTreeMap<(&String, &str), Result<Found, CloudError>> =
        stream::iter(lists).buffer_unordered(AT_A_TIME).collect().await;
    let each = wanted.iter().flat_map(|(region, names)| names.iter().map(move |name| (name, region)));
    let read = each.map(|(name, region)| {
        let object = match lists.get(&(region, kind::topic_of(name))) {
            Some(Ok(found)) => Ok(found.get(name).map(|found| object(region, name, found))),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        };
        (name, region, object)
    });
    look.seen(kind::KIND, kind::NAME, read.collect())
}

/// The subscriptions of a topic, by what identifies them. None if there is no topic.
type Found = BTreeMap<String, Subscription>;

async fn list(clients: &Clients, region: &str, arn: &str) -> Result<Found, CloudError> {
    let topic = arn.rsplit(':').next().unwrap_or_default();
    let client = clients.sns(region);
    let mut all = Found::new();
    let mut next: Option<String> = None;
    loop {
        let request = client.list_subscriptions_by_topic().topic_arn(arn).set_next_token(next.clone());
        let answer = unless(request.send().await.named(&kind::LIST), ABSENT)?;
        let Some(page) = answer else { return Ok(all) };
        for found in page.subscriptions.unwrap_or_default() {
            let (protocol, endpoint) = (found.protocol().unwrap_or(""), found.endpoint().unwrap_or(""));
            let name = kind::name(topic, protocol, endpoint);
            // SNS goes on listing for a while, as `Deleted`, what somebody has unsubscribed.
            if !is_confirmed(&found) && found.subscription_arn() != Some(PENDING) {
                continue;
            }
            // Of a subscription that was confirmed, an older one can still be pending.
            if !all.contains_key(&name) || is_confirmed(&found) {
                all.insert(name, found);
            }
        }
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// The word for a subscription that nobody has confirmed.
const PENDING: &str = "PendingConfirmation";

/// SNS writes a word in the place of the ARN of a subscription that nobody has confirmed.
fn is_confirmed(found: &Subscription) -> bool {
    found.subscription_arn().is_some_and(|arn| arn.starts_with("arn:"))
}

fn object(region: &str, name: &str, found: &Subscription) -> Object {
    let state = if is_confirmed(found) { kind::CONFIRMED } else { kind::PENDING };
    let attributes = [
        (kind::NAME, json!(name)),
        (kind::REGION, json!(region)),
        (kind::TOPIC, json!(found.topic_arn())),
        (kind::PROTOCOL, json!(found.protocol())),
        (kind::ENDPOINT, json!(found.endpoint())),
        (kind::STATE, json!(state)),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Object { kind: kind::KIND, id: name.to_owned(), attributes, outputs: Values::new() }
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        (Action::Create, _) => create(clients, &command.values).await,
        (Action::Delete, Some(found)) => delete(clients, found).await,
        _ => Err(lacks(&kind::CREATE, "action")),
    }
}

async fn create(clients: &Clients, values: &Values) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::CREATE;
    let (name, region) = (required(values, kind::NAME, CALL)?, required(values, kind::REGION, CALL)?);
    let topic = required(values, kind::TOPIC, CALL)?;
    let (protocol, endpoint) =
        (required(values, kind::PROTOCOL, CALL)?, required(values, kind::ENDPOINT, CALL)?);
    retry(NEW_TOPIC, || async {
        let request = clients.sns(region).subscribe().topic_arn(topic).protocol(protocol).endpoint(endpoint);
        request.send().await.named(CALL)
    })
    .await?;
    Ok(done(name, Values::new()))
}

/// Somebody may have confirmed it since it was seen, so its ARN is looked up. One that nobody has confirmed cannot be removed: SNS
/// forgets it.
async fn delete(clients: &Clients, found: &Object) -> Result<Done, CloudError> {
    let region = required(&found.attributes, kind::REGION, &kind::DELETE)?;
    let topic = required(&found.attributes, kind::TOPIC, &kind::DELETE)?;
    let there = retry(TOPIC, || async { list(clients, region, topic).await }).await?;
    let confirmed = there.get(&found.id).filter(|found| is_confirmed(found));
    if let Some(arn) = confirmed.and_then(Subscription::subscription_arn) {
        let answer = retry(TOPIC, || async {
            clients.sns(region).unsubscribe().subscription_arn(arn).send().await.named(&kind::DELETE)
        });
        unless(answer.await, ABSENT)?;
    }
    Ok(done(&found.id, Values::new()))
}

driver!(kind::KIND, observe, guard_topics::subscription, execute);
