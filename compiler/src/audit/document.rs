//! The audit as a document for people.

use super::assess::{Assessed, Assessment, Verdict};
use super::context::Context;
use super::item::{Item, Standing};
use super::{Audit, history};
use crate::document::Evidence;
use crate::report::{Block, ListStyle, Phrase, Report, Section, Severity, Table, Tone};

/// The most reasons of a control in its row. The evidence has all of them.
const MOST: usize = 4;

/// The document. The same audit gives the same report.
#[must_use]
pub fn report(audit: &Audit<'_>) -> Report {
    let context = Context::new(audit.inputs);
    let mut sections: Vec<Section> =
        audit.frameworks.iter().map(|one| framework(&context, audit, one)).collect();
    sections.push(evidence(audit));
    sections.extend(history::section(&context));
    sections.push(limits());
    let title = format!("Audit of {}", audit.inputs.plan.policy.estate);
    Report { kind: "audit", title, blocks: front(&context, audit), sections }
}

fn front(context: &Context<'_>, audit: &Audit<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for text in &audit.lacks {
        blocks.push(Block::Note { severity: Severity::Warning, text: text.as_str().into() });
    }
    let link = |one: &Assessed<'_>| {
        Phrase::new().link("framework", one.framework.id.as_str(), context.hidden(&one.framework.title))
    };
    blocks.extend(overview(audit, &link));
    blocks.push(Block::Paragraph { text: Phrase::new().strong("What this audit rests on") });
    let facts = audit.rests_on.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
    blocks.push(Block::Facts { facts: facts.collect() });
    blocks
}

/// How many controls of each framework have which verdict, and what the verdicts mean. `name` writes the name of a framework.
pub(super) fn overview(audit: &Audit<'_>, name: &dyn Fn(&Assessed<'_>) -> Phrase) -> [Block; 2] {
    let columns = ["Framework", "Controls", "Satisfied", "Attested", "Not assessed", "Not satisfied"];
    let mut table = Table::new("Controls", &columns);
    for one in &audit.frameworks {
        let of =
            |verdict| one.controls.iter().filter(|control| control.verdict == verdict).count().to_string();
        table.row(vec![
            name(one),
            one.controls.len().to_string().into(),
            of(Verdict::Satisfied).into(),
            of(Verdict::Attested).into(),
            of(Verdict::NotAssessed).into(),
            of(Verdict::NotSatisfied).into(),
        ]);
    }
    let text = "Satisfied: all of its evidence was checked and holds. Attested: nothing fails, and a part rests on what somebody \
                states. Not assessed: nobody can tell, or no attestation of what only a person can know was read. Not satisfied: \
                something was checked and fails.";
    [Block::Table(table), Block::Paragraph { text: text.into() }]
}

fn framework(context: &Context<'_>, audit: &Audit<'_>, assessed: &Assessed<'_>) -> Section {
    let framework = assessed.framework;
    let mut section =
        Section::new("framework", context.hidden(&framework.title)).about(framework.id.as_str());
    if let Some(edition) = &framework.edition {
        let edition = context.hidden(edition);
        section.say(format!(
            "Edition: {edition}. The words about each control are those of Holdfast, or of a file of yours."
        ));
    }
    let mut table = Table::new("Verdicts", &["Control", "Title", "Verdict", "Because"]);
    let mut details = Table::new(
        "What each control asks, its evidence, and what that does not show",
        &["Control", "Asks", "Evidence", "Only people can attest", "Does not show"],
    );
    for one in &assessed.controls {
        let control = one.control;
        table.row(vec![
            context.hidden(&control.label).into(),
            context.hidden(&control.title).into(),
            Phrase::new().verdict(tone(one.verdict), one.verdict.in_words()),
            because(context, one).into(),
        ]);
        let kinds = control.evidence.iter().map(|kind| {
            let items = audit.evidence.get(kind).map(Vec::as_slice).unwrap_or_default();
            Phrase::new().link("kind", kind.key(), kind.title()).text(format!(": {}", counts(items)))
        });
        let own = control.shows_not.iter().map(|text| context.hidden(text));
        let not: Vec<String> =
            own.chain(control.evidence.iter().map(|kind| kind.shows_not().to_owned())).collect();
        details.row(vec![
            context.hidden(&control.label).into(),
            context.hidden(&control.asks).into(),
            Phrase::joined(kinds, "; "),
            people(context, one),
            not.join(" ").into(),
        ]);
    }
    section.table(table);
    let summary = "What each control asks, its evidence, and what that does not show".to_owned();
    section.blocks.push(Block::Details { summary, blocks: vec![Block::Table(details)] });
    section
}

pub(super) fn because(context: &Context<'_>, one: &Assessment<'_>) -> String {
    let more = one.because.len().saturating_sub(MOST);
    let mut listed: Vec<String> = one.because.iter().take(MOST).map(|text| context.hidden(text)).collect();
    if more > 0 {
        listed.push(format!("and {more} more"));
    }
    listed.join("; ")
}

fn people(context: &Context<'_>, one: &Assessment<'_>) -> Phrase {
    let asked = context.hidden(&one.control.people.join(" "));
    match one.attestation.or(one.outdated) {
        None => asked.into(),
        Some((said, place)) => {
            let at = said.at.iter().map(|at| format!(", see {}", context.hidden(at))).collect::<String>();
            let text = format!(
                "{asked} {} on {}, until {}: {}{at} (",
                context.hidden(&said.by),
                said.on,
                said.until,
                context.hidden(&said.says)
            );
            Phrase::new().text(text).place(place.clone()).text(")")
        }
    }
}

pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Satisfied => Tone::Good,
        Verdict::Attested | Verdict::NotAssessed => Tone::Unknown,
        Verdict::NotSatisfied => Tone::Bad,
    }
}

/// `3 hold, 1 fails`.
pub(super) fn counts(items: &[Item]) -> String {
    let of = |standing| items.iter().filter(|item| item.standing == standing).count();
    let words = Standing::ALL.into_iter().rev().filter(|standing| of(*standing) > 0);
    let all: Vec<String> = words.map(|standing| format!("{} {}", of(standing), standing.word())).collect();
    if all.is_empty() { "nothing to check".to_owned() } else { all.join(", ") }
}

fn evidence(audit: &Audit<'_>) -> Section {
    let mut section = Section::new("evidence", "Evidence");
    section.say("Each row is a chain: the clause of the policies with the commit that last changed its line, what is derived from it, the resource, what was found, the run, the drill.");
    section.sections = audit.evidence.iter().map(|(kind, items)| of_kind(*kind, items)).collect();
    section
}

fn of_kind(kind: Evidence, items: &[Item]) -> Section {
    let mut section = Section::new("kind", kind.title()).about(kind.key());
    section.say(format!("From {}. {}", kind.origin().in_words(), kind.shows()));
    section.say(Phrase::new().strong("Does not show:").text(format!(" {}", kind.shows_not())));
    let columns =
        ["About", "Stands", "Found", "Clause", "Derived", "Resource", "Cloud observed", "Run", "Drill"];
    let mut table = Table::new(kind.title(), &columns);
    for item in items {
        let tone = match item.standing {
            Standing::Holds => Tone::Good,
            Standing::Stated | Standing::Unknown => Tone::Unknown,
            Standing::Fails => Tone::Bad,
        };
        table.row(vec![
            item.about.as_str().into(),
            Phrase::new().verdict(tone, item.standing.word()),
            item.says.as_str().into(),
            clause(item),
            item.derived.as_deref().unwrap_or_default().into(),
            item.resource.as_deref().map_or_else(Phrase::new, |one| Phrase::new().code(one)),
            if item.observed { "yes" } else { "no" }.into(),
            item.run.map(|run| run.to_string()).unwrap_or_default().into(),
            item.drill.as_deref().unwrap_or_default().into(),
        ]);
    }
    if items.is_empty() {
        section.note(Severity::Warning, "The policies have nothing that this is about.");
    }
    section.table(table);
    section
}

/// The place of the clause, and the commit that changed its line last.
fn clause(item: &Item) -> Phrase {
    let Some(place) = item.clause.clone() else { return Phrase::new() };
    let phrase = Phrase::new().place(place);
    match &item.clause_commit {
        Some(line) => phrase.text(format!(", {}", line.in_words())),
        None => phrase,
    }
}

fn limits() -> Section {
    let mut section = Section::new("limits", "What this audit does not show");
    let items = [
        "That a control is met in the opinion of an auditor. It lists evidence and says where there is none.",
        "What is in no policy: services, accounts, suppliers and people that nobody has written down.",
        "That the evidence was the same before or after the moment of the observation.",
        "That what people attest is so.",
        "That a recovery works. Only a drill that recovers something shows it, and each drill is a sample.",
    ];
    section.list(ListStyle::Bullets, items.map(Phrase::from).to_vec());
    section
}
