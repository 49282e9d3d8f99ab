//! Why something differs: the policy was changed, or somebody changed the cloud. To decide this takes three
//! inputs: the last applied values (the journal), the observed values, and the desired values.

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
    /// The policy differs from what was last applied, or was never applied.
    Policy,
    /// Somebody has changed the cloud since the last apply.
    Drift,
    /// Both.
    Both,
}

impl Cause {
    /// The combined cause of two differences.
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }

    /// Whether somebody has changed the cloud.
    #[must_use]
    pub fn is_drift(self) -> bool {
        self != Self::Policy
    }
}

/// The owned objects by identity. An object whose address was renamed in the policy keeps its identity.
pub(super) struct Ours<'a>(BTreeMap<(Kind, &'a Identity), &'a Owned>);

impl<'a> Ours<'a> {
    pub(super) fn new(owned: &'a [Owned]) -> Self {
        Self(owned.iter().map(|owned| ((owned.address.kind(), &owned.identity), owned)).collect())
    }

    /// The journal's record of an object, if it is owned.
    pub(super) fn of(&self, kind: Kind, identity: &Identity) -> Option<&'a Owned> {
        self.0.get(&(kind, identity)).copied()
    }
}

/// Whether somebody else must have removed a missing object: it existed, and no step of Holdfast started to
/// remove it.
pub(super) fn was_removed(ours: &Owned) -> bool {
    ours.applied.is_some() && ours.begun.as_ref().is_none_or(|begun| !begun.is_empty())
}

/// Why a missing object can be gone although nobody removed it: the cloud forgets such objects, and nobody has seen that this one
/// stays.
pub(super) fn lapsed(kind: Kind, ours: &Owned) -> Option<&'static str> {
    let lapses = kind.schema().lapses?;
    let stays = ours.applied.as_ref().is_some_and(|applied| lapses.stay(applied));
    (!stays).then_some(lapses.why)
}

/// The last value that Holdfast set an attribute to, including by a step whose result is unknown.
pub(super) fn last_set<'a>(ours: &'a Owned, name: &str, shape: Shape, before: &Value) -> Option<&'a Value> {
    let begun =
        ours.begun.as_ref().and_then(|begun| begun.get(name)).filter(|begun| shape.same(before, begun));
    begun.or_else(|| ours.applied.as_ref()?.get(name))
}

/// Why an attribute that is `before` and should be `after` differs. If it was never applied, the cause is the
/// policy. If its value is known only during the apply, the cause is that of the step that produces it.
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
        // Tags are compared one by one; unmanaged tags do not count.
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

/// The cause of a step: the combined cause of its changes.
pub(super) fn step(step: &Step, was_applied: bool) -> Option<Cause> {
    match step.action {
        Action::Keep => None,
        // Somebody removed an object that was applied and is missing.
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
