//! Drift only, for a scheduled job: what somebody has changed in the cloud since the last apply, and settings that no policy
//! manages and that decide an objective. Empty if there is none.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::pretty::brief;
use super::unknown;
use super::{Action, Cause, Change, Plan, Step};
use crate::diagnostic::Style;
use crate::printable::one_line as line;
use crate::text::{Pen, wrap};

impl Plan {
    /// The steps with drift as a cause.
    pub fn drifted(&self) -> impl Iterator<Item = &Step> {
        self.pending().filter(|step| step.cause.is_some_and(Cause::is_drift) && !self.is_second(step))
    }

    /// Whether a step is the second half of an update whose first half tells all its drift.
    fn is_second(&self, step: &Step) -> bool {
        let told = |change: &Change| {
            let first = self.steps.iter().filter(|first| first.address == step.address && !first.is_late());
            first.flat_map(|first| &first.changes).any(|first| first.name == change.name)
        };
        step.is_late() && step.changes.iter().filter(|change| change.cause.is_drift()).all(told)
    }

    /// The plan with only the steps and changes that drifted.
    #[must_use]
    pub fn only_drift(mut self) -> Self {
        self.policy_changes = None;
        self.steps.retain(|step| step.cause.is_some_and(Cause::is_drift));
        self.steps.iter_mut().for_each(|step| step.changes.retain(|change| change.cause.is_drift()));
        self
    }
}

/// Drift as text, with foreign settings, which are not counted, and what could not be seen: that may have drifted too.
/// Empty if there is none of these.
#[must_use]
pub fn drift(plan: &Plan, style: Style) -> String {
    let plan = &*plan.shown();
    let steps: Vec<&Step> = plan.drifted().collect();
    let foreign = &plan.foreign;
    let mut out = String::new();
    if steps.is_empty() && foreign.is_empty() && !plan.is_partial() {
        return out;
    }
    let pen = Pen::new(style);
    let context = &plan.context;
    let _ = writeln!(
        out,
        "Estate {} in {}, account {}",
        pen.bold(&line(&context.estate)),
        line(&context.cloud),
        line(&context.accounts.to_string())
    );
    for step in &steps {
        let _ = writeln!(out, "\n  {} {}", pen.caution("≠"), pen.bold(&line(step.id.as_str())));
        let _ = writeln!(out, "{}", pen.dim(&wrap(&line(&step.purpose), 6, pen.width())));
        if step.action == Action::Create {
            let _ = writeln!(out, "      somebody has removed it");
        } else {
            step.changes.iter().filter(|change| change.cause.is_drift()).for_each(|change| {
                let _ = writeln!(out, "{}", wrap(&line(&words(change)), 6, pen.width()));
            });
        }
    }
    for found in foreign {
        let _ = writeln!(out, "\n{}", pen.caution(&wrap(&format!("! {}.", line(found)), 2, pen.width())));
    }
    unknown::text(plan, &pen, &mut out);
    let count = steps.iter().map(|step| &step.address).collect::<BTreeSet<_>>().len();
    let noun = if count == 1 { "resource differs" } else { "resources differ" };
    let _ = writeln!(out, "\n{}", pen.bold(&format!("Drift: {count} {noun} from the last apply.")));
    out
}

fn words(change: &Change) -> String {
    let Change { name, before, applied, .. } = change;
    match applied {
        Some(applied) => format!("{name}: {} when last applied, {} now", brief(applied), brief(before)),
        None => format!("{name}: {} now", brief(before)),
    }
}
