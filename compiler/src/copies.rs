//! Real-time copies over time: what a plan sees of them, and what the journal remembers.
//!
//! Replication copies what is written while it works. What is written while it does not work is in no copy, and nothing in
//! the cloud shows that later: a *gap*. So every run records what it saw, and a gap lasts until somebody states a backfill
//! that is younger than it. A gap between two runs that nobody saw is an assumption: the copy is said to be whole as of
//! when it was last seen.

use serde::{Deserialize, Serialize};

use crate::resource::Address;
use crate::units::Date;

/// What a plan sees of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenCopy {
    /// The name of the primary bucket.
    pub from: String,
    /// The name of the bucket with the copy.
    pub to: String,
    /// The resource whose completion makes the copy work.
    pub by: Address,
    /// What is seen.
    pub state: CopyState,
    /// The day of the backfill that the policy states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Date>,
    /// The newest job that copies what replication does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<CopyJob>,
}

/// A job that copies what replication does not: objects older than it, or written while it did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyJob {
    /// Its id.
    pub id: String,
    /// How it goes.
    pub state: JobState,
    /// When it was created (RFC 3339, UTC).
    pub created: String,
    /// The day on which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Date>,
    /// How many versions of objects it copies, once it has counted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How many it has copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied: Option<u64>,
    /// How many it could not copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Where its report is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

/// How a job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// It is being prepared, or copies, or waits for its turn.
    Running,
    /// It has counted the objects, and copies them once it is confirmed.
    Waiting,
    /// It does nothing until somebody resumes it.
    Paused,
    /// It is done, and has copied everything.
    Done,
    /// It has tried everything, and could not copy some objects.
    Incomplete,
    /// It ended before it has tried everything.
    Failed,
}

/// What is seen of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyState {
    /// Its data set does not exist yet, and never did.
    New,
    /// Every object that is written is copied.
    Works,
    /// What is written is not copied, or not all of it: why.
    Broken(String),
}

/// What the journal remembers of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCopy {
    /// The name of the primary bucket.
    pub from: String,
    /// The name of the bucket with the copy.
    pub to: String,
    /// Whether Holdfast makes the data set together with this copy, so that no object is older than the copy. Until both
    /// exist it is being made, however many runs that takes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub together: bool,
    /// When it was last seen to work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worked: Option<Moment>,
    /// The last gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// The last job that was seen done. A provider forgets its jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<CopyJob>,
}

/// A run, and its day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment {
    /// The number of the run.
    pub run: u64,
    /// Its day.
    pub date: Date,
}

/// A time in which not everything was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When it was last seen. It ended later.
    pub seen: Moment,
    /// Why nothing was copied.
    pub why: String,
    /// The day of the backfill that the policy stated then: it is older than the end of the gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Date>,
    /// When that was (RFC 3339, UTC).
    #[serde(default)]
    pub at: String,
}

impl Gap {
    /// Whether a backfill of this day has copied what was written in the gap. Days are all that a policy states: one that
    /// is stated only after the gap was seen, and is not older than it, counts.
    #[must_use]
    pub fn ends_with(&self, stated: Option<Date>) -> bool {
        stated.is_some_and(|day| day >= self.seen.date) && stated != self.stated
    }

    /// Whether a job copies what was written in the gap: it was created since the gap was seen last, and one is created only when the
    /// copy works. They are compared as exactly as both are known: some providers say seconds.
    #[must_use]
    pub fn is_before(&self, job: &CopyJob) -> bool {
        let (created, at) = (job.created.trim_end_matches('Z'), self.at.trim_end_matches('Z'));
        let known = created.len().min(at.len());
        !created.is_empty() && created.get(..known) >= at.get(..known)
    }
}

impl CopyJob {
    /// Whether it is done, and has copied everything.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == JobState::Done
    }

    /// Whether it goes on, or would if somebody let it.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        matches!(self.state, JobState::Running | JobState::Waiting | JobState::Paused)
    }

    /// For people: ``the job `x` copies them, 4512 of 50000 until now``.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (id, copied) = (&self.id, self.copied.unwrap_or_default());
        let of = self.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let why = self.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let report = self.report.as_ref().map(|report| format!("; its report is in `{report}`"));
        let report = report.unwrap_or_default();
        match self.state {
            JobState::Running if self.total.is_none() => format!("the job `{id}` counts them"),
            JobState::Running => format!("the job `{id}` copies them, {copied}{of} until now"),
            JobState::Waiting => {
                let all = self
                    .total
                    .map_or_else(|| "the objects".to_owned(), |all| format!("{all} objects to copy"));
                format!("the job `{id}` has counted {all}, and waits for its confirmation")
            }
            JobState::Paused => format!("the job `{id}` is paused after {copied}{of}: resume or cancel it"),
            JobState::Done => format!("the job `{id}` has copied {copied}"),
            JobState::Incomplete => {
                let failed = self.failed.unwrap_or_default();
                format!("the job `{id}` could not copy {failed}{of}{why}{report}")
            }
            JobState::Failed => format!("the job `{id}` failed after {copied}{of}{why}{report}"),
        }
    }
}

impl KnownCopy {
    /// A copy of which nothing is remembered.
    #[must_use]
    pub fn new(from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned(), together: false, worked: None, gap: None, job: None }
    }

    /// Whether it lacks objects: there was a gap since it was last whole.
    #[must_use]
    pub fn lacks(&self) -> bool {
        self.gap.as_ref().is_some_and(|gap| self.worked.is_none_or(|worked| worked <= gap.seen))
    }

    /// Whether it is being made together with its data set.
    #[must_use]
    pub fn is_being_made(&self) -> bool {
        self.together && self.worked.is_none() && self.gap.is_none()
    }

    /// A run has seen it, at a time (RFC 3339, UTC).
    pub fn see(&mut self, seen: &SeenCopy, at: Moment, time: &str) {
        match &seen.state {
            CopyState::New => self.together |= self.worked.is_none() && self.gap.is_none(),
            CopyState::Works => {
                let done = seen.job.as_ref().filter(|job| job.is_done());
                let by_job = |gap: &Gap| done.into_iter().chain(&self.job).any(|job| gap.is_before(job));
                if self.gap.as_ref().is_none_or(|gap| gap.ends_with(seen.stated) || by_job(gap)) {
                    self.worked = Some(at);
                }
                self.job = done.cloned().or_else(|| self.job.take());
            }
            CopyState::Broken(_) if self.is_being_made() => {}
            CopyState::Broken(why) => {
                let (why, stated) = (why.clone(), seen.stated);
                self.gap = Some(Gap { seen: at, why, stated, at: time.to_owned() });
            }
        }
    }

    /// A run has completed the resource that makes it work.
    pub fn complete(&mut self, at: Moment) {
        if self.is_being_made() {
            self.worked = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn at(run: u64, day: &str) -> Moment {
        Moment { run, date: date(day) }
    }

    fn seen(state: CopyState, stated: Option<&str>) -> SeenCopy {
        let by = serde_json::from_value("aws.replication.files.docs".into()).unwrap();
        SeenCopy { from: "a".into(), to: "b".into(), by, state, stated: stated.map(date), job: None }
    }

    fn broken() -> CopyState {
        CopyState::Broken("off".to_owned())
    }

    #[test]
    fn interrupted_creation_is_no_gap_and_what_follows_it_is() {
        let mut copy = KnownCopy::new("a", "b");
        copy.see(&seen(CopyState::New, None), at(1, "2026-01-01"), "");
        copy.see(&seen(broken(), None), at(2, "2026-01-02"), "");
        assert!(copy.is_being_made());
        copy.complete(at(2, "2026-01-02"));
        assert_eq!(copy.worked, Some(at(2, "2026-01-02")));
        copy.see(&seen(broken(), None), at(3, "2026-01-03"), "");
        copy.see(&seen(CopyState::Works, None), at(4, "2026-01-04"), "");
        let gap = copy.gap.as_ref().unwrap();
        assert_eq!((gap.seen, copy.worked), (at(3, "2026-01-03"), Some(at(2, "2026-01-02"))));
    }

    #[test]
    fn only_a_backfill_that_is_stated_after_the_gap_ends_it() {
        let mut copy = KnownCopy::new("a", "b");
        copy.see(&seen(broken(), Some("2026-01-03")), at(3, "2026-01-03"), "");
        let gap = copy.gap.clone().unwrap();
        for (stated, ends) in [
            (None, false),
            (Some("2026-01-02"), false),
            (Some("2026-01-03"), false),
            (Some("2026-01-04"), true),
        ] {
            assert_eq!(gap.ends_with(stated.map(date)), ends, "{stated:?}");
        }
        let same_day = Gap { stated: None, ..gap };
        assert!(same_day.ends_with(Some(date("2026-01-03"))), "it was not stated when the gap was seen");
    }

    #[test]
    fn only_a_job_that_was_created_after_the_gap_ends_it() {
        let gap = |at: &str| Gap {
            seen: self::at(2, "2026-01-02"),
            why: String::new(),
            stated: None,
            at: at.to_owned(),
        };
        let job = |created: &str| CopyJob {
            id: "one".to_owned(),
            state: JobState::Done,
            created: created.to_owned(),
            ended: None,
            total: None,
            copied: None,
            failed: None,
            why: None,
            report: None,
        };
        for (created, at, ends) in [
            ("2026-01-02T10:00:01Z", "2026-01-02T10:00:00.500Z", true),
            ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00.500Z", true),
            ("2026-01-02T09:59:59Z", "2026-01-02T10:00:00.500Z", false),
            ("2026-01-02T10:00:00.499999Z", "2026-01-02T10:00:00.500Z", false),
            ("2026-01-02T10:00:00.500001Z", "2026-01-02T10:00:00.500Z", true),
            ("", "2026-01-02T10:00:00.500Z", false),
        ] {
            assert_eq!(gap(at).is_before(&job(created)), ends, "{created} {at}");
        }
        // One that was done before a gap does not make the copy whole after it, whatever became of a later one.
        let mut copy = KnownCopy::new("a", "b");
        copy.job = Some(job("2026-01-01T10:00:00Z"));
        copy.see(&seen(broken(), None), self::at(2, "2026-01-02"), "2026-01-02T10:00:00.500Z");
        copy.see(&seen(CopyState::Works, None), self::at(3, "2026-01-03"), "2026-01-03T10:00:00.500Z");
        assert_eq!((copy.worked, copy.lacks()), (None, true));
        let done = SeenCopy { job: Some(job("2026-01-03T11:00:00Z")), ..seen(CopyState::Works, None) };
        copy.see(&done, self::at(4, "2026-01-04"), "2026-01-04T10:00:00.500Z");
        assert_eq!((copy.worked, copy.lacks()), (Some(self::at(4, "2026-01-04")), false));
    }
}
