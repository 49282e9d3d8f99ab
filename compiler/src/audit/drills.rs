//! Evidence from drills: whether they are planned, held, and passed.

use super::context::Context;
use super::item::{Item, Standing};
use crate::document::{Disruption, Evidence};
use crate::drill::{Last, Outcome};
use crate::policy::{Drill, Service};

/// Whether each service is in a drill that recovers something.
pub(super) fn planned(context: &Context<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for service in context.policy().services.values() {
        let of = |drill: &&Drill| drill.services.contains_key(&service.name);
        let mut drills = context.policy().drills.values().filter(of).peekable();
        let has_any = drills.peek().is_some();
        let recovering = drills.find(|drill| !drill.form.0.recovers_nothing());
        let (standing, says) = match recovering {
            Some(drill) => {
                let every = drill.every.0.in_words();
                (Standing::Holds, format!("drill {} ({}), every {every}", drill.name, drill.form.0))
            }
            None if has_any => (Standing::Fails, "its drills recover nothing".to_owned()),
            None => (Standing::Fails, "no drill tests it".to_owned()),
        };
        let span = recovering.map_or(service.span, |drill| drill.span);
        let item = Item::new(Evidence::DrillsPlanned, service.name.as_str(), standing, says);
        items.push(item.at(context.place(span)));
    }
    items
}

/// Whether each drill was held in its interval.
pub(super) fn held(context: &Context<'_>) -> Vec<Item> {
    let one = |drill: &Drill| {
        let (standing, says) = last(context, drill);
        let about = format!("{} ({})", drill.name, drill.form.0);
        of(context, Evidence::DrillsHeld, about, (standing, says), Some(drill), drill.span)
    };
    let items: Vec<Item> = context.policy().drills.values().map(one).collect();
    if items.is_empty() {
        let item = Item::new(Evidence::DrillsHeld, "drills", Standing::Fails, "no drill is declared");
        return vec![item.at(context.place(context.policy().estate_span))];
    }
    items
}

/// Whether the failover, or the restore, of each service was tried in a drill that recovers something.
pub(super) fn tested(context: &Context<'_>, kind: Evidence) -> Vec<Item> {
    let is_failover = kind == Evidence::FailoverTested;
    let concerns = |service: &&Service| match is_failover {
        true => service.sites.len() > 1,
        false => !service.data.is_empty(),
    };
    let mut items = Vec::new();
    for service in context.policy().services.values().filter(concerns) {
        let fits = |drill: &&Drill| {
            drill.services.contains_key(&service.name)
                && !drill.form.0.recovers_nothing()
                && (drill.disruption == Disruption::SiteLoss) == is_failover
        };
        let drills = context.policy().drills.values().filter(fits);
        let went = |drill| match is_failover {
            true => last(context, drill),
            false => last_restore(context, drill, service),
        };
        let best = drills.map(|drill| (went(drill), drill)).max_by_key(|((standing, _), _)| *standing);
        items.push(match best {
            Some((found, drill)) => {
                let found = (found.0, format!("drill {}: {}", drill.name, found.1));
                of(context, kind, service.name.to_string(), found, Some(drill), drill.span)
            }
            None => {
                let says = match is_failover {
                    true => "no drill fails it over",
                    false => "no drill restores its data",
                };
                of(
                    context,
                    kind,
                    service.name.to_string(),
                    (Standing::Fails, says.to_owned()),
                    None,
                    service.span,
                )
            }
        });
    }
    items
}

fn of(
    context: &Context<'_>,
    kind: Evidence,
    about: String,
    (standing, says): (Standing, String),
    drill: Option<&Drill>,
    span: crate::source::Span,
) -> Item {
    let item = Item::new(kind, about, standing, says);
    let span = drill.and_then(|drill| drill.last).map_or(span, |(_, span)| span);
    let item = item.at(context.place(span));
    match drill.and_then(|drill| Some((drill, result(context, drill)?))) {
        Some((drill, last)) => {
            item.tried(format!("{} on {}: {}, in run {}", drill.name, last.on, last.outcome, last.run))
        }
        None => item,
    }
}

/// The last recorded result of a drill as it is declared now. A day without one is a statement of the policies.
fn result<'c>(context: &'c Context<'_>, drill: &Drill) -> Option<&'c Last> {
    context.inputs.plan.held.record(drill).filter(|last| last.on <= context.as_of())
}

/// How the last drill went for the data of a service: it counts only for what it restored.
fn last_restore(context: &Context<'_>, drill: &Drill, service: &Service) -> (Standing, String) {
    let (standing, says) = last(context, drill);
    let restored = result(context, drill).map(|last| last.restored.as_slice()).unwrap_or_default();
    let entries = service.data.keys().map(|data| format!("{}.{data}", service.name));
    let missing: Vec<String> =
        entries.filter(|entry| restored.iter().all(|one| one.entry != **entry)).collect();
    if standing != Standing::Holds || missing.is_empty() {
        return (standing, says);
    }
    (Standing::Fails, format!("{says}, and it did not restore {}", missing.join(", ")))
}

/// How the last drill went.
fn last(context: &Context<'_>, drill: &Drill) -> (Standing, String) {
    let (every, today) = (drill.every.0, context.as_of());
    let stated = drill.last.map(|(day, _)| day).filter(|day| *day <= today);
    let recorded = result(context, drill);
    // A later day without a result says less than an earlier one with a result, and more than an overdue one.
    if let Some(last) = recorded.filter(|last| last.on.after(every) >= today) {
        let standing = if last.outcome == Outcome::Passed { Standing::Holds } else { Standing::Fails };
        return (standing, format!("{} on {}, in run {} of the journal", last.outcome, last.on, last.run));
    }
    let newest = context.inputs.plan.held.newest(drill).filter(|newest| newest.on <= today);
    let changed = newest.and_then(|newest| newest.differs(drill));
    match stated.max(recorded.map(|last| last.on)) {
        None => {
            let changed = changed.map(|how| format!(" as it is declared now: {how}")).unwrap_or_default();
            (Standing::Fails, format!("it was never held{changed}"))
        }
        Some(day) if day.after(every) < today => {
            (Standing::Fails, format!("overdue since {}; last held on {day}", day.after(every)))
        }
        Some(day) => {
            (Standing::Stated, format!("the policies state that it was held on {day}; no result is recorded"))
        }
    }
}
