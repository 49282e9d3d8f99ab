//! An alarm on one metric, in the region where the metric lives.
//!
//! Source: Amazon CloudWatch API Reference, `PutMetricAlarm` (it replaces the whole alarm; tags count only for a new one) and
//! `DescribeAlarms`.

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ALARMS, EVERY_ALARM, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Mark, Shape, calls};

/// Text, unique in the account and region.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// What it says, with the level of the incident. It stands in each message.
pub const DESCRIPTION: &str = "description";
/// The namespace of the metric.
pub const NAMESPACE: &str = "namespace";
/// The name of the metric.
pub const METRIC: &str = "metric";
/// The dimensions of the metric as a mapping, or null for the metric of a health check.
pub const DIMENSIONS: &str = "dimensions";
/// The id of the health check that the metric is about, or null.
pub const HEALTH_CHECK: &str = "health-check";
/// `Maximum`, `Minimum` or `Sum`.
pub const STATISTIC: &str = "statistic";
/// The unit of the metric that counts, or null for all.
pub const UNIT: &str = "unit";
/// The seconds of one figure.
pub const PERIOD: &str = "period";
/// How many figures are compared.
pub const FIGURES: &str = "figures";
/// How many of them must be over the threshold, or null for all.
pub const OF_THEM: &str = "of-them";
/// The threshold.
pub const THRESHOLD: &str = "threshold";
/// [`ABOVE`] or [`BELOW`], of those that Holdfast makes.
pub const COMPARISON: &str = "comparison";
/// What a missing figure counts as: `missing`, `ignore`, `breaching` or `notBreaching`.
pub const MISSING: &str = "missing";
/// Whether anybody is told.
pub const ENABLED: &str = "enabled";
/// The ARNs of what is told that it fails.
pub const ACTIONS: &str = "actions";
/// The ARNs of what is told that it is well again.
pub const OK_ACTIONS: &str = "ok-actions";
/// The ARNs of what is told that nobody knows.
pub const UNKNOWN_ACTIONS: &str = "unknown-actions";
/// A mapping.
pub const TAGS: &str = "tags";

/// More than the threshold.
pub const ABOVE: &str = "GreaterThanThreshold";
/// Less than the threshold.
pub const BELOW: &str = "LessThanThreshold";

/// The dimension of the metrics of health checks (Amazon Route 53 Developer Guide, "Monitoring your resources with ... Amazon CloudWatch").
pub const OF_HEALTH_CHECK: &str = "HealthCheckId";

/// The most alarms of a request (`DescribeAlarms`, `AlarmNames` and `MaxRecords`).
pub const MOST_NAMES: usize = 100;

/// The longest name, in characters (`PutMetricAlarm`).
pub const LONGEST_NAME: usize = 255;

/// What a call that writes an alarm writes.
pub const WRITTEN: &[&str] = &[
    DESCRIPTION,
    NAMESPACE,
    METRIC,
    DIMENSIONS,
    HEALTH_CHECK,
    STATISTIC,
    UNIT,
    PERIOD,
    FIGURES,
    OF_THEM,
    THRESHOLD,
    COMPARISON,
    MISSING,
    ENABLED,
    ACTIONS,
    OK_ACTIONS,
    UNKNOWN_ACTIONS,
];

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "alarm",
    watches: true,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(DESCRIPTION),
        AttributeSchema::new(NAMESPACE),
        AttributeSchema::new(METRIC),
        AttributeSchema::new(DIMENSIONS),
        AttributeSchema::new(HEALTH_CHECK),
        AttributeSchema::new(STATISTIC),
        AttributeSchema::new(UNIT),
        AttributeSchema::new(PERIOD),
        AttributeSchema::new(FIGURES),
        AttributeSchema::new(OF_THEM),
        AttributeSchema::new(THRESHOLD),
        AttributeSchema::new(COMPARISON),
        AttributeSchema::new(MISSING),
        AttributeSchema::new(ENABLED),
        AttributeSchema::new(ACTIONS).shaped(Shape::Set),
        AttributeSchema::new(OK_ACTIONS).shaped(Shape::Set),
        AttributeSchema::new(UNKNOWN_ACTIONS).shaped(Shape::Set),
        AttributeSchema::new(TAGS).shaped(Shape::Tags),
    ],
    mark: Mark::Attribute(TAGS),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// Up to 100 a call, by their names.
    LIST = "cloudwatch:DescribeAlarms", made [Made::Observe], takes [on("cloudwatch:DescribeAlarms", &EVERY_ALARM)];
    GET_TAGS = "cloudwatch:ListTagsForResource", made [Made::Observe], takes [on("cloudwatch:ListTagsForResource", &ALARMS)];
    PUT = "cloudwatch:PutMetricAlarm", made [Made::Create, Made::Update(WRITTEN)],
        takes [on("cloudwatch:PutMetricAlarm", &ALARMS), on("cloudwatch:TagResource", &ALARMS)], rate 3.0 / 10.0;
    TAG = "cloudwatch:TagResource", made [Made::Update(&[TAGS])], takes [on("cloudwatch:TagResource", &ALARMS)];
    DELETE = "cloudwatch:DeleteAlarms", made [Made::Delete], takes [on("cloudwatch:DeleteAlarms", &ALARMS)], rate 3.0 / 10.0;
}

/// The ARN of an alarm (AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch").
#[must_use]
pub fn arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:cloudwatch:{region}:{account}:alarm:{name}")
}
