//! Buckets that were the primary of a data set and no longer are: the policy names another bucket, or another site is the
//! primary now. Nothing moves the objects, so the plan says first what stays behind.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::inputs::Inputs;
use super::{Action, Plan, Step};
use crate::observation::{Object, Owned};
use crate::printable::one_line;
use crate::resource::Address;
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
    /// The other buckets with copies of it.
    pub copies: Vec<String>,
}

/// The former primaries of the data sets that the plan changes.
pub(super) fn primaries(inputs: &Inputs<'_>, steps: &[Step]) -> Vec<Behind> {
    let pending = steps.iter().filter(|step| step.action != Action::Keep);
    let changing: BTreeSet<String> = pending.map(|step| step.address.entry()).collect();
    let holds = |object: &&Object| object.kind.schema().stateful;
    let deleted = steps.iter().filter(|step| step.action == Action::Delete);
    let deleted: BTreeSet<&str> = deleted
        .filter_map(|step| step.object.as_ref())
        .filter(holds)
        .map(|object| object.id.as_str())
        .collect();
    let all = inputs.observation.objects.iter().filter(holds).map(|object| object.id.as_str());
    let stays: BTreeSet<&str> = all.filter(|id| !deleted.contains(id)).collect();
    let mut behind = Vec::new();
    for service in inputs.compiled.policy.services.values() {
        for (data, set) in &service.data {
            let (entry, now) = (format!("{}.{data}", service.name), set.primary.name.as_str());
            let held = |own: &&Owned| {
                own.address.kind().schema().stateful && own.address.entry() == entry && own.applied.is_some()
            };
            for own in inputs.owned.iter().filter(held).filter(|_| changing.contains(&entry)) {
                let there = own.identity.parts().find(|part| stays.contains(part) && *part != now);
                let Some(name) = there else { continue };
                let of = inputs.copies.iter().filter(|known| known.from == name);
                let is_copy = || inputs.copies.iter().any(|known| known.to == name);
                let was_primary =
                    of.clone().next().is_some() || !is_copy() && is_primary(inputs, &own.address, now);
                if was_primary {
                    let (was_copy, copies) = (
                        of.clone().any(|known| known.to == now),
                        of.filter(|known| known.to != now && stays.contains(known.to.as_str())),
                    );
                    let copies = copies.map(|known| known.to.clone()).collect();
                    let (address, name) = (own.address.clone(), name.to_owned());
                    behind.push(Behind { address, name, now: now.to_owned(), was_copy, copies });
                }
            }
        }
    }
    behind
}

/// Whether an address is the one of the primary bucket of this name.
fn is_primary(inputs: &Inputs<'_>, address: &Address, name: &str) -> bool {
    inputs.graph.get(address).is_some_and(|wanted| wanted.identity().parts().any(|part| part == name))
}

/// `DATA STAYS BEHIND: …`
pub(super) fn text(plan: &Plan, pen: &Pen, out: &mut String) {
    for Behind { address, name, now, was_copy, copies } in &plan.behind {
        let data = address.entry();
        let mut text = match was_copy {
            false => format!(
                "DATA STAYS BEHIND: `{now}` takes the place of `{name}` as the primary of {data}, and nothing moves the \
                 objects. What was written so far stays in `{name}`"
            ),
            true => format!(
                "DATA STAYS BEHIND: `{now}` was a copy of `{name}` and takes its place as the primary of {data}. What was \
                 not copied yet, or is still written to it, stays in `{name}`"
            ),
        };
        let list: Vec<String> = copies.iter().map(|copy| format!("`{copy}`")).collect();
        match list.as_slice() {
            [] => text.push('.'),
            [copy] => text.push_str(&format!(", and in its copy {copy}.")),
            several => text.push_str(&format!(", and in its copies {}.", several.join(", "))),
        }
        text.push_str(" It is replicated no longer, and no objective here is about it.");
        let _ = writeln!(out, "\n{}", pen.minus(&wrap(&one_line(&text), 0, pen.width())));
    }
}
