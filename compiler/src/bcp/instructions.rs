//! Procedures for people that belong to no service, but for the stand-down.

use super::context::{Context, add};
use super::redact::redacted;
use super::stand_down::STAND_DOWN;
use crate::document::Procedure;
use crate::report::{ListStyle, Phrase, Section};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("instructions", "What people do whatever has happened")
        .answering(&["NIST SP 800-34 A.3 App. C", "ISO 22301 8.4.4: procedures"]);
    let procedures = context.body().into_iter().flat_map(|body| &body.procedures);
    for (name, procedure) in procedures.filter(|(name, _)| name.as_str() != STAND_DOWN) {
        let mut one = Section::new("instruction", redacted(context, &procedure.purpose));
        steps(context, name.as_str(), procedure, &mut one);
        section.sections.push(one);
    }
    if section.sections.is_empty() {
        let why = "Services are recovered by people, who come first: where they meet, who accounts for them.";
        let cure = add("procedures").text(", such as ").code("people-first");
        section.gap(context.plan_gap("There is no procedure for people", why, cure, &["name".into()]));
    }
    section
}

/// The owner and the steps of a procedure.
pub(super) fn steps(context: &Context<'_>, name: &str, procedure: &Procedure, section: &mut Section) {
    let lead = Phrase::new().text("Led by ").strong(procedure.owner.as_str());
    section
        .say(lead.text("; if there is no answer: ").phrase(context.if_no_answer(&procedure.owner)).text("."));
    let items: Vec<Phrase> = procedure.steps.iter().map(|step| redacted(context, step).into()).collect();
    section.list(ListStyle::Boxes, items);
    if context.successors(&procedure.owner).is_empty() {
        let what = format!("Nobody leads the procedure {name} if {} does not answer", procedure.owner);
        let why = "A procedure that one person knows is lost with that person.";
        let at = ["contacts".into(), procedure.owner.as_str().into()];
        section.gap(context.plan_gap(what, why, add("deputy"), &at));
    }
}
