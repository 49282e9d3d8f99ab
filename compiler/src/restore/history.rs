//! What a bucket keeps of its past: without that, a key that is not there says nothing.

use std::fmt;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What a bucket keeps of its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Whether it keeps versions.
    pub versioning: Versioning,
    /// The enabled lifecycle rules that remove versions, or why they cannot be read.
    pub rules: Result<Vec<ExpiryRule>, String>,
    /// Whether it is a copy of another bucket, made by replication.
    pub replica: bool,
}

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    /// It does, as far as its settings today say.
    Enabled,
    /// No more: a write replaces what was written without versioning before.
    Suspended,
    /// It never did.
    Never,
}

/// An enabled lifecycle rule that removes versions after they were replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryRule {
    /// Its id.
    pub id: String,
    /// How the keys begin that it applies to. A filter by tag or size counts as one that lets everything through.
    pub prefix: String,
    /// How many days after it was replaced a version is removed.
    pub days: u64,
}

/// Why a bucket as a whole may lack something of the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// It does not keep versions now.
    Unversioned(Versioning),
    /// A rule removes versions after this many days, and the moment is earlier.
    Forgotten {
        /// The id of the rule.
        rule: String,
        /// Its days.
        days: u64,
    },
    /// The rules cannot be read, for this reason.
    Unread(String),
    /// It is a copy, and replication is late, may fail, and does not carry over every deletion (Amazon S3 User Guide, "Replicating
    /// delete markers between buckets").
    Copy,
    /// A recovery point was restored, and there is nothing to compare it with, for this reason.
    Uncompared(String),
    /// The provider says of a completed job that it lacks something.
    Job(String),
}

impl Gap {
    /// A word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unversioned(_) => "unversioned",
            Self::Forgotten { .. } => "forgotten",
            Self::Unread(_) => "lifecycle-unread",
            Self::Copy => "copy",
            Self::Uncompared(_) => "uncompared",
            Self::Job(_) => "job-message",
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unversioned(Versioning::Never) => f.write_str(
                "the bucket keeps no versions: what was deleted or overwritten since the moment is gone without a trace",
            ),
            Self::Unversioned(_) => f.write_str(
                "versioning of the bucket is suspended: what was deleted or overwritten since then may be gone without a trace",
            ),
            Self::Forgotten { rule, days } => write!(
                f,
                "the lifecycle rule `{rule}` removes versions {days} days after they were replaced, and the moment is longer ago: \
                 keys that were deleted since then may be gone without a trace",
            ),
            Self::Unread(why) => write!(
                f,
                "the lifecycle rules of the bucket cannot be read, so versions may have been removed: {why}",
            ),
            Self::Copy => f.write_str(
                "a copy is read: what replication had not copied at the moment, or failed to copy, is missing; an older version may \
                 stand in for a newer one, and what was deleted may be back",
            ),
            Self::Uncompared(why) => write!(
                f,
                "not verified: there is nothing to compare the restored objects with ({why}). A restore job can lose objects and end as \
                 completed",
            ),
            Self::Job(said) => write!(f, "the restore job is completed, with a message: {said}"),
        }
    }
}

impl History {
    /// Why the bucket as a whole may lack something of the moment, among the keys that begin with a prefix.
    #[must_use]
    pub fn gaps(&self, prefix: &str, moment: i64, now: i64) -> Vec<Gap> {
        let mut gaps = Vec::new();
        if self.replica {
            gaps.push(Gap::Copy);
        }
        if self.versioning != Versioning::Enabled {
            gaps.push(Gap::Unversioned(self.versioning));
        }
        match &self.rules {
            Err(why) => gaps.push(Gap::Unread(why.clone())),
            Ok(rules) => {
                let touches =
                    |rule: &&ExpiryRule| rule.prefix.starts_with(prefix) || prefix.starts_with(&rule.prefix);
                let shortest = rules.iter().filter(touches).min_by_key(|rule| (rule.days, &rule.id));
                gaps.extend(
                    shortest
                        .filter(|rule| removed_by(rule.days, moment, now))
                        .map(|rule| Gap::Forgotten { rule: rule.id.clone(), days: rule.days }),
                );
            }
        }
        gaps
    }

    /// Whether a rule may have removed a version of a key that was replaced at a moment. Rules that cannot be read may.
    #[must_use]
    pub fn may_have_removed(&self, key: &str, replaced: i64, now: i64) -> bool {
        match &self.rules {
            Err(_) => true,
            Ok(rules) => {
                rules.iter().any(|rule| key.starts_with(&rule.prefix) && removed_by(rule.days, replaced, now))
            }
        }
    }
}

/// Whether that many days have passed. S3 removes no version earlier (Amazon S3 User Guide, "Lifecycle rules based on an object's age").
fn removed_by(days: u64, since: i64, now: i64) -> bool {
    let days = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY);
    since.saturating_add(days) <= now
}
