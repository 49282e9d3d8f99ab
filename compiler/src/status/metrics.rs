//! The status as metrics (OpenMetrics 1.0), for a scheduled job whose output a monitoring system reads.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Standing, State, Status};
use crate::copies::CopyState;
use crate::plan::Measure;
use crate::signals::{CopyLag, Lag};
use crate::units::Duration;

/// What only a plan says.
const DRIFTED: &str = "holdfast_drifted_resources";
/// See [`DRIFTED`].
const PENDING: &str = "holdfast_pending_changes";

/// The status as an OpenMetrics exposition. Same status, same bytes.
#[must_use]
pub fn metrics(status: &Status<'_>) -> String {
    let mut out = String::new();
    let estate = [("estate", status.plan.context.estate.as_str())];
    let of = |standing: &Standing, more: &[(&str, &str)]| {
        let (disruption, measure) = (disruption(standing), measure(standing.measure));
        let own = [("service", standing.service.as_str()), ("disruption", &disruption), ("measure", measure)];
        labels(&[&estate, &own, more])
    };
    family(&mut out, "holdfast_objective_state", "stateset", "Whether an objective holds now.");
    for standing in &status.objectives {
        for state in State::ALL {
            let labels = of(standing, &[("holdfast_objective_state", state.word())]);
            let _ = writeln!(out, "holdfast_objective_state{labels} {}", u8::from(standing.state == state));
        }
    }
    family(&mut out, "holdfast_objective_seconds", "gauge", "The objective.");
    for standing in &status.objectives {
        let _ = writeln!(out, "holdfast_objective_seconds{} {}", of(standing, &[]), standing.objective);
    }
    let help = "What can be met now. Infinite without a limit, missing if nobody can tell.";
    family(&mut out, "holdfast_achievable_seconds", "gauge", help);
    for standing in status.objectives.iter().filter(|standing| standing.state != State::Unknown) {
        let seconds = standing.seconds.map_or("+Inf".to_owned(), |seconds| seconds.to_string());
        let _ = writeln!(out, "holdfast_achievable_seconds{} {seconds}", of(standing, &[]));
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
    measured(status, &estate, &mut out);
    if !status.plan.backups.is_empty() {
        let help =
            "Age of the newest complete backup. Infinite if there is none, missing if it cannot be seen.";
        family(&mut out, "holdfast_backup_age_seconds", "gauge", help);
        let mut said = BTreeSet::new();
        for backup in &status.plan.backups {
            let Ok(newest) = &backup.seen.newest else { continue };
            let age = newest.map_or("+Inf".to_owned(), |newest| newest.age.as_seconds().to_string());
            let days = backup.days.to_string();
            let vault = backup.vault.as_deref().unwrap_or_default();
            let own = [("service", backup.service.as_str()), ("data", &backup.data), ("site", &backup.site)];
            let more = [("vault", vault), ("keep_days", days.as_str())];
            let line = format!("holdfast_backup_age_seconds{} {age}", labels(&[&estate, &own, &more]));
            // Several schedules can keep backups in one vault for as long.
            if said.insert(line.clone()) {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    let failed = status.plan.backups.iter().filter(|backup| backup.job_fault().is_some()).count();
    let late = status.plan.backups.iter().filter(|backup| backup.fault().is_some()).count();
    for (name, help, count) in [
        ("holdfast_late_backups", "Backups at a site that are missing, too old or unseen.", late),
        (
            "holdfast_failed_backup_jobs",
            "Schedules at a site whose last job failed or lost something.",
            failed,
        ),
        (
            DRIFTED,
            "Resources changed since the last apply. Missing if no plan can be made.",
            status.drifted(),
        ),
        (
            PENDING,
            "Changes that a plan would make. Missing if none can be made.",
            status.plan.pending().count(),
        ),
        ("holdfast_plan_findings", "Findings that keep a plan from being made.", status.blocks.len()),
        ("holdfast_unknown_resources", "Resources that cannot be seen.", status.unknown().count()),
        ("holdfast_taken_names", "Names that belong to somebody else.", status.taken().count()),
        ("holdfast_lost_primaries", "Primary buckets that are gone.", status.plan.lost.len()),
        ("holdfast_not_looked_at", "Kinds of facts that nobody has looked at.", status.unread.len()),
        ("holdfast_overdue", "Drills, reviews and waivers that are overdue.", overdue(status)),
    ] {
        if !status.blocks.is_empty() && [DRIFTED, PENDING].contains(&name) {
            continue;
        }
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
fn disruption(standing: &Standing) -> String {
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

/// How far copies are behind, and whether health checks pass: only what has a figure.
fn measured(status: &Status<'_>, estate: &[(&str, &str)], out: &mut String) {
    let lags = || status.plan.lags.iter().filter_map(|one| Some((one, one.seen.as_ref().ok()?)));
    let of = |one: &CopyLag| {
        let own = [("service", one.service.as_str()), ("data", &one.data), ("site", &one.site)];
        labels(&[estate, &own])
    };
    type Figure = fn(&Lag) -> Option<u64>;
    let families: [(&str, &str, Figure); 4] = [
        ("holdfast_copy_behind_seconds", "Age of the oldest change that is not in the copy.", |lag| {
            lag.behind.map(Duration::as_seconds)
        }),
        ("holdfast_copy_pending_changes", "Changes on their way to the copy.", |lag| lag.pending),
        ("holdfast_copy_pending_bytes", "Bytes on their way to the copy.", |lag| lag.bytes),
        ("holdfast_copy_failed_changes", "Changes of the last day whose copy failed.", |lag| lag.failed),
    ];
    for (name, help, figure) in families {
        let lines: Vec<String> =
            lags().filter_map(|(one, lag)| Some(format!("{name}{} {}", of(one), figure(lag)?))).collect();
        if !lines.is_empty() {
            family(out, name, "gauge", help);
            lines.iter().for_each(|line| {
                let _ = writeln!(out, "{line}");
            });
        }
    }
    let checks: Vec<String> = status
        .plan
        .checks
        .iter()
        .filter_map(|one| {
            let own = [("service", one.service.as_str()), ("traffic", &one.traffic), ("site", &one.site)];
            let passes = one.passes.as_ref().ok().copied().flatten()?;
            Some(format!("holdfast_health_check_passes{} {}", labels(&[estate, &own]), u8::from(passes)))
        })
        .collect();
    if !checks.is_empty() {
        family(out, "holdfast_health_check_passes", "gauge", "Whether the health check of a site passes.");
        checks.iter().for_each(|line| {
            let _ = writeln!(out, "{line}");
        });
    }
}
