//! A runbook: for each loss of sites, a page for each person with their steps in the order in which they can be done. To print, and
//! to work through when nothing else is there.
//!
//! Names of people are always in it. How to reach them is in it only if the caller asks for that.

mod person;
mod step;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::Recovery;
use crate::bcp::{Context, Unread, contacts};
use crate::document::{Disruption, Name};
use crate::objectives::{self, Derivation};
use crate::policy::Policy;
use crate::report::{Block, Phrase, Report, Section, Severity, Table};
use crate::source::Sources;
use crate::text::count;
use crate::units::Date;
use words::Told;

/// What a runbook is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The policies. They may miss their objectives: then the runbook says so.
    pub policy: &'a Policy,
    /// Their text.
    pub sources: &'a Sources,
    /// The day for the age of measurements.
    pub as_of: Date,
    /// Whether it says how to reach people.
    pub with_contacts: bool,
    /// The sites that are lost together, a chapter for each set. Empty: each loss that stops a service.
    pub losses: Vec<BTreeSet<&'a Name>>,
    /// The paths of the policies, for the commands that people type.
    pub paths: Vec<String>,
}

/// The document. The same inputs give the same report.
#[must_use]
pub fn report(inputs: &Inputs<'_>) -> Report {
    let unread = Unread::because("a runbook does not need it");
    let read = unread.inputs(inputs.policy, inputs.sources, inputs.as_of, inputs.with_contacts);
    let context = Context::new(&read);
    let losses = match inputs.losses.as_slice() {
        [] => {
            objectives::losses(inputs.policy, Some(inputs.as_of)).into_iter().map(|loss| loss.sites).collect()
        }
        given => given.to_vec(),
    };
    let mut sections: Vec<Section> =
        losses.into_iter().map(|sites| chapter(inputs, &context, sites)).collect();
    sections.push(contacts::section(&context));
    let title = format!("Runbook of {}", inputs.policy.estate);
    let mut report = Report { kind: "runbook", title, blocks: vec![intro()], sections };
    report.number_gaps();
    report
}

fn intro() -> Block {
    let text = "A chapter for each loss, and in it a page for each person. Begin with the chapter of what is lost. Everybody does the \
                steps of their own page from top to bottom, notes the time, and tells the others when a step is done. Print it again \
                whenever the policies change.";
    Block::Paragraph { text: text.into() }
}

/// What a chapter is made from.
struct Chapter<'c, 'a> {
    inputs: &'c Inputs<'a>,
    context: &'c Context<'a>,
    recovery: Recovery<'a>,
    /// What is told, in order: the number of a step is its place here, from 1.
    told: Vec<usize>,
}

fn chapter<'a>(inputs: &Inputs<'a>, context: &Context<'a>, sites: BTreeSet<&'a Name>) -> Section {
    let names: Vec<&str> = sites.iter().map(|site| site.as_str()).collect();
    let names = names.join(" and ");
    let bounds = objectives::together(inputs.policy, Some(inputs.as_of), &sites);
    let recovery = Recovery::of(inputs.policy, sites);
    let told = recovery.in_order().into_iter();
    let told = told.filter(|nth| recovery.nodes().get(*nth).is_some_and(words::is_told)).collect();
    let chapter = Chapter { inputs, context, recovery, told };
    let mut section =
        Section::new("loss", format!("The loss of {names}")).about(names.clone()).on_a_new_page();
    if bounds.is_empty() {
        section.say(format!(
            "No service has its primary site at {names}, so none stops, and there is nothing to do."
        ));
        return section;
    }
    let stops = count(bounds.len(), "service");
    section.say(Phrase::new().strong(format!("{stops} to recover.")).text(
        " The times are bounds of the policies under their assumptions: if one of them passes, tell whoever decides.",
    ));
    section.table(objectives_of(&bounds));
    if bounds.values().any(|derivation| !derivation.rto.meets(derivation.asked.rto.as_ref())) {
        let text = "The policies cannot keep every objective. This is the recovery as they have it.";
        section.note(Severity::Problem, text);
    }
    chapter.decide(&mut section);
    chapter.order(&mut section);
    section.sections = person::sections(&chapter);
    section
}

/// `payments | within 33 min | 1 h | ledger: 15 min`
fn objectives_of(bounds: &BTreeMap<&Name, Derivation>) -> Table {
    let mut table =
        Table::new("What is recovered", &["Service", "Back within", "Asked", "Data lost at most"]);
    for (name, derivation) in bounds {
        let asked = derivation.asked.rto.as_ref();
        let lost: Vec<String> =
            derivation.rpo.iter().map(|(data, bound)| format!("{data}: {}", bound.in_words())).collect();
        table.row(vec![
            name.as_str().into(),
            derivation.rto.in_words().into(),
            asked.map_or_else(|| "no objective".to_owned(), |asked| asked.value.in_words()).into(),
            if lost.is_empty() { "no data".into() } else { lost.join(", ").into() },
        ]);
    }
    table
}

impl Chapter<'_, '_> {
    /// Who declares, and whom they tell.
    fn decide(&self, section: &mut Section) {
        let Some(level) = self.context.level_of(Disruption::SiteLoss) else {
            let text = "Nobody has the authority to decide: no level of the continuity plan is declared after the loss of a site.";
            section.note(Severity::Problem, text);
            return;
        };
        let within = level.within.map_or_else(
            || "no latest time is stated".to_owned(),
            |within| format!("within {} after it is noticed", within.in_words()),
        );
        let tell: Vec<&str> = level.tell.iter().map(Name::as_str).collect();
        let tell = if tell.is_empty() { "nobody is named".to_owned() } else { tell.join(", ") };
        section.facts(vec![
            (
                "Who decides".to_owned(),
                Phrase::new()
                    .strong(level.declared_by.as_str())
                    .text(format!(" declares level {} ({}), {within}", level.level, level.name)),
            ),
            ("If there is no answer".to_owned(), self.context.if_no_answer(&level.declared_by)),
            ("Who is told".to_owned(), tell.into()),
        ]);
    }

    /// Everything in one table, so that whoever leads sees who waits for whom.
    fn order(&self, section: &mut Section) {
        let mut table = Table::new(
            "All steps in order, for whoever leads",
            &["Step", "What", "Who", "Begin", "At most", "Done at"],
        );
        for told in self.all() {
            table.row(vec![
                told.number.to_string().into(),
                self.name(&told).into(),
                self.who(&told),
                self.after(&told),
                self.most(&told).into(),
                "".into(),
            ]);
        }
        section.table(table);
    }

    /// What is told, in order.
    fn all(&self) -> impl Iterator<Item = Told<'_>> {
        self.told.iter().enumerate().filter_map(|(place, nth)| {
            Some(Told { number: place + 1, nth: *nth, node: self.recovery.nodes().get(*nth)? })
        })
    }
}
