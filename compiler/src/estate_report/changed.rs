//! What was changed: the change page of the continuity plan, and what each run of the last month did.

use super::context::{Context, count};
use crate::bcp::{Changed, History, Run, changes};
use crate::plan::Action;
use crate::report::{Block, Phrase, Section, Table, Tone};
use crate::units::{Date, Duration};

/// What counts as lately: a month.
const LATELY: Duration = Duration::hours(31 * 24);

pub(super) fn section(context: &Context<'_>) -> Section {
    let mut section = changes::section(&context.plan);
    for run in lately(context).unwrap_or_default() {
        let mut table = Table::new(
            format!("What run {} changed, on {}", run.number, changes::minute(&run.started)),
            &["Resource", "What was done", "Result", "Settings"],
        );
        for Changed { address, action, done, settings } in &run.changed {
            let result = match done {
                Some(true) => "done".into(),
                Some(false) => Phrase::new().verdict(Tone::Bad, "failed"),
                None => Phrase::new().verdict(Tone::Unknown, "unknown"),
            };
            table.row(vec![
                Phrase::new().code(address),
                action.to_string().into(),
                result,
                context.hidden(&settings.join("; ")).into(),
            ]);
        }
        if table.rows.is_empty() {
            continue;
        }
        let mut blocks = vec![Block::Table(table)];
        if run.more > 0 {
            let text = format!("{} in the journal.", count(run.more, "more change is", "more changes are"));
            blocks.push(Block::Paragraph { text: text.into() });
        }
        section
            .blocks
            .push(Block::Details { summary: format!("Run {}: {}", run.number, in_words(run)), blocks });
    }
    section
}

/// The runs of the last month, newest first. `None`: nobody could read the journal.
pub(super) fn lately<'a>(context: &Context<'a>) -> Option<Vec<&'a Run>> {
    let History::Read { newest, .. } = context.inputs.plan.runs else { return None };
    let is_new = |run: &&Run| {
        let day = run.started.get(..10).and_then(Date::parse);
        day.is_some_and(|day| day.after(LATELY) >= context.as_of())
    };
    Some(newest.iter().filter(is_new).collect())
}

/// `2 created, 1 updated`.
pub(super) fn in_words(run: &Run) -> String {
    let words = [
        (Action::Create, "created"),
        (Action::Update, "updated"),
        (Action::Replace, "replaced"),
        (Action::Delete, "deleted"),
    ];
    let of = |action| run.changed.iter().filter(|one| one.action == action && one.done == Some(true)).count();
    let parts = words.map(|(action, word)| (of(action), word));
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
    let more = if run.more > 0 { format!(", and {} more", run.more) } else { String::new() };
    if parts.is_empty() { format!("nothing changed{more}") } else { parts.join(", ") + &more }
}
