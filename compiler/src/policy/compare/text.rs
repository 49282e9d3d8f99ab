//! The changes of the policies for a reviewer.

use std::fmt::Write as _;

use super::{Judgement, PolicyChange, PolicyChanges};
use crate::printable::one_line;
use crate::text::{Pen, wrap};

/// Write the changes, the weaker ones first.
pub(crate) fn text(changes: &PolicyChanges, pen: &Pen, out: &mut String) {
    let head = pen.bold(&format!("Policy changes since {}", one_line(&changes.since)));
    if let Some(because) = &changes.unknown {
        let text = wrap(&format!("! unknown: {}", one_line(because)), 2, pen.width());
        let _ = writeln!(out, "\n{head}\n{}", pen.caution(&text));
        return;
    }
    if changes.changes.is_empty() {
        let _ = writeln!(out, "\n{head}: none");
        return;
    }
    let _ = writeln!(out, "\n{head}");
    let mut above = None;
    for change in &changes.changes {
        if above != Some(change.judgement) {
            let heading = match change.judgement {
                Judgement::Weaker => pen.minus("weaker"),
                Judgement::Stronger => pen.plus("stronger"),
                Judgement::Neutral => "neither".to_owned(),
            };
            let _ = writeln!(out, "  {heading}");
            above = Some(change.judgement);
        }
        let _ = writeln!(out, "{}", wrap(&words(change), 4, pen.width()));
        let was = if change.after.is_none() { "was " } else { "" };
        let _ = writeln!(out, "      {}", pen.dim(&one_line(&format!("{was}at {}", change.place))));
    }
}

/// `service payments, objectives.rto: 1h → 4h`.
pub(crate) fn words(change: &PolicyChange) -> String {
    let PolicyChange { document, path, before, after, means, .. } = change;
    let what = if path.is_empty() { document.clone() } else { format!("{document}, {path}") };
    let value = match (before, after) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (None, Some(_)) if path.is_empty() => "new".to_owned(),
        (None, Some(after)) => format!("{after}, new"),
        (Some(_), None) if path.is_empty() => "gone".to_owned(),
        (Some(before), None) => format!("{before}, gone"),
        (None, None) => String::new(),
    };
    let means = means.as_ref().map(|means| format!(" ({means})")).unwrap_or_default();
    format!("{what}: {value}{means}")
}
