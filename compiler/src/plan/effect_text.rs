//! The effect of a plan on the objectives, as text.

use std::fmt::Write as _;

use super::effect::Effect;
use crate::diagnostic::Style;
use crate::printable::one_line;
use crate::text::{Pen, wrap};
use crate::units::Duration;

/// The objectives that the plan changes, and those that are not met, as [`text`](super::text()) shows them.
#[must_use]
pub fn objectives(effects: &[Effect], style: Style) -> String {
    let mut out = String::new();
    text(effects, &Pen::new(style), &mut out);
    out
}

/// The first thing that a reviewer reads: objectives that change, and those that are not met.
pub(super) fn text(effects: &[Effect], pen: &Pen, out: &mut String) {
    let worth: Vec<&Effect> = effects.iter().filter(|effect| effect.changes() || !effect.met()).collect();
    if worth.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", pen.bold("Objectives"));
    let mut above = None;
    for effect in worth {
        let head = (&effect.service, effect.disruption);
        if above != Some(head) {
            let _ = writeln!(out, "  {}, {}", one_line(&effect.service), effect.disruption);
            above = Some(head);
        }
        line(effect, pen, out);
    }
}

/// `    RTO  11 min 48 s → 7 min 48 s, 4 min less · within 1 h, attested`.
fn line(effect: &Effect, pen: &Pen, out: &mut String) {
    let verdict = verdict(effect);
    let verdict = match (effect.met(), effect.after.is_unknown()) {
        (true, _) => verdict,
        (false, true) => pen.caution(&verdict),
        (false, false) => pen.minus(&verdict),
    };
    let _ = writeln!(out, "    {}  {} · {verdict}", effect.measure.word(), pen.bold(&movement(effect)));
    if let Some(because) = effect.after.because.as_ref().filter(|_| !effect.met()) {
        let _ = writeln!(out, "{}", pen.caution(&wrap(&format!("! {}", one_line(because)), 9, pen.width())));
    }
}

/// `11 min 48 s → 7 min 48 s, 4 min less`.
pub(super) fn movement(effect: &Effect) -> String {
    let after = effect.after.in_words();
    match &effect.before {
        None => format!("{after}, new"),
        Some(before) if *before == effect.after => after,
        Some(before) if before.seconds.is_none() && before.in_words() == after => after,
        Some(before) => {
            let difference =
                before.seconds.zip(effect.after.seconds).map(|(before, after)| match after.cmp(&before) {
                    std::cmp::Ordering::Less => {
                        format!(", {} less", Duration::seconds(before - after).in_words())
                    }
                    std::cmp::Ordering::Greater => {
                        format!(", {} more", Duration::seconds(after - before).in_words())
                    }
                    std::cmp::Ordering::Equal => String::new(),
                });
            format!("{} → {after}{}", before.in_words(), difference.unwrap_or_default())
        }
    }
}

/// `within 1 h, attested` or `NOT MET: objective 1 h`.
pub(super) fn verdict(effect: &Effect) -> String {
    let objective = effect.objective.map(|seconds| Duration::seconds(seconds).in_words()).unwrap_or_default();
    if effect.met() {
        format!("within {objective}, {}", effect.after.assurance.replace("sla", "SLA"))
    } else if effect.after.is_unknown() {
        format!("counts as not met: objective {objective}")
    } else {
        format!("NOT MET: objective {objective}")
    }
}
