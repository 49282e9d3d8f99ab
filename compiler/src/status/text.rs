//! The status as text for one screen.

use std::fmt::Write as _;

use super::{Due, Standing, State, Status};
use crate::copies::CopyState;
use crate::diagnostic::Style;
use crate::plan::Measure;
use crate::printable::one_line as line;
use crate::text::{Pen, wrap};
use crate::units::Duration;

/// The status as text: what does not hold first.
#[must_use]
pub fn text(status: &Status<'_>, style: Style) -> String {
    let pen = Pen::new(style);
    let context = &status.plan.context;
    let (cloud, account) = (line(&context.cloud), line(&context.accounts.to_string()));
    let estate = pen.bold(&line(&context.estate));
    let mut out = format!("Estate {estate} in {cloud}, account {account}, on {}\n", status.today);
    for lost in &status.plan.lost {
        let said = format!("DATA IS GONE: the bucket `{}` ({}) no longer exists.", lost.name, lost.address);
        let _ = writeln!(out, "\n{}", pen.minus(&wrap(&line(&said), 0, pen.width())));
    }
    let mut above = None;
    for standing in &status.objectives {
        let head = (standing.state, &standing.service, standing.disruption);
        if above != Some(head) {
            let state = painted(standing.state, &pen);
            let _ = writeln!(out, "\n{state}  {}, {}", line(&standing.service), standing.disruption);
            above = Some(head);
        }
        objective(standing, &pen, &mut out);
    }
    out.push('\n');
    for taken in status.taken() {
        let said = format!("Taken: {}: {}.", taken.address, taken.reason);
        let _ = writeln!(out, "{}", pen.minus(&wrap(&line(&said), 0, pen.width())));
    }
    for said in [run(status), copies(status), drift(status)] {
        let _ = writeln!(out, "{}", wrap(&line(&said), 0, pen.width()));
    }
    for due in &status.due {
        let said = line(&in_words(due));
        let said = wrap(&said, 0, pen.width());
        let _ = writeln!(out, "{}", if due.overdue { pen.caution(&said) } else { said });
    }
    if !status.unread.is_empty() {
        let said = format!("Not looked at, and unknown: {}.", status.unread.join("; "));
        let _ = writeln!(out, "{}", pen.caution(&wrap(&line(&said), 0, pen.width())));
    }
    let _ = writeln!(out, "\n{}", pen.bold(&verdict(status)));
    out
}

fn painted(state: State, pen: &Pen) -> String {
    match state {
        State::Missed => pen.minus("MISSED "),
        State::Unknown => pen.caution("unknown"),
        State::Holds => pen.plus("holds  "),
    }
}

fn objective(standing: &Standing, pen: &Pen, out: &mut String) {
    let measure = match standing.measure {
        Measure::Rto => "RTO",
        Measure::Rpo => "RPO",
    };
    let words = |seconds: u64| Duration::seconds(seconds).in_words();
    let (objective, assurance) = (words(standing.objective), standing.assurance.replace("sla", "SLA"));
    let now = match (standing.seconds, standing.state) {
        (Some(seconds), State::Holds) => format!("{} of {objective}, {assurance}", words(seconds)),
        (Some(seconds), State::Missed) => format!("{}, objective {objective}", words(seconds)),
        _ => format!("objective {objective}"),
    };
    let _ = writeln!(out, "         {measure}  {now}");
    if let Some(because) = &standing.because {
        let _ = writeln!(out, "{}", pen.caution(&wrap(&format!("! {}", line(because)), 14, pen.width())));
    }
}

fn run(status: &Status<'_>) -> String {
    match &status.last_run {
        None => "Last run: none.".to_owned(),
        Some(run) => {
            let day = run
                .started
                .get(..19)
                .map_or(run.started.clone(), |at| format!("{} UTC", at.replace('T', " ")));
            format!("Last run: {}, begun {day}, {}.", run.number, run.end)
        }
    }
}

/// `Real-time copies: 12 working, 0 not made yet, 1 broken: a to b (why).`
fn copies(status: &Status<'_>) -> String {
    let broken = status.plan.copies.iter().filter_map(|copy| match &copy.state {
        CopyState::Broken(why) => Some(format!("{} to {} ({why})", copy.from, copy.to)),
        CopyState::New | CopyState::Works => None,
    });
    let broken: Vec<String> = broken.collect();
    let new = status.copies(|state| *state == CopyState::New);
    let works = status.copies(|state| *state == CopyState::Works);
    let list = if broken.is_empty() { String::new() } else { format!(": {}", broken.join(", ")) };
    let mut said =
        format!("Real-time copies: {works} working, {new} not made yet, {} broken{list}", broken.len());
    if status.unseen_copies > 0 {
        said.push_str(&format!("; {} cannot be seen", status.unseen_copies));
    }
    said + "."
}

fn drift(status: &Status<'_>) -> String {
    let (drifted, pending) = (status.drifted(), status.plan.pending().count());
    let mut said = match drifted {
        0 => "Drift: none".to_owned(),
        1 => "Drift: 1 resource differs from the last apply".to_owned(),
        _ => format!("Drift: {drifted} resources differ from the last apply"),
    };
    let unknown = status.unknown().count();
    if unknown > 0 {
        let noun = if unknown == 1 { "resource" } else { "resources" };
        said.push_str(&format!(" that can be seen; {unknown} {noun} cannot be seen"));
    }
    match status.plan.waiting.len() {
        0 => {}
        1 => said.push_str(", and 1 change waits for that"),
        waiting => said.push_str(&format!(", and {waiting} changes wait for that")),
    }
    said + &match pending {
        0 if !status.plan.waiting.is_empty() => ". No other change is pending.".to_owned(),
        0 => ". No change is pending.".to_owned(),
        1 => ". 1 change is pending; `holdfast plan` shows it.".to_owned(),
        _ => format!(". {pending} changes are pending; `holdfast plan` shows them."),
    }
}

fn in_words(due: &Due) -> String {
    let Due { what, last, on, overdue } = due;
    let last = last.map(|last| format!(", last on {last}")).unwrap_or_default();
    match (on, overdue) {
        (None, _) => format!("OVERDUE: {what}{last}"),
        (Some(on), true) => format!("OVERDUE: {what}, since {on}{last}"),
        (Some(on), false) => format!("Due on {on}: {what}{last}"),
    }
}

fn verdict(status: &Status<'_>) -> String {
    let [missed, unknown, holds] = State::ALL.map(|state| status.count(state));
    // Lag and health would show more than the configuration does.
    let configured = if status.unread.is_empty() { " now" } else { " now, by what is configured" };
    match status.objectives.len() {
        0 => "No service has an objective.".to_owned(),
        1 if holds == 1 => format!("The only objective holds{configured}."),
        all if holds == all => format!("All {all} objectives hold{configured}."),
        all => format!("{holds} of {all} objectives hold{configured}; {missed} missed, {unknown} unknown."),
    }
}
