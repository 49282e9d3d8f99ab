//! Scheduled backups that exist, and the jobs that made them. Only a status looks at them: their age changes with every hour, so
//! that no plan depends on them.

use std::collections::BTreeMap;

use crate::document::Strategy;
use crate::resource::{Identity, Kind};
use crate::units::{Duration, bytes_in_words};

/// Where backups of something are kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackupPlace {
    /// The kind of the vault.
    pub kind: Kind,
    /// The vault.
    pub vault: Identity,
    /// What is backed up, as the provider names it: an ARN on AWS.
    pub resource: String,
    /// The region of what is backed up, where the jobs run.
    pub source: String,
    /// The schedule, as the provider writes it.
    pub schedule: String,
    /// For how many days at least. A backup that goes sooner belongs to another schedule.
    pub days: u64,
}

/// The newest complete backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// How long ago it was made.
    pub age: Duration,
    /// How many bytes it holds, if the provider says it.
    pub bytes: Option<u64>,
    /// Whether it is continuous: then its age is how far it is behind at most.
    pub continuous: bool,
}

/// For how many days jobs are looked at: twice the longest time between two backups of a schedule and more, so that the last one of
/// each is among them, also of one that is late. What is older may lack something that nobody remembers.
pub const DAYS_OF_JOBS: u64 = 15;

/// What was seen at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBackup {
    /// Its newest whole backup, `None` if it has none, or why it cannot be seen.
    pub newest: Result<Option<Newest>, String>,
    /// The jobs of the last [`DAYS_OF_JOBS`] days that make backups there, or why they cannot be seen. Only they tell whether a
    /// backup lacks something.
    pub jobs: Result<Jobs, String>,
}

/// What was seen at each place.
pub type SeenBackups = BTreeMap<BackupPlace, SeenBackup>;

/// Jobs that make backups at a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Jobs {
    /// Those that back up, from when one was created, so with the time until it started.
    pub made: Times,
    /// Those that copy to the place.
    pub copied: Times,
    /// What is wrong with the last one that has ended.
    pub fault: Option<JobFault>,
}

/// How long jobs took that are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// How many there are.
    pub done: u64,
    /// How long the longest one took.
    pub longest: Duration,
}

/// A job that failed, or that ended without everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFault {
    /// How long ago it was created.
    pub age: Duration,
    /// What became of it, with the provider's reason: `failed: Access Denied`.
    pub said: String,
}

/// Whether a scheduled backup is set up so that it keeps what the policy declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetUp {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nobody can tell, because what makes it could not be seen, for the reason given.
    Unknown(String),
}

/// The backups of one schedule at one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBackups {
    /// The service.
    pub service: String,
    /// The data set.
    pub data: String,
    /// Daily or weekly.
    pub strategy: Strategy,
    /// The site.
    pub site: String,
    /// Whether it has to be continuous here.
    pub continuous: bool,
    /// The name of the vault, if Holdfast makes it.
    pub vault: Option<String>,
    /// For how many days a backup is kept.
    pub days: u64,
    /// Whether it is set up so that it keeps what the policy declares.
    pub set_up: SetUp,
    /// Why the lock of the vault does not keep the backups, if the policy asks for one that does.
    pub lock_fault: Option<String>,
    /// How old the newest one may be: the bound of the schedule. `None` if nothing limits it.
    pub allowed: Option<Duration>,
    /// What was seen.
    pub seen: SeenBackup,
}

impl KeptBackups {
    /// Why there is no backup that is young enough. `None` if there is one.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let what = format!("backup of {}.{} at `{}`", self.service, self.data, self.site);
        match &self.set_up {
            SetUp::Yes => {}
            SetUp::No => return Some(format!("the {what} is not set up as the policy declares")),
            SetUp::Unknown(why) => {
                return Some(format!("whether the {what} is set up cannot be seen: {why}"));
            }
        }
        match (&self.seen.newest, self.allowed) {
            (Err(why), _) => Some(format!("the {what} cannot be seen: {why}")),
            (Ok(None), _) => Some(format!("there is no complete {what} yet")),
            (Ok(Some(newest)), _) if self.continuous && !newest.continuous => Some(format!(
                "the {what} is not continuous: the last one is a snapshot, {} old",
                newest.age.in_minutes_down().in_words()
            )),
            (Ok(Some(newest)), Some(allowed)) if newest.age > allowed => Some(format!(
                "the last complete {what} is {} old, and the schedule allows {}",
                newest.age.in_minutes_down().in_words(),
                allowed.in_words()
            )),
            (Ok(Some(newest)), _) => self.seen.jobs.as_ref().err().map(|why| {
                let age = newest.age.in_minutes_down().in_words();
                format!("the last {what} is {age} old, and nobody can tell whether it is whole: {why}")
            }),
        }
    }

    /// What is wrong with the last job that has ended.
    #[must_use]
    pub fn job_fault(&self) -> Option<&JobFault> {
        self.seen.jobs.as_ref().ok()?.fault.as_ref()
    }

    /// The newest whole backup that was seen.
    #[must_use]
    pub fn newest(&self) -> Option<Newest> {
        self.seen.newest.as_ref().ok().copied().flatten()
    }

    /// Why it does not serve its purpose: there is none that is young enough, or its lock does not keep it.
    #[must_use]
    pub fn any_fault(&self) -> Option<String> {
        self.fault().or_else(|| self.lock_fault.clone())
    }

    /// Whether it could be seen, or is not there to be seen.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        let jobs = !matches!(self.seen.newest, Ok(Some(_))) || self.seen.jobs.is_ok();
        match self.set_up {
            SetUp::Yes => self.seen.newest.is_ok() && jobs,
            SetUp::No => true,
            SetUp::Unknown(_) => false,
        }
    }
}

impl SeenBackup {
    /// Nothing is seen of a place.
    #[must_use]
    pub fn unseen(why: &str) -> Self {
        Self { newest: Err(why.to_owned()), jobs: Err(why.to_owned()) }
    }
}

impl Times {
    /// One more is done.
    pub fn add(&mut self, took: Duration) {
        self.done += 1;
        self.longest = self.longest.max(took);
    }

    /// How it was measured: `measured: the longest of 8 jobs in the last 15 days took 40 min`.
    #[must_use]
    pub fn in_words(self, jobs: &str) -> String {
        format!(
            "measured: the longest of {} {jobs} in the last {DAYS_OF_JOBS} days took {}",
            self.done,
            self.longest.in_minutes_up().in_words()
        )
    }
}

impl Newest {
    /// For people: `5 h 2 min old, 1.2 GiB`.
    #[must_use]
    pub fn in_words(self) -> String {
        let age = self.age.in_minutes_down().in_words();
        let size = self.bytes.map(|bytes| format!(", {}", bytes_in_words(bytes)));
        let age =
            if self.continuous { format!("continuous, at most {age} behind") } else { format!("{age} old") };
        age + &size.unwrap_or_default()
    }
}
