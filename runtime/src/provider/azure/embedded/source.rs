//! Replication policies at source accounts, with the id that the destination has given.

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::azure::storage::replication::{POLICY, PRIORITY, RULES};
use holdfast_compiler::provider::azure::storage::{destination, source as kind};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::Value;

use super::replication::of_account;
use super::{replication, text};
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Replication policies at sources, in the embedded cloud.
pub(super) struct ReplicationSource;

impl Embedded for ReplicationSource {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (format!("{}/{}", text(wanted, kind::ACCOUNT), text(wanted, POLICY)), Values::new())
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let (from, to) = (look.text(kind::ACCOUNT), look.text(kind::DESTINATION));
        replication::check(look, from, to)?;
        let Some(there) = at_destination(look.state, from, to) else {
            return look.refuse("InvalidRequest", "the policy must be written at the destination first");
        };
        if there.outputs.get(POLICY).is_none_or(|id| id != look.get(POLICY)) {
            return look
                .refuse("InvalidRequest", "the policy id is not the one that the destination has given");
        }
        let known = there.attributes.get(RULES).and_then(Value::as_array).into_iter().flatten();
        let known: Vec<&Value> = known.collect();
        let rules = look.get(RULES).as_array().into_iter().flatten();
        if rules.into_iter().any(|rule| !known.contains(&rule)) {
            return look.refuse("InvalidRequest", "the destination has given no id to one of the rules");
        }
        if there.attributes.get(PRIORITY) != Some(look.get(PRIORITY)) {
            return look
                .refuse("InvalidRequest", "priority replication is set at both accounts or at neither");
        }
        let others = of_account(look.state, kind::KIND, from);
        let others = others.filter(|one| text(&one.attributes, kind::DESTINATION) != to);
        replication::count(look, others.count())
    }
}

fn at_destination<'s>(state: &'s State, from: &str, to: &str) -> Option<&'s Object> {
    of_account(state, destination::KIND, to).find(|one| text(&one.attributes, destination::SOURCE) == from)
}
