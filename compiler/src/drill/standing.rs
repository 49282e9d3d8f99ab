//! Where each declared drill stands on a day.

use super::{Finding, Held, Outcome};
use crate::policy::{Drill, Policy};
use crate::units::Date;

/// Where a drill stands.
#[derive(Debug, Clone)]
pub struct Standing<'p> {
    /// The drill.
    pub drill: &'p Drill,
    /// How it stands.
    pub state: State,
    /// The day on which it was last held. `None`: never.
    pub last: Option<Date>,
    /// How the journal says that it ended, with the number of the run. `None`: the journal has no record of it as it is declared now.
    pub outcome: Option<(Outcome, u64)>,
    /// The day on which it is due. `None`: it was never held, so it is due now.
    pub due: Option<Date>,
    /// What the policy and the journal say differently.
    pub contradiction: Option<String>,
    /// What was found when it was last held. Nothing says whether it was settled since: the next time shows it.
    pub findings: Vec<Finding>,
    /// What no longer is as the last record of it shows.
    pub outdated: Vec<String>,
}

/// How a drill stands. The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its day has passed.
    Overdue,
    /// It was never held.
    Never,
    /// It failed when it was last held.
    Failed,
    /// The policy says that it was held, and nothing says how it went.
    Unknown,
    /// It passed when it was last held, and is not due yet.
    Passed,
}

impl State {
    /// As a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Never => "never held",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Passed => "passed",
        }
    }
}

/// Where all drills stand, the worst first, then by the day on which they are due.
#[must_use]
pub fn standings<'p>(policy: &'p Policy, held: &Held, today: Date) -> Vec<Standing<'p>> {
    let mut outdated = held.outdated(policy, Some(today));
    let mut one = |drill: &'p Drill| Standing {
        outdated: outdated.remove(&drill.name).unwrap_or_default(),
        ..of(drill, held, today)
    };
    let mut all: Vec<Standing<'p>> = policy.drills.values().map(&mut one).collect();
    all.sort_by(|one, other| {
        (one.state, one.due, &one.drill.name).cmp(&(other.state, other.due, &other.drill.name))
    });
    all
}

fn of<'p>(drill: &'p Drill, held: &Held, today: Date) -> Standing<'p> {
    let record = held.record(drill);
    // A day that is still to come is a mistake, and no reason to wait.
    let last = held.last(drill).filter(|last| *last <= today);
    let due = last.map(|last| last.after(drill.every.0));
    // A record is about the last time only if the policy names no later one.
    let newest = record.filter(|record| Some(record.on) == last);
    let state = match (due, newest) {
        (None, _) => State::Never,
        (Some(due), _) if due < today => State::Overdue,
        (_, Some(record)) if record.outcome == Outcome::Passed => State::Passed,
        (_, Some(_)) => State::Failed,
        (_, None) => State::Unknown,
    };
    // What was held under this name before the drill was changed does not count, and is said.
    let changed = held.newest(drill).and_then(|newest| newest.differs(drill));
    let contradiction = match (drill.last, record) {
        (Some((said, _)), _) if said > today => {
            Some(format!("the policy says that it was held on {said}, which is still to come"))
        }
        _ if changed.is_some() => changed,
        (Some((said, _)), Some(record)) if said != record.on => Some(format!(
            "the policy says that it was last held on {said}, and the journal has {} (run {}): remove `last` from the policy",
            record.on, record.run
        )),
        _ => None,
    };
    let outcome = newest.map(|record| (record.outcome, record.run));
    let findings = newest.map(|record| record.findings.clone()).unwrap_or_default();
    Standing { drill, state, last, outcome, due, contradiction, findings, outdated: Vec::new() }
}
