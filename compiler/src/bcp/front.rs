//! The first page: what this is, what is missing, and what to do first.

use super::History;
use super::context::Context;
use crate::policy::REVIEW_EVERY;
use crate::report::{Block, Gap, ListStyle, Phrase, Report, Severity};

pub(super) fn blocks(context: &Context<'_>, report: &Report) -> Vec<Block> {
    let gaps = report.gaps();
    let mut blocks = vec![Block::Paragraph { text: summary(context, gaps.len()) }];
    blocks.push(Block::Facts { facts: facts(context) });
    let missed = context.derived.values().flatten().any(|one| {
        let rpo = one.worst_rpo().is_none_or(|(_, bound)| bound.meets(one.asked.rpo.as_ref()));
        !rpo || !one.rto.meets(one.asked.rto.as_ref())
    });
    if missed {
        let text = Phrase::new().text("Not every objective can be kept: ").section("objectives").text(".");
        blocks.push(Block::Note { severity: Severity::Problem, text });
    }
    let first = vec![
        Phrase::new().text("Choose the level: ").section("levels").text("."),
        Phrase::new().text("Call who declares it: ").section("activation").text("."),
        Phrase::new().text("That person calls the others: ").section("call-tree").text("."),
        Phrase::new().text("Look after people: ").section("instructions").text("."),
        Phrase::new()
            .text("Recover the services: ")
            .section("recovery")
            .text("; each person has a page in ")
            .section("people")
            .text("."),
        Phrase::new().text("Say what is known, and when there is news: ").section("communication").text("."),
        Phrase::new().text("If something takes longer than stated: ").section("escalation").text("."),
    ];
    blocks.push(Block::Paragraph { text: Phrase::new().strong("In an emergency") });
    blocks.push(Block::List { style: ListStyle::Numbers, items: first });
    blocks.extend(listed(report));
    blocks
}

/// The gaps of a report, each with the number of its section.
pub(crate) fn listed(report: &Report) -> Vec<Block> {
    let item = |(section, gap): (String, &Gap)| {
        Phrase::new()
            .gap(gap.number)
            .text(": ")
            .phrase(gap.what.clone())
            .text(format!(" (section {section})"))
    };
    let items: Vec<Phrase> = report.gaps().into_iter().map(item).collect();
    if items.is_empty() {
        return Vec::new();
    }
    let head = Block::Paragraph { text: Phrase::new().strong("Gaps of this plan") };
    vec![head, Block::List { style: ListStyle::Bullets, items }]
}

fn summary(context: &Context<'_>, gaps: usize) -> Phrase {
    let services = context.policy.services.len();
    let noun = if services == 1 { "service" } else { "services" };
    let text =
        format!("This plan is for the incident that stops {services} {noun} of {}. ", context.policy.estate);
    let found = match gaps {
        0 => "It has no gap that the check of Holdfast knows.".to_owned(),
        1 => "It has 1 gap".to_owned(),
        more => format!("It has {more} gaps"),
    };
    let rest = match gaps {
        0 => "",
        1 => ", which is marked where something is missing, and listed below.",
        _ => ", which are marked where something is missing, and listed below.",
    };
    Phrase::new().text(text).strong(found).text(rest)
}

fn facts(context: &Context<'_>) -> Vec<(String, Phrase)> {
    let as_of = context.inputs.as_of;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Phrase| facts.push((name.to_owned(), value));
    match context.body() {
        Some(body) => {
            fact("Plan", body.name.as_str().into());
            let due = |last: crate::units::Date| last.after(body.review_every.unwrap_or(REVIEW_EVERY));
            let reviewed = body.reviewed.map(|last| match last > as_of {
                true => format!("not yet (dated {last})"),
                false => format!("{last}; due again on {}", due(last)),
            });
            fact("Reviewed", reviewed.unwrap_or_else(|| "never".to_owned()).into());
        }
        None => fact("Plan", "the policies have no document of kind continuity".into()),
    }
    fact("As of", format!("{as_of}: what is due or overdue is so on this day").into());
    fact("Policies", Phrase::new().text("digest ").code(super::changes::of_policies(context)));
    let contacts = if context.inputs.with_contacts { "included: keep this copy private" } else { "left out" };
    fact("Ways to reach people", contacts.into());
    let journal = matches!(context.inputs.runs, History::Read { .. }).then_some("the journal");
    let git = matches!(context.inputs.commits, History::Read { .. }).then_some("git");
    let read: Vec<&str> = journal.into_iter().chain(git).collect();
    let read = match read.is_empty() {
        true => ", and neither the journal nor git".to_owned(),
        false => format!(", and for its change page on {}", read.join(" and ")),
    };
    fact("Rests on", format!("the policies{read}; nobody has looked at the cloud for it").into());
    facts
}
