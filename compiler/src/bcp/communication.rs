//! Who is informed on which channel, and with which words.

use super::context::{Context, add};
use super::redact::redacted;
use crate::report::{Block, Section, Table};

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("communication", "Communicate")
        .answering(&["NIST SP 800-34 A.3 §3.2, A.3 p. 11", "ISO 22301 8.4.3: warning and communication"]);
    let said = context.body().map(|body| &body.communication);
    let channels = said.map(|said| said.channels.as_slice()).unwrap_or_default();
    let mut table =
        Table::new("Channels, in the order to try", &["Channel", "Informs", "An update every", "Depends on"]);
    for (nth, channel) in channels.iter().enumerate() {
        let every = channel.every.map_or_else(|| "not stated".to_owned(), |every| every.in_words());
        let site = channel.site.as_ref().map_or_else(|| "no site".to_owned(), ToString::to_string);
        table.row(vec![
            channel.name.as_str().into(),
            redacted(context, &channel.audience).into(),
            every.into(),
            site.into(),
        ]);
        if channel.every.is_none() {
            let what = format!("Nobody says how often {} has an update", channel.name);
            let why = "Who hears nothing asks, and whoever answers cannot work.";
            let at = ["communication".into(), "channels".into(), nth.into()];
            section.gap(context.plan_gap(what, why, add("every"), &at));
        }
    }
    if channels.is_empty() {
        let why = "People look for news in different places, and find rumours.";
        section.gap(context.plan_gap(
            "There is no channel of communication",
            why,
            add("communication.channels"),
            &["name".into()],
        ));
    }
    section.table(table);
    let templates: Vec<_> = said.into_iter().flat_map(|said| &said.templates).collect();
    if templates.is_empty() {
        let why =
            "A message that is written during an incident says too much, or too little, or comes too late.";
        section.gap(context.plan_gap(
            "There is no prepared message",
            why,
            add("communication.templates"),
            &["name".into()],
        ));
    } else {
        section.say(
            "Prepared messages, for every level. Fill in what is in braces, and nothing else. The first message of an incident says \
             what is not available, since when, and when there is news.",
        );
    }
    for (name, text) in templates {
        let text = redacted(context, text);
        section.blocks.push(Block::Verbatim { label: format!("Message \"{name}\""), text });
    }
    section
}
