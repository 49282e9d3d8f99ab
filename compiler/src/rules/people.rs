//! People: who can be reached, and who their deputies are.
//!
//! Sources: NIST SP 800-34 rev. 1 §3.4.6 and §4.2.1 (one person has the authority to activate the plan, with a
//! successor), §4.2.2 (primary and alternate contacts, at least one number outside the office).

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Disruption, Name, Reach};
use crate::policy::{Policy, StepAction};
use crate::source::Span;
use crate::units::{Date, Duration};

/// SS15: a decision that depends on one person, or has no deadline.
pub(super) fn one_decider(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(plan) = &policy.continuity else { return };
    for (nth, level) in plan.body.levels.iter().enumerate() {
        let at = |key: &'static str| plan.span(&["levels".into(), nth.into(), key.into()]);
        let deputy = plan.contacts.get(&level.declared_by).and_then(|contact| contact.deputy.as_ref());
        if deputy.is_none() {
            let message = format!("level {} can be declared by `{}` alone", level.level, level.declared_by);
            out.push(
                Diagnostic::new(codes::ONE_DECIDER, message)
                    .at(at("declared-by"), "has no deputy")
                    .help("name a `deputy` of the contact"),
            );
        }
        if level.within.is_none() {
            let message = format!("level {} has no deadline to be declared", level.level);
            out.push(
                Diagnostic::new(codes::ONE_DECIDER, message)
                    .at(at("name"), "no deadline")
                    .help("add `within`: the deadline, counted from when the incident is noticed"),
            );
        }
    }
}

/// A contact of a recovery without a deputy.
pub(super) fn no_deputy(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(plan) = &policy.continuity else { return };
    let mut relied_on: BTreeMap<&Name, (Span, &Name)> = BTreeMap::new();
    for service in policy.services.values() {
        let steps = service.recovery.values().flatten().filter_map(|step| step.by.as_ref());
        for (name, span) in steps.chain(&service.owner) {
            let first = relied_on.entry(name).or_insert((*span, &service.name));
            *first = (*first).min((*span, &service.name));
        }
    }
    for (name, (span, service)) in relied_on {
        let Some(contact) = plan.contacts.get(name).filter(|contact| contact.deputy.is_none()) else {
            continue;
        };
        out.push(
            Diagnostic::new(codes::NO_DEPUTY, format!("`{name}`, whom `{service}` relies on, has no deputy"))
                .at(contact.span, "no `deputy`")
                .at(span, "relied on here")
                .help("name another contact as `deputy`"),
        );
    }
}

/// A contact who can be reached in one way only.
pub(super) fn one_channel(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(plan) = &policy.continuity else { return };
    for (name, contact) in &plan.body.contacts {
        let channel = |reach: &Reach| match reach {
            Reach::Phone(_) => "phone",
            Reach::Pager(_) => "pager",
            Reach::Mail(_) => "mail",
            Reach::Chat(_) => "chat",
            Reach::Https(_) => "https",
        };
        let channels: BTreeSet<&str> = contact.reach.iter().map(channel).collect();
        if let (Some(only), 1) = (channels.first(), channels.len()) {
            let place = plan.text.key_span(&["contacts".into(), name.as_str().into(), "reach".into()]);
            out.push(
                Diagnostic::new(codes::ONE_CHANNEL, format!("`{name}` can be reached by {only} only"))
                    .at(place, "a single channel")
                    .help("add another one: the disaster may disable this one"),
            );
        }
    }
}

/// One person who recovers several services when their site is lost: each RTO includes only the work on its
/// own service. Declaring an incident counts once for all services.
pub(super) fn shared(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    /// A service, the place of the step, and the duration of the work.
    type Work<'p> = (&'p Name, Span, Duration);
    let mut work: BTreeMap<(&Name, &Name), Vec<Work<'_>>> = BTreeMap::new();
    for service in policy.services.values() {
        let Some(home) = service.sites.first() else { continue };
        let mut own: BTreeMap<&Name, (Span, Duration)> = BTreeMap::new();
        let steps = service.recovery.get(&Disruption::SiteLoss).into_iter().flatten();
        for step in steps.filter(|step| step.action != StepAction::Declare) {
            let Some((person, span)) = &step.by else { continue };
            let takes = step.takes.map_or(Duration::default(), |(takes, _)| takes);
            let sum = own.entry(person).or_insert((*span, Duration::default()));
            sum.1 = sum.1.plus(takes);
        }
        for (person, (span, takes)) in own {
            work.entry((&home.name, person)).or_default().push((&service.name, span, takes));
        }
    }
    for ((site, person), services) in work {
        let [(first, one, _), (second, other, _), ..] = services.as_slice() else { continue };
        let sum = services.iter().fold(Duration::default(), |sum, (_, _, takes)| sum.plus(*takes));
        let count = services.len();
        let message = format!(
            "`{person}` recovers {count} services when `{site}` is lost, one after the other: {} of work",
            sum.in_words()
        );
        out.push(
            Diagnostic::new(codes::SHARED_PERSON, message)
                .at(*other, format!("for `{second}`"))
                .at(*one, format!("and for `{first}`"))
                .help("each RTO counts the work of its own service, and `holdfast objectives` shows both together: name another contact"),
        );
    }
}
