//! Subscriptions, which nobody confirms. Source: Amazon SNS API Reference, `Subscribe`.

use holdfast_compiler::provider::aws::sns::{subscription as kind, topic, topic_of};
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Subscriptions in the embedded cloud.
pub(super) struct Subscription;

impl Embedded for Subscription {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::NAME), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let arn = topic_of(look.text(kind::TOPIC));
        let id = arn.map(|(region, _, name)| super::topic::id(region, name)).unwrap_or_default();
        if look.state.get(topic::KIND, &id).is_none() {
            return look.refuse("NotFound", "the topic does not exist");
        }
        let (protocol, endpoint) = (look.text(kind::PROTOCOL), look.text(kind::ENDPOINT));
        let fits = match protocol {
            "email" => endpoint.contains('@'),
            "https" => endpoint.starts_with("https://"),
            _ => false,
        };
        if fits { Ok(()) } else { look.refuse("InvalidParameter", "the endpoint is none of the protocol") }
    }
}
