//! What is assumed and what is shown: how sure each objective is, and what it rests on.

use super::context::{self, Context, count};
use super::verdict::objectives;
use crate::bcp::{Assumption, assumed, heading};
use crate::objectives::{Assurance, Bound, MEASUREMENT_HOLDS};
use crate::report::{Block, Phrase, Section, Table, Tone};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("assumptions", "What is assumed, and what is shown");
    let all = assumptions(context);
    let measured = all.iter().filter(|(_, one)| is_measured(context, one)).count();
    section.say(format!(
        "The objectives rest on {}. {measured} of them were measured in the last year; for the others there is a reason, and no number that was seen.",
        count(all.len(), "assumption", "assumptions")
    ));
    sure(context, &mut section);
    let mut table = Table::new("Assumptions", &["Assumption", "Value", "Because", "Measured"]);
    for (service, one) in all {
        let measured = match one.measured {
            Some(day) if is_measured(context, &one) => day.to_string().into(),
            Some(day) => Phrase::new().verdict(Tone::Bad, format!("{day}: too old, or still to come")),
            None if one.is_built_in => "no: assumed by Holdfast".into(),
            None => "no".into(),
        };
        table.row(vec![
            format!("{service}: {}", one.what).into(),
            one.value.into(),
            context.hidden(&one.because).into(),
            measured,
        ]);
    }
    if !table.rows.is_empty() {
        let blocks = vec![Block::Table(table)];
        section.blocks.push(Block::Details { summary: "All assumptions".to_owned(), blocks });
    }
    section
}

/// The assumptions of every service.
pub(super) fn assumptions(context: &Context<'_>) -> Vec<(String, Assumption)> {
    let services = context.plan.services().into_iter();
    services
        .flat_map(|service| assumed(service).into_iter().map(|one| (service.name.to_string(), one)))
        .collect()
}

/// Whether an assumption has a measurement that counts.
pub(super) fn is_measured(context: &Context<'_>, one: &Assumption) -> bool {
    let today = context.as_of();
    one.measured.is_some_and(|day| day <= today && day.after(MEASUREMENT_HOLDS) >= today)
}

/// How sure each objective is, and its weakest part.
fn sure(context: &Context<'_>, section: &mut Section) {
    let mut table = Table::new(
        "How sure each objective is",
        &["Service", "Disruption", "Bound", "How sure", "The weakest part"],
    );
    for service in context.plan.services() {
        for derivation in context.derived(&service.name) {
            for one in objectives(&service.name, derivation) {
                let (Some(_), Some(bound)) = (one.asked, one.bound) else { continue };
                let measure = match one.measure {
                    crate::plan::Measure::Rto => "RTO",
                    crate::plan::Measure::Rpo => "RPO",
                };
                table.row(vec![
                    service.name.as_str().into(),
                    heading(derivation.disruption).into(),
                    format!("{measure} {}", context::bound(bound)).into(),
                    assurance(bound),
                    weakest(context, bound).into(),
                ]);
            }
        }
    }
    section.table(table);
}

fn assurance(bound: &Bound) -> Phrase {
    let sure = bound.assurance();
    let tone = match sure {
        Assurance::Unbounded => Tone::Bad,
        Assurance::Attested => Tone::Unknown,
        Assurance::Measured | Assurance::Sla | Assurance::Proven => Tone::Good,
    };
    Phrase::new().verdict(tone, sure.to_string())
}

/// The first of the least reliable terms.
fn weakest(context: &Context<'_>, bound: &Bound) -> String {
    let least = bound.assurance();
    let term = bound.terms.iter().find(|term| term.assurance == least);
    term.map_or_else(
        || "something that happens at the same time".to_owned(),
        |term| context.hidden(&format!("{}: {}", term.what, term.source)),
    )
}
