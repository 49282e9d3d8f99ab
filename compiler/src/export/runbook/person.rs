//! A page for each person, and one for what happens by itself.

use std::collections::BTreeSet;

use super::words::Told;
use super::{Chapter, step};
use crate::bcp::redacted;
use crate::document::{Disruption, Name};
use crate::rehearsal::Part;
use crate::report::{Phrase, Section};

pub(super) fn sections(chapter: &Chapter<'_, '_>) -> Vec<Section> {
    let decider = chapter.context.level_of(Disruption::SiteLoss).map(|level| &level.declared_by);
    let doers = chapter.all().filter_map(|told| chapter.doer(told.node).cloned());
    let people: BTreeSet<Name> = decider.cloned().into_iter().chain(doers).collect();
    let mut sections: Vec<Section> = people.iter().map(|person| page(chapter, person)).collect();
    let alone: Vec<Told<'_>> = chapter.all().filter(|told| chapter.doer(told.node).is_none()).collect();
    if !alone.is_empty() {
        let mut section = Section::new("by-itself", "What nobody does: look at it");
        let who =
            decider.map_or_else(|| Phrase::from("Whoever leads"), |name| Phrase::new().strong(name.as_str()));
        section.say(who.text(" looks whether it happens, and acts if it does not."));
        section.sections = alone.iter().map(|told| step::section(chapter, told)).collect();
        sections.push(section.on_a_new_page());
    }
    sections
}

fn page(chapter: &Chapter<'_, '_>, person: &Name) -> Section {
    let context = chapter.context;
    let contact = context.body().and_then(|body| body.contacts.get(person));
    let full = contact.map(|contact| format!(": {}", redacted(context, &contact.name))).unwrap_or_default();
    let mut section = Section::new("person", format!("{person}{full}")).on_a_new_page();
    section.facts(vec![
        ("If there is no answer".to_owned(), context.if_no_answer(person)),
        (
            "Deputies".to_owned(),
            "Whoever takes over does this page from the first step that is not ticked off.".into(),
        ),
    ]);
    let decides = context.level_of(Disruption::SiteLoss).filter(|level| level.declared_by == *person);
    let is_step = chapter.all().any(|told| matches!(told.node.part, Part::Decided(_)));
    if let Some(level) = decides.filter(|_| !is_step) {
        let mut declare = Section::new("declaration", format!("Declare level {}", level.level));
        step::declaration(chapter, level, &mut declare);
        section.sections.push(declare);
    }
    let theirs = chapter.all().filter(|told| chapter.doer(told.node) == Some(person));
    section.sections.extend(theirs.map(|told| step::section(chapter, &told)));
    section
}
