//! The journal as text and JSON. Entries hold text from elsewhere, so line breaks in them are escaped.

use holdfast_compiler::copies::{CopyState, SeenCopy};
use holdfast_compiler::plan::brief;
use holdfast_compiler::resource::Values;
use serde_json::{Value, json};

use super::output::one_line;
use crate::journal::{Diverged, DrillMade, End, Entry, Event, History, Progress, RunState};

/// How many digits of a digest are shown.
const SHORT: usize = 12;

/// How many characters of a value are shown. As JSON it is whole.
const MOST: usize = 60;

/// All runs, newest first; break-glass runs before all others.
pub(super) fn log(history: &History) -> String {
    let newest = || history.runs.iter().rev();
    let mut text = String::new();
    let (glass, others): (Vec<&RunState>, Vec<&RunState>) =
        newest().partition(|run| run.run.break_glass.is_some());
    if !glass.is_empty() {
        text.push_str("Break-glass runs (applied without the required approvals)\n\n");
        glass.iter().for_each(|run| text.push_str(&about(history, run)));
        if !others.is_empty() {
            text.push_str("Other runs\n\n");
        }
    }
    others.iter().for_each(|run| text.push_str(&about(history, run)));
    if text.is_empty() {
        text.push_str("No runs.\n");
    }
    text
}

/// The summary of a run, in a few lines.
fn about(history: &History, run: &RunState) -> String {
    let context = &run.run.context;
    let mut lines = vec![
        format!("run {}  {}  by {}", run.number, time(&run.started), run.run.runner),
        format!("    estate {} in {}, account {}", context.estate, context.cloud, context.accounts),
        format!("    plan {}, {} steps: {}", short(&run.run.plan), run.run.steps, counts(run)),
        format!("    {}", ended(run)),
    ];
    if !run.run.posture.is_normal() {
        let sites: Vec<&str> = run.run.posture.sites().collect();
        lines.push(format!("    evacuated: {}", sites.join(", ")));
        let prepared: Vec<&str> = run.run.posture.prepared().collect();
        if !prepared.is_empty() {
            lines.push(format!("    return prepared: {}", prepared.join(", ")));
        }
    }
    if let Some(author) = &run.run.author {
        let signed = author.key.as_ref().map_or("not signed".to_owned(), |key| format!("signed with {key}"));
        lines.push(format!("    plan by {} ({signed})", author.name));
    }
    if let Some(commit) = &run.run.commit {
        lines.push(format!("    policies of commit {commit}"));
    }
    for approval in &run.run.approvals {
        lines.push(format!("    approved by {} ({})", approval.approver, short(&approval.statement)));
    }
    if let Some(reason) = &run.run.break_glass {
        lines.push(format!("    BREAK GLASS: {reason}"));
    }
    let is_restore =
        |entry: &&Entry| matches!(entry.event, Event::RestoreBegan(_) | Event::RestoreEnded { .. });
    let restores = history.entries_of(run).filter(is_restore);
    lines.extend(restores.map(|entry| format!("    {}", happened(&entry.event))));
    lines.iter().map(|line| one_line(line) + "\n").collect::<String>() + "\n"
}

fn counts(run: &RunState) -> String {
    let mut counts = format!(
        "{} done, {} failed, {} not started",
        run.count(Progress::Done),
        run.count(Progress::Failed),
        run.not_started()
    );
    let in_progress = run.count(Progress::InProgress);
    if in_progress > 0 {
        counts.push_str(&format!(", {in_progress} with unknown result"));
    }
    counts
}

fn ended(run: &RunState) -> String {
    let heard = time(&run.heard);
    match &run.end {
        End::Open => format!("not ended; last entry {heard}"),
        End::Finished { interrupted: true, .. } => format!("interrupted {heard}"),
        End::Finished { .. } => format!("ended {heard}"),
        End::TakenOver { by } => format!("taken over {heard} by {by}"),
        End::Died => format!("died; last entry {heard}"),
    }
}

/// The summary of a run and its entries, with the old and the new values of what it changed.
pub(super) fn show(history: &History, run: &RunState) -> String {
    let entry = |entry: &Entry| line(entry) + &changes(&entry.event);
    format!("{}{}", about(history, run), history.entries_of(run).map(entry).collect::<String>())
}

/// What earlier epochs hold and later ones lack: a sentence, and the entries.
pub(super) fn diverged(diverged: &[Diverged]) -> String {
    let one = |diverged: &Diverged| {
        let entries = diverged.entries().iter().map(line).collect::<String>();
        format!("{}\n\n{entries}", one_line(&diverged.to_string()))
    };
    diverged.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn line(entry: &Entry) -> String {
    one_line(&format!("{:>6}  {}  {}", entry.number, time(&entry.at), happened(&entry.event))) + "\n"
}

/// What a step changes, a line each: `failures: 3 → 5`.
fn changes(event: &Event) -> String {
    let Event::StepStarted { attributes, before, displaced, .. } = event else { return String::new() };
    let value = |value: Option<&Value>| {
        let text = brief(value.unwrap_or(&Value::Null));
        match text.char_indices().nth(MOST) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    };
    let change = |(name, old): (&String, &Value)| {
        let text = format!("{name}: {} → {}", value(Some(old)), value(attributes.get(name)));
        format!("        {}\n", one_line(&text))
    };
    let gone = |values: &Values| {
        let each = values.iter().map(|(name, gone)| format!("{name}={}", value(Some(gone))));
        format!("        displaces {}\n", one_line(&each.collect::<Vec<_>>().join(" ")))
    };
    before.iter().map(change).chain(displaced.iter().map(gone)).collect()
}

fn happened(event: &Event) -> String {
    match event {
        Event::RunStarted(run) => format!("run begins: {} steps", run.steps),
        Event::Moved(moved) => format!("move  {} to {}", moved.from, moved.to),
        Event::StepStarted { step, action, .. } => format!("begin {action} {step}"),
        Event::StepDone { step, id } => format!("done  {step} ({id})"),
        Event::StepFailed { step, error } => format!("FAIL  {step}: {error}"),
        Event::Confirmed(confirmed) => format!("match {}: as desired", confirmed.address),
        Event::Copies { copies } => seen(copies),
        Event::Adopted { address, .. } => format!("adopt {address}"),
        Event::DrillBegan(began) => format!("drill {} begins", began.drill),
        Event::DrillMakes(made) => format!("drill makes {}", made_in_words(made)),
        Event::DrillRemoved(made) => format!("drill takes back {}", made_in_words(made)),
        Event::DrillEnded { record } => format!("drill {}: {}", record.drill, record.outcome),
        Event::RestoreBegan(of) => format!("restore {}", of.begins()),
        Event::RestoreEnded { of, result } => format!("restore {}: {}", of.in_words(), result.in_words()),
        Event::Alive => "heartbeat".to_owned(),
        Event::Continued { epoch, place, without } if without.is_empty() => {
            format!("epoch {epoch} of the journal, decided at {place}")
        }
        Event::Continued { epoch, place, without } => {
            let without: Vec<String> =
                without.iter().map(|(silent, why)| format!("{silent} ({why})")).collect();
            format!("epoch {epoch} of the journal, decided at {place}, without {}", without.join(", "))
        }
        Event::Reconciled { epoch, head, entries } => {
            format!("accept {entries} entries of epoch {epoch}, up to {}", short(head))
        }
        Event::TakenOver { by } => format!("run taken over by {by}"),
        Event::RunFinished { done, failed, not_started, interrupted, .. } => {
            let how = if *interrupted { "interrupted" } else { "ends" };
            format!("run {how}: {done} done, {failed} failed, {not_started} not started")
        }
    }
}

/// `objects under drill/ in acme-drill`.
pub(super) fn made_in_words(made: &DrillMade) -> String {
    match made {
        DrillMade::Objects { bucket, prefix, .. } if prefix.is_empty() => format!("objects in {bucket}"),
        DrillMade::Objects { bucket, prefix, .. } => format!("objects under {prefix} in {bucket}"),
        DrillMade::Evacuation { sites } => format!("an evacuation of {}", sites.join(", ")),
    }
}

/// `copies: 3 new, 12 work, 1 broken: acme-ledger to acme-ledger-us-west-2 (the bucket of the copy was gone)`.
fn seen(copies: &[SeenCopy]) -> String {
    let count = |state: &CopyState| copies.iter().filter(|copy| copy.state == *state).count();
    let broken = copies.iter().filter_map(|copy| match &copy.state {
        CopyState::Broken(why) => Some(format!("{} to {} ({why})", copy.from, copy.to)),
        CopyState::New | CopyState::Works => None,
    });
    let broken: Vec<String> = broken.collect();
    let (new, work) = (count(&CopyState::New), count(&CopyState::Works));
    let list = if broken.is_empty() { String::new() } else { format!(": {}", broken.join(", ")) };
    format!("copies: {new} new, {work} work, {} broken{list}", broken.len())
}

/// All runs as JSON, newest first.
pub(super) fn log_json(history: &History) -> String {
    let runs: Vec<Value> = history.runs.iter().rev().map(machine).collect();
    pretty(&json!({ "head": history.head(), "entries": history.entries.len(), "runs": runs }))
}

/// A run and its entries as JSON.
pub(super) fn show_json(history: &History, run: &RunState) -> String {
    let entries: Vec<&Entry> = history.entries_of(run).collect();
    pretty(&json!({ "run": machine(run), "entries": entries }))
}

fn machine(run: &RunState) -> Value {
    let by = match &run.end {
        End::TakenOver { by } => Some(by),
        _ => None,
    };
    let in_progress: Vec<String> = run.in_progress().map(ToString::to_string).collect();
    json!({
        "number": run.number,
        "started": run.started,
        "heard": run.heard,
        "ended": run.ended(),
        "taken_over_by": by,
        "done": run.count(Progress::Done),
        "failed": run.count(Progress::Failed),
        "not_started": run.not_started(),
        "under_way": in_progress,
        "run": run.run,
    })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// `2026-11-23T10:15:30.123Z` as `2026-11-23 10:15:30 UTC`.
fn time(at: &str) -> String {
    match at.get(..19).filter(|_| at.ends_with('Z')) {
        Some(whole) => format!("{} UTC", whole.replace('T', " ")),
        None => at.to_owned(),
    }
}

fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}
