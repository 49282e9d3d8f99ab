//! The business continuity plan as a document that people use on paper during the worst night.
//!
//! Each file fills one section from the policies and names the clauses it answers: the outline of NIST SP 800-34 rev. 1
//! appendix A.3, and what ISO 22301:2019 8.4 asks of plans and procedures. Nothing is invented: an order is one that the
//! policies fix, a number is one that they state or that is derived from them. Where a fact is missing, the section has
//! a [`Gap`](crate::report::Gap), which says what is missing, why it matters and where to write it.
//!
//! Names of people are always in it, because a plan without them is of no use. How to reach them is in it only if the
//! caller asks for that.

mod acknowledged;
pub(crate) mod activation;
mod approval;
mod budget;
mod call_tree;
pub(crate) mod changes;
mod communication;
pub(crate) mod contacts;
mod context;
mod escalation;
pub(crate) mod front;
mod instructions;
mod levels;
mod maintenance;
mod objectives;
mod people;
pub(crate) mod procedures;
mod redact;
mod resources;
mod roles;
mod stand_down;
pub(crate) mod steps;
mod unread;

use crate::diagnostic::Diagnostic;
use crate::drill::Held;
use crate::plan::Action;
use crate::policy::Policy;
use crate::report::Report;
use crate::source::Sources;
use crate::units::Date;
pub use acknowledged::{Acknowledged, Acknowledgements};
pub(crate) use budget::grouped;
pub use changes::version;
pub(crate) use context::{Context, heading, names};
pub(crate) use objectives::{Assumption, assumed};
pub(crate) use redact::{redacted, without_domain};
pub(crate) use unread::Unread;

/// What the document is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The policies. They may miss their objectives: then the document says so.
    pub policy: &'a Policy,
    /// Their text.
    pub sources: &'a Sources,
    /// What the check of the policies found and nobody has waived.
    pub findings: &'a [Diagnostic],
    /// The day on which something is due or overdue.
    pub as_of: Date,
    /// Whether it says how to reach people.
    pub with_contacts: bool,
    /// The runs of the journal, newest first.
    pub runs: &'a History<Run>,
    /// The commits that changed the policies, newest first.
    pub commits: &'a History<Commit>,
    /// When drills were held, as the journal has it.
    pub held: &'a Held,
    /// Which roles have acknowledged the plan.
    pub acknowledged: &'a Acknowledgements,
}

/// What happened earlier, as far as somebody could read it.
#[derive(Debug)]
pub enum History<T> {
    /// It was read.
    Read {
        /// Where.
        place: String,
        /// The newest of it, newest first.
        newest: Vec<T>,
        /// Whether there is more than that.
        more: bool,
        /// What a reader has to know about it, each as a sentence.
        notes: Vec<String>,
    },
    /// It could not be read, for this reason.
    Unread(String),
}

/// A run of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    /// The cloud and the account that it changed.
    pub cloud: String,
    /// Who applied it.
    pub runner: String,
    /// Who approved it.
    pub approvers: Vec<String>,
    /// How it ended, and how many steps it did.
    pub ended: String,
    /// The reason given for applying it without the approvals that it needed.
    pub break_glass: Option<String>,
    /// Whether it applied the policies that the document is made from. `None`: it does not say.
    pub is_of_these_policies: Option<bool>,
    /// Whether it finished and every step succeeded.
    pub is_complete: bool,
    /// Whether it changed the embedded cloud, which is for tries.
    pub is_local: bool,
    /// What it changed, in the order in which it began to.
    pub changed: Vec<Changed>,
    /// How many more it changed.
    pub more: usize,
}

/// Something that a run changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The resource.
    pub address: String,
    /// What was done to it.
    pub action: Action,
    /// Whether it was done. `None`: nobody recorded the result, so it may have been.
    pub done: Option<bool>,
    /// The settings of an update, each with its value before and after.
    pub settings: Vec<String>,
}

/// A commit that changed the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The first digits of its id.
    pub id: String,
    /// The day on which it was made.
    pub day: String,
    /// Its author, by name.
    pub author: String,
    /// What it says in its first line.
    pub subject: String,
}

/// The document. The same inputs give the same report.
#[must_use]
pub fn report(inputs: &Inputs<'_>) -> Report {
    let context = Context::new(inputs);
    let sections = vec![
        activation::section(&context),
        levels::section(&context),
        call_tree::section(&context),
        instructions::section(&context),
        procedures::section(&context),
        people::section(&context),
        escalation::section(&context),
        communication::section(&context),
        stand_down::section(&context),
        roles::section(&context),
        resources::section(&context),
        budget::section(&context),
        objectives::section(&context),
        maintenance::section(&context),
        changes::section(&context),
        approval::section(&context),
        contacts::section(&context),
    ];
    let title = format!("Business continuity plan of {}", inputs.policy.estate);
    let mut report = Report { kind: "business-continuity-plan", title, blocks: Vec::new(), sections };
    report.number_gaps();
    report.blocks = front::blocks(&context, &report);
    report
}

#[cfg(test)]
mod tests;
