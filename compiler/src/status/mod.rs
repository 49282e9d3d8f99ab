//! The live estate against its objectives: what holds now, what does not, and what nobody can tell.
//!
//! A plan says what the cloud can meet today. Some of that rests on backups that nobody has looked at: the policy says that
//! somebody makes them. Such an objective is unknown, not kept.

mod due;
mod json;
mod metrics;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::copies::CopyState;
use crate::diagnostic::Diagnostic;
use crate::document::Disruption;
use crate::drill::Held;
use crate::plan::{Asked, Effect, Measure, Plan, Unknown};
use crate::policy::Policy;
use crate::resource::{Address, Lifecycle};
use crate::units::Date;
pub use due::{Due, due};
pub use json::{FORMAT_VERSION, json};
pub use metrics::metrics;
pub use text::text;

/// Where an estate stands.
#[derive(Debug)]
pub struct Status<'a> {
    /// What the cloud and the policies say.
    pub plan: &'a Plan,
    /// What keeps a plan from being made. Nobody can tell then what an apply would change, nor all that has drifted.
    pub blocks: Vec<Diagnostic>,
    /// Which run asked somebody to do what a resource waits for, as far as that is known.
    pub asked: BTreeMap<Address, Asked>,
    /// The day on which something is due or overdue.
    pub today: Date,
    /// The last run of the journal for this estate and cloud.
    pub last_run: Option<LastRun>,
    /// The objectives, missed ones first, then those that nobody can tell.
    pub objectives: Vec<Standing>,
    /// What is due, the earliest first.
    pub due: Vec<Due>,
    /// What no longer is as the last record of a drill shows it, each as a sentence.
    pub outdated: Vec<String>,
    /// How many real-time copies cannot be seen.
    pub unseen_copies: usize,
    /// What nobody has looked at.
    pub unread: Vec<String>,
}

/// The last run of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// Its number.
    pub number: u64,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    /// How it ended, in the word of the journal's JSON: `open`, `finished`, `interrupted`, `taken-over` or `died`.
    pub ended: &'static str,
    /// Whether all of its steps are done.
    pub complete: bool,
}

/// One objective, now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether it holds.
    pub state: State,
    /// The service.
    pub service: String,
    /// The disruption.
    pub disruption: Disruption,
    /// RTO or RPO.
    pub measure: Measure,
    /// The objective in seconds.
    pub objective: u64,
    /// What can be met now, in seconds. `None`: nothing limits it, or nobody can tell.
    pub seconds: Option<u64>,
    /// How reliable that is.
    pub assurance: String,
    /// Why it does not hold, or why nobody can tell.
    pub because: Option<String>,
}

/// Whether an objective holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It does not.
    Missed,
    /// Nobody can tell.
    Unknown,
    /// It does.
    Holds,
}

impl State {
    /// All of them, the worst first.
    pub const ALL: [Self; 3] = [Self::Missed, Self::Unknown, Self::Holds];

    /// As a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Unknown => "unknown",
            Self::Holds => "holds",
        }
    }
}

impl<'a> Status<'a> {
    /// Where an estate stands. `plan` is a plan of `policy` without targets; `held` says when drills were held.
    #[must_use]
    pub fn of(policy: &Policy, plan: &'a Plan, held: &Held, today: Date, last_run: Option<LastRun>) -> Self {
        let managed = plan.steps.iter().map(|step| &step.address);
        let managed = managed.filter(|address| address.kind().schema().lifecycle == Lifecycle::Managed);
        let there: BTreeSet<&str> = managed.map(Address::owner).collect();
        let taken = plan.unknown.iter().filter(|unknown| unknown.taken);
        let taken: BTreeMap<&str, &str> =
            taken.map(|unknown| (unknown.address.owner(), unknown.reason.as_str())).collect();
        let standing = |effect: &Effect| {
            let service = effect.service.as_str();
            standing(effect, there.contains(service), taken.get(service).copied())
        };
        let mut objectives: Vec<Standing> = plan.objectives.iter().filter_map(standing).collect();
        objectives.sort_by_key(|one| one.state);
        let sets = policy.services.values().flat_map(|service| service.data.values());
        let copies: usize = sets.map(|set| set.copies.len()).sum();
        Self {
            plan,
            blocks: Vec::new(),
            asked: BTreeMap::new(),
            today,
            last_run,
            objectives,
            due: due(policy, held, today),
            outdated: held
                .outdated(policy, Some(today))
                .into_iter()
                .map(|(drill, why)| format!("Drill {drill}: {}.", why.join("; ")))
                .collect(),
            unseen_copies: copies.saturating_sub(plan.copies.len()),
            unread: unread(plan, policy),
        }
    }

    /// How many objectives are in a state.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.objectives.iter().filter(|one| one.state == state).count()
    }

    /// Whether every objective holds.
    #[must_use]
    pub fn all_hold(&self) -> bool {
        self.objectives.iter().all(|one| one.state == State::Holds)
    }

    /// How many resources somebody has changed since the last apply.
    #[must_use]
    pub fn drifted(&self) -> usize {
        self.plan.drifted().map(|step| &step.address).collect::<BTreeSet<_>>().len()
    }

    /// The resources that cannot be seen; not those whose names somebody else has.
    pub fn unknown(&self) -> impl Iterator<Item = &Unknown> {
        self.plan.unknown.iter().filter(|unknown| !unknown.taken)
    }

    /// The resources whose names somebody else has.
    pub fn taken(&self) -> impl Iterator<Item = &Unknown> {
        self.plan.unknown.iter().filter(|unknown| unknown.taken)
    }

    /// How many real-time copies there are in some state.
    #[must_use]
    pub fn copies(&self, is: impl Fn(&CopyState) -> bool) -> usize {
        self.plan.copies.iter().filter(|copy| is(&copy.state)).count()
    }
}

/// Where one objective stands. `there` says whether the service has anything in the cloud, `taken` why not.
fn standing(effect: &Effect, there: bool, taken: Option<&str>) -> Option<Standing> {
    let objective = effect.objective?;
    // Nothing in the cloud decides the objectives of a service that has nothing there.
    let now = if there || taken.is_some() { effect.before.as_ref() } else { Some(&effect.after) };
    let without_backup = effect.backup_fault.is_some();
    let (state, because) = match now {
        // Why the backups that it rests on are not there says more than what follows from it.
        Some(now) if !now.is_unknown() && effect.rests_on_backups && without_backup => {
            let fault = effect.backup_fault.as_ref();
            let unseen = fault.is_some_and(|fault| fault.unseen);
            let state = if unseen { State::Unknown } else { State::Missed };
            (state, fault.map(|fault| fault.because.clone()))
        }
        None => (State::Missed, Some(taken.unwrap_or("nothing of it exists yet").to_owned())),
        Some(now) if now.is_unknown() => (State::Unknown, now.because.clone()),
        Some(now) if now.seconds.is_none_or(|seconds| seconds > objective) => {
            (State::Missed, now.because.clone())
        }
        Some(_) if let Some(why) = &effect.unmeasured => (State::Unknown, Some(why.clone())),
        Some(_) if effect.rests_on_backups => {
            let why = "it rests on scheduled backups, and nobody has looked whether they were made";
            (State::Unknown, Some(why.to_owned()))
        }
        Some(_) => (State::Holds, None),
    };
    Some(Standing {
        state,
        service: effect.service.clone(),
        disruption: effect.disruption,
        measure: effect.measure,
        objective,
        // A backup that is not there bounds nothing.
        seconds: now.and_then(|now| now.seconds).filter(|_| state != State::Unknown && !without_backup),
        assurance: now.map(|now| now.assurance.clone()).unwrap_or_default(),
        because,
    })
}

/// What objectives rest on and nobody has looked at.
fn unread(plan: &Plan, policy: &Policy) -> Vec<String> {
    let probes = policy.services.values().flat_map(|service| service.traffic.values());
    let probes = probes.filter(|traffic| traffic.probe.is_some());
    let probes = probes.map(|traffic| traffic.endpoints.len()).sum::<usize>();
    let passes = plan.checks.iter().filter(|check| matches!(check.passes, Ok(Some(_)))).count();
    let lags = plan.lags.iter().filter(|lag| lag.seen.as_ref().is_ok_and(|lag| lag.behind.is_some())).count();
    let sets = policy.services.values().flat_map(|service| service.data.values());
    let schedules = sets.flat_map(|set| &set.schedules).map(|schedule| schedule.to.len()).sum::<usize>();
    let seen = plan.backups.iter().filter(|backup| backup.is_seen()).count();
    let schedules = schedules.saturating_sub(seen);
    let all = [
        (
            plan.copies.len().saturating_sub(lags),
            "how far",
            "real-time copy is behind",
            "real-time copies are behind",
        ),
        (
            schedules,
            "whether",
            "scheduled backup was made at a site",
            "scheduled backups were made at a site",
        ),
        (
            probes.saturating_sub(passes),
            "whether",
            "site passes its health check",
            "sites pass their health checks",
        ),
    ];
    let words = all
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, one, many)| format!("{what} {count} {}", if count == 1 { one } else { many }));
    words.collect()
}
