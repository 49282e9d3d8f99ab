//! A page for each service: its objectives, how each number is derived, its data, and its recovery.

use super::context::{self, Context, links};
use super::data;
use super::verdict::{Verdict, objectives};
use crate::bcp::{heading, procedures};
use crate::objectives::{Bound, Derivation, Phase, Term};
use crate::plan::Measure;
use crate::policy::Service;
use crate::report::{Block, Phrase, Section, Table};
use crate::units::Duration;

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("services", "Each service").on_a_new_page();
    section.say(
        "Every number is a bound under the assumptions beside it, and no proof. It is as reliable as its least reliable part: \
         proven (the configuration guarantees it), SLA (the provider pays if it fails), measured, attested (somebody says so).",
    );
    for service in context.plan.services() {
        let page = of_service(context, service);
        // The first one is on the page of this section.
        section.sections.push(if section.sections.is_empty() { page } else { page.on_a_new_page() });
    }
    section
}

fn of_service(context: &Context<'_>, service: &Service) -> Section {
    let name = service.name.as_str();
    let mut section = Section::new("service", name).about(name);
    section.facts(facts(context, service));
    let mut table = Table::new(
        format!("Objectives of {name}"),
        &["Disruption", "RTO", "Back within", "Stands", "RPO", "Lost at most", "Stands"],
    );
    for derivation in context.derived(&service.name) {
        let mut row: Vec<Phrase> = vec![heading(derivation.disruption).into()];
        for one in objectives(&service.name, derivation) {
            let asked = one.asked.map_or_else(|| "none".to_owned(), |asked| asked.value.in_words());
            let bound = one.bound.map_or_else(|| "no data".to_owned(), context::bound);
            row.extend([asked.into(), bound.into(), one.verdict(context).phrase()]);
        }
        table.row(row);
    }
    section.table(table);
    why(context, service, &mut section);
    data::of_service(context, service, &mut section);
    for derivation in context.derived(&service.name) {
        terms(context, service, derivation, &mut section);
    }
    let mut recovery = procedures::of_service(&context.plan, service);
    recovery.title = format!("How {name} is recovered");
    recovery.key = "recovery";
    section.sections.push(recovery);
    section
}

fn facts(context: &Context<'_>, service: &Service) -> Vec<(String, Phrase)> {
    let mut sites = service.sites.iter().map(|site| &site.name);
    let home = sites.next();
    let owner = service.owner.as_ref().map_or_else(
        || "not stated".into(),
        |(owner, _)| {
            let deputy = context.plan.if_no_answer(owner);
            Phrase::new().strong(owner.as_str()).text("; if there is no answer: ").phrase(deputy)
        },
    );
    let importance =
        if service.critical { "critical: the business stops without it" } else { "not critical" };
    let tier = service.tier.as_ref().map(|(tier, _)| format!("tier {tier}, ")).unwrap_or_default();
    let fact = |name: &str, value: Phrase| (name.to_owned(), value);
    vec![
        fact("Importance", format!("{tier}{importance}").into()),
        fact("Owner", owner),
        fact("Runs at", links("site", home)),
        fact("Taken over by", links("site", sites)),
        fact("Needs first", links("service", service.depends_on.keys())),
        fact("Needed by", links("service", context.needed_by(&service.name).map(|one| &one.name))),
    ]
}

/// Why objectives are missed or unknown now, in the words of the status.
fn why(context: &Context<'_>, service: &Service, section: &mut Section) {
    let Some(status) = context.status() else { return };
    let mut table =
        Table::new("Why it does not hold, or why nobody can tell", &["Objective", "Stands", "Because"]);
    let of_service = status.objectives.iter().filter(|one| one.service == service.name.as_str());
    for one in of_service {
        let Some(because) = &one.because else { continue };
        let measure = match one.measure {
            Measure::Rto => "RTO",
            Measure::Rpo => "RPO",
        };
        let verdict = match one.state {
            crate::status::State::Missed => Verdict::MissedNow,
            crate::status::State::Unknown => Verdict::Unknown,
            crate::status::State::Holds => Verdict::Holds,
        };
        table.row(vec![
            format!("{}: {measure}", heading(one.disruption)).into(),
            verdict.phrase(),
            context.hidden(because).into(),
        ]);
    }
    section.table(table);
}

/// Each number of a derivation, with where it comes from.
fn terms(context: &Context<'_>, service: &Service, derivation: &Derivation, section: &mut Section) {
    let head = heading(derivation.disruption);
    let mut blocks = Vec::new();
    let mut add = |caption: String, bound: &Bound| {
        let mut table = Table::new(caption, &["What takes time", "Takes at most", "How sure", "Because"]);
        bound.terms.iter().for_each(|one| table.row(term(context, one)));
        if !table.rows.is_empty() {
            blocks.push(Block::Table(table));
        }
    };
    let caption = format!("{head}: back within: {}", context::bound(&derivation.rto));
    add(format!("{caption} ({})", service.name), &derivation.rto);
    for (data, bound) in &derivation.rpo {
        add(format!("{head}: of {data}, lost at most: {}", context::bound(bound)), bound);
    }
    if !blocks.is_empty() {
        let summary = format!("{head}: where the numbers of {} come from", service.name);
        section.blocks.push(Block::Details { summary, blocks });
    }
}

fn term(context: &Context<'_>, term: &Term) -> Vec<Phrase> {
    let phase = if term.phase == Phase::Loss { String::new() } else { format!("{}: ", term.phase) };
    let because = Phrase::new().text(context.hidden(&term.source));
    let because = match term.span {
        Some(span) => because.text(" ").place(context.plan.place(span)),
        None => because,
    };
    vec![
        format!("{phase}{}", term.what.replace('`', "")).into(),
        term.value.map_or_else(|| "no limit is known".to_owned(), Duration::in_words).into(),
        term.assurance.to_string().into(),
        because,
    ]
}
