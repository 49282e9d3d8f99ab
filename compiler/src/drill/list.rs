//! Where the drills stand, as text and as versioned JSON.
//!
//! ```text
//! format_version  "1.2": 1.x only adds fields; a field never changes its meaning
//! estate, today
//! drills[]        {name, type, state (overdue | never held | failed | unknown | passed), last, outcome (passed | failed) and run of
//!                 the journal or null, due (null: now), every_days, services[], lead, contradiction (null: none),
//!                 findings[]: {cause, owner or null, due or null} of the last time,
//!                 outdated[]: what no longer is as the record shows it}; the worst first
//! ```

use std::fmt::Write as _;

use serde_json::json;

use super::{Finding, Standing, State};
use crate::diagnostic::Style;
use crate::policy::Policy;
use crate::printable::one_line as line;
use crate::text::{Pen, wrap};
use crate::units::Date;

/// The drills as text, one each.
#[must_use]
pub fn text(standings: &[Standing<'_>], today: Date, style: Style) -> String {
    let pen = Pen::new(style);
    if standings.is_empty() {
        return "The policies declare no drill. What was never tried is a guess.\n".to_owned();
    }
    let mut out = String::new();
    for one in standings {
        let word = one.state.word();
        let state = match one.state {
            State::Overdue | State::Never | State::Failed => pen.minus(word),
            State::Unknown => pen.caution(word),
            State::Passed => pen.plus(word),
        };
        let _ = writeln!(out, "{} ({}): {state}", pen.bold(&line(one.drill.name.as_str())), one.drill.form.0);
        let _ = writeln!(out, "{}", wrap(&line(&in_words(one, today)), 2, pen.width()));
        if let Some(found) = found(one, today) {
            let _ = writeln!(out, "{}", pen.caution(&wrap(&format!("! {}", line(&found)), 2, pen.width())));
        }
        for caution in one.contradiction.iter().chain(&one.outdated) {
            let _ = writeln!(out, "{}", pen.caution(&wrap(&format!("! {}", line(caution)), 2, pen.width())));
        }
    }
    out
}

/// `Last held on 2026-11-30, passed (run 7); due on 2027-11-30.`
fn in_words(one: &Standing<'_>, today: Date) -> String {
    let last = match (one.last, one.outcome) {
        (None, _) => "Never held".to_owned(),
        (Some(last), Some((outcome, run))) => format!("Last held on {last}, {outcome} (run {run})"),
        (Some(last), None) => {
            format!(
                "Last held on {last} as the policy says; the journal has no record of it, so its result is unknown"
            )
        }
    };
    let due = match one.due {
        None => "due now".to_owned(),
        Some(due) if due < today => format!("due since {due}, {} days ago", due.days_until(today)),
        Some(due) => format!("due on {due}"),
    };
    format!("{last}; {due}.")
}

/// `2 findings, the first due on 2026-12-30 (alice): payments cannot be restored`.
fn found(one: &Standing<'_>, today: Date) -> Option<String> {
    let first = one.findings.iter().min_by_key(|finding| &finding.due)?;
    let noun = if one.findings.len() == 1 { "finding" } else { "findings" };
    let due = match first.due.as_deref().and_then(Date::parse) {
        None => "without a day on which it is due".to_owned(),
        Some(due) if due < today => format!("due since {due}, and the drill was not held again"),
        Some(due) => format!("due on {due}"),
    };
    let owner = first.owner.as_deref().unwrap_or("nobody");
    Some(format!("{} {noun}, the first {due} ({owner}): {}", one.findings.len(), first.cause))
}

fn in_json(finding: &Finding) -> serde_json::Value {
    json!({ "cause": finding.cause, "owner": finding.owner, "due": finding.due })
}

/// The drills as JSON. The same standings give the same bytes.
#[must_use]
pub fn json(policy: &Policy, standings: &[Standing<'_>], today: Date) -> String {
    let date = |date: Option<Date>| date.map(|date| date.to_string());
    let drills: Vec<_> = standings
        .iter()
        .map(|one| {
            json!({
                "name": one.drill.name.as_str(),
                "type": one.drill.form.0.to_string(),
                "state": one.state.word(),
                "last": date(one.last),
                "outcome": one.outcome.map(|(outcome, _)| outcome),
                "run": one.outcome.map(|(_, run)| run),
                "due": date(one.due),
                "every_days": one.drill.every.0.as_days(),
                "services": one.drill.services.keys().map(|name| name.as_str()).collect::<Vec<_>>(),
                "lead": one.drill.lead.as_ref().map(|lead| lead.as_str()),
                "contradiction": one.contradiction,
                "findings": one.findings.iter().map(in_json).collect::<Vec<_>>(),
                "outdated": one.outdated,
            })
        })
        .collect();
    let document = json!({
        "format_version": "1.2",
        "estate": policy.estate.as_str(),
        "today": today.to_string(),
        "drills": drills,
    });
    format!("{document:#}\n")
}
