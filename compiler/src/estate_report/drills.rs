//! What is exercised: when it was last done, with what result, and when it is due. With a calendar of the next year.

use std::collections::BTreeMap;

use super::context::{Context, links};
use crate::bcp::heading;
use crate::drill::Outcome;
use crate::policy::{Drill, Service};
use crate::report::{ListStyle, Phrase, Section, Severity, Table, Tone};
use crate::status;
use crate::units::{Date, Duration};

/// How far the calendar reaches.
const YEAR: Duration = Duration::hours(365 * 24);
/// The most entries of one drill in the calendar, so that a drill of every hour does not fill a book.
const MOST: usize = 12;

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("drills", "What was tried, and what is due");
    section.say(
        "Results are those that the journal has. Where it has no record of a drill, the day is that which the policies state, and the \
         result is unknown.",
    );
    table(context, &mut section);
    untested(context, &mut section);
    calendar(context, &mut section);
    section
}

fn table(context: &Context<'_>, section: &mut Section) {
    let mut table =
        Table::new("Drills", &["Drill", "Exercises", "Services", "Led by", "Last held", "Result", "Due"]);
    for drill in context.policy().drills.values() {
        let site = drill.site.as_ref().map(|site| format!(" ({site})")).unwrap_or_default();
        let weak = if drill.form.0.recovers_nothing() { ", which recovers nothing" } else { "" };
        let held = held(context, drill);
        table.row(vec![
            format!("{}: {}{weak}", drill.name, drill.form.0).into(),
            format!("{}{site}", heading(drill.disruption)).into(),
            links("service", drill.services.keys()),
            drill.lead.as_ref().map_or("nobody", |lead| lead.as_str()).into(),
            held.map_or_else(|| "never".to_owned(), |day| day.to_string()).into(),
            result(context, drill),
            due(context, drill),
        ]);
    }
    if table.rows.is_empty() {
        section.note(Severity::Problem, "No drill is declared. What was never tried is a guess.");
    }
    section.table(table);
}

/// The day on which a drill was held. A day that is still to come is none.
pub(super) fn held(context: &Context<'_>, drill: &Drill) -> Option<Date> {
    context.inputs.plan.held.last(drill).filter(|last| *last <= context.as_of())
}

/// How it ended when it was last held, as the journal has it. `None`: the journal does not say.
fn outcome(context: &Context<'_>, drill: &Drill) -> Option<Outcome> {
    let record = context.inputs.plan.held.record(drill)?;
    (Some(record.on) == held(context, drill)).then_some(record.outcome)
}

fn result(context: &Context<'_>, drill: &Drill) -> Phrase {
    match (held(context, drill), outcome(context, drill)) {
        (None, _) => "none".into(),
        (Some(_), None) => Phrase::new().verdict(Tone::Unknown, "unknown"),
        (Some(_), Some(Outcome::Passed)) => Phrase::new().verdict(Tone::Good, "passed"),
        (Some(_), Some(outcome)) => Phrase::new().verdict(Tone::Bad, outcome.to_string()),
    }
}

/// `2027-09-12`, or that it is overdue.
fn due(context: &Context<'_>, drill: &Drill) -> Phrase {
    match held(context, drill).map(|last| last.after(drill.every.0)) {
        None => Phrase::new().verdict(Tone::Bad, "now: it was never held"),
        Some(due) if due < context.as_of() => {
            Phrase::new().verdict(Tone::Bad, format!("overdue since {due}"))
        }
        Some(due) => due.to_string().into(),
    }
}

/// `lose-virginia (full-scale): last held on 2026-09-12, result unknown; due 2027-09-12.`
pub(super) fn in_words(context: &Context<'_>, drill: &Drill) -> Phrase {
    let last = match (held(context, drill), outcome(context, drill)) {
        (Some(day), Some(outcome)) => format!("last held on {day}, {outcome}"),
        (Some(day), None) => format!("last held on {day} as the policies say, result unknown"),
        (None, _) => "never held".to_owned(),
    };
    let weak = if drill.form.0.recovers_nothing() { ", which recovers nothing" } else { "" };
    Phrase::new()
        .strong(drill.name.as_str())
        .text(format!(" ({}{weak}): {last}; due: ", drill.form.0))
        .phrase(due(context, drill))
        .text(".")
}

/// Services that no drill recovers.
fn untested(context: &Context<'_>, section: &mut Section) {
    let tests = |drill: &&Drill, service: &Service| drill.services.contains_key(&service.name);
    let recovers = |service: &&Service| {
        let mut drills = context.policy().drills.values();
        drills.any(|drill| tests(&drill, service) && !drill.form.0.recovers_nothing())
    };
    let untested = context.plan.services().into_iter().filter(|service| !recovers(service));
    let items: Vec<Phrase> = untested
        .map(|service| {
            let text = ": no drill recovers it. Its times were never tried.";
            Phrase::new().link("service", service.name.as_str(), service.name.as_str()).text(text)
        })
        .collect();
    if !items.is_empty() {
        section.say(Phrase::new().strong("Never recovered in a drill"));
        section.list(ListStyle::Bullets, items);
    }
}

/// What is due in the next year, by month.
fn calendar(context: &Context<'_>, section: &mut Section) {
    let today = context.as_of();
    let end = today.after(YEAR);
    let mut months: BTreeMap<String, Vec<(Date, String)>> = BTreeMap::new();
    let mut overdue: Vec<Phrase> = Vec::new();
    let mut put = |day: Date, what: String| {
        if day >= today && day <= end {
            let month = day.to_string().get(..7).unwrap_or_default().to_owned();
            months.entry(month).or_default().push((day, what));
        }
    };
    for due in status::due(context.policy(), context.inputs.plan.held, today) {
        match due.on.filter(|_| !due.overdue) {
            Some(day) => put(day, due.what),
            None => {
                let since =
                    due.on.map_or_else(|| "it was never done".to_owned(), |day| format!("since {day}"));
                overdue.push(
                    Phrase::new().verdict(Tone::Bad, "overdue").text(format!(": {}, {since}", due.what)),
                );
            }
        }
    }
    // If each is held on its day, it is due again and again.
    for drill in context.policy().drills.values() {
        let first = held(context, drill).map_or(today, |last| last.after(drill.every.0)).max(today);
        let again = std::iter::successors(Some(first), |day| {
            Some(day.after(drill.every.0)).filter(|next| next > day)
        });
        for day in again.skip(1).take(MOST).take_while(|day| *day <= end) {
            put(day, format!("drill {}, again", drill.name));
        }
    }
    if !overdue.is_empty() {
        section.say(Phrase::new().strong("Overdue"));
        section.list(ListStyle::Bullets, overdue);
    }
    let mut table =
        Table::new("Calendar of the next year, if each is done on its day", &["Month", "What is due"]);
    for (month, mut all) in months {
        all.sort();
        let each: Vec<String> = all.into_iter().map(|(day, what)| format!("{day}: {what}")).collect();
        table.row(vec![month.into(), each.join("; ").into()]);
    }
    section.table(table);
}
