//! The estate as a report for people who never saw its policies: a board, an auditor, whoever is asked "what happens if this
//! region is lost tonight?".
//!
//! Each file fills one section. The facts are those of the policies, of objectives derived from them, of rehearsals, and of what
//! somebody saw in the cloud and in the journal. What nobody has seen is unknown, and the report says so: an objective holds only
//! if an observation says that it does. It says which observation it rests on, and from which account.
//!
//! The parts that it shares with the business continuity plan are those of [`crate::bcp`].

mod assumptions;
mod backups;
mod changed;
mod context;
mod data;
mod drift;
mod drills;
mod estate;
mod findings;
pub(crate) mod front;
mod limits;
mod live;
mod services;
mod site;
mod sites;
mod verdict;

use crate::bcp::{self, activation, contacts};
use crate::compile::Waived;
use crate::rehearsals;
use crate::report::Report;
use crate::status::Status;
use context::Context;

/// What the report is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The policies, what is wrong with them, and their history: what a continuity plan is made from too.
    pub plan: bcp::Inputs<'a>,
    /// The findings that somebody has accepted.
    pub waived: &'a [Waived],
    /// The loss of each site, and of each set of sites that share a fate, played many times.
    pub rehearsals: &'a [rehearsals::Report<'a>],
    /// What somebody saw in the cloud.
    pub live: Live<'a>,
}

/// What somebody saw in the cloud.
#[derive(Debug)]
pub enum Live<'a> {
    /// It was looked at.
    Seen {
        /// Where the estate stood.
        status: &'a Status<'a>,
        /// When somebody began to look (RFC 3339, UTC).
        from: String,
        /// When they had seen it (RFC 3339, UTC).
        to: String,
    },
    /// Nobody was asked to look.
    NotAsked,
    /// It could not be seen, for this reason.
    Unseen(String),
}

/// The document. The same inputs give the same report.
#[must_use]
pub fn report(inputs: &Inputs<'_>) -> Report {
    let context = Context::new(inputs);
    let mut decide = activation::section(&context.plan);
    decide.title = "Who decides".to_owned();
    let sections = vec![
        estate::section(&context),
        sites::section(&context),
        services::section(&context),
        decide,
        live::section(&context),
        drift::section(&context),
        drills::section(&context),
        findings::section(&context),
        assumptions::section(&context),
        changed::section(&context),
        contacts::section(&context.plan),
        limits::section(&context),
    ];
    let title = format!("Disaster recovery of {}", inputs.plan.policy.estate);
    let mut report = Report { kind: "estate", title, blocks: Vec::new(), sections };
    report.number_gaps();
    report.blocks = front::blocks(&context, &report);
    report
}

#[cfg(test)]
mod tests;
