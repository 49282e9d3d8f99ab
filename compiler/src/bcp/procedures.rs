//! The recovery of each service, in the order in which it can be done.

use super::context::{Context, add, heading, names};
use super::steps;
use crate::document::{Disruption, Name};
use crate::objectives::{Bound, Derivation, Order};
use crate::policy::{Service, Setting, StepAction};
use crate::report::{Phrase, Section, Severity, Table};
use crate::units::Duration;

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("recovery", "Recover the services")
        .answering(&["NIST SP 800-34 A.3 §4.1, §4.2, App. C", "ISO 22301 8.4.5: recovery"]);
    section.say(
        "Services are in the order in which they can be recovered: a service stands behind those it needs.",
    );
    let mut order = Table::new("Order of recovery", &["Service", "Needs first", "Runs at", "Taken over by"]);
    for service in context.services() {
        let critical = if service.critical { " (critical)" } else { "" };
        let mut sites = service.sites.iter().map(|site| &site.name);
        let home = sites.next().map(ToString::to_string).unwrap_or_default();
        order.row(vec![
            format!("{}{critical}", service.name).into(),
            names(service.depends_on.keys()),
            home.into(),
            names(sites),
        ]);
    }
    section.table(order);
    section.sections.extend(context.services().into_iter().map(|service| of_service(context, service)));
    section
}

pub(crate) fn of_service(context: &Context<'_>, service: &Service) -> Section {
    let mut section = Section::new("service", service.name.to_string());
    let mut without = Vec::new();
    for derivation in context.derived.get(&service.name).into_iter().flatten() {
        let disruption = derivation.disruption;
        let planned = service.recovery.get(&disruption).is_some_and(|steps| !steps.is_empty());
        if planned || disruption == Disruption::SiteLoss && !service.traffic.is_empty() {
            section.sections.push(of_disruption(context, service, derivation));
        } else if !is_untouched(derivation) {
            without.push(disruption);
        }
    }
    for disruption in without {
        let what = format!("{} has no procedure after {disruption}", service.name);
        let why = "Somebody would have to think of the steps during the incident, and how long they take is unknown.";
        let key = match disruption {
            Disruption::SiteLoss => "recovery".to_owned(),
            other => format!("recovery-from.{}", other.key()),
        };
        section.gap(context.gap(what, why, add(&key).text(" to the service"), Some(service.span)));
    }
    section
}

/// Whether a disruption cannot hurt the service: nothing of it has to be recovered.
fn is_untouched(derivation: &Derivation) -> bool {
    derivation.rto.value() == Some(Duration::default())
}

fn of_disruption(context: &Context<'_>, service: &Service, derivation: &Derivation) -> Section {
    let disruption = derivation.disruption;
    let mut section = Section::new("disruption", format!("{}: {}", service.name, heading(disruption)));
    section.say(bounds(derivation));
    for (what, bound, asked) in [("RTO", Some(&derivation.rto), derivation.asked.rto.as_ref())]
        .into_iter()
        .chain([("RPO", derivation.worst_rpo().map(|(_, bound)| bound), derivation.asked.rpo.as_ref())])
    {
        let missed = bound.zip(asked).filter(|(bound, asked)| !bound.meets(Some(asked)));
        if let Some((bound, asked)) = missed {
            let text = format!(
                "The {what} of {} is missed: the policies allow {}.",
                asked.value.in_words(),
                bound.in_words()
            );
            section.note(Severity::Problem, text);
        }
    }
    let planned = service.recovery.get(&disruption).map(Vec::as_slice).unwrap_or_default();
    let number =
        |name: &Name| planned.iter().position(|step| step.name == *name).map(|nth| (nth + 1).to_string());
    let mut table = Table::new("Steps", &["Step", "Who", "After", "At most", "What to do"]);
    for (nth, step) in planned.iter().enumerate() {
        let after: Vec<String> = step.after.iter().filter_map(number).collect();
        let begin =
            if after.is_empty() { "at once".to_owned() } else { format!("step {}", after.join(", ")) };
        let takes = steps::takes(step, service);
        let open = match step.action {
            StepAction::Failover(_) => "see the RTO",
            _ => "not stated",
        };
        table.row(vec![
            format!("{} {}", nth + 1, step.name).into(),
            steps::who(step),
            begin.into(),
            takes.map_or_else(|| open.to_owned(), Duration::in_words).into(),
            steps::what(context, step, service, disruption),
        ]);
        let shown = step.how.is_some() || !matches!(step.action, StepAction::Act);
        if !shown {
            let what = format!("Step {} of {} does not say how it is done", step.name, service.name);
            let why = "Whoever does it may not know the system (NIST SP 800-34 A.3 §4.2).";
            section.gap(context.gap(what, why, add("how").text(" to the step"), Some(step.span)));
        }
        if let StepAction::Restore(name) = &step.action
            && disruption == Disruption::SiteLoss
            && steps::sites_of_backups(service, name, disruption).is_empty()
        {
            let what = format!("{}: no backup of {name} outside the lost site is declared", service.name);
            let why = "The step restores the data set after the loss of the site, and there is nothing to restore it from.";
            let cure = Phrase::new().text("Back it up to another site too");
            section.gap(context.gap(what, why, cure, Some(step.span)));
        }
    }
    section.table(table);
    if disruption == Disruption::SiteLoss {
        for (name, traffic) in &service.traffic {
            let moved = planned.iter().any(|step| step.action == StepAction::Failover(name.clone()));
            let next: Vec<&str> =
                traffic.endpoints.iter().skip(1).map(|endpoint| endpoint.site.name.as_str()).collect();
            if !moved && !next.is_empty() {
                let text = format!("Traffic {name} fails over to {} by itself.", next.join(", then "));
                section.say(text);
            }
        }
        if !service.depends_on.is_empty() {
            let text = Phrase::new().text("The service is back only when these are: ");
            section.say(text.phrase(names(service.depends_on.keys())).text("."));
        }
        if planned.iter().all(|step| step.action != StepAction::Verify) {
            let what = format!("Nobody verifies that {} works at its standby", service.name);
            let why = "That traffic arrives does not show that the service does what it should.";
            let cure =
                Phrase::new().text("Add a step to ").code("recovery").text(" with ").code("does: verify");
            section.gap(context.gap(what, why, cure, Some(service.span)));
        }
    }
    derivation.orders.iter().for_each(|order| section.say(in_order(order)));
    section
}

/// `Back within 33 min, of at most 1 h (attested). Data lost: at most 15 min, of at most 15 min (SLA).`
fn bounds(derivation: &Derivation) -> Phrase {
    let one = |bound: &Bound, asked: Option<&Setting<Duration>>| {
        let objective = asked.map_or_else(
            || "no objective".to_owned(),
            |asked| format!("objective {}", asked.value.in_words()),
        );
        let assurance = bound.value().map(|_| format!("; {}", bound.assurance())).unwrap_or_default();
        Phrase::new().strong(bound.in_words()).text(format!(" ({objective}{assurance})"))
    };
    let rto = Phrase::new().text("Back within ").phrase(one(&derivation.rto, derivation.asked.rto.as_ref()));
    match derivation.worst_rpo() {
        Some((name, bound)) => rto
            .text(". Data lost at most: ")
            .phrase(one(bound, derivation.asked.rpo.as_ref()))
            .text(if derivation.rpo.len() > 1 { format!(", of {name}.") } else { ".".to_owned() }),
        None => rto.text("."),
    }
}

/// `payments-oncall does find-the-moment, then bring-versions-back`.
fn in_order(order: &Order) -> Phrase {
    let group = |group: &Vec<Name>| {
        let names: Vec<&str> = group.iter().map(Name::as_str).collect();
        match names.as_slice() {
            [only] => (*only).to_owned(),
            several => format!("{} in any order", several.join(" and ")),
        }
    };
    let groups: Vec<String> = order.groups.iter().map(group).collect();
    Phrase::new().strong(order.person.as_str()).text(format!(" does {}.", groups.join(", then ")))
}
