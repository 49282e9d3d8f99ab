//! What is wrong with the policies, and what somebody has accepted.

use super::context::{Context, sentence};
use crate::diagnostic::Severity as Finding;
use crate::report::{Phrase, Section, Table, Tone};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("findings", "What is wrong, and what was accepted");
    let mut open = Table::new("Open findings about the policies", &["Code", "What", "Where", "What to do"]);
    for finding in context.inputs.plan.findings {
        let place = finding.labels.first().map(|label| context.plan.place(label.span));
        let (tone, word) = match finding.severity() {
            Finding::Error => (Tone::Bad, "error"),
            Finding::Warning => (Tone::Unknown, "warning"),
        };
        open.row(vec![
            Phrase::new().verdict(tone, format!("{} ({word})", finding.code.as_str())),
            sentence(&context.hidden(&finding.message)).into(),
            place.map_or_else(Phrase::new, |place| Phrase::new().place(place)),
            sentence(&context.hidden(finding.help.as_deref().unwrap_or_default())).into(),
        ]);
    }
    if open.rows.is_empty() {
        section.say("The check of the policies has no open finding.");
    }
    section.table(open);
    let mut waived = Table::new(
        "Findings that somebody has accepted for a time",
        &["Code", "What", "Accepted by", "Because", "Until", "Days left"],
    );
    for one in context.inputs.waived {
        let left = context.as_of().days_until(one.waiver.until);
        waived.row(vec![
            one.finding.code.as_str().into(),
            sentence(&context.hidden(&one.finding.message)).into(),
            one.waiver.owner.as_str().into(),
            sentence(&context.hidden(&one.waiver.because)).into(),
            one.waiver.until.to_string().into(),
            left.to_string().into(),
        ]);
    }
    if waived.rows.is_empty() {
        section.say("Nobody has accepted a finding.");
    }
    section.table(waived);
    section
}
