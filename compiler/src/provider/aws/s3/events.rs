//! Where a bucket sends its events: whether Amazon EventBridge gets them. Other receivers stand in the same document, and stay.
//!
//! Sources: Amazon S3 User Guide, "Using EventBridge"; Amazon S3 API Reference, `PutBucketNotificationConfiguration`.

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, calls};

/// The bucket.
pub const BUCKET: &str = "bucket";
/// Its region.
pub const REGION: &str = "region";
/// True: EventBridge gets the events.
pub const EVENT_BRIDGE: &str = "event-bridge";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. A bucket whose events EventBridge does not get has no such object.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "bucket-events",
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(EVENT_BRIDGE),
    ],
    never_deleted: Some("others may listen to the events of the bucket"),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// S3 replaces the whole document, so that each write reads it first as well.
    GET = "s3:GetBucketNotificationConfiguration", made [Made::Observe],
        takes [on("s3:GetBucketNotification", &BUCKETS)];
    PUT = "s3:PutBucketNotificationConfiguration", made [Made::Create, Made::Update(&[REGION, EVENT_BRIDGE])],
        takes [on("s3:PutBucketNotification", &BUCKETS)];
}
