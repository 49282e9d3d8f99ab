//! Whether a plan is stale: compares the observation it was made from with the current one.
//!
//! A plan is stale if something changed that it changes or depends on: the objects its steps change, remove
//! or displace, whatever is in the place where they create something, and everything that these steps need.
//! Other changes are reported and do not block.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::pretty::brief;
use super::pretty::summary_of;
use super::{Action, Plan, Step, StepId};
use crate::observation::{Object, Observation};
use crate::resource::{Identity, Kind, Values, known};

/// An object that has changed since the plan was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The object at that time. `None` if it did not exist.
    pub before: Option<Object>,
    /// The object now. `None` if it is gone.
    pub now: Option<Object>,
    /// Whether the plan changes it or depends on it.
    pub blocks: bool,
}

/// All shifts, in the order of kinds and ids.
#[must_use]
pub fn shifts(plan: &Plan, now: &Observation) -> Vec<Shift> {
    let rests = Touched::of(plan);
    let index = |objects: &[Object]| -> BTreeMap<(Kind, String), Object> {
        objects.iter().map(|object| ((object.kind, object.id.clone()), object.clone())).collect()
    };
    // What cannot be seen now has not moved as far as anybody knows; what could not be seen then neither.
    let unseen: BTreeSet<(Kind, &Identity)> =
        now.unseen.iter().filter(|one| !one.taken).map(|unseen| (unseen.kind, &unseen.identity)).collect();
    let (mut before, mut now) = (index(&plan.observed), index(&now.objects));
    before.retain(|_, object| !unseen.contains(&(object.kind, &object.identity())));
    now.retain(|_, object| !plan.could_not_see(object));
    let mut shifts = BTreeMap::new();
    for (key, now) in now {
        let before = before.remove(&key);
        if before.as_ref() != Some(&now) {
            shifts.insert(key, (before, Some(now)));
        }
    }
    shifts.extend(before.into_iter().map(|(key, object)| (key, (Some(object), None))));
    let shift = |(before, now): (Option<Object>, Option<Object>)| {
        let blocks = before.iter().chain(&now).any(|object| rests.on(object));
        Shift { before, now, blocks }
    };
    shifts.into_values().map(shift).collect()
}

/// What a plan changes and depends on.
struct Touched {
    ids: BTreeSet<(Kind, String)>,
    identities: BTreeSet<(Kind, Identity)>,
    places: BTreeSet<(Kind, Vec<String>)>,
}

impl Touched {
    fn of(plan: &Plan) -> Self {
        let mut rests = Self { ids: BTreeSet::new(), identities: BTreeSet::new(), places: BTreeSet::new() };
        needed(plan).into_iter().for_each(|step| rests.step(step));
        rests
    }

    fn step(&mut self, step: &Step) {
        let kind = step.address.kind();
        let objects = step.object.iter().chain(&step.displaces);
        self.ids.extend(objects.map(|object| (object.kind, object.id.clone())));
        if step.attributes.is_empty() {
            return;
        }
        let wanted = known(&step.attributes);
        self.identities.insert((kind, Identity::of(kind, &wanted)));
        self.places.extend(place(kind, &wanted));
    }

    fn on(&self, object: &Object) -> bool {
        let kind = object.kind;
        self.ids.contains(&(kind, object.id.clone()))
            || self.identities.contains(&(kind, object.identity()))
            || place(kind, &object.attributes).is_some_and(|place| self.places.contains(&place))
    }
}

/// The steps that change something, and all that they need.
fn needed(plan: &Plan) -> Vec<&Step> {
    let steps: BTreeMap<&StepId, &Step> = plan.steps.iter().map(|step| (&step.id, step)).collect();
    let mut open: Vec<&Step> = plan.steps.iter().filter(|step| step.action != Action::Keep).collect();
    let mut seen: BTreeMap<&StepId, &Step> = BTreeMap::new();
    while let Some(step) = open.pop() {
        if seen.insert(&step.id, step).is_none() {
            open.extend(step.needs.iter().filter_map(|need| steps.get(need)));
        }
    }
    seen.into_values().collect()
}

fn place(kind: Kind, values: &Values) -> Option<(Kind, Vec<String>)> {
    Some((kind, kind.schema().coexist.as_ref()?.place(values)))
}

impl fmt::Display for Shift {
    /// `bucket `acme-docs`: versioning "Enabled" → "Suspended"`, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(object) = self.now.as_ref().or(self.before.as_ref()) else { return Ok(()) };
        write!(f, "{} {}: ", object.kind, summary_of(object))?;
        match (&self.before, &self.now) {
            (Some(_), None) => f.write_str("it no longer exists"),
            (None, _) => f.write_str("it did not exist"),
            (Some(before), Some(now)) => {
                let names: BTreeSet<&String> =
                    before.attributes.keys().chain(now.attributes.keys()).collect();
                let changed = names.into_iter().filter_map(|name| {
                    let get = |object: &Object| object.attributes.get(name).cloned().unwrap_or(Value::Null);
                    let (before, now) = (get(before), get(now));
                    (before != now).then(|| format!("{name} {} → {}", brief(&before), brief(&now)))
                });
                let changed: Vec<String> = changed.collect();
                if changed.is_empty() {
                    f.write_str("another one has taken its place")
                } else {
                    f.write_str(&changed.join(", "))
                }
            }
        }
    }
}
