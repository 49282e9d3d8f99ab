//! Changes that are the same on many resources: one line for a reviewer instead of hundreds.
//!
//! Steps with the same action and cause, on resources of one kind, that change the same attributes have one *shape*.
//! Within a shape, steps with the same values are one change, on however many services. What only one service changes
//! in its own way stands alone while there are few such changes; otherwise all of them are one change whose values
//! differ. Each step that changes something is in exactly one change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::pretty::brief;
use super::{Action, After, Cause, Change, Plan, Step, StepId};
use crate::resource::{Address, Kind, Shape};

/// How many changes of one shape are shown with their values although each is of one service only.
const FEW: usize = 3;
/// The longest value that is shown, in characters.
const MOST_VALUE: usize = 60;

/// What a step is of a change that takes two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Half {
    /// It is the whole change, or its first half.
    First,
    /// The second half of an update.
    Last,
    /// The removal of an object that the plan replaces.
    Replaced,
}

/// The same change of one or more resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameChange<'p> {
    /// What happens.
    pub action: Action,
    /// Which half of the change it is.
    pub half: Half,
    /// The kind of the resources.
    pub kind: Kind,
    /// Why.
    pub cause: Option<Cause>,
    /// The attributes that change. Empty if the resources are created or deleted.
    pub attributes: Vec<SameAttribute>,
    /// The steps, in the order of their addresses.
    pub steps: Vec<&'p Step>,
}

/// An attribute that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SameAttribute {
    /// Its name; of a tag `tags.NAME`.
    pub name: String,
    /// The value before and after, in short form. `None` if they differ from resource to resource.
    pub values: Option<(String, String)>,
}

impl SameChange<'_> {
    /// The services of its resources, sorted. The empty name is that of what services share.
    #[must_use]
    pub fn services(&self) -> BTreeSet<&str> {
        self.steps.iter().map(|step| step.address.owner()).collect()
    }

    /// How many resources it changes.
    #[must_use]
    pub fn resources(&self) -> usize {
        self.steps.iter().map(|step| &step.address).collect::<BTreeSet<&Address>>().len()
    }
}

impl SameChange<'_> {
    /// What happens, as a verb.
    pub(super) fn verb(&self) -> String {
        match (self.action, self.half) {
            (_, Half::Last) => "update (last)".to_owned(),
            (_, Half::Replaced) => "delete what is replaced".to_owned(),
            (action, Half::First) => action.to_string(),
        }
    }

    /// The only resource. `None` if there are several.
    pub(super) fn only(&self) -> Option<&Address> {
        let first = self.steps.first()?;
        (self.resources() == 1).then_some(&first.address)
    }

    /// How many resources: `440 records`.
    pub(super) fn many(&self) -> String {
        match self.resources() {
            1 => format!("1 {}", self.kind.name()),
            number => format!("{number} {}", self.kind.plural()),
        }
    }
}

impl SameAttribute {
    /// What stands behind its name: ` 60 → 30`. Long values are only in the steps.
    pub(super) fn movement(&self) -> String {
        match &self.values {
            None => " (its values differ)".to_owned(),
            Some((before, after)) if before.chars().count() + after.chars().count() > MOST_VALUE => {
                String::new()
            }
            Some((before, after)) => format!(" {before} → {after}"),
        }
    }
}

type Values = Vec<(String, String)>;
type ShapeKey = (Action, Half, Kind, Option<Cause>, Vec<String>);

impl Plan {
    /// The changes: those of several services, then service by service. What is removed comes before what is made.
    #[must_use]
    pub fn same_changes(&self) -> Vec<SameChange<'_>> {
        let replaced = self.second_halves();
        let mut shapes: BTreeMap<ShapeKey, BTreeMap<Values, Vec<&Step>>> = BTreeMap::new();
        for step in self.pending() {
            let (names, values) = attributes(step).into_iter().unzip();
            let key = (step.action, half(step, &replaced), step.address.kind(), step.cause, names);
            shapes.entry(key).or_default().entry(values).or_default().push(step);
        }
        let mut all: Vec<SameChange<'_>> =
            shapes.into_iter().flat_map(|(key, of_values)| of_shape(&key, of_values)).collect();
        let mut order: Vec<_> = all.drain(..).map(|change| (rank(&change), change)).collect();
        order.sort_by(|(one, _), (other, _)| one.cmp(other));
        order.into_iter().map(|(_, change)| change).collect()
    }
}

fn half(step: &Step, replaced: &BTreeSet<&StepId>) -> Half {
    match step.action {
        Action::Delete if replaced.contains(&step.id) => Half::Replaced,
        _ if step.is_late() => Half::Last,
        _ => Half::First,
    }
}

/// How many services these steps are of. What services share has an empty name, and is no service.
fn services(steps: &[&Step]) -> usize {
    let owners = steps.iter().map(|step| step.address.owner());
    owners.filter(|owner| !owner.is_empty()).collect::<BTreeSet<_>>().len()
}

/// The changes of one shape.
fn of_shape<'p>(key: &ShapeKey, of_values: BTreeMap<Values, Vec<&'p Step>>) -> Vec<SameChange<'p>> {
    let (shared, own): (Vec<_>, Vec<_>) = of_values.into_iter().partition(|(_, steps)| services(steps) > 1);
    if own.len() <= FEW {
        return shared.into_iter().chain(own).map(|(values, steps)| change(key, &[values], steps)).collect();
    }
    let (values, steps): (Vec<Values>, Vec<Vec<&Step>>) = own.into_iter().unzip();
    let different = change(key, &values, steps.into_iter().flatten().collect());
    shared.into_iter().map(|(values, steps)| change(key, &[values], steps)).chain([different]).collect()
}

/// A change of these steps, which have one of these lists of values each.
fn change<'p>(key: &ShapeKey, all: &[Values], mut steps: Vec<&'p Step>) -> SameChange<'p> {
    let (action, half, kind, cause, names) = key;
    let attributes = names.iter().enumerate().map(|(nth, name)| {
        let mut values = all.iter().map(|values| values.get(nth));
        let first = values.next().flatten();
        let same = first.filter(|first| values.all(|value| value == Some(*first)));
        SameAttribute { name: name.clone(), values: same.cloned() }
    });
    let attributes = attributes.collect();
    steps.sort_by(|one, other| (&one.address, &one.id).cmp(&(&other.address, &other.id)));
    SameChange { action: *action, half: *half, kind: *kind, cause: *cause, attributes, steps }
}

/// The attributes that a step changes on what exists, each with its values in short form.
fn attributes(step: &Step) -> Vec<(String, (String, String))> {
    if matches!(step.action, Action::Create | Action::Delete) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for change in &step.changes {
        let shape = step.address.kind().schema().attribute(&change.name).map(|attribute| attribute.shape);
        match (shape, &change.after) {
            (Some(Shape::Tags), After::Known(after)) => tags(change, after, &mut all),
            (_, After::Known(after)) => {
                all.push((change.name.clone(), (brief(&change.before), brief(after))));
            }
            (_, After::Unknown) => {
                all.push((change.name.clone(), (brief(&change.before), "known after apply".to_owned())));
            }
        }
    }
    all
}

/// The tags that change, each like an attribute.
fn tags(change: &Change, after: &Value, all: &mut Vec<(String, (String, String))>) {
    for (key, value) in after.as_object().into_iter().flatten() {
        let before = change.before.get(key).unwrap_or(&Value::Null);
        if before != value {
            all.push((format!("{}.{key}", change.name), (brief(before), brief(value))));
        }
    }
}

/// The place of a change among all.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Several services first.
    is_of_one: bool,
    owner: String,
    action: usize,
    fewer_services: usize,
    kind: (usize, Kind),
    half: Half,
    first: Address,
    attributes: Vec<SameAttribute>,
}

fn rank(change: &SameChange<'_>) -> Option<Rank> {
    let action = match change.action {
        Action::Delete => 0,
        Action::Replace => 1,
        Action::Update => 2,
        Action::Create => 3,
        Action::Keep => 4,
    };
    let (first, services) = (change.steps.first()?, services(&change.steps));
    // The empty name of what services share is the first one.
    let owner = if services > 1 { "" } else { change.services().last().copied()? };
    Some(Rank {
        is_of_one: services <= 1,
        owner: owner.to_owned(),
        action,
        fewer_services: usize::MAX - services,
        kind: (change.kind.rank(), change.kind),
        half: change.half,
        first: first.address.clone(),
        attributes: change.attributes.clone(),
    })
}
