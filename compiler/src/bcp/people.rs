//! What each person does: the same facts as elsewhere in the document, as a page to hand out.

use super::budget::grouped;
use super::context::{Context, heading};
use super::redact::redacted;
use super::stand_down::STAND_DOWN;
use super::steps;
use crate::document::{Budget, Name};
use crate::policy::{RecoveryStep, Service};
use crate::report::{ListStyle, Phrase, Section};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("people", "What each person does")
        .answering(&["NIST SP 800-34 A.3 §2.3, App. C", "ISO 22301 8.4.4: roles and responsibilities"])
        .on_a_new_page();
    let Some(body) = context.body() else {
        let why = "Nobody can be handed their tasks.";
        section.gap(context.plan_gap(
            "The plan knows no people",
            why,
            super::context::add("contacts"),
            &["name".into()],
        ));
        return section;
    };
    section.say("To hand out. Steps of a service are in the order in which they can be done; tick off what is done, and note the time.");
    for (name, contact) in &body.contacts {
        let mut one = Section::new("person", format!("{name}: {}", redacted(context, &contact.name)));
        one.say(Phrase::new().text("If there is no answer: ").phrase(context.if_no_answer(name)).text("."));
        duties(context, name, &mut one);
        for service in context.services() {
            of_service(context, service, name, &mut one);
        }
        // Each page goes to another person.
        let one = if section.sections.is_empty() { one } else { one.on_a_new_page() };
        section.sections.push(one);
    }
    section
}

/// What the person decides, reports, leads and holds.
fn duties(context: &Context<'_>, name: &Name, section: &mut Section) {
    let Some(body) = context.body() else { return };
    let mut items: Vec<Phrase> = Vec::new();
    for (_, level) in context.levels() {
        if level.declared_by == *name {
            let within =
                level.within.map(|within| format!(", within {}", within.in_words())).unwrap_or_default();
            let tell: Vec<&str> = level.tell.iter().map(Name::as_str).collect();
            let tell =
                if tell.is_empty() { String::new() } else { format!("; then tell {}", tell.join(", ")) };
            items.push(format!("Declare level {} ({}){within}{tell}.", level.level, level.name).into());
        }
        for deadline in level.deadlines.iter().filter(|deadline| deadline.by == *name) {
            let text = format!(
                "At level {}: {}, within {} of the declaration ({}).",
                level.level,
                redacted(context, &deadline.what),
                deadline.within.in_words(),
                redacted(context, &deadline.because)
            );
            items.push(text.into());
        }
    }
    for (key, procedure) in body.procedures.iter().filter(|(_, procedure)| procedure.owner == *name) {
        let place = if key.as_str() == STAND_DOWN { "stand-down" } else { "instructions" };
        let purpose = redacted(context, &procedure.purpose);
        items.push(Phrase::new().text(format!("Lead \"{purpose}\": ")).section(place).text("."));
    }
    let spends = |budget: &&Budget| budget.authority == *name || budget.deputy.as_ref() == Some(name);
    if let Some(budget) = body.budget.as_ref().filter(spends) {
        let you = match budget.authority == *name {
            true => "You".to_owned(),
            false => format!("If {} does not answer, you", budget.authority),
        };
        let text = format!(
            "{you} may spend up to {} {} on one incident: ",
            grouped(budget.limit),
            budget.currency.as_str()
        );
        items.push(Phrase::new().text(text).section("budget").text("."));
    }
    for (_, resource) in body.resources.iter().filter(|(_, resource)| resource.owner == *name) {
        let (what, allocated) = (redacted(context, &resource.what), redacted(context, &resource.allocated));
        items.push(format!("You answer for: {what} ({allocated}).").into());
    }
    let services = context.services().into_iter();
    for service in services.filter(|service| service.owner.as_ref().is_some_and(|(owner, _)| owner == name)) {
        let text = format!("You own {}, and answer for its recovery: ", service.name);
        items.push(Phrase::new().text(text).section("recovery").text("."));
    }
    if body.access.as_ref().is_some_and(|access| access.break_glass.contains(name)) {
        items.push("You hold break-glass credentials, which work without the identity provider.".into());
    }
    let deputy_of: Vec<&str> = body
        .contacts
        .iter()
        .filter(|(_, contact)| contact.deputy.as_ref() == Some(name))
        .map(|(other, _)| other.as_str())
        .collect();
    if !deputy_of.is_empty() {
        let text = format!(
            "You are the deputy of {}: if they do not answer, their page is yours, but not the credentials.",
            deputy_of.join(", ")
        );
        items.push(text.into());
    }
    if !items.is_empty() {
        section.list(ListStyle::Boxes, items);
    }
}

fn of_service(context: &Context<'_>, service: &Service, name: &Name, section: &mut Section) {
    for derivation in context.derived.get(&service.name).into_iter().flatten() {
        let all = service.recovery.get(&derivation.disruption).map(Vec::as_slice).unwrap_or_default();
        let is_theirs = |step: &&RecoveryStep| step.by.as_ref().is_some_and(|(by, _)| by == name);
        let theirs: Vec<&RecoveryStep> = all.iter().filter(is_theirs).collect();
        if theirs.is_empty() {
            continue;
        }
        let head = format!("{}: {}", service.name, heading(derivation.disruption));
        section.say(Phrase::new().strong(head));
        let mut items = Vec::new();
        for step in theirs {
            let wait: Vec<&str> = step.after.iter().map(Name::as_str).collect();
            let wait =
                if wait.is_empty() { String::new() } else { format!("after {}, ", wait.join(" and ")) };
            let most = steps::takes(step, service)
                .map_or_else(|| "no time stated".to_owned(), |most| format!("at most {}", most.in_words()));
            let item = Phrase::new().strong(step.name.as_str()).text(format!(" ({wait}{most}) "));
            items.push(item.phrase(steps::what(context, step, service, derivation.disruption)));
        }
        section.list(ListStyle::Boxes, items);
    }
}
