//! Which topic gets the events of a bucket's replication: one read for each wanted bucket, the one of its other events.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{Event, NotificationConfiguration, TopicConfiguration};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation, Unseen};
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

/// The name of all events of replication.
const ALL: &str = "s3:Replication:*";

/// The wanted buckets with a part of ours. What a region does not let us read is unseen, and so is a part that S3 would refuse.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let there = look.buckets_of(kind::KIND, kind::BUCKET).await?;
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let found = unless(look.bucket_notification(name, region).await, &["NoSuchBucket"]);
            (name, region, found)
        })
        .collect();
    let reads: Vec<_> = stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await;
    let (mut parts, mut overlaps) = (Vec::new(), BTreeMap::new());
    for (name, region, found) in reads {
        let why = found.as_ref().ok().and_then(Option::as_ref).and_then(|all| overlap(name, all));
        let part = found.map(|all| all.filter(|_| why.is_none()).and_then(|all| object(name, region, &all)));
        overlaps.extend(why.map(|why| (name.as_str(), (region, why))));
        parts.push((name, region, part));
    }
    let mut seen = look.seen(kind::KIND, kind::BUCKET, parts)?;
    seen.unseen.extend(look.wanted(kind::KIND).filter_map(|identity| {
        let (region, why) = overlaps.get(identity.get(kind::BUCKET)?)?;
        Some(Unseen {
            kind: kind::KIND,
            identity: identity.clone(),
            region: Some((*region).clone()),
            reason: why.clone(),
            taken: false,
            evacuated: false,
        })
    }));
    Ok(seen)
}

/// Why S3 would refuse our part: it sends an event of one object to one receiver only, and ours gets those of all objects (Amazon S3 User
/// Guide, "Configuring event notifications using object key name filtering"). What our part gets already overlaps with nothing.
fn overlap(bucket: &str, all: &NotificationConfiguration) -> Option<String> {
    let topics = all.topic_configurations();
    let ours = topics.iter().filter(|one| is_ours(one) && filter(one).is_null());
    let ours: Vec<&str> = ours.flat_map(TopicConfiguration::events).map(Event::as_str).collect();
    let overlaps = |event: &str| event == ALL || (kind::TOLD.contains(&event) && !ours.contains(&event));
    let topics = topics.iter().filter(|one| !is_ours(one));
    let topics = topics.map(|one| (one.id(), one.topic_arn(), one.events()));
    let queues = all.queue_configurations().iter().map(|one| (one.id(), one.queue_arn(), one.events()));
    let functions = all.lambda_function_configurations().iter();
    let functions = functions.map(|one| (one.id(), one.lambda_function_arn(), one.events()));
    topics.chain(queues).chain(functions).find_map(|(id, to, events)| {
        let event = events.iter().map(Event::as_str).find(|event| overlaps(event))?;
        Some(format!(
            "the bucket `{bucket}` sends `{event}` to `{to}` already (notification `{}`), and S3 refuses a second receiver of it: remove \
             the replication events from that notification, and subscribe its receiver to the topic that Holdfast sends them to",
            id.unwrap_or_default()
        ))
    })
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

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::QueueConfiguration;

    use super::*;

    const FAILED: &str = "s3:Replication:OperationFailedReplication";

    /// A document in which our part has some events, and somebody's queue another one.
    fn document(ours: &[&str], theirs: &str) -> NotificationConfiguration {
        let topic = TopicConfiguration::builder()
            .id(kind::ID)
            .topic_arn("arn:aws:sns:us-east-1:000000000001:ours")
            .set_events(Some(ours.iter().map(|event| Event::from(*event)).collect()));
        let queue = QueueConfiguration::builder()
            .id("theirs")
            .queue_arn("arn:aws:sqs:us-east-1:000000000001:theirs")
            .events(Event::from(theirs));
        let all = NotificationConfiguration::builder().queue_configurations(queue.build().unwrap());
        match ours {
            [] => all.build(),
            _ => all.topic_configurations(topic.build().unwrap()).build(),
        }
    }

    #[test]
    fn receiver_of_the_same_events_is_told_with_the_cure() {
        for event in [ALL, FAILED] {
            let why = overlap("acme-docs", &document(&[], event)).unwrap();
            let named = format!(
                "the bucket `acme-docs` sends `{event}` to `arn:aws:sqs:us-east-1:000000000001:theirs`"
            );
            assert!(why.starts_with(&named), "{why}");
            assert!(
                why.contains("notification `theirs`") && why.contains("remove the replication events"),
                "{why}"
            );
        }
        let rest: Vec<&str> = kind::TOLD.into_iter().filter(|event| *event != FAILED).collect();
        assert!(overlap("acme-docs", &document(&rest, FAILED)).is_some());
    }

    #[test]
    fn receivers_of_other_events_are_no_obstacle() {
        assert_eq!(overlap("acme-docs", &document(&[], "s3:ObjectCreated:*")), None);
        assert_eq!(overlap("acme-docs", &document(&kind::TOLD, "s3:ObjectRemoved:*")), None);
    }
}
