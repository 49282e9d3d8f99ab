//! When somebody has to be told that it does not go as planned (NIST SP 800-34 rev. 1 §4.3.1).

use super::context::{Context, heading};
use crate::report::{Phrase, Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("escalation", "Escalate")
        .answering(&["NIST SP 800-34 A.3 §4.3, §4.3.1", "ISO 22301 8.4.3: warning and communication"]);
    let mut table = Table::new("What triggers an escalation", &["Trigger", "When", "Then"]);
    if context.body().is_some() {
        let then = Phrase::new().text("the caller goes on with the deputy: ").section("call-tree");
        table.row(vec!["Somebody does not answer".into(), "their time to answer has passed".into(), then]);
    }
    for (_, level) in context.levels() {
        let Some(within) = level.within else { continue };
        let mut then = Phrase::new();
        then = match context.successors(&level.declared_by).first() {
            Some(deputy) => then.strong(deputy.as_str()).text(" declares it"),
            None => then.text("nobody is named"),
        };
        let when = format!("{} after it was noticed", within.in_words());
        table.row(vec![format!("Level {} is not declared", level.level).into(), when.into(), then]);
    }
    for service in context.services() {
        for derivation in context.derived.get(&service.name).into_iter().flatten() {
            let asked = derivation.asked.rto.as_ref().map(|asked| asked.value);
            let Some(asked) = asked else { continue };
            let when = match derivation.rto.value() {
                Some(bound) if bound.as_seconds() == 0 => continue,
                Some(bound) if bound <= asked => {
                    let slack = asked.minus(bound).in_words();
                    format!(
                        "its steps together are {slack} later than stated, or {} have passed",
                        asked.in_words()
                    )
                }
                Some(bound) => format!(
                    "at once: as planned it takes {}, the objective is {}",
                    bound.in_words(),
                    asked.in_words()
                ),
                None => "at once: nothing limits how long it takes".to_owned(),
            };
            let then = match context.level_of(derivation.disruption) {
                Some(level) => Phrase::new().text("tell ").strong(level.declared_by.as_str()),
                None => match &service.owner {
                    Some((owner, _)) => Phrase::new().text("tell ").strong(owner.as_str()),
                    None => "nobody is named".into(),
                },
            };
            let what = format!("{} misses its RTO: {}", service.name, heading(derivation.disruption));
            table.row(vec![what.into(), when.into(), then]);
        }
    }
    if context.levels().is_empty() {
        let why = "Whoever sees that a recovery fails does not know whom to tell.";
        let cure = super::context::add("levels").text(" with ").code("within");
        section.gap(context.plan_gap("Nobody decides on an escalation", why, cure, &["name".into()]));
    }
    section.table(table);
    section
}
