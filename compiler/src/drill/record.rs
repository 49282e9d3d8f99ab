//! What is recorded of a drill that was held.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::limits_in;
use super::outdated::{Changed, outdated};
use super::{Asked, Word};
use crate::document::{Disruption, Form, Name};
use crate::objectives::{Deriver, Facts};
use crate::policy::{Drill, Policy};
use crate::units::Date;

/// A drill that was held, or broken off. The journal keeps it; cloud and account are those of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The name of the drill.
    pub drill: String,
    /// What kind of test it was.
    #[serde(rename = "type")]
    pub form: Form,
    /// The disruption that was exercised.
    pub disruption: Disruption,
    /// The site that was lost in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The services that it tested.
    pub services: Vec<String>,
    /// Who led it: a contact of the policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Who took part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<String>,
    /// The digest of the texts of the policies: 64 hexadecimal digits.
    pub policies: String,
    /// The approved plan that it ran from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<ApprovedPlan>,
    /// What tells this run of the drill from every other one, and what signed words name: 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub occasion: String,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// When it ended (RFC 3339, UTC).
    pub ended: String,
    /// What was done, in order.
    pub phases: Vec<Phase>,
    /// What each service achieved.
    pub achieved: Vec<Achieved>,
    /// What was restored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restored: Vec<Restored>,
    /// What resolvers answered for the records of the services.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// What people said, or that nobody did, in the order of the questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// The criteria of the policy, each with the answer.
    pub criteria: Vec<Criterion>,
    /// What went otherwise than the policies say, and did not make it fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<String>,
    /// Why it failed. Empty if it passed.
    pub findings: Vec<Finding>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The approved plan that a drill ran from: one of exactly its policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedPlan {
    /// The digest of its file: 64 hexadecimal digits.
    pub digest: String,
    /// Who approved it.
    pub approvers: Vec<String>,
}

/// A part of a drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// What was done: `preconditions`, `restore payments.ledger`.
    pub name: String,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// When it ended (RFC 3339, UTC).
    pub ended: String,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The time until the service is back.
    Rto,
    /// The loss of data.
    Rpo,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
        })
    }
}

/// What a service achieved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Achieved {
    /// The service.
    pub service: String,
    /// The data set, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// What was measured.
    pub measure: Measure,
    /// What was measured, in seconds. `None`: no number is known.
    pub seconds: Option<u64>,
    /// The limit that the drill has to keep, in seconds: that of its `success`, or the objective of the service. `None`: there is none.
    pub objective: Option<u64>,
    /// What the compiler derived, in seconds. `None`: nothing limits it.
    pub bound: Option<u64>,
    /// What the number is, and what it leaves out.
    pub how: String,
}

/// A data set that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// `SERVICE.DATA`.
    pub entry: String,
    /// The bucket that was read.
    pub from: String,
    /// Where it was restored to: bucket and prefix.
    pub into: String,
    /// Objects that were restored and verified.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many objects were verified, by how: an algorithm, or `data`.
    pub verified: BTreeMap<String, u64>,
    /// From the first object to the last one, verified.
    pub milliseconds: u64,
}

/// A condition of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What has to be so, in the words of the policy.
    pub text: String,
    /// Whether the drill looked itself. Otherwise somebody answers for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probed: bool,
    /// Whether it is so. `None`: nobody said, or nobody can tell.
    pub met: Option<bool>,
    /// What was said about it, or seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// Why a drill failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The cause, in a sentence without a capital.
    pub cause: String,
    /// Who owns it: a contact of the policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The day until which it has to be settled, in UTC: `2026-12-30`. The judge of the drill decides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

/// How a drill ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was held to its end, and nothing was found.
    Passed,
    /// It was held, and something was found.
    Failed,
    /// It was broken off, or did not begin. It does not count as held.
    Aborted,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
        })
    }
}

/// When a drill was last held, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// The day on which it ended, in UTC.
    pub on: Date,
    /// How it ended: never `aborted`.
    pub outcome: Outcome,
    /// The number of the run that recorded it.
    pub run: u64,
    /// What kind of test it was.
    pub form: Form,
    /// The disruption that was exercised.
    pub disruption: Disruption,
    /// The site that was lost in it.
    pub site: Option<String>,
    /// The services that it tested.
    pub services: Vec<String>,
    /// What each service achieved.
    pub achieved: Vec<Achieved>,
    /// What was restored.
    pub restored: Vec<Restored>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Last {
    /// `None` if the record has no valid time.
    fn of(run: u64, record: &Record) -> Option<Self> {
        Some(Self {
            on: ended_on(record)?,
            outcome: record.outcome,
            run,
            form: record.form,
            disruption: record.disruption,
            site: record.site.clone(),
            services: record.services.clone(),
            achieved: record.achieved.clone(),
            restored: record.restored.clone(),
            findings: record.findings.clone(),
        })
    }

    /// How it differs from the drill that the policy declares now, as a clause. `None`: it shows what the policy asks of the drill.
    #[must_use]
    pub fn differs(&self, drill: &Drill) -> Option<String> {
        let is_missing = |name: &&str| !self.services.iter().any(|one| one == name);
        let missing: Vec<&str> = drill.services.keys().map(Name::as_str).filter(is_missing).collect();
        let how = if self.form != drill.form.0 {
            format!("as a {} drill", self.form)
        } else if self.disruption != drill.disruption {
            format!("for {}", self.disruption)
        } else if self.site.as_deref() != drill.site.as_ref().map(Name::as_str) {
            self.site.as_ref().map_or_else(|| "without a site".to_owned(), |site| format!("for {site}"))
        } else if missing.is_empty() {
            return None;
        } else {
            format!("without {}", missing.join(", "))
        };
        Some(format!("it was held {how} in run {}, before the drill was changed", self.run))
    }
}

/// When each drill was held, by name, oldest first, as the journal has it, and what was changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    drills: BTreeMap<String, Vec<Last>>,
    /// The last run that changed each service.
    changed: BTreeMap<String, Changed>,
}

impl Held {
    /// From the records of a journal, oldest first, each with the number of its run. What was aborted was not held.
    #[must_use]
    pub fn of<'r>(records: impl IntoIterator<Item = (u64, &'r Record)>) -> Self {
        let mut all: BTreeMap<String, Vec<Last>> = BTreeMap::new();
        for (run, record) in records.into_iter().filter(|(_, record)| record.outcome != Outcome::Aborted) {
            if let Some(last) = Last::of(run, record) {
                all.entry(record.drill.clone()).or_default().push(last);
            }
        }
        Self { drills: all, changed: BTreeMap::new() }
    }

    /// With the last run that changed each service, by name.
    #[must_use]
    pub fn since(self, changed: BTreeMap<String, Changed>) -> Self {
        Self { changed, ..self }
    }

    /// What no longer is as the last record of each drill shows it, each as a clause, in the order of the policies.
    #[must_use]
    pub fn outdated<'p>(&self, policy: &'p Policy, as_of: Option<Date>) -> BTreeMap<&'p Name, Vec<String>> {
        let records = policy.drills.values().filter_map(|drill| Some((drill, self.record(drill)?)));
        let records: Vec<(&Drill, &Last)> = records.collect();
        if records.is_empty() {
            return BTreeMap::new();
        }
        let derived = Deriver::new(policy, as_of).all(Facts::wanted);
        let of = |(drill, last): (&'p Drill, &Last)| {
            (&drill.name, outdated(policy, drill, last, &self.changed, &limits_in(&derived, drill)))
        };
        records.into_iter().map(of).filter(|(_, all)| !all.is_empty()).collect()
    }

    /// When a drill was last held as the policy declares it now: the same kind of test, disruption and site, with all of its services.
    #[must_use]
    pub fn record(&self, drill: &Drill) -> Option<&Last> {
        self.all(drill).iter().rev().find(|last| last.differs(drill).is_none())
    }

    /// When a drill of this name was last held, whatever the policy declared then.
    #[must_use]
    pub fn newest(&self, drill: &Drill) -> Option<&Last> {
        self.all(drill).last()
    }

    fn all(&self, drill: &Drill) -> &[Last] {
        self.drills.get(drill.name.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The day on which a drill was last held: that of the journal, or of the policy if that is later or the journal has none.
    #[must_use]
    pub fn last(&self, drill: &Drill) -> Option<Date> {
        let said = drill.last.map(|(last, _)| last);
        self.record(drill).map(|last| last.on).max(said)
    }
}

/// The day on which a drill ended, in UTC. `None` if the record has no valid time.
#[must_use]
pub fn ended_on(record: &Record) -> Option<Date> {
    Date::parse(record.ended.get(..10)?)
}
