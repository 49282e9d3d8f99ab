//! The five levels of incidents, and what must be reported by when.

use super::context::{Context, add, names};
use super::redact::redacted;
use crate::report::{Phrase, Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("levels", "The five levels")
        .answering(&["NIST SP 800-34 A.3 §3.1, §3.3", "ISO 22301 8.4.2: response structure"]);
    let levels = context.levels();
    if levels.is_empty() {
        let why = "Without levels nobody knows how serious an incident is, and whom to tell.";
        section.gap(context.plan_gap(
            "There are no levels of incidents",
            why,
            add("levels"),
            &["name".into()],
        ));
        return section;
    }
    let mut table = Table::new("From the most severe to the least", &["Level", "What it means", "Tell"]);
    let mut reports = Table::new(
        "What must be reported by when, counted from the declaration",
        &["Report", "Level", "Within", "By", "Required by"],
    );
    for (_, level) in &levels {
        let head = format!("{} {}", level.level, level.name);
        let told = if level.tell.is_empty() { "nobody else".into() } else { names(&level.tell) };
        table.row(vec![head.as_str().into(), redacted(context, &level.means).into(), told]);
        for deadline in &level.deadlines {
            reports.row(vec![
                redacted(context, &deadline.what).into(),
                level.level.to_string().into(),
                Phrase::new().strong(deadline.within.in_words()),
                deadline.by.as_str().into(),
                redacted(context, &deadline.because).into(),
            ]);
        }
    }
    section.table(table);
    if reports.rows.is_empty() {
        let why =
            "Laws and contracts can ask for a report within hours. Nobody looks them up during an incident.";
        let cure = add("deadlines").text(" to a level, with the law or contract that requires each");
        section.gap(context.plan_gap(
            "No report to an authority or a customer has a deadline",
            why,
            cure,
            &["levels".into()],
        ));
    }
    section.table(reports);
    section
}
