//! How the cloud differs from the policies: what somebody has changed, and what the next apply would do.

use super::context::{Context, count};
use crate::plan::{Action, Step, brief};
use crate::report::{Block, Phrase, Section, Severity, Table};
use crate::status::Status;

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = Section::new("drift", "How the cloud differs from the policies");
    let Some(status) = context.status() else {
        let why = context.unseen().unwrap_or_default();
        section.note(Severity::Warning, format!("Unknown: {why}."));
        return section;
    };
    let plan = status.plan.shown();
    let mut drifted = Table::new(
        "What somebody has changed since the last apply",
        &["Resource", "What it is for", "Setting", "When last applied", "Now"],
    );
    for step in plan.drifted() {
        let (address, purpose) =
            (Phrase::new().code(step.address.to_string()), step.purpose.replace('`', ""));
        if step.action == Action::Create {
            drifted.row(vec![
                address,
                purpose.into(),
                "all of it".into(),
                "it existed".into(),
                "somebody has removed it".into(),
            ]);
            continue;
        }
        for change in step.changes.iter().filter(|change| change.cause.is_drift()) {
            let applied = change.applied.as_ref().map_or_else(|| "not recorded".to_owned(), brief);
            drifted.row(vec![
                address.clone(),
                purpose.as_str().into(),
                change.name.as_str().into(),
                context.hidden(&applied).into(),
                context.hidden(&brief(&change.before)).into(),
            ]);
        }
    }
    for block in &status.blocks {
        let text = format!("No plan can be made: {}: {}.", block.code, block.message);
        section.note(Severity::Warning, context.hidden(&text));
    }
    match status.drifted() {
        0 if !status.blocks.is_empty() => {
            section.say("What was changed since the last apply is unknown.");
        }
        0 => section.say("Nobody has changed anything that can be seen since the last apply."),
        many => section.say(format!(
            "{} since the last apply.",
            count(many, "resource was changed by somebody", "resources were changed by somebody")
        )),
    }
    section.table(drifted);
    let unseen = not_compared(status);
    if let Some(unseen) = &unseen {
        let text =
            format!("{unseen}: nobody knows whether they differ, and what the next apply would do there.");
        section.note(Severity::Warning, text);
    }
    let pending: Vec<&Step> = plan.pending().collect();
    if pending.is_empty() && !status.blocks.is_empty() {
        section.say("What the next apply would do is unknown.");
        return section;
    }
    if pending.is_empty() {
        section.say(match unseen {
            None => "The next apply would change nothing.",
            Some(_) => "The next apply would change nothing of what was seen.",
        });
        return section;
    }
    let waits = count(pending.len(), "change waits", "changes wait");
    section.say(format!("{waits} for the next apply. Until then the cloud is not as the policies say."));
    let mut table =
        Table::new("What the next apply would do", &["Resource", "Does", "What it is for", "Why"]);
    for step in pending {
        table.row(vec![
            Phrase::new().code(step.id.to_string()),
            step.action.to_string().into(),
            step.purpose.replace('`', "").into(),
            context.hidden(&step.reason).into(),
        ]);
    }
    let summary = format!("All {}", count(table.rows.len(), "change", "changes"));
    section.blocks.push(Block::Details { summary, blocks: vec![Block::Table(table)] });
    section
}

/// What could not be compared with the policies: `2 resources could not be seen`. `None`: everything was compared.
pub(super) fn not_compared(status: &Status<'_>) -> Option<String> {
    let (unseen, taken) = (status.unknown().count(), status.taken().count());
    let blocks = status.blocks.len();
    let parts = [
        (unseen, count(unseen, "resource could not be seen", "resources could not be seen")),
        (taken, count(taken, "name belongs to somebody else", "names belong to somebody else")),
        (
            blocks,
            count(blocks, "finding keeps a plan from being made", "findings keep a plan from being made"),
        ),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text);
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(", and "))
}
