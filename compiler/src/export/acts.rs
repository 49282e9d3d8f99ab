//! What an engine has to do in a recovery: ask a person, move traffic, wait. And what none can do, which is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use super::Recovery;
use super::words::Words;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Disruption, Name};
use crate::policy::StepAction;
use crate::rehearsal::{Node, Part};
use crate::source::Span;
use crate::units::Duration;

/// One thing that an engine does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its name, unique in the recovery: `payments.verify`, `declare`. What is no step has a blank in it, which no name of a policy has:
    /// `payments.api moves`.
    pub name: String,
    /// The service it is for.
    pub service: Name,
    /// What it is.
    pub does: Does,
    /// The acts that must be done first, by their place in the list.
    pub after: BTreeSet<usize>,
    /// The seconds that it takes at most, alone.
    pub seconds: u64,
    /// The seconds that the engine can need beyond that, such as for tries that fail.
    pub more: u64,
}

/// What an engine does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Ask a person, and wait until they say that it is done.
    Ask {
        /// Who.
        person: Name,
        /// What they are told.
        text: String,
        /// The seconds after which nobody did it: until they and each of their deputies had their time to answer, for everything that
        /// they do in this recovery.
        within: u64,
    },
    /// Change the answers for an entry of traffic. Health checks change them too, if it has some.
    Move {
        /// The entry.
        traffic: Name,
        /// The seconds until health checks have seen the loss.
        noticed: u64,
    },
    /// Wait until caches have run out and clients have arrived.
    Wait,
}

/// The acts of a recovery, each after those it waits for.
///
/// # Errors
/// What no engine can do: steps that nobody does and no API is known for, and what has no limit.
pub(crate) fn acts(recovery: &Recovery<'_>, words: &Words<'_>) -> Result<Vec<Act>, Vec<Diagnostic>> {
    let order: Vec<usize> = recovery
        .in_order()
        .into_iter()
        .filter(|nth| recovery.nodes().get(*nth).is_some_and(is_act))
        .collect();
    let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(place, nth)| (*nth, place)).collect();
    let load = load(recovery);
    let (mut acts, mut wrong) = (Vec::new(), Vec::new());
    for nth in &order {
        let Some(node) = recovery.nodes().get(*nth) else { continue };
        let before = recovery.before(*nth, &is_act);
        let after = before.iter().filter_map(|nth| place.get(nth).copied()).collect();
        match one(recovery, words, &load, node) {
            Ok((name, does, seconds)) => {
                acts.push(Act { name, service: node.service.clone(), does, after, seconds, more: 0 });
            }
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() { Ok(acts) } else { Err(wrong) }
}

/// Whether an engine does it. It is started once the loss is noticed, and that a service is back is the end of its last act.
fn is_act(node: &Node) -> bool {
    !matches!(node.part, Part::Noticed | Part::Back)
}

/// The seconds that each person works in the whole recovery.
fn load(recovery: &Recovery<'_>) -> BTreeMap<Name, u64> {
    let mut load: BTreeMap<Name, u64> = BTreeMap::new();
    for node in recovery.nodes() {
        if let (Some(person), Some(seconds)) = (&node.by, node.alone) {
            let sum = load.entry(person.clone()).or_default();
            *sum = sum.saturating_add(seconds);
        }
    }
    load
}

/// The name of an act, what it is, and the seconds it takes at most.
fn one(
    recovery: &Recovery<'_>,
    words: &Words<'_>,
    load: &BTreeMap<Name, u64>,
    node: &Node,
) -> Result<(String, Does, u64), Diagnostic> {
    let policy = recovery.policy();
    let service = policy.services.get(&node.service);
    let span = service.map_or(policy.estate_span, |service| service.span);
    let name = |last: &str| format!("{}.{last}", node.service);
    match &node.part {
        Part::Decided(Some(person)) => {
            let seconds = node.alone.ok_or_else(|| {
                endless(
                    "the declaration of the incident",
                    span,
                    "add `within` to the level that is declared after `site-loss`",
                )
            })?;
            // A deputy who is called declares when the others had their time to answer.
            let within = seconds.saturating_add(answers(words, words.context.successors(person)));
            let text = words.declaration();
            Ok(("declare".to_owned(), Does::Ask { person: person.clone(), text, within }, seconds))
        }
        Part::Step(step_name) => {
            let Some((service, step)) = recovery.step(node) else {
                return Err(undoable(node.what.clone(), span, "remove it"));
            };
            let name = name(step_name.as_str());
            let Some((person, _)) = &step.by else {
                return match &step.action {
                    StepAction::Failover(traffic) => Ok((
                        name,
                        Does::Move { traffic: traffic.clone(), noticed: noticed(recovery, node) },
                        0,
                    )),
                    _ => Err(undoable(
                        format!("the step `{}` of `{}`, which nobody does", step.name, service.name),
                        step.span,
                        "name who does it with `by`, or leave it out if it needs nobody",
                    )),
                };
            };
            let Some(seconds) = node.alone else {
                let what = format!("the step `{}` of `{}`", step.name, service.name);
                return Err(endless(
                    &what,
                    step.span,
                    "state `takes`, and for a restore `size` and `restore-throughput`",
                ));
            };
            let seconds_of_all =
                load.get(person).copied().unwrap_or(seconds).saturating_add(shared(recovery, &step.action));
            let called = iter::once(person).chain(words.context.successors(person));
            let within = answers(words, called).saturating_add(seconds_of_all);
            let text = words.step(service, step, Disruption::SiteLoss);
            Ok((name, Does::Ask { person: person.clone(), text, within }, seconds))
        }
        Part::ChecksFail(traffic) => {
            let noticed = node.alone.ok_or_else(|| {
                endless(
                    &format!("the failover of `{traffic}`"),
                    span,
                    "add a `probe` to it, or state `assumptions.detection`",
                )
            })?;
            Ok((name(&format!("{traffic} moves")), Does::Move { traffic: traffic.clone(), noticed }, 0))
        }
        Part::Answers(traffic) | Part::Clients(traffic) => {
            let last = if matches!(node.part, Part::Answers(_)) { "caches expire" } else { "clients arrive" };
            let seconds = node.alone.ok_or_else(|| {
                undoable(
                    format!(
                        "the failover of `{traffic}` of `{}`, whose endpoints are all lost",
                        node.service
                    ),
                    span,
                    "add an endpoint at a site that is left",
                )
            })?;
            Ok((name(&format!("{traffic} {last}")), Does::Wait, seconds))
        }
        Part::Decided(None) | Part::Nobody | Part::Noticed | Part::Back => Err(undoable(
            format!("what `{}` needs: {}", node.service, node.what.replace('`', "")),
            span,
            "add steps to `recovery` that do it, and a level that is declared after `site-loss`",
        )),
    }
}

/// The seconds until the loss is noticed, for a service.
fn noticed(recovery: &Recovery<'_>, of: &Node) -> u64 {
    let own = recovery.nodes().iter().find(|node| node.part == Part::Noticed && node.service == of.service);
    own.and_then(|node| node.alone).unwrap_or_default()
}

/// How long people who are called one after the other take to answer, in seconds.
fn answers<'n>(words: &Words<'_>, people: impl IntoIterator<Item = &'n Name>) -> u64 {
    let each = people.into_iter().filter_map(|name| words.context.answers(name));
    each.map(Duration::as_seconds).fold(0, u64::saturating_add)
}

/// A restore can wait for every other one that shares its throughput, in seconds.
fn shared(recovery: &Recovery<'_>, action: &StepAction) -> u64 {
    if !matches!(action, StepAction::Restore(_)) {
        return 0;
    }
    let restores = recovery.nodes().iter().filter(|node| {
        recovery.step(node).is_some_and(|(_, step)| matches!(step.action, StepAction::Restore(_)))
    });
    restores.filter_map(|node| node.alone).fold(0, u64::saturating_add)
}

fn undoable(what: String, span: Span, cure: &str) -> Diagnostic {
    Diagnostic::new(codes::EXPORT_UNDOABLE, format!("an engine cannot do {what}")).at(span, "this").help(cure)
}

fn endless(what: &str, span: Span, cure: &str) -> Diagnostic {
    Diagnostic::new(
        codes::EXPORT_UNDOABLE,
        format!("an engine cannot wait for {what}: no time is stated after which it failed"),
    )
    .at(span, "this")
    .help(cure)
}
