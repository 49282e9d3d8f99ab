//! A subscription: one way by which a contact gets the messages of a topic.
//!
//! SNS asks the address whether it wants them, and until somebody confirms it, nothing is sent there. That is no difference between the
//! policy and the cloud: it waits for a person. SNS forgets an unconfirmed subscription after 48 hours, and then it is made again. One
//! that was seen confirmed goes only if somebody removes it.
//!
//! An observed subscription has a further attribute, which no policy sets: [`STATE`].
//!
//! Sources: Amazon SNS API Reference, `Subscribe`, `ListSubscriptionsByTopic`, `Unsubscribe`; Amazon SNS Developer Guide, "Deleting an
//! Amazon SNS topic and subscription"; AWS What's New, "Amazon SNS now supports automatic deletion of unconfirmed subscriptions" (2023-05-10).

use serde_json::Value;

use crate::digest::sha256;
use crate::policy::Medium;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, TOPICS, on};
use crate::resource::{
    Address, AttributeSchema, Change, Kind, KindSchema, Lapses, Made, Values, Waits, calls,
};

/// What identifies it: see [`fn@name`]. It does not contain the address, which is a detail of a person.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// The ARN of the topic.
pub const TOPIC: &str = "topic";
/// `email` or `https`.
pub const PROTOCOL: &str = "protocol";
/// The mail address or the URL. It is not shown.
pub const ENDPOINT: &str = "endpoint";
/// [`PENDING`] or [`CONFIRMED`], of an observed subscription.
pub const STATE: &str = "state";

/// Nobody has confirmed it yet: the word of SNS.
pub const PENDING: &str = "PendingConfirmation";
/// Somebody has confirmed it.
pub const CONFIRMED: &str = "Confirmed";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "subscription",
    watches: true,
    of_estate: true,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(REGION),
        AttributeSchema::new(TOPIC).change(Change::Replace),
        AttributeSchema::new(PROTOCOL).change(Change::Replace),
        AttributeSchema::new(ENDPOINT).change(Change::Replace).sensitive(),
        AttributeSchema::new(STATE).change(Change::Replace).unset(|| PENDING.into()),
    ],
    held: Some(held),
    waits: Some(waits),
    lapses: Some(Lapses {
        attribute: STATE,
        stays: CONFIRMED,
        why: "is gone, and was never seen confirmed. SNS forgets what nobody confirms within 48 hours; the address is asked anew",
    }),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    LIST = "sns:ListSubscriptionsByTopic", made [Made::Observe, Made::Delete], takes [on("sns:ListSubscriptionsByTopic", &TOPICS)];
    /// Repeated, it asks the address again.
    CREATE = "sns:Subscribe", made [Made::Create], takes [on("sns:Subscribe", &TOPICS)], rate 10.0 / 50.0;
    /// The permission supports no resources.
    DELETE = "sns:Unsubscribe", made [Made::Delete], takes [on("sns:Unsubscribe", &ANY)];
}

/// The word of SNS for how a message gets to a contact.
#[must_use]
pub const fn protocol(medium: Medium) -> &'static str {
    match medium {
        Medium::Mail => "email",
        Medium::Https => "https",
    }
}

/// What identifies a subscription: its topic, its protocol, and a digest of its address.
#[must_use]
pub fn name(topic: &str, protocol: &str, endpoint: &str) -> String {
    let digest: String = sha256(endpoint).chars().take(16).collect();
    format!("{topic}/{protocol}/{digest}")
}

/// The name of the topic of a subscription.
#[must_use]
pub fn topic_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(topic, _)| topic)
}

fn is_pending(values: &Values) -> bool {
    values.get(STATE).and_then(Value::as_str) == Some(PENDING)
}

fn held(values: &Values) -> Option<String> {
    is_pending(values).then(|| {
        "nobody has confirmed it: SNS cannot remove it, and forgets it 48 hours after it was made, unless somebody confirms it".to_owned()
    })
}

/// `` `on-call` has to confirm that critical alarms of us-east-1 come by mail ``.
fn waits(address: &Address, values: &Values) -> Option<Waits> {
    let path = address.name();
    let mut path = path.split('.');
    let (severity, region, contact, medium) = (path.next()?, path.next()?, path.next()?, path.next()?);
    let by = if medium.starts_with(Medium::Mail.as_str()) { "mail" } else { "HTTPS" };
    is_pending(values).then(|| Waits {
        before: format!("`{contact}` has to confirm that {severity} alarms of "),
        of: region.to_owned(),
        after: format!(" come by {by}"),
    })
}
