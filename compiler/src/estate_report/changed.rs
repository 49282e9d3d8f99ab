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

/// The runs of the month that ends with the day of the report, newest first. `None`: nobody could read the journal.
pub(super) fn lately<'a>(context: &Context<'a>) -> Option<Vec<&'a Run>> {
    let History::Read { newest, .. } = context.inputs.plan.runs else { return None };
    let today = context.as_of();
    let is_new = |run: &&Run| day(run).is_some_and(|day| day <= today && day.after(LATELY) >= today);
    Some(newest.iter().filter(is_new).collect())
}

/// Whether runs of that month may be in the journal that this report does not list: it has earlier ones than the oldest listed one,
/// which is not older than the month.
pub(super) fn has_unlisted(context: &Context<'_>) -> bool {
    let History::Read { newest, more: true, .. } = context.inputs.plan.runs else { return false };
    let oldest = newest.last().and_then(day);
    oldest.is_none_or(|day| day.after(LATELY) >= context.as_of())
}

/// The day on which a run began.
fn day(run: &Run) -> Option<Date> {
    run.started.get(..10).and_then(Date::parse)
}

/// `2 created, 1 updated, 1 failed, which may have taken effect`.
pub(super) fn in_words(run: &Run) -> String {
    if run.changed.is_empty() && run.more == 0 {
        return "nothing changed".to_owned();
    }
    let words = [
        (Action::Create, "created"),
        (Action::Update, "updated"),
        (Action::Replace, "replaced"),
        (Action::Delete, "deleted"),
    ];
    let of = |action| run.changed.iter().filter(|one| one.action == action && one.done == Some(true)).count();
    let ended = |done: Option<bool>| run.changed.iter().filter(|one| one.done == done).count();
    let parts = words.map(|(action, word)| (of(action), word)).into_iter();
    // A step whose answer was lost has failed, and may have changed the cloud.
    let parts = parts.chain([
        (ended(Some(false)), "failed, which may have taken effect"),
        (ended(None), "of unknown result"),
    ]);
    let parts = parts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let more = (run.more > 0).then(|| format!("and {} more", run.more));
    parts.chain(more).collect::<Vec<_>>().join(", ")
}
