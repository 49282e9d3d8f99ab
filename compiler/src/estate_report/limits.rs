//! What this report does not show.

use super::context::Context;
use crate::report::{ListStyle, Phrase, Section};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("limits", "What this report does not show");
    let mut items: Vec<Phrase> = Vec::new();
    if let Some(why) = context.unseen() {
        items.push(format!("How anything stands in the cloud: {why}.").into());
    }
    if context.status().is_some_and(|status| status.plan.context.is_embedded()) {
        items.push("A real cloud: the embedded cloud was looked at, which is for tries.".into());
    }
    if let Some(status) = context.status().filter(|status| !status.unread.is_empty()) {
        items.push(format!("What nobody has looked at: {}.", status.unread.join("; ")).into());
    }
    items.extend(
        [
            "That a recovery works. Bounds are sums of what is stated, guaranteed or measured, and rehearsals are simulations. Only a \
             drill that recovers something shows it.",
            "That what is in copies and backups can be read and is right. Only a restore shows it.",
            "How a drill went of which the journal has no record.",
            "What is in no policy: services, accounts, suppliers and people that nobody has written down.",
            "Whether people answer, whether their telephone numbers are right, and whether they know the steps.",
            "That a control of a law or standard is met in the opinion of an auditor. The report lists evidence and says where there is none.",
            "What changed after the moments on the first page.",
        ]
        .map(Phrase::from),
    );
    section.list(ListStyle::Bullets, items);
    section
}
