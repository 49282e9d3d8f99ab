//! What is overdue on a date that the user gives.

use crate::diagnostic::{Diagnostic, codes};
use crate::objectives::MEASUREMENT_HOLDS;
use crate::policy::{Assumed, Policy, REVIEW_EVERY, Setting};
use crate::source::Span;
use crate::units::Date;

/// Measurements that are too old to count, or in the future.
pub(super) fn old_measurements(policy: &Policy, as_of: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(today) = as_of else { return };
    let mut places: Vec<(Span, Date)> = Vec::new();
    for service in policy.services.values() {
        let given = &service.assumptions;
        let times = [Some(&given.keep_alive), Some(&given.resolver_slack), Some(&given.health_propagation)];
        let times = times
            .into_iter()
            .chain([&given.detection, &given.noticed, &given.backup_copy].map(Option::as_ref));
        places.extend(times.flatten().filter_map(measured));
        places.extend(given.restore_throughput.as_ref().and_then(measured));
        places.extend(service.data.values().filter_map(|set| set.size.as_ref().and_then(measured)));
        places.extend(service.data.values().filter_map(|set| set.backfilled.as_ref().and_then(measured)));
    }
    // A measurement of a tier or the estate is reported once, however many services use it.
    places.sort_unstable();
    places.dedup();
    for (span, day) in
        places.into_iter().filter(|(_, day)| day.after(MEASUREMENT_HOLDS) < today || *day > today)
    {
        let (message, label, help) = if day > today {
            (
                "the measurement is dated in the future".to_owned(),
                "in the future",
                "state the day it was measured",
            )
        } else {
            let message = format!("the measurement is {} days old", day.days_until(today));
            let help = "measure again, for example in a drill; until then it counts as attested";
            (message, "no longer counts as measured", help)
        };
        out.push(Diagnostic::new(codes::OLD_MEASUREMENT, message).at(span, label).help(help));
    }
}

fn measured<T>(setting: &Setting<Assumed<T>>) -> Option<(Span, Date)> {
    setting.origin.span().zip(setting.value.measured)
}

/// A continuity plan whose review is overdue.
pub(super) fn review_overdue(policy: &Policy, as_of: Option<Date>, out: &mut Vec<Diagnostic>) {
    let (Some(today), Some(plan)) = (as_of, &policy.continuity) else { return };
    let Some(reviewed) = plan.body.reviewed else { return };
    if reviewed > today {
        out.push(
            Diagnostic::new(codes::REVIEW_OVERDUE, "the review of the plan is dated in the future")
                .at(plan.span(&["reviewed".into()]), "in the future")
                .help("state the day it was reviewed"),
        );
        return;
    }
    let due = reviewed.after(plan.body.review_every.unwrap_or(REVIEW_EVERY));
    if due < today {
        let message = format!("the review of the plan is {} days overdue", due.days_until(today));
        out.push(
            Diagnostic::new(codes::REVIEW_OVERDUE, message)
                .at(plan.span(&["reviewed".into()]), format!("due on {due}"))
                .help("review it, and record the day"),
        );
    }
}

/// A drill that is overdue or was never held.
pub(super) fn drill_overdue(policy: &Policy, as_of: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(today) = as_of else { return };
    for drill in policy.drills.values() {
        let (message, span, label) = match drill.last {
            None => (format!("drill `{}` was never held", drill.name), drill.span, "no `last`".to_owned()),
            Some((last, span)) if last > today => {
                (format!("drill `{}` is dated in the future", drill.name), span, "in the future".to_owned())
            }
            Some((last, span)) => {
                let due = last.after(drill.every.0);
                if due >= today {
                    continue;
                }
                let message = format!("drill `{}` is {} days overdue", drill.name, due.days_until(today));
                (message, span, format!("due on {due}"))
            }
        };
        out.push(
            Diagnostic::new(codes::DRILL_OVERDUE, message)
                .at(span, label)
                .help("hold it, and record the day it was held"),
        );
    }
}
