//! Why something differs: the policy has changed, or somebody has changed the cloud. That takes three inputs: what was
//! last applied (the journal), what is observed, and what is desired.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Action, After, Step};
use crate::observation::Owned;
use crate::resource::{Identity, Kind, Shape};

/// Why something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The policy asks for something else than what was last applied, or for the first time.
    Policy,
    /// Somebody has changed the cloud since it was last applied.
    Drift,
    /// Both.
    Both,
}

impl Cause {
    /// The cause of two differences together.
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }

    /// Whether somebody has changed the cloud.
    #[must_use]
    pub fn is_drift(self) -> bool {
        self != Self::Policy
    }
}

/// What we own, by what the cloud knows the things by. A thing that was renamed in the policy is still the thing it
/// was.
pub(super) struct Ours<'a>(BTreeMap<(Kind, &'a Identity), &'a Owned>);

impl<'a> Ours<'a> {
    pub(super) fn new(owned: &'a [Owned]) -> Self {
        Self(owned.iter().map(|owned| ((owned.address.kind(), &owned.identity), owned)).collect())
    }

    /// What is known of a thing, if it is ours.
    pub(super) fn of(&self, kind: Kind, identity: &Identity) -> Option<&'a Owned> {
        self.0.get(&(kind, identity)).copied()
    }
}

/// Whether somebody else must have removed a thing that is gone: it was there, and no step of ours began to remove it.
pub(super) fn was_removed(ours: &Owned) -> bool {
    ours.applied.is_some() && ours.begun.as_ref().is_none_or(|begun| !begun.is_empty())
}

/// What an attribute was when Holdfast last set it: what a step wanted whose end is not known, where that is there.
pub(super) fn last_set<'a>(ours: &'a Owned, name: &str, shape: Shape, before: &Value) -> Option<&'a Value> {
    let begun =
        ours.begun.as_ref().and_then(|begun| begun.get(name)).filter(|begun| shape.same(before, begun));
    begun.or_else(|| ours.applied.as_ref()?.get(name))
}

/// Why an attribute that is `before` and should be `after` differs. An attribute that was never applied is the
/// policy's wish; one that only the apply will know follows the step it comes from.
pub(super) fn attribute(
    shape: Shape,
    applied: Option<&Value>,
    before: &Value,
    after: &After,
    follows: Option<Cause>,
) -> Cause {
    let Some(applied) = applied else { return Cause::Policy };
    let after = match after {
        After::Known(after) => after,
        After::Unknown => return follows.unwrap_or(Cause::Policy),
    };
    if let (Shape::Tags, Value::Object(wanted)) = (shape, after) {
        // Tags are told apart one by one: those of others are nobody's concern.
        let keys = wanted.iter().filter(|(key, value)| before.get(key) != Some(value));
        let causes =
            keys.map(|(key, value)| value_cause(Shape::Plain, get(applied, key), get(before, key), value));
        return causes.reduce(Cause::and).unwrap_or(Cause::Policy);
    }
    value_cause(shape, applied, before, after)
}

fn get<'a>(tags: &'a Value, key: &str) -> &'a Value {
    tags.get(key).unwrap_or(&Value::Null)
}

fn value_cause(shape: Shape, applied: &Value, before: &Value, after: &Value) -> Cause {
    if shape.same(before, applied) {
        Cause::Policy
    } else if shape.same(applied, after) {
        Cause::Drift
    } else {
        Cause::Both
    }
}

/// Why a step is there: what its changes have in common.
pub(super) fn step(step: &Step, was_applied: bool) -> Option<Cause> {
    match step.action {
        Action::Keep => None,
        // What was there and is gone, somebody has removed.
        Action::Create if was_applied => Some(Cause::Drift),
        Action::Create | Action::Delete => Some(Cause::Policy),
        Action::Update | Action::Replace => {
            let causes = step.changes.iter().map(|change| change.cause);
            Some(causes.reduce(Cause::and).unwrap_or(Cause::Policy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cause(applied: Value, before: Value, after: Value) -> Cause {
        attribute(Shape::Plain, Some(&applied), &before, &After::Known(after), None)
    }

    #[test]
    fn cause_follows_from_policy_journal_and_cloud() {
        assert_eq!(cause(json!(60), json!(60), json!(30)), Cause::Policy);
        assert_eq!(cause(json!(60), json!(300), json!(60)), Cause::Drift);
        assert_eq!(cause(json!(60), json!(300), json!(30)), Cause::Both);
        let first = attribute(Shape::Plain, None, &json!(60), &After::Known(json!(30)), None);
        assert_eq!(first, Cause::Policy);
    }

    #[test]
    fn foreign_tags_cause_no_difference() {
        let tags = |applied: Value, before: Value, after: Value| {
            attribute(Shape::Tags, Some(&applied), &before, &After::Known(after), None)
        };
        let applied = json!({"ours": "1", "theirs": "x"});
        assert_eq!(tags(applied.clone(), json!({"ours": "1"}), json!({"ours": "2"})), Cause::Policy);
        assert_eq!(tags(applied.clone(), json!({"theirs": "x"}), json!({"ours": "1"})), Cause::Drift);
        let both = tags(applied, json!({"ours": "3"}), json!({"ours": "1", "new": "1"}));
        assert_eq!(both, Cause::Both);
    }

    #[test]
    fn unknown_value_refers_to_its_step() {
        let follow = |follows| {
            attribute(Shape::Plain, Some(&json!("hc-1")), &json!("hc-1"), &After::Unknown, Some(follows))
        };
        assert_eq!(follow(Cause::Drift), Cause::Drift);
        assert_eq!(follow(Cause::Policy), Cause::Policy);
    }
}
