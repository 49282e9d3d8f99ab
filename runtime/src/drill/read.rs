//! The drills of the policies, with what the journal has of them. The cloud is not called.

use std::path::PathBuf;

use holdfast_compiler::drill::{Held, Record, Standing, standings};
use holdfast_compiler::policy::Policy;
use holdfast_compiler::units::Date;

use crate::bcp::readable;
use crate::estate::{EstateError, Remark, Selection, Workspace, load};
use crate::journal::{self, History, Journal, OpenDrill};

/// The drills of the policies, with what the journal has of them on the selected cloud.
#[derive(Debug)]
pub struct Drills {
    /// The policies. They may miss their objectives.
    pub policy: Policy,
    history: History,
    cloud: String,
}

/// A drill that was recorded.
#[derive(Debug)]
pub struct Recorded<'h> {
    /// The number of the run.
    pub run: u64,
    /// `local:cloud.json, account 000000000000`.
    pub place: String,
    /// The record.
    pub record: &'h Record,
}

impl Drills {
    /// Read policies and journal.
    ///
    /// # Errors
    /// The policies are invalid, the trust anchor does not allow it, or the journal cannot be read.
    pub async fn read(
        paths: &[PathBuf],
        today: Date,
        selection: &Selection,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let policies = readable(load::load(paths)?, today)?;
        let workspace = Workspace::of(selection, &policies)?;
        let journal = Journal::open(&workspace.journal).await?;
        let history = workspace.history(&journal).await?;
        Remark::silent(journal.silent()).for_each(tell);
        Ok(Self { policy: policies.compiled.policy, history, cloud: workspace.cloud.name() })
    }

    /// Where each drill stands.
    #[must_use]
    pub fn standings(&self, today: Date) -> Vec<Standing<'_>> {
        let held: Held = journal::held_in(&self.history.entries, self.policy.estate.as_str(), &self.cloud);
        standings(&self.policy, &held, today)
    }

    /// The drills that began and did not end, each as a sentence.
    #[must_use]
    pub fn unended(&self) -> Vec<String> {
        let open = OpenDrill::all_in(&self.history.entries, self.policy.estate.as_str(), &self.cloud);
        open.iter()
            .map(|open| {
                let (name, at) = (&open.began.drill, open.at);
                match open.ended {
                    true => format!("{name} began at {at}, ended, and left something (run {})", open.run),
                    false => {
                        format!("{name} began at {at} by {}, did not end (run {})", open.runner, open.run)
                    }
                }
            })
            .collect()
    }

    /// The newest record of a drill, or that of a run.
    #[must_use]
    pub fn record(&self, drill: &str, run: Option<u64>) -> Option<Recorded<'_>> {
        let all = journal::drills_in(&self.history.entries, self.policy.estate.as_str(), &self.cloud);
        let mut ours = all.filter(|one| one.record.drill == drill);
        let found = match run {
            Some(run) => ours.find(|one| one.run == run)?,
            None => ours.last()?,
        };
        let place = format!("{}, account {}", found.context.cloud, found.context.accounts);
        Some(Recorded { run: found.run, place, record: found.record })
    }

    /// The names of the drills that are declared or recorded.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let declared = self.policy.drills.keys().map(|name| name.as_str());
        let all = journal::drills_in(&self.history.entries, self.policy.estate.as_str(), &self.cloud);
        let mut names: Vec<&str> = declared.chain(all.map(|one| one.record.drill.as_str())).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
