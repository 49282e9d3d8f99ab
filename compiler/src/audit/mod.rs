//! The audit: for each control of a framework, whether it is satisfied, and the evidence for that.
//!
//! Words: a *control* is one demand of a framework; *evidence* of a kind ([`Evidence`]) is what Holdfast can check; an [`Item`] is
//! one thing that was checked, with its chain from the clause in the policies to the run and the drill; an *attestation* is what
//! somebody states about a control for a limited time.
//!
//! Nothing is satisfied that nobody has seen. What somebody states is attested, which is less. What nobody can tell is not
//! assessed, with the reason.

mod assess;
pub mod bundle;
mod cloud;
mod context;
mod csv;
mod document;
mod drills;
mod framework;
mod history;
mod item;
mod json;
mod lines;
mod matrix;
mod oscal;
mod places;
mod policy;
mod storage;

use std::collections::BTreeMap;

use crate::bcp;
use crate::compile::Waived;
use crate::document::Evidence;
use crate::estate_report::Live;
use crate::units::Date;
pub use assess::{Assessed, Assessment, Verdict};
pub use csv::csv;
pub use document::report;
pub use framework::{Framework, frameworks};
pub use item::{Item, Standing};
pub use json::{FORMAT_VERSION, json};
pub use lines::{Line, Lines};
pub use matrix::add_to as add_controls;
pub use oscal::{OscalFile, check as check_oscal, oscal};

/// What an audit is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The policies, what is wrong with them, and their history.
    pub plan: bcp::Inputs<'a>,
    /// The findings that somebody has accepted.
    pub waived: &'a [Waived],
    /// What somebody saw in the cloud.
    pub live: Live<'a>,
    /// Which commit last changed each line of the policies.
    pub lines: &'a Lines,
    /// The frameworks, in the order of the report.
    pub frameworks: &'a [Framework],
    /// The first day of the period in which runs must be approved. `None`: all runs that were read.
    pub since: Option<Date>,
}

/// An audit.
#[derive(Debug)]
pub struct Audit<'a> {
    /// What it is made from.
    pub inputs: &'a Inputs<'a>,
    /// What was checked, by kind. Each kind that a control names is in it, also if there is nothing of it.
    pub evidence: BTreeMap<Evidence, Vec<Item>>,
    /// The frameworks with their controls.
    pub frameworks: Vec<Assessed<'a>>,
    /// What it rests on: names with their values.
    pub rests_on: Vec<(&'static str, String)>,
    /// What is missing or stale, each a sentence.
    pub lacks: Vec<String>,
}

impl<'a> Audit<'a> {
    /// Assess. The same inputs give the same audit.
    #[must_use]
    pub fn of(inputs: &'a Inputs<'a>) -> Self {
        let context = context::Context::new(inputs);
        let controls = inputs.frameworks.iter().flat_map(|framework| &framework.controls);
        let kinds = controls.flat_map(|control| control.evidence.iter().copied());
        let kinds: std::collections::BTreeSet<Evidence> = kinds.collect();
        let evidence: BTreeMap<Evidence, Vec<Item>> =
            kinds.into_iter().map(|kind| (kind, context.evidence(kind))).collect();
        let assess = |framework| assess::framework(framework, &evidence, inputs.plan.as_of);
        let frameworks: Vec<Assessed<'_>> = inputs.frameworks.iter().map(assess).collect();
        let (rests_on, lacks) = (context.rests_on(), context.lacks(&evidence, &frameworks));
        Self { inputs, evidence, frameworks, rests_on, lacks }
    }

    /// How many controls have a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        let all = self.frameworks.iter().flat_map(|one| &one.controls);
        all.filter(|control| control.verdict == verdict).count()
    }

    /// The evidence of a control, in the order in which it names its kinds.
    pub fn items<'s>(&'s self, assessment: &'s Assessment<'_>) -> impl Iterator<Item = &'s Item> {
        let kinds = assessment.control.evidence.iter();
        kinds.filter_map(|kind| self.evidence.get(kind)).flatten()
    }
}

#[cfg(test)]
mod tests;
