//! Evidence from the journal and from git.

use std::collections::BTreeSet;

use super::context::Context;
use super::item::{Item, Standing};
use crate::bcp::{History, Run, changes};
use crate::document::Evidence;
use crate::report::{Section, Table};
use crate::units::Date;

/// Whether the runs of the period in a real cloud were approved.
pub(super) fn approved(context: &Context<'_>) -> Vec<Item> {
    let kind = Evidence::ChangesApproved;
    let runs = match context.runs() {
        Ok(runs) => runs,
        Err(why) => return vec![unread(kind, why)],
    };
    let is_of_period = |run: &&Run| {
        let day = run.started.get(..10).and_then(Date::parse);
        context.inputs.since.is_none_or(|since| day.is_none_or(|day| day >= since))
    };
    let (embedded, real): (Vec<&Run>, Vec<&Run>) =
        runs.iter().filter(is_of_period).partition(|run| run.is_local);
    let mut items: Vec<Item> = real.into_iter().map(|run| of_run(context, run)).collect();
    if items.is_empty() {
        let says = match embedded.is_empty() {
            true => "the journal has no run of the period, so nothing shows how changes are approved",
            false => "the runs of the period changed only the embedded cloud, which is for tries",
        };
        items.push(Item::new(kind, "runs", Standing::Unknown, says));
    }
    items
}

fn of_run(context: &Context<'_>, run: &Run) -> Item {
    let required = context.policy().approvals.as_ref().map_or(1, |rule| usize::from(rule.required.max(1)));
    // One person counts once, however many keys they signed with.
    let approvers: BTreeSet<&String> = run.approvers.iter().collect();
    let by = context.person(&run.runner);
    let (standing, says) = match (&run.break_glass, approvers.len()) {
        (Some(reason), _) => (Standing::Fails, format!("applied by {by} without approval: {reason}")),
        (None, 0) => (Standing::Fails, format!("applied by {by}, approved by nobody")),
        (None, given) => {
            let standing = if given < required { Standing::Fails } else { Standing::Holds };
            let names: Vec<String> = approvers.iter().map(|name| context.person(name)).collect();
            let names = names.join(", ");
            let says = format!("applied by {by}, approved by {names} ({given} of {required} required now)");
            as_written(context, standing, says)
        }
    };
    let about = format!("run {}, {}", run.number, changes::minute(&run.started));
    let clause = context.policy().approvals.as_ref().and_then(|rule| context.place(rule.span));
    Item::new(Evidence::ChangesApproved, about, standing, says).by_run(Some(run.number)).at(clause)
}

/// What holds by a journal of which nobody knows who wrote it is a statement: its notes say so.
fn as_written(context: &Context<'_>, standing: Standing, says: String) -> (Standing, String) {
    let note = match context.inputs.plan.runs {
        History::Read { notes, .. } if standing == Standing::Holds => notes.first(),
        _ => None,
    };
    match note {
        Some(note) => (Standing::Stated, format!("{says}. {}", note.trim_end_matches('.'))),
        None => (standing, says),
    }
}

/// Whether the newest run in a real cloud applied these policies completely.
pub(super) fn applied(context: &Context<'_>) -> Vec<Item> {
    let kind = Evidence::PoliciesApplied;
    let about = "these policies";
    let runs = match context.runs() {
        Ok(runs) => runs,
        Err(why) => return vec![unread(kind, why)],
    };
    let Some(run) = runs.iter().find(|run| !run.is_local) else {
        let says = match runs.first() {
            Some(_) => "they were applied only to the embedded cloud, which is for tries",
            None => "the journal has no run",
        };
        return vec![Item::new(kind, about, Standing::Fails, says)];
    };
    let (number, ended) = (run.number, &run.ended);
    let (standing, says) = match (run.is_of_these_policies, run.is_complete) {
        (Some(true), true) => (Standing::Holds, format!("run {number} applied them; {ended}")),
        (Some(true), false) => (Standing::Fails, format!("run {number} applied them in part; {ended}")),
        (Some(false), _) => (Standing::Fails, format!("run {number} applied other policies")),
        (None, _) => (Standing::Unknown, format!("run {number} does not say which policies it applied")),
    };
    let (standing, says) = as_written(context, standing, says);
    vec![Item::new(kind, about, standing, says).by_run(Some(number))]
}

/// Whether the journal could be read, and is known to be written by those who may.
pub(super) fn kept(context: &Context<'_>) -> Vec<Item> {
    let kind = Evidence::JournalKept;
    let clause = context.policy().journal.as_ref().and_then(|journal| context.place(journal.span));
    let item = match context.inputs.plan.runs {
        History::Unread(why) => unread(kind, why),
        History::Read { place, newest, .. } if newest.is_empty() => {
            Item::new(kind, "journal", Standing::Unknown, format!("{place} has no run"))
        }
        History::Read { place, .. } => {
            let copies = context.policy().journal.as_ref().map(|journal| journal.copies.as_slice());
            let copies: Vec<&str> =
                copies.unwrap_or_default().iter().map(crate::document::Name::as_str).collect();
            let copies = if copies.is_empty() {
                "no copy is declared".to_owned()
            } else {
                format!("copies are declared at {}", copies.join(", "))
            };
            let says = format!("{place} was read, and its hashes are whole; {copies}");
            let (standing, says) = as_written(context, Standing::Holds, says);
            Item::new(kind, "journal", standing, says)
        }
    };
    vec![item.at(clause)]
}

/// Whether the policies are in git without changes.
pub(super) fn versioned(context: &Context<'_>) -> Vec<Item> {
    let kind = Evidence::PoliciesVersioned;
    let (standing, says) = match context.inputs.plan.commits {
        History::Unread(why) => (Standing::Unknown, format!("git was not read: {why}")),
        History::Read { newest, notes, .. } => match (newest.first(), notes.first()) {
            (_, Some(note)) => (Standing::Fails, note.trim_end_matches('.').to_owned()),
            (None, None) => (Standing::Fails, "no commit is known to have changed them".to_owned()),
            (Some(commit), None) => {
                let (id, day) = (&commit.id, &commit.day);
                (Standing::Holds, format!("last commit {id} of {day} by {}", context.person(&commit.author)))
            }
        },
    };
    vec![Item::new(kind, "policies", standing, says)]
}

fn unread(kind: Evidence, why: &str) -> Item {
    Item::new(kind, "journal", Standing::Unknown, format!("the journal could not be read: {why}"))
}

/// The runs of the journal, so that a reader can follow the number of a run.
pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let runs = context.runs().ok().filter(|runs| !runs.is_empty())?;
    let mut section = Section::new("runs", "Runs of the journal");
    let mut table = Table::new("Runs, newest first", &["Run", "Began", "By", "Approved by", "Result", "In"]);
    for run in runs {
        let approvers: Vec<String> = run.approvers.iter().map(|name| context.person(name)).collect();
        let approved = match &run.break_glass {
            Some(reason) => format!("break glass: {}", context.hidden(reason)),
            None if approvers.is_empty() => "nobody".to_owned(),
            None => approvers.join(", "),
        };
        table.row(vec![
            run.number.to_string().into(),
            changes::minute(&run.started).into(),
            context.person(&run.runner).into(),
            approved.into(),
            run.ended.as_str().into(),
            run.cloud.as_str().into(),
        ]);
    }
    section.table(table);
    Some(section)
}
