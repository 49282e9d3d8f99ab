//! Rules of EventBridge. Source: Amazon EventBridge API Reference, `PutRule`, `PutTargets`.

use holdfast_compiler::provider::aws::events::{bus_of, rule as kind};
use holdfast_compiler::provider::aws::iam::{grant::Service, role};
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
        let (pattern, schedule) = (look.get(kind::PATTERN), look.text(kind::SCHEDULE));
        if pattern.as_object().is_some_and(serde_json::Map::is_empty) {
            return look.refuse("InvalidEventPatternException", "the pattern is empty");
        }
        if pattern.is_null() && schedule.is_empty() {
            return look.refuse("ValidationException", "a rule has a pattern or a schedule");
        }
        let targets = look.get(kind::TARGETS).as_array().into_iter().flatten().filter_map(Value::as_str);
        let targets: Vec<&str> = targets.collect();
        if targets.len() > 5 {
            return look.refuse("LimitExceededException", "a rule has up to five targets");
        }
        let region = look.text(kind::REGION);
        for arn in targets {
            if bus_of(arn).is_some_and(|(of, owner)| of != region && owner == look.state.account()) {
                let role = look.text(kind::ROLE).rsplit('/').next().unwrap_or_default();
                let trust =
                    look.state.get(role::KIND, role).and_then(|role| role.attributes.get(role::TRUST));
                if trust.and_then(|trust| Service::of(trust, look.state.account())) != Some(Service::Events) {
                    return look.refuse(
                        "ValidationException",
                        "an event bus of another region needs a role that EventBridge can assume",
                    );
                }
                continue;
            }
            let there = topic_of(arn).filter(|(of, ..)| *of == region);
            let id = there.map(|(region, _, name)| super::topic::id(region, name)).unwrap_or_default();
            if look.state.get(topic::KIND, &id).is_none() {
                return look.refuse("ValidationException", "a target is a topic of the rule's region");
            }
        }
        Ok(())
    }
}
