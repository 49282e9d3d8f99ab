//! What became of a restore.

use std::collections::BTreeMap;

use super::history::Gap;
use super::point::{Chosen, JobSeen};
use super::state::{At, Doubt, KeyState};
use crate::units::{Date, Throughput};

/// What a restore does, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The service.
    pub service: String,
    /// The data set.
    pub data: String,
    /// The moment, in milliseconds since 1970-01-01 UTC.
    pub moment: i64,
    /// The bucket whose versions are read, or whose recovery point is restored.
    pub source: String,
    /// Its site.
    pub site: String,
    /// Whether what is read is a copy that replication makes.
    pub replica: bool,
    /// How the keys begin that are restored; empty for all of them.
    pub prefix: String,
    /// The bucket that is written to.
    pub into: String,
    /// What is put before each key there; empty for nothing.
    pub into_prefix: String,
    /// Whether nothing was written, because only the plan was asked for.
    pub only_planned: bool,
    /// The objects of the moment.
    pub wanted: Counted,
    /// How many keys did not exist at the moment.
    pub absent: u64,
    /// What was copied and verified.
    pub restored: Counted,
    /// What was there already, and verified.
    pub there: Counted,
    /// How the objects of `restored` and `there` were verified.
    pub verified: BTreeMap<Verified, u64>,
    /// Objects that were restored and whose state at the moment is not certain.
    pub uncertain: Vec<Problem>,
    /// Keys whose state at the moment nobody can tell, so that nothing was restored.
    pub unknown: Vec<Problem>,
    /// Objects that were not restored, or not verified.
    pub failed: Vec<Problem>,
    /// Keys at the destination that did not exist at the moment. They stay.
    pub newer: Vec<String>,
    /// Keys at the destination that the source does not have. They stay.
    pub foreign: Vec<String>,
    /// Why the source as a whole may lack something of the moment.
    pub gaps: Vec<Gap>,
    /// What was measured; `None` if nothing was copied, or not all of it.
    pub measured: Option<Measured>,
    /// The recovery point that is restored. `None`: versions are copied.
    pub point: Option<FromPoint>,
}

/// A recovery point, and the job that restores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromPoint {
    /// Which one, and why no other.
    pub chosen: Chosen,
    /// The job that restores it. `None`: it has not begun.
    pub job: Option<JobSeen>,
    /// The bucket whose versions the restored objects were compared with. `None`: there was none.
    pub compared: Option<String>,
    /// The objects at the destination that nothing could be compared with.
    pub uncompared: Counted,
}

/// A number of objects, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Objects.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How an object was compared with its version. An entity tag is no checksum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verified {
    /// By a checksum of the whole object that both sides have, of this algorithm.
    Checksum(String),
    /// By reading both.
    Data,
}

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key at the source.
    pub key: String,
    /// The version that the moment asks for, if it is known.
    pub version: Option<String>,
    /// A word for programs.
    pub word: String,
    /// Why, in a sentence without a capital.
    pub why: String,
    /// The version that it may have been instead.
    pub instead: Option<String>,
}

/// What a run copied and verified in how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The day.
    pub on: Date,
    /// Milliseconds from the first object to the last one, verified.
    pub milliseconds: u64,
    /// What this run copied.
    pub copied: Counted,
    /// The rate, rounded down; `None` if it is below 1 KiB/s.
    pub throughput: Option<Throughput>,
}

impl Counted {
    /// Count an object of this many bytes.
    pub fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

impl Verified {
    /// The same for people and programs: `CRC64NVME`, or `data`.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Checksum(algorithm) => algorithm,
            Self::Data => "data",
        }
    }
}

impl Problem {
    /// Why the state of a key is not certain.
    #[must_use]
    pub fn doubts(state: &KeyState) -> Self {
        let words: Vec<&str> = state.doubts.iter().map(|doubt| doubt.word()).collect();
        let mut why: Vec<String> = state.doubts.iter().map(|doubt| doubt.sentence().to_owned()).collect();
        let version = match &state.at {
            At::Object(version) => Some(version.id.clone()),
            At::Absent | At::Unknown => None,
        };
        if version.is_some() && state.doubts.contains(&Doubt::Multipart) {
            why.push(match &state.otherwise {
                Some(otherwise) => format!("otherwise it was version {otherwise}"),
                None => "otherwise nothing is known to have been there".to_owned(),
            });
        }
        let (key, instead) = (state.key.clone(), state.otherwise.clone());
        Self { key, version, word: words.join("+"), why: why.join("; "), instead }
    }
}

impl Report {
    /// Whether every object of the moment is known, restored and verified. Of a plan: whether it would be, if nothing fails. Nothing is
    /// not everything: without an object of the moment, the moment or the prefix may be wrong.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let problems = [&self.uncertain, &self.unknown, &self.failed];
        let compared = self.point.as_ref().is_none_or(|point| point.uncompared.objects == 0);
        problems.iter().all(|problems| problems.is_empty())
            && self.gaps.is_empty()
            && self.wanted.objects > 0
            && compared
    }
}
