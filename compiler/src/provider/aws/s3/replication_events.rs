//! Which topic gets the events of a bucket's replication: one message for each object that S3 does not copy, or not in time. They stand in
//! the document in which a bucket says who gets its events. What others have in it stays.
//!
//! S3 sends these events to SNS, SQS and Lambda in the bucket's region, and not to EventBridge.
//!
//! Sources: Amazon S3 User Guide, "Receiving replication failure events with Amazon S3 Event Notifications" and "Event notification types and
//! destinations"; Amazon S3 API Reference, `PutBucketNotificationConfiguration`, `TopicConfiguration`.

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Shape, calls};

/// The bucket that is copied.
pub const BUCKET: &str = "bucket";
/// Its region.
pub const REGION: &str = "region";
/// The ARN of the topic: a standard one in the bucket's region.
pub const TOPIC: &str = "topic";
/// The names of the events.
pub const EVENTS: &str = "events";
/// Of which objects, or null for all of them.
pub const FILTER: &str = "filter";

/// The events that are told: an object was not copied, was not copied within the time of replication time control, was copied after it, or
/// is not followed any more. The second and the third need time control, and all of them need replication metrics.
pub const TOLD: [&str; 4] = [
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
];

/// The id of Holdfast's part of the document.
pub const ID: &str = "holdfast-replication";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. A bucket whose document has no part of that id has no such object.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "replication-events",
    watches: true,
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(TOPIC),
        AttributeSchema::new(EVENTS).shaped(Shape::Set),
        AttributeSchema::new(FILTER),
    ],
    removal: Some("other receivers of the bucket's events stay"),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// S3 replaces the whole document, so that each write reads it first as well.
    GET = "s3:GetBucketNotificationConfiguration", made [Made::Observe, Made::Delete],
        takes [on("s3:GetBucketNotification", &BUCKETS)];
    PUT = "s3:PutBucketNotificationConfiguration",
        made [Made::Create, Made::Update(&[REGION, TOPIC, EVENTS, FILTER]), Made::Delete],
        takes [on("s3:PutBucketNotification", &BUCKETS)];
}
