//! Evidence from the cloud: objectives, failover, and whether it is as declared.

use std::collections::BTreeSet;

use super::context::Context;
use super::item::{Item, Standing};
use crate::bcp::heading;
use crate::document::Evidence;
use crate::objectives::{Assurance, Bound, Derivation};
use crate::plan::{Action, Measure};
use crate::policy::Setting;
use crate::status::State;
use crate::units::Duration;

/// Whether the RTO, or the RPO, of each service holds for each disruption.
pub(super) fn objectives(context: &Context<'_>, kind: Evidence) -> Vec<Item> {
    let measure = if kind == Evidence::Rto { Measure::Rto } else { Measure::Rpo };
    let mut items = Vec::new();
    for service in context.plan.services() {
        for derivation in context.derived(&service.name) {
            let Some((asked, bound)) = wanted(derivation, measure) else { continue };
            let about = format!("{}: {}", service.name, heading(derivation.disruption));
            let (standing, says) =
                standing(context, service.name.as_str(), derivation, measure, (asked, bound));
            let item = Item::new(kind, about, standing, says).derived(in_words(measure, asked, bound));
            items.push(item.at(asked.origin.span().and_then(|span| context.place(span))).seen());
        }
    }
    items
}

fn wanted(derivation: &Derivation, measure: Measure) -> Option<(&Setting<Duration>, &Bound)> {
    match measure {
        Measure::Rto => Some((derivation.asked.rto.as_ref()?, &derivation.rto)),
        Measure::Rpo => Some((derivation.asked.rpo.as_ref()?, derivation.worst_rpo()?.1)),
    }
}

fn standing(
    context: &Context<'_>,
    service: &str,
    derivation: &Derivation,
    measure: Measure,
    (asked, bound): (&Setting<Duration>, &Bound),
) -> (Standing, String) {
    if !bound.meets(Some(asked)) {
        return (Standing::Fails, "the policies miss it".to_owned());
    }
    let Some(status) = context.status() else { return (Standing::Unknown, context.unseen()) };
    let now = status.objectives.iter().find(|one| {
        one.service == service && one.disruption == derivation.disruption && one.measure == measure
    });
    let Some(now) = now else { return (Standing::Unknown, "nobody can tell".to_owned()) };
    let because = || now.because.clone().unwrap_or_else(|| "nobody can tell why".to_owned());
    match now.state {
        State::Missed => (Standing::Fails, because()),
        State::Unknown => (Standing::Unknown, because()),
        State::Holds if now.assurance == Assurance::Attested.to_string() => {
            (Standing::Stated, "it holds as observed, and rests on times that somebody states".to_owned())
        }
        State::Holds => (Standing::Holds, format!("it holds as observed ({})", now.assurance)),
    }
}

/// `RTO 1 h, bound 33 min = 10 min (declare) + 23 min (verify), attested`.
fn in_words(measure: Measure, asked: &Setting<Duration>, bound: &Bound) -> String {
    let name = if measure == Measure::Rto { "RTO" } else { "RPO" };
    let terms = bound.terms.iter().map(|term| {
        let value = term.value.map_or_else(|| "no limit".to_owned(), Duration::in_words);
        format!("{value} ({}, {})", term.what, term.assurance)
    });
    let terms: Vec<String> = terms.collect();
    let sum = if terms.is_empty() { String::new() } else { format!(" = {}", terms.join(" + ")) };
    format!("{name} {}, bound {}{sum}; {}", asked.value.in_words(), bound.in_words(), bound.assurance())
        .replace('`', "")
}

/// Whether traffic has somewhere to go, and the health checks that move it pass.
pub(super) fn failover(context: &Context<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for service in context.policy().services.values() {
        for (name, traffic) in &service.traffic {
            let item = |standing, says: String| {
                let item = Item::new(Evidence::Failover, format!("{}.{name}", service.name), standing, says);
                item.at(context.place(traffic.span)).seen()
            };
            if traffic.endpoints.len() < 2 {
                items.push(item(Standing::Fails, "it has one endpoint only".to_owned()));
                continue;
            }
            let Some(status) = context.status() else {
                items.push(item(Standing::Unknown, context.unseen()));
                continue;
            };
            let checks = status.plan.checks.iter();
            let checks: Vec<_> = checks
                .filter(|one| one.service == service.name.as_str() && one.traffic == name.as_str())
                .collect();
            let failing = checks.iter().find(|one| one.passes == Ok(Some(false)));
            let passing = checks.iter().filter(|one| one.passes == Ok(Some(true))).count();
            items.push(match failing {
                Some(one) => item(Standing::Fails, format!("the health check of {} fails", one.site)),
                None if passing >= traffic.endpoints.len() => {
                    item(Standing::Holds, format!("all {passing} health checks pass"))
                }
                None => {
                    let all = traffic.endpoints.len();
                    item(
                        Standing::Unknown,
                        format!("{passing} of {all} endpoints were seen to pass a health check"),
                    )
                }
            });
        }
    }
    items
}

/// Whether resources differ from the policies.
pub(super) fn as_declared(context: &Context<'_>) -> Vec<Item> {
    let kind = Evidence::AsDeclared;
    let all = context.policy().services.values();
    let Some(status) = context.status() else {
        let unseen = |name: &str| Item::new(kind, name, Standing::Unknown, context.unseen()).seen();
        return all.map(|service| unseen(service.name.as_str())).collect();
    };
    let names = all.map(|service| (service.name.as_str(), Some(service.span)));
    let own = std::iter::once(("", None));
    let mut items = Vec::new();
    for (owner, span) in names.chain(own) {
        let steps = || status.plan.steps.iter().filter(|step| step.address.owner() == owner);
        let differ = steps().filter(|step| step.action != Action::Keep).map(|step| step.address.to_string());
        let differ: BTreeSet<String> = differ.collect();
        let unknown = status.plan.unknown.iter().filter(|one| one.address.owner() == owner).count();
        if owner.is_empty() && steps().next().is_none() && unknown == 0 {
            continue;
        }
        let (standing, says) = match (differ.len(), unknown) {
            // What keeps a plan from being made may be about any of them.
            (0, 0) if let Some(block) = status.blocks.first() => {
                (Standing::Unknown, format!("no plan can be made: {}: {}", block.code, block.message))
            }
            (0, 0) => (Standing::Holds, format!("{} resources are as declared", steps().count())),
            (0, unknown) => (Standing::Unknown, format!("{unknown} resources could not be seen")),
            (differ, _) => (Standing::Fails, format!("{differ} resources differ from the policies")),
        };
        let about = if owner.is_empty() { "what services share" } else { owner };
        let item = Item::new(kind, about, standing, says).of(differ.first().cloned());
        items.push(item.at(span.and_then(|span| context.place(span))).seen());
    }
    items
}
