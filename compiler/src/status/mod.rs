//! The live estate against its objectives: what holds now, what does not, and what nobody can tell.
//!
//! A plan says what the cloud can meet today. Some of that rests on backups that nobody has looked at: the policy says that
//! somebody makes them. Such an objective is unknown, not kept.

mod due;
mod json;
mod metrics;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::Compiled;
use crate::copies::CopyState;
use crate::diagnostic::Diagnostic;
use crate::document::Disruption;
use crate::plan::{Achievable, Effect, Inputs, Measure, Plan, diff};
use crate::policy::Policy;
use crate::units::Date;
pub use due::Due;
pub use json::{FORMAT_VERSION, json};
pub use metrics::metrics;
pub use text::text;

/// Why nobody can tell what rests on scheduled backups.
const UNSEEN: &str = "it rests on scheduled backups, which Holdfast has not looked at";

/// Where an estate stands.
#[derive(Debug)]
pub struct Status<'a> {
    /// What the cloud and the policies say.
    pub plan: &'a Plan,
    /// The day on which something is due or overdue.
    pub today: Date,
    /// The last run of the journal.
    pub last_run: Option<LastRun>,
    /// The objectives, missed ones first, then those that nobody can tell.
    pub objectives: Vec<Standing>,
    /// What is due, the earliest first.
    pub due: Vec<Due>,
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
    /// How it ended, in words.
    pub end: String,
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
    /// Where an estate stands. `inputs` are those of `plan`, which has no targets.
    ///
    /// # Errors
    /// The findings of a plan.
    pub fn of(
        inputs: Inputs<'_>,
        plan: &'a Plan,
        today: Date,
        last_run: Option<LastRun>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let policy = &inputs.compiled.policy;
        let (due, unread) = (due::all(policy, today), unread(plan, policy));
        let sets = policy.services.values().flat_map(|service| service.data.values());
        let unseen_copies = sets.map(|set| set.copies.len()).sum::<usize>().saturating_sub(plan.copies.len());
        // The same without the backups that nobody has looked at.
        let compiled = Compiled {
            policy: without_schedules(policy),
            warnings: Vec::new(),
            waived: Vec::new(),
            options: inputs.compiled.options,
        };
        let seen = diff(Inputs { compiled: &compiled, ..inputs })?.objectives;
        let key = |effect: &Effect| (effect.service.clone(), effect.disruption, effect.measure);
        let seen: BTreeMap<_, Effect> = seen.into_iter().map(|effect| (key(&effect), effect)).collect();
        let there: BTreeSet<&str> = plan.steps.iter().map(|step| step.address.owner()).collect();
        let standing = |effect: &Effect| {
            let seen = seen.get(&key(effect));
            standing(effect, seen, there.contains(effect.service.as_str()))
        };
        let mut objectives: Vec<Standing> = plan.objectives.iter().filter_map(standing).collect();
        // A recovery from a backup that may not exist brings nothing back, however long it takes.
        let unseen = objectives.iter().filter(|one| one.because.as_deref() == Some(UNSEEN));
        let unseen: BTreeSet<(String, Disruption)> =
            unseen.map(|one| (one.service.clone(), one.disruption)).collect();
        let rests = |one: &&mut Standing| unseen.contains(&(one.service.clone(), one.disruption));
        for holds in objectives.iter_mut().filter(rests).filter(|one| one.state == State::Holds) {
            (holds.state, holds.because) = (State::Unknown, Some(UNSEEN.to_owned()));
        }
        objectives.sort_by_key(|one| one.state);
        Ok(Self { plan, today, last_run, objectives, due, unseen_copies, unread })
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

    /// How many real-time copies there are in some state.
    #[must_use]
    pub fn copies(&self, is: impl Fn(&CopyState) -> bool) -> usize {
        self.plan.copies.iter().filter(|copy| is(&copy.state)).count()
    }
}

/// Where one objective stands. `seen` is the same effect without what nobody has looked at, `there` whether anything in the
/// cloud belongs to the service.
fn standing(effect: &Effect, seen: Option<&Effect>, there: bool) -> Option<Standing> {
    let objective = effect.objective?;
    let keeps = |now: &Achievable| now.seconds.is_some_and(|seconds| seconds <= objective);
    // Nothing in the cloud decides the objectives of a service that has nothing there.
    let now_of = |effect: &Effect| if there { effect.before.clone() } else { Some(effect.after.clone()) };
    let (now, seen) = (now_of(effect), seen.and_then(now_of));
    let (state, because) = match &now {
        None => (State::Missed, Some("nothing of it exists yet".to_owned())),
        Some(now) if now.is_unknown() => (State::Unknown, now.because.clone()),
        Some(now) if !keeps(now) => (State::Missed, now.because.clone()),
        Some(_) if seen.as_ref().is_some_and(keeps) => (State::Holds, None),
        Some(_) => (State::Unknown, Some(UNSEEN.to_owned())),
    };
    Some(Standing {
        state,
        service: effect.service.clone(),
        disruption: effect.disruption,
        measure: effect.measure,
        objective,
        seconds: now.as_ref().and_then(|now| now.seconds),
        assurance: now.map(|now| now.assurance).unwrap_or_default(),
        because,
    })
}

fn without_schedules(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    let sets = policy.services.values_mut().flat_map(|service| service.data.values_mut());
    sets.for_each(|set| set.schedules.clear());
    policy
}

/// What objectives rest on and nobody has looked at.
fn unread(plan: &Plan, policy: &Policy) -> Vec<String> {
    let probes = policy.services.values().flat_map(|service| service.traffic.values());
    let probes = probes.filter(|traffic| traffic.probe.is_some()).count();
    let all = [
        (plan.copies.len(), "how far", "real-time copy is behind", "real-time copies are behind"),
        (plan.unmade.len(), "whether", "scheduled backup was made", "scheduled backups were made"),
        (probes, "whether", "probe reports its sites as healthy", "probes report their sites as healthy"),
    ];
    let words = all
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, one, many)| format!("{what} {count} {}", if count == 1 { one } else { many }));
    words.collect()
}
