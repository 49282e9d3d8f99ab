//! Alarms. Sources: Amazon CloudWatch API Reference, `PutMetricAlarm`; Amazon CloudWatch User Guide, "Notifying users on alarm changes".

use holdfast_compiler::provider::aws::cloudwatch::alarm as kind;
use holdfast_compiler::provider::aws::route53::health_check;
use holdfast_compiler::provider::aws::sns::{topic, topic_of};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::Value;

use super::text;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Alarms in the embedded cloud.
pub(super) struct Alarm;

impl Embedded for Alarm {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (format!("{}/{}", text(wanted, kind::REGION), text(wanted, kind::NAME)), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let refuse = |why: &str| look.refuse("ValidationError", why);
        let number = |name: &str| look.get(name).as_u64().unwrap_or_default();
        if !(1..=255).contains(&look.text(kind::NAME).len()) {
            return refuse("the name of an alarm has 1 to 255 characters");
        }
        if look.text(kind::DESCRIPTION).len() > 1024 {
            return refuse("the description of an alarm has up to 1024 characters");
        }
        let period = number(kind::PERIOD);
        if ![10, 20, 30].contains(&period) && (period == 0 || period % 60 != 0) {
            return refuse("a period is 10, 20 or 30 seconds, or whole minutes");
        }
        if !(1..=86_400).contains(&(period * number(kind::FIGURES))) {
            return refuse("an alarm looks back at most a day");
        }
        if number(kind::OF_THEM) > number(kind::FIGURES) {
            return refuse("more figures must be over the threshold than are compared");
        }
        let check = look.text(kind::HEALTH_CHECK);
        if !look.get(kind::HEALTH_CHECK).is_null() && look.state.get(health_check::KIND, check).is_none() {
            return refuse("the health check of the metric does not exist");
        }
        for actions in [kind::ACTIONS, kind::OK_ACTIONS, kind::UNKNOWN_ACTIONS] {
            let arns = look.get(actions).as_array().into_iter().flatten().filter_map(Value::as_str);
            for arn in arns {
                let there = topic_of(arn).filter(|(region, ..)| *region == look.text(kind::REGION));
                let id = there.map(|(region, _, name)| super::topic::id(region, name)).unwrap_or_default();
                if look.state.get(topic::KIND, &id).is_none() {
                    return refuse("an action is a topic of the alarm's region");
                }
            }
        }
        Ok(())
    }
}
