//! The status as metrics (OpenMetrics 1.0), for a scheduled job whose output a monitoring system reads.

use std::fmt::Write as _;

use super::{State, Status};
use crate::copies::CopyState;
use crate::plan::Measure;

/// The status as an OpenMetrics exposition. Same status, same bytes.
#[must_use]
pub fn metrics(status: &Status<'_>) -> String {
    let mut out = String::new();
    let estate = [("estate", status.plan.context.estate.as_str())];
    family(&mut out, "holdfast_objective_state", "stateset", "Whether an objective holds now.");
    for standing in &status.objectives {
        for state in State::ALL {
            let own = labels(&[
                estate.as_slice(),
                &[("service", &standing.service), ("disruption", &disruption(standing))],
                &[("measure", measure(standing.measure)), ("holdfast_objective_state", state.word())],
            ]);
            let _ = writeln!(out, "holdfast_objective_state{own} {}", u8::from(standing.state == state));
        }
    }
    for (name, help) in [
        ("holdfast_objective_seconds", "The objective."),
        (
            "holdfast_achievable_seconds",
            "What can be met now. Infinite without a limit, missing if nobody can tell.",
        ),
    ] {
        family(&mut out, name, "gauge", help);
        for standing in &status.objectives {
            let value = match (name, standing.seconds, standing.state) {
                ("holdfast_objective_seconds", ..) => standing.objective.to_string(),
                (_, _, State::Unknown) => continue,
                (_, Some(seconds), _) => seconds.to_string(),
                (_, None, _) => "+Inf".to_owned(),
            };
            let own = labels(&[
                estate.as_slice(),
                &[("service", &standing.service), ("disruption", &disruption(standing))],
                &[("measure", measure(standing.measure))],
            ]);
            let _ = writeln!(out, "{name}{own} {value}");
        }
    }
    family(&mut out, "holdfast_copies", "gauge", "Real-time copies by state.");
    let broken = |state: &CopyState| matches!(state, CopyState::Broken(_));
    for (state, count) in [
        ("broken", status.copies(broken)),
        ("new", status.copies(|state| *state == CopyState::New)),
        ("unknown", status.unseen_copies),
        ("works", status.copies(|state| *state == CopyState::Works)),
    ] {
        let _ = writeln!(out, "holdfast_copies{} {count}", labels(&[&estate, &[("state", state)]]));
    }
    for (name, help, count) in [
        ("holdfast_drifted_resources", "Resources changed since the last apply.", status.drifted()),
        ("holdfast_pending_changes", "Changes that a plan would make.", status.plan.pending().count()),
        ("holdfast_unknown_resources", "Resources that cannot be seen.", status.unknown().count()),
        ("holdfast_taken_names", "Names that belong to somebody else.", status.taken().count()),
        ("holdfast_lost_primaries", "Primary buckets that are gone.", status.plan.lost.len()),
        ("holdfast_not_looked_at", "Kinds of facts that nobody has looked at.", status.unread.len()),
        ("holdfast_overdue", "Drills, reviews and waivers that are overdue.", overdue(status)),
    ] {
        family(&mut out, name, "gauge", help);
        let _ = writeln!(out, "{name}{} {count}", labels(&[&estate]));
    }
    out.push_str("# EOF\n");
    out
}

fn overdue(status: &Status<'_>) -> usize {
    status.due.iter().filter(|due| due.overdue).count()
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# TYPE {name} {kind}\n# HELP {name} {help}");
}

/// The name that the language has for a disruption.
fn disruption(standing: &super::Standing) -> String {
    let name = serde_json::to_value(standing.disruption).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Rto => "rto",
        Measure::Rpo => "rpo",
    }
}

/// `{estate="acme",service="pay"}`, escaped (OpenMetrics 1.0, "Text Format: escaping").
fn labels(groups: &[&[(&str, &str)]]) -> String {
    let escaped = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    let each = groups.iter().flat_map(|group| group.iter());
    let each: Vec<String> = each.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", each.join(","))
}
