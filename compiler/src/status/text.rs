//! The status as text for one screen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Due, Standing, State, Status};
use crate::backups::KeptBackups;
use crate::copies::{CopyJob, CopyState};
use crate::diagnostic::Style;
use crate::plan::{Measure, WayHome, awaited_since, posture_text};
use crate::printable::one_line as line;
use crate::signals::{CopyLag, Lag};
use crate::text::{Pen, wrap};
use crate::units::Duration;

/// The status as text: what does not hold first.
#[must_use]
pub fn text(status: &Status<'_>, style: Style) -> String {
    let pen = Pen::new(style);
    let context = &status.plan.context;
    let (cloud, account) = (line(&context.cloud), line(&context.accounts.to_string()));
    let estate = pen.bold(&line(&context.estate));
    let mut out = String::new();
    posture_text(status.plan, &pen, &mut out);
    let _ = writeln!(out, "Estate {estate} in {cloud}, account {account}, on {}", status.today);
    for lost in &status.plan.lost {
        let said = format!("DATA IS GONE: {}.", lost.in_words());
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
    for block in &status.blocks {
        let said = format!(
            "No plan can be made: {}: {}. `holdfast plan` shows the place and the cure.",
            block.code, block.message
        );
        let _ = writeln!(out, "{}", pen.minus(&wrap(&line(&said), 0, pen.width())));
    }
    for taken in status.taken() {
        let said = format!("Taken: {}: {}.", taken.address, taken.reason);
        let _ = writeln!(out, "{}", pen.minus(&wrap(&line(&said), 0, pen.width())));
    }
    for said in [
        Some(run(status)),
        Some(copies(status)),
        jobs(status),
        lags(status),
        ways_home(status),
        backups(status),
        checks(status),
        Some(drift(status)),
    ]
    .into_iter()
    .flatten()
    {
        let _ = writeln!(out, "{}", wrap(&line(&said), 0, pen.width()));
    }
    for sentence in awaited_since(&status.plan.awaited, &status.asked) {
        let said = line(&sentence);
        let _ = writeln!(out, "{}", pen.caution(&wrap(&said, 0, pen.width())));
    }
    for due in &status.due {
        let said = line(&in_words(due));
        let said = wrap(&said, 0, pen.width());
        let _ = writeln!(out, "{}", if due.overdue { pen.caution(&said) } else { said });
    }
    for said in &status.outdated {
        let _ = writeln!(out, "{}", pen.caution(&wrap(&line(said), 0, pen.width())));
    }
    if !status.unread.is_empty() {
        let said = format!("Not seen, and unknown: {}.", status.unread.join("; "));
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

/// `Last run: 3, begun 2026-11-23 10:15:30 UTC, complete.`
fn run(status: &Status<'_>) -> String {
    let Some(run) = &status.last_run else { return "Last run: none.".to_owned() };
    let begun = run.started.get(..19).map(|at| format!("{} UTC", at.replace('T', " ")));
    let begun = begun.unwrap_or_else(|| run.started.clone());
    let ended = match (run.complete, run.ended) {
        (true, _) => "complete",
        (false, "open") => "not ended",
        (false, "finished") => "not all of it done",
        (false, ended) => ended,
    };
    format!("Last run: {}, begun {begun}, {ended}.", run.number)
}

/// `Backups: 2 of 2 in time; the oldest is payments.ledger at ireland, 5 h 2 min old.`
fn backups(status: &Status<'_>) -> Option<String> {
    let all = &status.plan.backups;
    if all.is_empty() {
        return None;
    }
    let faults: Vec<String> = all.iter().filter_map(KeptBackups::any_fault).collect();
    let newest = all.iter().filter_map(|backup| Some((backup.newest()?, backup)));
    let oldest = newest.max_by_key(|(newest, _)| newest.age);
    let oldest = oldest.map(|(newest, backup)| {
        let KeptBackups { service, data, site, .. } = backup;
        format!("; the oldest is of {service}.{data} at `{site}`, {}", newest.in_words())
    });
    let failed = all.iter().filter_map(|backup| Some((backup, backup.job_fault()?)));
    let failed = failed.map(|(KeptBackups { service, data, site, .. }, fault)| {
        let ago = fault.age.in_minutes_down().in_words();
        format!("the last job for {service}.{data} at `{site}`, {ago} ago, {}", fault.said)
    });
    let faults = faults.into_iter().chain(failed).map(|fault| format!("; {fault}")).collect::<String>();
    Some(format!(
        "Backups: {} of {} in time{}{faults}.",
        all.len() - all.iter().filter(|backup| backup.fault().is_some()).count(),
        all.len(),
        oldest.unwrap_or_default()
    ))
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

/// ``Backfill: acme-ledger, the job `x` copies them, 4512 of 50000 until now.`` A job that is done is not told.
fn jobs(status: &Status<'_>) -> Option<String> {
    let all = status.plan.copies.iter();
    let all: BTreeMap<&str, &CopyJob> = all
        .filter_map(|copy| Some((copy.from.as_str(), copy.job.as_ref().filter(|job| !job.is_done())?)))
        .collect();
    let said: Vec<String> =
        all.into_iter().map(|(from, job)| format!("{from}, {}", job.in_words())).collect();
    (!said.is_empty()).then(|| format!("Backfill: {}.", said.join("; ")))
}

/// `Lag: the worst of 3 copies is payments.ledger at oregon, 12 s behind.` Copies on which changes failed are all named.
fn lags(status: &Status<'_>) -> Option<String> {
    let all = status.plan.lags.iter();
    let seen: Vec<(&CopyLag, &Lag)> =
        all.filter_map(|one| Some((one, one.seen.as_ref().ok().filter(|lag| lag.is_measured())?))).collect();
    let worst = seen.iter().max_by_key(|(_, lag)| (lag.failed, lag.behind, lag.pending))?;
    let failed = seen.iter().filter(|(_, lag)| lag.failed.is_some_and(|failed| failed > 0));
    let named: Vec<&(&CopyLag, &Lag)> =
        std::iter::once(worst).chain(failed.filter(|one| one.0 != worst.0)).collect();
    let named: Vec<String> = named
        .into_iter()
        .map(|(copy, lag)| format!("{}.{} at `{}`, {}", copy.service, copy.data, copy.site, lag.in_words()))
        .collect();
    let count = match seen.len() {
        1 => "the measured copy".to_owned(),
        count => format!("the worst of {count} measured copies"),
    };
    Some(format!("Lag: {count} is {}.", named.join("; ")))
}

/// `Ways home: payments.ledger: …` Only those on which something is on its way, or has failed.
fn ways_home(status: &Status<'_>) -> Option<String> {
    let lacking = status.plan.ways_home.iter().filter(|way| way.lacks());
    let lacking: Vec<String> = lacking.map(WayHome::in_words).collect();
    (!lacking.is_empty()).then(|| format!("Ways home: {}.", lacking.join("; ")))
}

/// `Health checks: 4 of 5 pass; failing: payments.api at oregon.` What was not seen is never among those that do not pass.
fn checks(status: &Status<'_>) -> Option<String> {
    let all = &status.plan.checks;
    let passing = all.iter().filter(|check| check.passes == Ok(Some(true))).count();
    let failing = all.iter().filter(|check| check.passes == Ok(Some(false)));
    let failing: Vec<String> =
        failing.map(|check| format!("{}.{} at `{}`", check.service, check.traffic, check.site)).collect();
    let failing_count = failing.len();
    if all.is_empty() {
        return None;
    }
    let list = if failing.is_empty() { String::new() } else { format!("; failing: {}", failing.join(", ")) };
    let unseen = all.len() - passing - failing_count;
    Some(match unseen {
        0 => format!("Health checks: {passing} of {} pass{list}.", all.len()),
        _ if unseen == all.len() => {
            format!("Health checks: whether they pass is unknown for all {unseen}.")
        }
        _ => format!("Health checks: {passing} of {} pass{list}; {unseen} cannot be seen.", all.len()),
    })
}

fn drift(status: &Status<'_>) -> String {
    let (drifted, pending) = (status.drifted(), status.plan.pending().count());
    if !status.blocks.is_empty() {
        return match drifted {
            0 => "Drift: unknown, because no plan can be made.".to_owned(),
            1 => "Drift: 1 resource differs from the last apply, and perhaps more: no plan can be made."
                .to_owned(),
            _ => format!(
                "Drift: {drifted} resources differ from the last apply, and perhaps more: no plan can be made."
            ),
        };
    }
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
    // What nobody has looked at would show more than the configuration does.
    let configured = if status.unread.is_empty() { " now" } else { " now, by what is configured" };
    match status.objectives.len() {
        0 => "No service has an objective.".to_owned(),
        1 if holds == 1 => format!("The only objective holds{configured}."),
        all if holds == all => format!("All {all} objectives hold{configured}."),
        all => format!("{holds} of {all} objectives hold{configured}; {missed} missed, {unknown} unknown."),
    }
}
