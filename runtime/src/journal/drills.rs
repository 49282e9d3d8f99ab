//! Drills in the journal: what was held, what one makes, and one that did not end.
//!
//! A drill is recorded in runs without steps, so its record is hash-chained and signed like every run. What a drill makes is announced
//! before it is made; a drill that was killed is found by what it announced and nobody took back.

use std::collections::BTreeMap;

use holdfast_compiler::drill::{Changed, Held, Record};
use holdfast_compiler::plan::Context;
use holdfast_compiler::posture::Posture;
use holdfast_compiler::units::Date;
use serde::{Deserialize, Serialize};

use super::{Entry, Event, Run};

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
        /// Whether they stay when the drill is over.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        kept: bool,
    },
    /// These sites are evacuated.
    Evacuation {
        /// Their names.
        sites: Vec<String>,
    },
}

impl DrillMade {
    /// Whether it stays when the drill is over.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Objects { kept: true, .. })
    }

    /// The sites that are evacuated.
    #[must_use]
    pub fn sites(&self) -> &[String] {
        match self {
            Self::Objects { .. } => &[],
            Self::Evacuation { sites } => sites,
        }
    }
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

/// A drill that began and did not end, or that ended and left something.
#[derive(Debug, Clone)]
pub struct OpenDrill<'e> {
    /// What it recorded when it began.
    pub began: &'e DrillBegan,
    /// When that was (RFC 3339, UTC).
    pub at: &'e str,
    /// The number of the run that recorded it.
    pub run: u64,
    /// Who holds it, or takes it back: `alice@host, process 7`.
    pub runner: &'e str,
    /// Whether it ended, and is recorded.
    pub ended: bool,
    /// What it made or was about to make, and nobody took back.
    pub left: Vec<&'e DrillMade>,
    /// Whether its own run of an evacuation has begun.
    pub evacuated: bool,
}

impl<'e> OpenDrill<'e> {
    /// All of them of this estate, cloud and account, oldest first.
    #[must_use]
    pub fn all(entries: &'e [Entry], context: &Context) -> Vec<Self> {
        let mut open: Vec<Self> = Vec::new();
        let mut number = 0;
        let mut ours: Option<&'e Run> = None;
        let mut posture = Posture::default();
        for entry in entries {
            match (&entry.event, ours) {
                (Event::RunStarted(started), _) => {
                    number += 1;
                    let run: &'e Run = started;
                    ours = Some(run).filter(|run| run.context == *context);
                    if let Some(started) = ours {
                        open.iter_mut().for_each(|one| one.turn(started, &posture));
                        posture = posture.with(&started.posture);
                    }
                }
                (Event::RunFinished { failed: 0, not_started: 0, .. }, Some(run)) => {
                    posture = run.posture.clone();
                    open.iter_mut().for_each(|one| one.settle(&posture));
                }
                (Event::DrillBegan(began), Some(run)) => open.push(Self {
                    began,
                    at: &entry.at,
                    run: number,
                    runner: &run.runner,
                    ended: false,
                    left: Vec::new(),
                    evacuated: false,
                }),
                (Event::DrillMakes(made), Some(run)) => {
                    if let Some(one) = open.iter_mut().find(|one| one.left.contains(&made)) {
                        // Whoever takes it back announces it once more.
                        one.runner = &run.runner;
                    } else if let Some(one) = open.iter_mut().find(|one| one.run == number) {
                        one.left.push(made);
                    }
                }
                (Event::DrillRemoved(made), Some(_)) => {
                    open.iter_mut().for_each(|one| one.left.retain(|left| *left != made));
                }
                (Event::DrillEnded { record }, Some(_)) => {
                    for one in &mut open {
                        let began = &one.began.record;
                        if began.drill == record.drill && began.began == record.began {
                            one.ended = true;
                            one.left.retain(|made| !made.is_kept());
                        }
                    }
                }
                _ => {}
            }
        }
        open.retain(|one| !one.ended || !one.left.is_empty());
        open
    }

    /// All of them of an estate on a cloud, by its name, whatever the account.
    #[must_use]
    pub fn all_in(entries: &'e [Entry], estate: &str, cloud: &str) -> Vec<Self> {
        let mut contexts: Vec<&Context> = Vec::new();
        for entry in entries {
            if let Event::RunStarted(started) = &entry.event
                && started.context.estate == estate
                && started.context.cloud == cloud
                && !contexts.contains(&&started.context)
            {
                contexts.push(&started.context);
            }
        }
        contexts.into_iter().flat_map(|context| Self::all(entries, context)).collect()
    }

    /// The sites that it announced to evacuate.
    pub fn sites(&self) -> impl Iterator<Item = &'e str> {
        self.left.iter().copied().flat_map(|made| made.sites()).map(String::as_str)
    }

    /// Follow a run that begins. After a run of somebody else for another posture, users are where people want them, and the evacuation is
    /// not the drill's any more.
    fn turn(&mut self, run: &Run, before: &Posture) {
        if run.runner == self.runner {
            let evacuates = self.sites().any(|site| run.posture.sites().any(|one| one == site));
            self.evacuated |= evacuates;
        } else if run.posture != *before {
            self.left.retain(|made| made.sites().is_empty());
        }
    }

    /// Follow a run that is complete: an evacuation that was returned from is over.
    fn settle(&mut self, posture: &Posture) {
        if self.evacuated && !self.sites().any(|site| posture.sites().any(|one| one == site)) {
            self.left.retain(|made| made.sites().is_empty());
        }
    }
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
    Held::of(here.map(|drill| (drill.run, drill.record))).since(changed(entries, |at| at == context))
}

/// When drills of an estate were last held on a cloud, by its name, whatever the account: for readers that do not call the cloud.
#[must_use]
pub fn held_in(entries: &[Entry], estate: &str, cloud: &str) -> Held {
    let held = Held::of(drills_in(entries, estate, cloud).map(|drill| (drill.run, drill.record)));
    held.since(changed(entries, |at| at.estate == estate && at.cloud == cloud))
}

/// The last run that changed, or may have changed, something of each service. What services share is not counted: a topic of alarms or a vault
/// says nothing about one of them.
fn changed(entries: &[Entry], is_here: impl Fn(&Context) -> bool) -> BTreeMap<String, Changed> {
    let mut all = BTreeMap::new();
    let (mut run, mut on, mut here) = (0, None, false);
    for entry in entries {
        match &entry.event {
            Event::RunStarted(started) => {
                (run, here) = (run + 1, is_here(&started.context));
                on = entry.at.get(..10).and_then(Date::parse);
            }
            Event::StepStarted { address, .. } if here && !address.is_shared() => {
                all.insert(address.owner().to_owned(), Changed { run, on });
            }
            _ => {}
        }
    }
    all
}

/// The drills of an estate that were recorded on a cloud, by its name, oldest first.
pub fn drills_in<'e>(entries: &'e [Entry], estate: &str, cloud: &str) -> impl Iterator<Item = HeldDrill<'e>> {
    drills(entries).filter(move |drill| drill.context.estate == estate && drill.context.cloud == cloud)
}

/// The oldest drill of this estate, cloud and account that began and did not end, or left something.
#[must_use]
pub fn open_drill<'e>(entries: &'e [Entry], context: &Context) -> Option<OpenDrill<'e>> {
    OpenDrill::all(entries, context).into_iter().next()
}
