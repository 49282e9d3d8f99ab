//! The order of changes that must not be seen half done.
//!
//! An object that others use, such as a role, changes in two steps where one value does not serve both the old users and the
//! new ones: first to a value that serves both, and last to its own, when every user has changed. Records that send users to a
//! site follow the data of their service, and a replication that is not wanted any more is removed after them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::existing::reason;
use super::{Accounts, Action, After, Change, Step, StepId, cause};
use crate::graph::Graph;
use crate::observation::Owned;
use crate::resource::{Address, Attribute, Attributes, Kind, Values, known};

/// Split the updates that need it, add what every step follows, and sort.
pub(super) fn order(steps: &mut Vec<Step>, graph: &Graph) {
    traffic_after_data(steps, graph);
    split(steps, graph);
    sort(steps);
}

fn changes(step: &&Step) -> bool {
    step.action != Action::Keep
}

/// What sends users somewhere changes after the data of its service is there, and before data is given up.
fn traffic_after_data(steps: &mut [Step], graph: &Graph) {
    let there = |step: &&Step| changes(step) && step.action != Action::Delete;
    let mut by_address: BTreeMap<&Address, &StepId> = BTreeMap::new();
    let mut removed: BTreeMap<&Address, Vec<&StepId>> = BTreeMap::new();
    for step in steps.iter().filter(changes) {
        if there(&step) {
            by_address.insert(&step.address, &step.id);
        } else {
            removed.entry(&step.address).or_default().push(&step.id);
        }
    }
    let mut follows: BTreeMap<StepId, BTreeSet<StepId>> = BTreeMap::new();
    for step in steps.iter().filter(there) {
        let Some(resource) = graph.get(&step.address) else { continue };
        for data in &resource.follows {
            if let Some(id) = by_address.get(data) {
                follows.entry(step.id.clone()).or_default().insert((*id).clone());
            }
            for id in removed.get(data).into_iter().flatten() {
                follows.entry((*id).clone()).or_default().insert(step.id.clone());
            }
        }
    }
    // Of a service with another name, nothing says which traffic its data served.
    let senders = steps.iter().filter(there).filter_map(|step| Some((step, graph.get(&step.address)?)));
    let senders: Vec<_> = senders.filter(|(_, resource)| !resource.follows.is_empty()).collect();
    let kinds: BTreeSet<Kind> =
        senders.iter().flat_map(|(_, resource)| &resource.follows).map(Address::kind).collect();
    let senders: BTreeSet<StepId> = senders.into_iter().map(|(step, _)| step.id.clone()).collect();
    for step in steps {
        step.follows.extend(follows.remove(&step.id).into_iter().flatten());
        let gone = step.action == Action::Delete && graph.get(&step.address).is_none();
        if gone && kinds.contains(&step.address.kind()) {
            step.follows.extend(senders.iter().cloned());
        }
    }
}

/// What has permissions keeps those for an account that a site has left until everything else is done, so its update names that account
/// too. The journal says in which accounts Holdfast made something.
pub(super) fn name_earlier_accounts(steps: &mut [Step], owned: &[Owned], accounts: &Accounts) {
    let made = owned.iter().filter_map(|made| Some((made.address.kind(), made.account.as_ref()?)));
    let elsewhere =
        made.filter(|(kind, account)| accounts.of(*kind, None).is_some_and(|own| own != **account));
    let elsewhere: BTreeSet<String> = elsewhere.map(|(_, account)| account.clone()).collect();
    let has_rights = |step: &Step| step.action == Action::Update && step.address.kind().schema().acts;
    for step in steps.iter_mut().filter(|step| has_rights(step)) {
        step.named.copied_to.extend(elsewhere.iter().cloned());
    }
}

/// Split the updates of objects whose new value does not serve their old users.
fn split(steps: &mut Vec<Step>, graph: &Graph) {
    let users = Users::of(steps);
    let mut last: BTreeMap<StepId, StepId> = BTreeMap::new();
    let mut added = Vec::new();
    let may = |step: &Step| {
        let phased = graph.get(&step.address).is_some_and(|resource| resource.phased);
        phased && step.action == Action::Update
    };
    // What acts with permissions keeps them until everything else is done.
    for acts in [false, true] {
        for step in steps.iter_mut().filter(|step| may(step)) {
            let schema = step.address.kind().schema();
            let (true, Some(between)) = (schema.acts == acts, schema.between) else { continue };
            // Also without users: what is left of a plan that was interrupted keeps the names of its steps.
            let mut follows = users.after(step);
            if acts {
                follows.extend(users.needs(step).filter_map(|need| last.get(need)).cloned());
            }
            let before = step.before().cloned().unwrap_or_default();
            match between(&before, &known(&step.attributes)) {
                None if follows.is_empty() => {}
                None => step.cautions.push(format!(
                    "no {} serves what uses it now and what will use it; what uses it may stop until the plan is applied",
                    step.address.kind().name()
                )),
                Some(middle) => {
                    if let Some(late) = halve(step, &middle, follows) {
                        last.insert(step.id.clone(), late.id.clone());
                        added.push(late);
                    }
                }
            }
        }
    }
    steps.extend(added);
}

/// Reduce a step to what may change first. Returns the step that changes the rest, if there is a rest.
fn halve(step: &mut Step, middle: &Values, follows: BTreeSet<StepId>) -> Option<Step> {
    let shape = |name: &str| step.address.kind().schema().attribute(name).map(|attribute| attribute.shape);
    let same = |name: &str, a: &Value, b: &Value| shape(name).is_some_and(|shape| shape.same(a, b));
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for change in &step.changes {
        let (After::Known(after), Some(middle)) = (&change.after, middle.get(&change.name)) else {
            early.push(change.clone());
            continue;
        };
        if same(&change.name, middle, after) {
            early.push(change.clone());
            continue;
        }
        if !same(&change.name, middle, &change.before) {
            early.push(Change { after: After::Known(middle.clone()), ..change.clone() });
        }
        late.push(Change { before: middle.clone(), ..change.clone() });
    }
    if late.is_empty() {
        return None;
    }
    let mut rest = step.clone();
    rest.id = StepId::late(&step.address);
    rest.reason = "only once everything that uses it has changed".to_owned();
    rest.needs.insert(step.id.clone());
    rest.follows.extend(follows);
    rest.changes = late;
    rest.cause = cause::step(&rest, false);
    if let Some(object) = &mut rest.object {
        for change in &early {
            if let After::Known(after) = &change.after {
                object.attributes.insert(change.name.clone(), after.clone());
            }
        }
    }
    let set = |attributes: &mut Attributes| {
        for change in &rest.changes {
            attributes.insert(change.name.clone(), Attribute::Known(change.before.clone()));
        }
    };
    if early.is_empty() {
        step.action = Action::Keep;
        step.cause = None;
        step.reason = "changes last, when everything that uses it has changed".to_owned();
        step.cautions.clear();
        step.attributes.clear();
    } else {
        set(&mut step.attributes);
        let partly = early.iter().any(|change| rest.changes.iter().any(|late| late.name == change.name));
        step.reason = match partly {
            true => "also serves what uses it until the rest of the plan is done".to_owned(),
            false => reason(&early),
        };
    }
    step.changes = early;
    step.cause = cause::step(step, false);
    Some(rest)
}

/// Who uses the object of a step: who needs it, and whose object refers to it today.
struct Users {
    needed_by: BTreeMap<StepId, Vec<User>>,
    mentioned_by: BTreeMap<String, BTreeSet<StepId>>,
}

struct User {
    id: StepId,
    kept: bool,
    needs: BTreeSet<StepId>,
}

impl Users {
    fn of(steps: &[Step]) -> Self {
        let mut needed_by: BTreeMap<StepId, Vec<User>> = BTreeMap::new();
        let mut mentioned_by: BTreeMap<String, BTreeSet<StepId>> = BTreeMap::new();
        let kept: BTreeSet<&StepId> =
            steps.iter().filter(|step| !changes(step)).map(|step| &step.id).collect();
        for step in steps {
            for need in &step.needs {
                let needs = step.needs.iter().filter(|other| !kept.contains(other) && *other != need);
                let user = User {
                    id: step.id.clone(),
                    kept: kept.contains(&step.id),
                    needs: needs.cloned().collect(),
                };
                needed_by.entry(need.clone()).or_default().push(user);
            }
            let objects = step.object.iter().filter(|_| changes(&step));
            for text in objects.flat_map(|object| object.attributes.values()).filter_map(Value::as_str) {
                mentioned_by.entry(text.to_owned()).or_default().insert(step.id.clone());
            }
        }
        Self { needed_by, mentioned_by }
    }

    fn by(&self, step: &Step) -> impl Iterator<Item = &User> {
        self.needed_by.get(&step.id).into_iter().flatten()
    }

    /// The other steps that the users of a step need.
    fn needs(&self, step: &Step) -> impl Iterator<Item = &StepId> {
        self.by(step).flat_map(|user| &user.needs)
    }

    /// The changes that come before the last half of a step: those of its users. A user that stays as it is works only
    /// with what it needs, so its other needs come first too.
    fn after(&self, step: &Step) -> BTreeSet<StepId> {
        let users = self.by(step).flat_map(|user| match user.kept {
            true => user.needs.iter().collect::<Vec<_>>(),
            false => vec![&user.id],
        });
        let names = step
            .object
            .iter()
            .flat_map(|object| object.outputs.values().filter_map(Value::as_str).chain([object.id.as_str()]));
        let mentioned = names.filter_map(|name| self.mentioned_by.get(name)).flatten();
        users.chain(mentioned).filter(|id| **id != step.id).cloned().collect()
    }
}

/// Sort the steps after those that they need and follow, and otherwise keep their order.
fn sort(steps: &mut Vec<Step>) {
    let index: BTreeMap<&StepId, usize> = steps.iter().enumerate().map(|(at, step)| (&step.id, at)).collect();
    let mut open: Vec<usize> = Vec::new();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        let before: BTreeSet<usize> = step.waits_for().filter_map(|id| index.get(id).copied()).collect();
        open.push(before.len());
        for need in before {
            if let Some(users) = users.get_mut(need) {
                users.push(at);
            }
        }
    }
    let mut ready: BTreeSet<usize> =
        open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(at, _)| at).collect();
    let mut place: Vec<usize> = vec![usize::MAX; steps.len()];
    let mut next = 0;
    while let Some(at) = ready.pop_first() {
        if let Some(place) = place.get_mut(at) {
            *place = next;
            next += 1;
        }
        for user in users.get(at).into_iter().flatten() {
            if let Some(open) = open.get_mut(*user) {
                *open -= 1;
                if *open == 0 {
                    ready.insert(*user);
                }
            }
        }
    }
    let mut placed: Vec<(usize, Step)> = place.into_iter().zip(std::mem::take(steps)).collect();
    placed.sort_by_key(|(place, _)| *place);
    steps.extend(placed.into_iter().map(|(_, step)| step));
}
