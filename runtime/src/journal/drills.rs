//! Drills in the journal: what was held, what one makes, and one that did not end.
//!
//! A drill is recorded in runs without steps, so its record is hash-chained and signed like every run. What a drill makes is announced
//! before it is made; a drill that was killed is found by what it announced and nobody took back.

use holdfast_compiler::drill::{Held, Record};
use holdfast_compiler::plan::Context;
use serde::{Deserialize, Serialize};

use super::{Entry, Event};

/// A drill that begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillBegan {
    /// The name of the drill.
    pub drill: String,
    /// What is known of it before it is held: its outcome is `aborted`.
    pub record: Record,
}

/// Something that a drill makes, and that must be gone when it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", rename_all = "kebab-case")]
pub enum DrillMade {
    /// Objects under a prefix of a bucket where nothing was.
    Objects {
        /// The provider of the bucket.
        provider: String,
        /// The bucket.
        bucket: String,
        /// The id of its region.
        region: String,
        /// How all of their keys begin; empty for the whole bucket.
        prefix: String,
    },
    /// These sites are evacuated.
    Evacuation {
        /// Their names.
        sites: Vec<String>,
    },
}

/// A drill that was recorded, and where.
#[derive(Debug, Clone)]
pub struct HeldDrill<'e> {
    /// The number of the run.
    pub run: u64,
    /// The cloud and the account.
    pub context: &'e Context,
    /// The record.
    pub record: &'e Record,
}

/// A drill that began and did not end.
#[derive(Debug, Clone)]
pub struct OpenDrill<'e> {
    /// What it recorded when it began.
    pub began: &'e DrillBegan,
    /// When that was (RFC 3339, UTC).
    pub at: &'e str,
    /// What it made or was about to make, and nobody took back.
    pub left: Vec<&'e DrillMade>,
}

/// All drills that were recorded, oldest first.
fn drills(entries: &[Entry]) -> impl Iterator<Item = HeldDrill<'_>> {
    let mut now: Option<&Context> = None;
    let mut run = 0;
    entries.iter().filter_map(move |entry| match &entry.event {
        Event::RunStarted(started) => {
            (now, run) = (Some(&started.context), run + 1);
            None
        }
        Event::DrillEnded { record } => Some(HeldDrill { run, context: now?, record }),
        _ => None,
    })
}

/// When drills of this estate were last held on this cloud and account.
#[must_use]
pub fn held(entries: &[Entry], context: &Context) -> Held {
    let here = drills(entries).filter(|drill| drill.context == context);
    Held::of(here.map(|drill| (drill.run, drill.record)))
}

/// When drills of an estate were last held on a cloud, by its name, whatever the account: for readers that do not call the cloud.
#[must_use]
pub fn held_in(entries: &[Entry], estate: &str, cloud: &str) -> Held {
    Held::of(drills_in(entries, estate, cloud).map(|drill| (drill.run, drill.record)))
}

/// The drills of an estate that were recorded on a cloud, by its name, oldest first.
pub fn drills_in<'e>(entries: &'e [Entry], estate: &str, cloud: &str) -> impl Iterator<Item = HeldDrill<'e>> {
    drills(entries).filter(move |drill| drill.context.estate == estate && drill.context.cloud == cloud)
}

/// The drill of this estate, cloud and account that began and did not end.
#[must_use]
pub fn open_drill<'e>(entries: &'e [Entry], context: &Context) -> Option<OpenDrill<'e>> {
    let mut open: Option<OpenDrill<'e>> = None;
    let mut ours = false;
    for entry in entries {
        match &entry.event {
            Event::RunStarted(started) => ours = started.context == *context,
            Event::DrillBegan(began) if ours => {
                // What an earlier one left stays left.
                let left = open.take().map(|open| open.left).unwrap_or_default();
                open = Some(OpenDrill { began, at: &entry.at, left });
            }
            Event::DrillMakes(made) if ours => {
                if let Some(open) = &mut open {
                    open.left.push(made);
                }
            }
            Event::DrillRemoved(made) if ours => {
                if let Some(open) = &mut open {
                    open.left.retain(|left| *left != made);
                }
            }
            Event::DrillEnded { .. } if ours => open = open.take().filter(|open| !open.left.is_empty()),
            _ => {}
        }
    }
    open
}
