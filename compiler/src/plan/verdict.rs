//! What a plan means for the objectives, in one sentence.

use std::fmt;

use super::{Effect, Plan};
use crate::policy::Judgement;

/// How many objectives are not met after the apply, and how many become weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Objectives of services after the apply.
    pub objectives: usize,
    /// Of these, those that are not met; unknown ones count.
    pub missed: usize,
    /// Of these, those that are worse than today.
    pub weaker: usize,
    /// Of these, those of which nobody can tell, because something that they rest on could not be seen.
    pub unknown: usize,
    /// The statements of the policies that protect less than before.
    pub policy: usize,
    /// Whether nobody can tell what changed in the policies.
    pub policy_unknown: bool,
}

impl Verdict {
    /// Whether nothing is missed or becomes weaker.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        (self.missed, self.weaker, self.policy, self.policy_unknown) == (0, 0, 0, false)
    }
}

impl Plan {
    /// The verdict; `None` for a partial plan, whose effect is unknown.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        if !self.targets.is_empty() {
            return None;
        }
        let count = |wanted: fn(&Effect) -> bool| self.objectives.iter().filter(|one| wanted(one)).count();
        Some(Verdict {
            objectives: self.objectives.len(),
            missed: count(|effect| !effect.met()),
            weaker: count(Effect::is_weaker),
            unknown: count(|effect| effect.after.is_unknown()),
            policy: self.policy_changes.as_ref().map_or(0, |changes| changes.count(Judgement::Weaker)),
            policy_unknown: self.policy_changes.as_ref().is_some_and(|changes| changes.unknown.is_some()),
        })
    }
}

/// `2 of 8 objectives are not met, 1 becomes weaker`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { objectives, missed, weaker, unknown, policy, policy_unknown } = *self;
        let are = if missed == 1 { "is" } else { "are" };
        let noun = if objectives == 1 { "objective" } else { "objectives" };
        match (missed, objectives) {
            (_, 0) => f.write_str("no service has an objective")?,
            (0, 1) => f.write_str("the only objective is met")?,
            (0, _) => write!(f, "all {objectives} {noun} are met")?,
            (_, _) => write!(f, "{missed} of {objectives} {noun} {are} not met")?,
        }
        match weaker {
            0 if unknown > 0 => f.write_str(", none is known to become weaker"),
            0 => f.write_str(", none becomes weaker"),
            1 => f.write_str(", 1 becomes weaker"),
            _ => write!(f, ", {weaker} become weaker"),
        }?;
        match policy {
            _ if policy_unknown => f.write_str("; policies: changes unknown"),
            0 => Ok(()),
            _ => write!(f, "; policies: {policy} weaker"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_reads_as_a_sentence() {
        let said = |objectives, missed, weaker| {
            Verdict { objectives, missed, weaker, ..Verdict::default() }.to_string()
        };
        assert_eq!(said(8, 0, 0), "all 8 objectives are met, none becomes weaker");
        assert_eq!(said(8, 1, 1), "1 of 8 objectives is not met, 1 becomes weaker");
        assert_eq!(said(9, 2, 2), "2 of 9 objectives are not met, 2 become weaker");
        assert_eq!(said(1, 0, 0), "the only objective is met, none becomes weaker");
        assert_eq!(said(0, 0, 0), "no service has an objective, none becomes weaker");
        let verdict = Verdict { objectives: 8, policy: 2, ..Verdict::default() };
        assert_eq!(verdict.to_string(), "all 8 objectives are met, none becomes weaker; policies: 2 weaker");
    }
}
