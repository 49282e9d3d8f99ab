//! Restores in the journal: what was restored, from what to where, and what came of it.
//!
//! A restore is recorded in a run without steps, so its record is hash-chained and signed like every run. One over live data is announced
//! before it begins; any other is recorded when it has ended.

use std::collections::BTreeMap;

use holdfast_compiler::restore::{Counted, Report};
use serde::{Deserialize, Serialize};

/// What a restore is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreOf {
    /// The service.
    pub service: String,
    /// The data set.
    pub data: String,
    /// The moment (RFC 3339, UTC).
    pub moment: String,
    /// The bucket whose versions, or whose recovery point, is restored.
    pub source: String,
    /// The site of what is read.
    pub site: String,
    /// How the keys begin that are restored; empty for all of them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The recovery point. `None`: versions are copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// The bucket that is written to.
    pub into: String,
    /// What is put before each key there; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub into_prefix: String,
    /// Whether it writes over live data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over_live: bool,
}

/// What came of a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreResult {
    /// Whether every object of the moment is known, restored and verified.
    pub complete: bool,
    /// The objects of the moment, and their bytes.
    pub wanted: Sum,
    /// What was restored and verified.
    pub restored: Sum,
    /// What was there already, and verified.
    pub there: Sum,
    /// What a job restored and nothing could be compared with.
    pub uncompared: Sum,
    /// How objects were verified: the algorithm of a checksum, or `data`.
    pub verified: BTreeMap<String, u64>,
    /// How many objects are not certain.
    pub uncertain: u64,
    /// How many keys are unknown.
    pub unknown: u64,
    /// How many objects were not restored, or not verified.
    pub failed: u64,
    /// Why the source as a whole may lack something: words for programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// The job that restored a recovery point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// How long it took, in milliseconds, if everything was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// The measured rate, such as `12MiB/s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<String>,
}

/// A number of objects, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Objects.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
}

impl From<Counted> for Sum {
    fn from(counted: Counted) -> Self {
        Self { objects: counted.objects, bytes: counted.bytes }
    }
}

impl RestoreOf {
    /// What a report is about.
    #[must_use]
    pub fn new(report: &Report, over_live: bool) -> Self {
        let moment = jiff::Timestamp::from_millisecond(report.moment);
        Self {
            service: report.service.clone(),
            data: report.data.clone(),
            moment: moment.map_or_else(|_| format!("{} ms", report.moment), |at| at.to_string()),
            source: report.source.clone(),
            site: report.site.clone(),
            prefix: report.prefix.clone(),
            point: report.point.as_ref().map(|from| from.chosen.point.id.clone()),
            into: report.into.clone(),
            into_prefix: report.into_prefix.clone(),
            over_live,
        }
    }

    /// That it begins, in one line. What came of it is in a later run.
    #[must_use]
    pub fn begins(&self) -> String {
        format!("{}: begins (how it ended is in a later run; without one, nobody knows)", self.in_words())
    }

    /// In one line: `files.docs as of 2026-11-01T12:00:00Z, from acme-docs at virginia into acme-restored/november/`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { service, data, moment, site, prefix, into, into_prefix, .. } = self;
        let from = match &self.point {
            Some(point) => point.clone(),
            None => format!("{}/{prefix}", self.source),
        };
        let over = if self.over_live { ", OVER LIVE DATA" } else { "" };
        format!("{service}.{data} as of {moment}, from {from} at {site} into {into}/{into_prefix}{over}")
    }
}

impl RestoreResult {
    /// What a report says.
    #[must_use]
    pub fn new(report: &Report) -> Self {
        let count = |problems: &[_]| problems.len() as u64;
        let from = report.point.as_ref();
        let measured = report.measured.as_ref();
        Self {
            complete: report.is_complete(),
            wanted: report.wanted.into(),
            restored: report.restored.into(),
            there: report.there.into(),
            uncompared: from.map(|from| from.uncompared.into()).unwrap_or_default(),
            verified: report.verified.iter().map(|(how, count)| (how.word().to_owned(), *count)).collect(),
            uncertain: count(&report.uncertain),
            unknown: count(&report.unknown),
            failed: count(&report.failed),
            gaps: report.gaps.iter().map(|gap| gap.word().to_owned()).collect(),
            job: from.and_then(|from| from.job.as_ref()).map(|job| job.id.clone()),
            milliseconds: measured.map(|measured| measured.milliseconds),
            throughput: measured.and_then(|measured| measured.throughput).map(|rate| rate.to_string()),
        }
    }

    /// What is known of a restore that broke off: it is not complete, and nobody has counted what it restored.
    #[must_use]
    pub fn interrupted(plan: &Report) -> Self {
        let mut result = Self { complete: false, ..Self::new(plan) };
        result.gaps.push("interrupted".to_owned());
        result
    }

    /// In one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let verified = self.restored.objects + self.there.objects;
        let mut all = vec![
            if self.complete { "complete" } else { "NOT COMPLETE" }.to_owned(),
            format!("{verified} of {} objects restored and verified", self.wanted.objects),
        ];
        let counts = [
            (self.uncompared.objects, "restored and not verified"),
            (self.failed, "failed"),
            (self.unknown, "unknown"),
            (self.uncertain, "not certain"),
        ];
        all.extend(counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        all.extend(self.gaps.iter().map(|gap| format!("gap: {gap}")));
        all.extend(self.throughput.as_ref().map(|rate| format!("measured {rate}")));
        all.join(", ")
    }
}
