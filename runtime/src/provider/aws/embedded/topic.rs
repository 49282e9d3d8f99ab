//! Topics. Source: Amazon SNS API Reference, `CreateTopic`.

use holdfast_compiler::provider::aws::sns::topic as kind;
use holdfast_compiler::resource::{Kind, Values};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Topics in the embedded cloud.
pub(super) struct Topic;

/// The id of a topic: names are unique in a region only.
pub(super) fn id(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

impl Embedded for Topic {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (id(&text(wanted, kind::REGION), &text(wanted, kind::NAME)), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let name = look.text(kind::NAME);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=256).contains(&name.len()) || !name.bytes().all(fits) {
            return look.refuse("InvalidParameter", "a topic's name has 1 to 256 letters, digits, - or _");
        }
        if look.get(kind::POLICY).get("Statement").is_none() {
            return look.refuse("InvalidParameter", "the policy of a topic needs statements");
        }
        Ok(())
    }
}
