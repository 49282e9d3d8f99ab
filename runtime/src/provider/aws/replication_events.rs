//! Which topic gets the events of a bucket's replication: one read for each wanted bucket, the one of its other events.

use aws_sdk_s3::types::{Event, NotificationConfiguration, TopicConfiguration};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::replication_events as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::clients::Clients;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, required, texts, with_found};
use super::{bucket_notification, done, guard_topics};
use crate::cloud::{CloudError, Command, Done};

/// The wanted buckets with a part of ours. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let there = look.buckets_of(kind::KIND, kind::BUCKET).await?;
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let found = unless(look.bucket_notification(name, region).await, &["NoSuchBucket"]);
            (name, region, found.map(|all| all.and_then(|all| object(name, region, &all))))
        })
        .collect();
    look.seen(kind::KIND, kind::BUCKET, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

fn object(bucket: &str, region: &str, all: &NotificationConfiguration) -> Option<Object> {
    let ours = all.topic_configurations().iter().find(|one| is_ours(one))?;
    let events: Vec<&str> = ours.events().iter().map(Event::as_str).collect();
    let attributes = [
        (kind::BUCKET, json!(bucket)),
        (kind::REGION, json!(region)),
        (kind::TOPIC, json!(ours.topic_arn())),
        (kind::EVENTS, json!(events)),
        (kind::FILTER, filter(ours)),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Some(Object { kind: kind::KIND, id: bucket.to_owned(), attributes, outputs: Values::new() })
}

fn is_ours(one: &TopicConfiguration) -> bool {
    one.id() == Some(kind::ID)
}

/// The objects that are told of, as `prefix=logs/`, or null for all of them.
fn filter(one: &TopicConfiguration) -> Value {
    let rules =
        one.filter().and_then(|filter| filter.key()).map(|key| key.filter_rules()).unwrap_or_default();
    let each = rules.iter().map(|rule| {
        format!(
            "{}={}",
            rule.name().map(|name| name.as_str()).unwrap_or_default(),
            rule.value().unwrap_or_default()
        )
    });
    let all: Vec<String> = each.collect();
    if all.is_empty() { Value::Null } else { json!(all.join(", ")) }
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    const CALLS: (&Call, &Call) = (&kind::GET, &kind::PUT);
    let values = &match (command.action, &command.object) {
        (Action::Create | Action::Update, _) => with_found(command),
        (Action::Delete, Some(found)) => found.attributes.clone(),
        _ => return Err(lacks(&kind::PUT, "object")),
    };
    let (bucket, region) =
        (required(values, kind::BUCKET, &kind::PUT)?, required(values, kind::REGION, &kind::PUT)?);
    let ours = match command.action {
        Action::Delete => None,
        _ => Some(ours(values)?),
    };
    let changed = bucket_notification::change(clients, CALLS, (bucket, region), |all| {
        let topics = all.topic_configurations.take().unwrap_or_default();
        let there = topics.iter().any(is_ours);
        let others = topics.into_iter().filter(|one| !is_ours(one));
        let is_wanted = ours.is_some();
        all.topic_configurations = Some(others.chain(ours).collect());
        Ok(there || is_wanted)
    });
    match command.action {
        Action::Delete => unless(changed.await, &["NoSuchBucket"]).map(drop)?,
        _ => changed.await?,
    }
    Ok(done(bucket, Values::new()))
}

/// Our part of the document.
fn ours(values: &Values) -> Result<TopicConfiguration, CloudError> {
    let topic = required(values, kind::TOPIC, &kind::PUT)?;
    let events = texts(values, kind::EVENTS);
    let events = events.iter().map(|name| Event::from(name.as_str())).collect();
    TopicConfiguration::builder()
        .id(kind::ID)
        .topic_arn(topic)
        .set_events(Some(events))
        .build()
        .named(&kind::PUT)
}

driver!(kind::KIND, observe, guard_topics::replication_events, execute);
