//! What is due: drills, the review of the continuity plan, and waivers that end.

use crate::drill::Held;
use crate::policy::{Policy, REVIEW_EVERY};
use crate::units::Date;

/// Something with a last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What it is.
    pub what: String,
    /// The day on which it was last done.
    pub last: Option<Date>,
    /// The day on which it is due. `None`: it was never done, so it is due now.
    pub on: Option<Date>,
    /// Whether that day has passed.
    pub overdue: bool,
}

/// Everything that is due, what was never done first, then by day. `held` says when drills were held, as the journal has it.
#[must_use]
pub fn due(policy: &Policy, held: &Held, today: Date) -> Vec<Due> {
    let one = |what: String, last: Option<Date>, on: Option<Date>| {
        // A day in the future on which something was done is a mistake, and no reason to wait.
        let credible = last.is_none_or(|last| last <= today);
        let on = on.filter(|_| credible);
        Due { what, last, on, overdue: on.is_none_or(|on| on < today) }
    };
    let drills = policy.drills.values().map(|drill| {
        let last = held.last(drill);
        one(format!("drill {}", drill.name), last, last.map(|last| last.after(drill.every.0)))
    });
    let review = policy.continuity.iter().map(|plan| {
        let (last, every) = (plan.body.reviewed, plan.body.review_every.unwrap_or(REVIEW_EVERY));
        one("review of the continuity plan".to_owned(), last, last.map(|last| last.after(every)))
    });
    let waivers = policy
        .waivers
        .iter()
        .map(|waiver| one(format!("end of the waiver of {}", waiver.code), None, Some(waiver.until)));
    let mut all: Vec<Due> = drills.chain(review).chain(waivers).collect();
    all.sort_by(|one, other| (one.on, &one.what).cmp(&(other.on, &other.what)));
    all
}
