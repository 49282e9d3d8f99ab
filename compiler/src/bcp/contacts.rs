//! How to reach people: a page to tear off.

use super::context::{Context, add};
use super::redact::redacted;
use crate::document::Reach;
use crate::report::{Phrase, Section, Severity, Table};

pub(crate) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("contacts", "Contacts, to tear off")
        .answering(&["NIST SP 800-34 A.3 App. A, App. B", "ISO 22301 8.4.3: warning and communication"])
        .on_a_new_page();
    let Some(body) = context.body() else {
        let why = "Nobody can be reached.";
        section.gap(context.plan_gap("There are no contacts", why, add("contacts"), &["name".into()]));
        return section;
    };
    if !context.inputs.with_contacts {
        let text = Phrase::new()
            .text("This copy does not say how to reach people. Make one that does with ")
            .code("--with-contacts")
            .text(", give it to those who need it only, and keep it on paper outside the office.");
        section.note(Severity::Warning, text);
    } else {
        let text = "This page has personal data. Give it to those who need it only, keep it on paper outside the office, and destroy \
                    the old one when you get a new one.";
        section.note(Severity::Warning, text);
    }
    let columns: &[&str] = if context.inputs.with_contacts {
        &["Role", "Who", "Reach, in this order", "Answers within", "Deputy"]
    } else {
        &["Role", "Who", "Ways to reach", "Answers within", "Deputy"]
    };
    let mut table = Table::new("Contacts", columns);
    for (name, contact) in &body.contacts {
        let ways = contact.reach.iter().map(|reach| way(reach, context.inputs.with_contacts));
        table.row(vec![
            name.as_str().into(),
            redacted(context, &contact.name).into(),
            Phrase::joined(ways, ", "),
            contact.answers_within.in_words().into(),
            contact.deputy.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string).into(),
        ]);
    }
    section.table(table);
    section
}

/// A way to reach somebody: the kind, and the address if it is wanted.
fn way(reach: &Reach, with_address: bool) -> Phrase {
    let (kind, address) = match reach {
        Reach::Phone(text) => ("phone", text.0.as_str()),
        Reach::Pager(text) => ("pager", text.0.as_str()),
        Reach::Mail(text) => ("mail", text.0.as_str()),
        Reach::Chat(text) => ("chat", text.0.as_str()),
        Reach::Https(text) => ("web", text.as_str()),
    };
    if with_address { Phrase::new().text(format!("{kind} ")).code(address) } else { kind.into() }
}
