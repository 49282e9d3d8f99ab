//! A topic: whoever subscribes to it gets the messages of one severity in one region. An alarm's topic must be in the alarm's own
//! region.
//!
//! Sources: Amazon SNS API Reference, `CreateTopic`, `GetTopicAttributes`, `SetTopicAttributes`.

use serde_json::{Value, json};

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{TOPICS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Mark, Shape, calls};

/// Text, unique in the account and region.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// The policy document that decides who publishes to it: see [`policy`].
pub const POLICY: &str = "policy";
/// A mapping.
pub const TAGS: &str = "tags";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "topic",
    watches: true,
    of_estate: true,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(POLICY).shaped(Shape::Document),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    removal: Some("with it, SNS removes whoever subscribes to it"),
    mark: Mark::Attribute(TAGS),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "sns:GetTopicAttributes", made [Made::Observe], takes [on("sns:GetTopicAttributes", &TOPICS)];
    GET_TAGS = "sns:ListTagsForResource", made [Made::Observe], takes [on("sns:ListTagsForResource", &TOPICS)];
    /// With the policy and the tags. Repeated, it returns the topic that exists, unless that one has other tags or another policy.
    CREATE = "sns:CreateTopic", made [Made::Create], takes [on("sns:CreateTopic", &TOPICS), on("sns:TagResource", &TOPICS)];
    SET = "sns:SetTopicAttributes", made [Made::Update(&[POLICY])], takes [on("sns:SetTopicAttributes", &TOPICS)];
    TAG = "sns:TagResource", made [Made::Update(&[TAGS])], takes [on("sns:TagResource", &TOPICS)];
    DELETE = "sns:DeleteTopic", made [Made::Delete], takes [on("sns:DeleteTopic", &TOPICS)];
}

/// The services of AWS that publish to it. CloudWatch and EventBridge do so for this account only (Amazon CloudWatch User Guide, "Notifying
/// users on alarm changes"; Amazon EventBridge User Guide, "Using IAM policy conditions in Amazon EventBridge"). No condition is
/// documented for AWS Backup, whose vaults take a topic of their own account only (AWS Backup Developer Guide, "Notification options with
/// AWS Backup"). S3 publishes for the buckets of this account (Amazon S3 User Guide, "Granting permissions to publish event notification
/// messages to a destination"). They are not named, because the buckets of all services share the topic, and the size of its policy is limited.
/// The account itself publishes by its IAM policies.
#[must_use]
pub fn policy(account: &str, arn: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AlarmsOfTheAccount",
                "Effect": "Allow",
                "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
            {
                "Sid": "BackupsOfTheAccount",
                "Effect": "Allow",
                "Principal": {"Service": "backup.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": arn,
            },
            {
                "Sid": "BucketsOfTheAccount",
                "Effect": "Allow",
                "Principal": {"Service": S3},
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
        ],
    })
}

/// Whether S3 may publish to a topic with this policy, one that [`policy`] writes.
#[must_use]
pub fn lets_in_s3(policy: &Value) -> bool {
    let statements = policy.get("Statement").and_then(Value::as_array).into_iter().flatten();
    let mut services = statements.filter_map(|one| one.get("Principal")?.get("Service")?.as_str());
    services.any(|service| service == S3)
}

/// The name of S3 in policies.
const S3: &str = "s3.amazonaws.com";
