//! Where the events of replications go. Source: Amazon S3 API Reference, `PutBucketNotificationConfiguration`: S3 sends a message to the topic
//! first, and refuses a document with one that is not in the bucket's region or does not let it publish.

use holdfast_compiler::provider::aws::s3::{bucket, replication_events as kind};
use holdfast_compiler::provider::aws::sns::{topic, topic_of};
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// The events of replications in the embedded cloud.
pub(super) struct ReplicationEvents;

impl Embedded for ReplicationEvents {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::BUCKET), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let Some(bucket) = look.state.get(bucket::KIND, look.text(kind::BUCKET)) else {
            return look.refuse("NoSuchBucket", "the bucket does not exist");
        };
        let arn = topic_of(look.text(kind::TOPIC));
        let region = text(&bucket.attributes, bucket::REGION);
        let id = arn.filter(|(of, ..)| *of == region).map(|(of, _, name)| super::topic::id(of, name));
        let there = look.state.get(topic::KIND, &id.unwrap_or_default());
        let policy = there.and_then(|topic| topic.attributes.get(topic::POLICY));
        if !policy.is_some_and(topic::lets_in_s3) {
            return look.refuse(
                "InvalidArgument",
                "unable to validate the following destination configurations: the topic is in the bucket's region and lets S3 publish",
            );
        }
        if look.get(kind::EVENTS).as_array().is_none_or(Vec::is_empty) {
            return look.refuse("MalformedXML", "a receiver takes at least one event");
        }
        Ok(())
    }
}
