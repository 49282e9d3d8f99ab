//! What a report of the estate is made from: the policies with their history, the cloud, and rehearsals.
//!
//! Only invalid policies are an error here. A cloud that does not answer is said in the report: what nobody has seen is unknown.

use std::path::PathBuf;

use holdfast_compiler::estate_report::{Inputs, Live, report};
use holdfast_compiler::objectives::losses;
use holdfast_compiler::rehearsals::{Rehearsals, Report as Rehearsed, Runs};
use holdfast_compiler::report::Report;
use holdfast_compiler::status::Status;
use holdfast_compiler::units::Date;
use jiff::Timestamp;

use crate::bcp::{Continuity, Extent, readable};
use crate::estate::{EstateError, LivePlan, PlanOptions, Remark, Selection};
use crate::rehearse::play;

/// The seed of the rehearsals: any number, always the same, so that two reports can be compared.
const SEED: u64 = 1;

/// Everything that a report of the estate is made from.
#[derive(Debug)]
pub struct EstateReport {
    /// The policies with their history.
    pub continuity: Continuity,
    cloud: Seen,
}

/// What was seen of the cloud.
#[derive(Debug)]
enum Seen {
    /// It was looked at, from one moment to another.
    Now { live: Box<LivePlan>, from: String, to: String },
    /// Nobody was asked to look.
    NotAsked,
    /// It could not be seen.
    Not(String),
}

impl EstateReport {
    /// Read the policies, the journal and git; and unless `offline`, the cloud. Nothing is changed.
    ///
    /// # Errors
    /// The policies cannot be read, or their text or names are invalid; the trust anchor or a flag is wrong.
    pub async fn read(
        paths: &[PathBuf],
        as_of: Date,
        selection: &Selection,
        offline: bool,
        extent: Extent,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let continuity = Continuity::read(paths, as_of, selection, extent, tell).await?;
        if offline {
            return Ok(Self { continuity, cloud: Seen::NotAsked });
        }
        let policies = readable(continuity.sources.clone(), as_of)?;
        let options = PlanOptions { backups: true, only_looks: true, ..PlanOptions::default() };
        let from = now();
        // What the journal has to say was told when its history was read.
        let cloud = match LivePlan::of(policies, selection, &options, &|_| ()).await {
            Ok(live) => Seen::Now { live: Box::new(live), from, to: now() },
            Err(error) => Seen::Not(error.to_string()),
        };
        Ok(Self { continuity, cloud })
    }

    /// Why the cloud could not be observed, if it was asked for.
    #[must_use]
    pub fn unseen(&self) -> Option<&str> {
        match &self.cloud {
            Seen::Not(reason) => Some(reason),
            Seen::Now { .. } | Seen::NotAsked => None,
        }
    }

    /// The report. Each loss is rehearsed `runs` times, or as often as an estate of its size allows.
    #[must_use]
    pub fn report(&self, with_contacts: bool, runs: u32) -> Report {
        let Continuity { policy, as_of, waived, .. } = &self.continuity;
        let losses = losses(policy, Some(*as_of));
        let rehearsals: Vec<Rehearsed<'_>> = losses
            .iter()
            .map(|loss| {
                let of = |count| {
                    Rehearsals::of_sites(policy, loss.sites.clone(), Runs { count, seed: SEED, at: None })
                };
                let most = of(1).most_runs();
                let all = of(runs.min(most));
                all.report(&play(&all))
            })
            .collect();
        let status = self.status();
        let live = self.live(status.as_ref());
        let plan = self.continuity.inputs(with_contacts);
        report(&Inputs { plan, waived, rehearsals: &rehearsals, live })
    }

    /// Where the estate stood when somebody looked.
    pub(crate) fn status(&self) -> Option<Status<'_>> {
        match &self.cloud {
            Seen::Now { live, .. } => Some(live.status(self.continuity.as_of)),
            Seen::NotAsked | Seen::Not(_) => None,
        }
    }

    /// What somebody saw in the cloud. `status` is that of [`Self::status`].
    pub(crate) fn live<'s>(&self, status: Option<&'s Status<'s>>) -> Live<'s> {
        match (&self.cloud, status) {
            (Seen::Now { from, to, .. }, Some(status)) => {
                Live::Seen { status, from: from.clone(), to: to.clone() }
            }
            (Seen::Not(why), _) => Live::Unseen(why.clone()),
            _ => Live::NotAsked,
        }
    }
}

/// This moment (RFC 3339, UTC).
fn now() -> String {
    Timestamp::now().to_string()
}
