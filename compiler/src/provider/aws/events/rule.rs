//! A rule of EventBridge: which events of its region go to which topics, or what is sent on a schedule to the event bus of another region.
//!
//! Sources: Amazon EventBridge API Reference, `PutRule` (it replaces the rule; tags count only for a new one), `PutTargets`,
//! `ListTargetsByRule`, `DeleteRule` (a rule with targets cannot be deleted).

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{EVENT_RULES, PASSED_EVENT_ROLES, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Mark, Shape, calls};

/// Text, unique in the account and region.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// What it is for.
pub const DESCRIPTION: &str = "description";
/// The events that it takes, or null if it has a schedule.
pub const PATTERN: &str = "pattern";
/// When it sends an event of its own, such as `rate(1 minute)`, or null.
pub const SCHEDULE: &str = "schedule";
/// [`ENABLED`] or another word of EventBridge.
pub const STATE: &str = "state";
/// The ARNs of what gets the events.
pub const TARGETS: &str = "targets";
/// The ARN of the role that EventBridge sends with, or null. An event bus of another region needs one.
pub const ROLE: &str = "role";
/// The message that they get: a template, or null for the event itself.
pub const MESSAGE: &str = "message";
/// A mapping.
pub const TAGS: &str = "tags";

/// It takes events.
pub const ENABLED: &str = "ENABLED";

/// The id of Holdfast's target within a rule.
pub const TARGET_ID: &str = "holdfast";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "event-rule",
    watches: true,
    of_estate: true,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(DESCRIPTION),
        AttributeSchema::new(PATTERN).shaped(Shape::Document),
        AttributeSchema::new(SCHEDULE),
        AttributeSchema::new(STATE),
        AttributeSchema::new(TARGETS).shaped(Shape::Set),
        AttributeSchema::new(ROLE),
        AttributeSchema::new(MESSAGE),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    mark: Mark::Attribute(TAGS),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "eventbridge:DescribeRule", made [Made::Observe], takes [on("events:DescribeRule", &EVENT_RULES)];
    GET_TARGETS = "eventbridge:ListTargetsByRule", made [Made::Observe, Made::Update(&[TARGETS, MESSAGE, ROLE]), Made::Delete],
        takes [on("events:ListTargetsByRule", &EVENT_RULES)];
    GET_TAGS = "eventbridge:ListTagsForResource", made [Made::Observe], takes [on("events:ListTagsForResource", &EVENT_RULES)];
    PUT = "eventbridge:PutRule", made [Made::Create, Made::Update(&[DESCRIPTION, PATTERN, SCHEDULE, STATE])],
        takes [on("events:PutRule", &EVENT_RULES), on("events:TagResource", &EVENT_RULES)];
    PUT_TARGETS = "eventbridge:PutTargets", made [Made::Create, Made::Update(&[TARGETS, MESSAGE, ROLE])],
        takes [on("events:PutTargets", &EVENT_RULES), on("iam:PassRole", &PASSED_EVENT_ROLES)];
    REMOVE_TARGETS = "eventbridge:RemoveTargets", made [Made::Update(&[TARGETS]), Made::Delete],
        takes [on("events:RemoveTargets", &EVENT_RULES)];
    TAG = "eventbridge:TagResource", made [Made::Update(&[TAGS])], takes [on("events:TagResource", &EVENT_RULES)];
    DELETE = "eventbridge:DeleteRule", made [Made::Delete], takes [on("events:DeleteRule", &EVENT_RULES)];
}
