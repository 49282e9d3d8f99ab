//! Who decides, and who does what.

use super::Lost;
use crate::bcp::{grouped, steps};
use crate::document::{Disruption, Name};
use crate::report::{Phrase, Section, Severity, Table};

pub(super) fn decide(lost: &Lost<'_, '_>, section: &mut Section) {
    let plan = &lost.context.plan;
    let Some(level) = plan.level_of(Disruption::SiteLoss) else {
        let text = "Nobody has the authority to decide: no level of the continuity plan is declared after the loss of a site.";
        section.note(Severity::Problem, text);
        return;
    };
    let within = level.within.map_or_else(
        || "no latest time is stated".to_owned(),
        |within| format!("within {}", within.in_words()),
    );
    let told: Vec<&str> = level.tell.iter().map(Name::as_str).collect();
    let told = if told.is_empty() { "nobody".to_owned() } else { told.join(", ") };
    let mut facts = vec![
        (
            "Who decides".to_owned(),
            Phrase::new()
                .strong(level.declared_by.as_str())
                .text(format!(" declares level {} ({}), {within}", level.level, level.name)),
        ),
        ("If they do not answer".to_owned(), plan.if_no_answer(&level.declared_by)),
        ("Who is told".to_owned(), told.into()),
        ("How to reach them".to_owned(), Phrase::new().section("contacts")),
    ];
    let due = level.deadlines.iter().map(|deadline| {
        let within = deadline.within.in_words();
        Phrase::new()
            .text(format!("{}, within {within} of the declaration, by ", lost.context.hidden(&deadline.what)))
            .strong(deadline.by.as_str())
            .text(format!(" ({})", lost.context.hidden(&deadline.because)))
    });
    let due = Phrase::joined(due, "; ");
    if !due.0.is_empty() {
        facts.push(("What is due to others".to_owned(), due));
    }
    if let Some(budget) = plan.body().and_then(|body| body.budget.as_ref()) {
        let limit =
            format!("up to {} {} for one incident: ", grouped(budget.limit), budget.currency.as_str());
        let who = Phrase::new().text(limit).strong(budget.authority.as_str());
        let who = match &budget.deputy {
            Some(deputy) => who.text("; if there is no answer: ").strong(deputy.as_str()),
            None => who,
        };
        facts.push(("Who may spend".to_owned(), who));
    }
    section.facts(facts);
}

pub(super) fn steps(lost: &Lost<'_, '_>, section: &mut Section) {
    let plan = &lost.context.plan;
    let mut table = Table::new(
        "Who does what",
        &["Step", "Who", "If they do not answer", "After", "At most", "What to do"],
    );
    for service in lost.services() {
        let all = service.recovery.get(&Disruption::SiteLoss).map(Vec::as_slice).unwrap_or_default();
        for step in all {
            let after: Vec<&str> = step.after.iter().map(Name::as_str).collect();
            let deputy = step.by.as_ref().map_or_else(|| "".into(), |(person, _)| plan.if_no_answer(person));
            table.row(vec![
                format!("{}: {}", service.name, step.name).into(),
                steps::who(step),
                deputy,
                if after.is_empty() { "at once".into() } else { after.join(", ").into() },
                steps::takes(step, service)
                    .map_or_else(|| "see the runs below".to_owned(), |most| most.in_words())
                    .into(),
                steps::what(plan, step, service, Disruption::SiteLoss),
            ]);
        }
        if all.is_empty() {
            let text = match service.traffic.is_empty() {
                true => format!("Nobody knows how {} is recovered: its policies have no step.", service.name),
                false => format!(
                    "{} has no step: its traffic moves by itself, and nobody verifies that it works.",
                    service.name
                ),
            };
            let severity = if service.traffic.is_empty() { Severity::Problem } else { Severity::Warning };
            section.note(severity, text);
        }
    }
    section.table(table);
}
