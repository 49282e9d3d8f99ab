//! Buckets that were the primary of a data set and no longer are: the policy names another bucket, or another site is the
//! primary now. Nothing moves the objects, so the plan says first what stays behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::inputs::Inputs;
use super::{Action, Plan, Step};
use crate::copies::{KnownCopy, Moment};
use crate::observation::{Object, Owned};
use crate::printable::one_line;
use crate::resource::{Address, Identity};
use crate::text::{Pen, wrap};

/// A former primary bucket that stays with its objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// The resource that it was made for.
    pub address: Address,
    /// Its name.
    pub name: String,
    /// The name of the bucket that takes its place.
    pub now: String,
    /// Whether that one was a copy of it, so that only what was not copied yet stays behind.
    pub was_copy: bool,
    /// The other buckets with copies of it that were seen whole.
    pub copies: Vec<HeldBy>,
}

/// A bucket with a copy of a former primary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBy {
    /// Its name.
    pub name: String,
    /// When the copy was last seen whole.
    pub whole: Moment,
}

/// The former primaries of the data sets that the plan gives another one.
pub(super) fn primaries(inputs: &Inputs<'_>, steps: &[Step]) -> Vec<Behind> {
    let pending = steps.iter().filter(|step| step.action != Action::Keep);
    let mut changing: BTreeMap<String, Vec<&Step>> = BTreeMap::new();
    pending.for_each(|step| changing.entry(step.address.entry()).or_default().push(step));
    if changing.is_empty() {
        return Vec::new();
    }
    let holds = |object: &&Object| object.kind.schema().stateful;
    let deleted = steps.iter().filter(|step| step.action == Action::Delete);
    let deleted: BTreeSet<&str> = deleted
        .filter_map(|step| step.object.as_ref())
        .filter(holds)
        .map(|object| object.id.as_str())
        .collect();
    let all = inputs.observation.objects.iter().filter(holds).map(|object| object.id.as_str());
    let stays: BTreeSet<&str> = all.filter(|id| !deleted.contains(id)).collect();
    let mut owned: BTreeMap<String, Vec<&Owned>> = BTreeMap::new();
    let had = inputs.owned.iter().filter(|own| own.address.kind().schema().stateful && own.applied.is_some());
    had.for_each(|own| owned.entry(own.address.entry()).or_default().push(own));
    let (mut from, mut copies): (BTreeMap<&str, Vec<&KnownCopy>>, BTreeSet<&str>) = Default::default();
    for known in inputs.copies {
        from.entry(&known.from).or_default().push(known);
        copies.insert(&known.to);
    }
    let mut behind = Vec::new();
    for service in inputs.compiled.policy.services.values() {
        for (data, set) in &service.data {
            let (entry, now) = (format!("{}.{data}", service.name), set.primary.name.as_str());
            let Some(steps) = changing.get(&entry) else { continue };
            let own = owned.get(&entry).map(Vec::as_slice).unwrap_or_default();
            let knew = own.iter().any(|own| own.identity.is_named(now));
            for own in own {
                let names = own.identity.names();
                let there =
                    names.iter().map(String::as_str).find(|name| stays.contains(name) && *name != now);
                let Some(name) = there.filter(|name| !knew || takes_over(steps, name, now)) else { continue };
                let of = from.get(name).map(Vec::as_slice).unwrap_or_default();
                if of.is_empty() && (copies.contains(name) || !is_primary(inputs, &own.address, now)) {
                    continue;
                }
                let whole = of.iter().filter(|known| known.to != now && stays.contains(known.to.as_str()));
                let whole =
                    whole.filter_map(|known| Some(HeldBy { name: known.to.clone(), whole: known.worked? }));
                behind.push(Behind {
                    address: own.address.clone(),
                    name: name.to_owned(),
                    now: now.to_owned(),
                    was_copy: of.iter().any(|known| known.to == now),
                    copies: whole.collect(),
                });
            }
        }
    }
    behind
}

/// Whether steps make `now` what `name` was: something new is about the one, or what was about the other goes.
fn takes_over(steps: &[&Step], name: &str, now: &str) -> bool {
    steps.iter().any(|step| match (step.action, &step.object) {
        (Action::Create, _) => Identity::of_resource(step.address.kind(), &step.attributes).is_named(now),
        (Action::Delete, Some(object)) => object.identity().is_named(name),
        _ => false,
    })
}

/// Whether an address is the one of the primary bucket of this name.
fn is_primary(inputs: &Inputs<'_>, address: &Address, name: &str) -> bool {
    inputs.graph.get(address).is_some_and(|wanted| wanted.identity().is_named(name))
}

impl Behind {
    /// What stays where, and who still has it.
    pub(super) fn in_words(&self) -> String {
        let Self { address, name, now, was_copy, copies } = self;
        let data = address.entry();
        let mut text = match was_copy {
            false => format!(
                "`{now}` takes the place of `{name}` as the primary of {data}, and nothing moves the objects. What was \
                 written so far stays in `{name}`."
            ),
            true => format!(
                "`{now}` was a copy of `{name}` and takes its place as the primary of {data}. What was not copied yet, and \
                 what is still written there, stays in `{name}`."
            ),
        };
        for HeldBy { name, whole: Moment { run, date } } in copies {
            text.push_str(&format!(" Its copy `{name}` was last seen whole in run {run}, on {date}."));
        }
        text.push_str(&format!(" `{name}` is replicated no longer, and no objective here is about it."));
        text
    }
}

/// `DATA STAYS BEHIND: …`
pub(super) fn text(plan: &Plan, pen: &Pen, out: &mut String) {
    for behind in &plan.behind {
        let text = format!("DATA STAYS BEHIND: {}", behind.in_words());
        let _ = writeln!(out, "\n{}", pen.minus(&wrap(&one_line(&text), 0, pen.width())));
    }
}
