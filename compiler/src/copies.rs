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
}

impl Gap {
    /// Whether a backfill of this day has copied what was written in the gap. Days are all that a policy states: one that
    /// is stated only after the gap was seen, and is not older than it, counts.
    #[must_use]
    pub fn ends_with(&self, stated: Option<Date>) -> bool {
        stated.is_some_and(|day| day >= self.seen.date) && stated != self.stated
    }
}

impl KnownCopy {
    /// A copy of which nothing is remembered.
    #[must_use]
    pub fn new(from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned(), together: false, worked: None, gap: None }
    }

    /// Whether it is being made together with its data set.
    #[must_use]
    pub fn is_being_made(&self) -> bool {
        self.together && self.worked.is_none() && self.gap.is_none()
    }

    /// A run has seen it.
    pub fn see(&mut self, seen: &SeenCopy, at: Moment) {
        match &seen.state {
            CopyState::New => self.together |= self.worked.is_none() && self.gap.is_none(),
            CopyState::Works => {
                if self.gap.as_ref().is_none_or(|gap| gap.ends_with(seen.stated)) {
                    self.worked = Some(at);
                }
            }
            CopyState::Broken(_) if self.is_being_made() => {}
            CopyState::Broken(why) => {
                self.gap = Some(Gap { seen: at, why: why.clone(), stated: seen.stated });
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
        SeenCopy { from: "a".into(), to: "b".into(), by, state, stated: stated.map(date) }
    }

    fn broken() -> CopyState {
        CopyState::Broken("off".to_owned())
    }

    #[test]
    fn interrupted_creation_is_no_gap_and_what_follows_it_is() {
        let mut copy = KnownCopy::new("a", "b");
        copy.see(&seen(CopyState::New, None), at(1, "2026-01-01"));
        copy.see(&seen(broken(), None), at(2, "2026-01-02"));
        assert!(copy.is_being_made());
        copy.complete(at(2, "2026-01-02"));
        assert_eq!(copy.worked, Some(at(2, "2026-01-02")));
        copy.see(&seen(broken(), None), at(3, "2026-01-03"));
        copy.see(&seen(CopyState::Works, None), at(4, "2026-01-04"));
        let gap = copy.gap.as_ref().unwrap();
        assert_eq!((gap.seen, copy.worked), (at(3, "2026-01-03"), Some(at(2, "2026-01-02"))));
    }

    #[test]
    fn only_a_backfill_that_is_stated_after_the_gap_ends_it() {
        let mut copy = KnownCopy::new("a", "b");
        copy.see(&seen(broken(), Some("2026-01-03")), at(3, "2026-01-03"));
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
}
