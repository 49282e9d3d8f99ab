//! Rules of EventBridge. Source: Amazon EventBridge API Reference, `PutRule`, `PutTargets`.

use holdfast_compiler::provider::aws::events::rule as kind;
use holdfast_compiler::provider::aws::sns::{topic, topic_of};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::Value;

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Rules of EventBridge in the embedded cloud.
pub(super) struct EventRule;

impl Embedded for EventRule {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (format!("{}/{}", text(wanted, kind::REGION), text(wanted, kind::NAME)), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        if !(1..=64).contains(&look.text(kind::NAME).len()) || look.text(kind::DESCRIPTION).len() > 512 {
            return look.refuse("ValidationException", "a name has up to 64 characters, a description 512");
        }
        if look.get(kind::PATTERN).as_object().is_none_or(serde_json::Map::is_empty) {
            return look.refuse("InvalidEventPatternException", "the pattern is empty");
        }
        let targets = look.get(kind::TARGETS).as_array().into_iter().flatten().filter_map(Value::as_str);
        let targets: Vec<&str> = targets.collect();
        if targets.len() > 5 {
            return look.refuse("LimitExceededException", "a rule has up to five targets");
        }
        for arn in targets {
            let there = topic_of(arn).filter(|(region, ..)| *region == look.text(kind::REGION));
            let id = there.map(|(region, _, name)| super::topic::id(region, name)).unwrap_or_default();
            if look.state.get(topic::KIND, &id).is_none() {
                return look.refuse("ValidationException", "a target is a topic of the rule's region");
            }
        }
        Ok(())
    }
}
