//! The controls in the report of the estate: what is satisfied, on which evidence it rests, and what fails.
//!
//! The audit itself has every item of the evidence with its chain; here are the counts and the failures, for people who decide.

use super::assess::Assessed;
use super::context::Context;
use super::document::{because, counts, overview, tone};
use super::item::{Item, Standing};
use super::{Audit, Verdict};
use crate::document::Evidence;
use crate::estate_report::front::SHORT_ANSWERS;
use crate::report::{Block, Phrase, Report, Section, Severity, Table, Tone};

/// The most failures that are listed.
const MOST: usize = 50;
/// The section before which the controls stand.
const BEFORE: &str = "limits";

/// Add the section to a report of the estate, before what it does not show, and the answer to the short answers.
pub fn add_to(report: &mut Report, audit: &Audit<'_>) {
    let at = report.sections.iter().position(|section| section.key == BEFORE);
    report.sections.insert(at.unwrap_or(report.sections.len()), section(audit));
    let tables = report.blocks.iter_mut().filter_map(|block| match block {
        Block::Table(table) if table.caption == SHORT_ANSWERS => Some(table),
        _ => None,
    });
    for table in tables {
        let answer = Phrase::from(format!("{}.", verdicts(audit)));
        table.row(vec![
            "Which controls are satisfied, and by what?".into(),
            answer,
            Phrase::new().section("controls"),
        ]);
    }
}

/// `0 satisfied, 3 attested, 15 not assessed, 24 not satisfied`.
fn verdicts(audit: &Audit<'_>) -> String {
    let of = |verdict| format!("{} {}", audit.count(verdict), verdict.in_words());
    let verdicts: Vec<String> = Verdict::ALL.into_iter().rev().map(of).collect();
    verdicts.join(", ")
}

fn section(audit: &Audit<'_>) -> Section {
    let context = Context::new(audit.inputs);
    let mut section = Section::new("controls", "Controls and their evidence");
    section.say(
        Phrase::new()
            .text(format!("Of the controls that Holdfast knows: {}. ", verdicts(audit)))
            .text(
                "No control is satisfied by something that nobody has seen. Each item of the evidence is in ",
            )
            .code("holdfast audit")
            .text("."),
    );
    let not_read = Phrase::new()
        .text("Attestations in a file of ")
        .code("holdfast audit --controls")
        .text(" are not read here.");
    section.note(Severity::Warning, not_read);
    // Without the frameworks: nobody has looked for attestations, so no control is said to lack one.
    for text in context.lacks(&audit.evidence, &[]) {
        section.note(Severity::Warning, text);
    }
    section.blocks.extend(overview(audit, &|one| context.hidden(&one.framework.title).into()));
    section.table(matrix(&context, audit));
    failures(audit, &mut section);
    for assessed in &audit.frameworks {
        section.blocks.push(Block::Details {
            summary: format!("The controls of {}", context.hidden(&assessed.framework.title)),
            blocks: vec![Block::Table(controls(&context, assessed))],
        });
    }
    section
}

/// Each kind of evidence with the controls that rest on it.
fn matrix(context: &Context<'_>, audit: &Audit<'_>) -> Table {
    let columns = ["Evidence", "From", "Stands", "Does not show", "Controls that rest on it"];
    let mut table = Table::new("Evidence and controls", &columns);
    for (kind, items) in &audit.evidence {
        let needs = audit.frameworks.iter().filter_map(|one| {
            let labels: Vec<String> = one
                .controls
                .iter()
                .filter(|control| control.control.evidence.contains(kind))
                .map(|control| context.hidden(&control.control.label))
                .collect();
            (!labels.is_empty()).then(|| format!("{}: {}", short(context, one), labels.join(", ")))
        });
        table.row(vec![
            kind.title().into(),
            kind.origin().in_words().into(),
            Phrase::new().verdict(stands(items), counts(items)),
            kind.shows_not().into(),
            needs.collect::<Vec<_>>().join("; ").into(),
        ]);
    }
    table
}

/// The name of a framework, without what its title says about it after a colon.
fn short(context: &Context<'_>, one: &Assessed<'_>) -> String {
    let title = context.hidden(&one.framework.title);
    title.split_once(": ").map_or(title.clone(), |(name, _)| name.to_owned())
}

/// The worst of some items.
fn stands(items: &[Item]) -> Tone {
    let any = |standing| items.iter().any(|item| item.standing == standing);
    match () {
        () if any(Standing::Fails) => Tone::Bad,
        () if items.is_empty() || any(Standing::Unknown) || any(Standing::Stated) => Tone::Unknown,
        () => Tone::Good,
    }
}

/// What was checked and does not hold.
fn failures(audit: &Audit<'_>, section: &mut Section) {
    let failing = |(kind, items): (&Evidence, &'_ Vec<Item>)| {
        let items = items.iter().filter(|item| item.standing == Standing::Fails).cloned();
        items.map(|item| (*kind, item)).collect::<Vec<_>>()
    };
    let all: Vec<(Evidence, Item)> = audit.evidence.iter().flat_map(failing).collect();
    let mut table = Table::new("What was checked and fails", &["Evidence", "About", "Found", "Clause"]);
    for (kind, item) in all.iter().take(MOST) {
        table.row(vec![
            kind.title().into(),
            item.about.as_str().into(),
            item.says.as_str().into(),
            item.clause.clone().map_or_else(Phrase::new, |place| Phrase::new().place(place)),
        ]);
    }
    section.table(table);
    if all.len() > MOST {
        section.say(format!("{} more fail.", all.len() - MOST));
    }
}

fn controls(context: &Context<'_>, assessed: &Assessed<'_>) -> Table {
    let mut table = Table::new("Verdicts", &["Control", "Title", "Verdict", "Because"]);
    for one in &assessed.controls {
        table.row(vec![
            context.hidden(&one.control.label).into(),
            context.hidden(&one.control.title).into(),
            Phrase::new().verdict(tone(one.verdict), one.verdict.in_words()),
            because(context, one).into(),
        ]);
    }
    table
}
