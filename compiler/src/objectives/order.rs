//! The order in which one person works: what `after` fixes, and what is open.
//!
//! A bound holds for every order that `after` allows, as long as nobody idles while something can begin.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Name;
use crate::policy::RecoveryStep;

/// The steps of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who.
    pub person: Name,
    /// The steps, in groups: each group after the one before it, within a group in any order that `after` allows.
    pub groups: Vec<Vec<Name>>,
}

/// The orders of those who do more than one step. `steps`: each after those it waits for.
pub(super) fn of(steps: &[RecoveryStep]) -> Vec<Order> {
    let mut before: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    let mut people: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    for step in steps {
        let mut earlier: BTreeSet<&Name> = step.after.iter().collect();
        let further = step.after.iter().filter_map(|name| before.get(name)).flatten();
        earlier.extend(further.copied().collect::<Vec<&Name>>());
        before.insert(&step.name, earlier);
        if let Some((person, _)) = &step.by {
            people.entry(person).or_default().push(&step.name);
        }
    }
    let several = people.into_iter().filter(|(_, steps)| steps.len() > 1);
    several.map(|(person, steps)| Order { person: person.clone(), groups: groups(&steps, &before) }).collect()
}

fn groups(steps: &[&Name], before: &BTreeMap<&Name, BTreeSet<&Name>>) -> Vec<Vec<Name>> {
    let precedes =
        |one: &Name, other: &&Name| before.get(*other).is_some_and(|earlier| earlier.contains(one));
    let mut groups: Vec<Vec<Name>> = Vec::new();
    for (nth, step) in steps.iter().enumerate() {
        let (done, rest) = steps.split_at(nth);
        let fixed = done.iter().all(|one| rest.iter().all(|other| precedes(one, other)));
        match groups.last_mut().filter(|_| !fixed) {
            Some(group) => group.push((*step).clone()),
            None => groups.push(vec![(*step).clone()]),
        }
    }
    groups
}
