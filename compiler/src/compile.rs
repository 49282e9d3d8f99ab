//! Compile the policy text of an estate: parse it, bind its names, run the rules and derive the objectives.

use std::collections::BTreeSet;

use crate::diagnostic::{self, Diagnostic, Severity, codes};
use crate::policy::{self, Policy, Waiver};
use crate::source::Sources;
use crate::units::Date;
use crate::{document, objectives, rules};

/// The inputs of a check besides the text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The date for the checks of reviews, drills, measurements and waivers. Without a date these checks are
    /// skipped: the compiler has no clock, so that the same text always gives the same result.
    pub as_of: Option<Date>,
}

/// A policy that compiles, with its warnings.
#[derive(Debug)]
pub struct Compiled {
    /// The policy.
    pub policy: Policy,
    /// Warnings, in the order of the text.
    pub warnings: Vec<Diagnostic>,
    /// Waived findings, in the order of the text.
    pub waived: Vec<Waived>,
    /// The options it was checked with.
    pub options: Options,
}

/// A waived finding.
#[derive(Debug, Clone)]
pub struct Waived {
    /// The finding.
    pub finding: Diagnostic,
    /// The decision.
    pub waiver: Waiver,
}

impl Waived {
    /// One line for reports: the code and message of the finding, who waived it, until when, and why.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (Diagnostic { code, message, .. }, Waiver { because, owner, until, .. }) =
            (&self.finding, &self.waiver);
        format!("{code} {message}: waived by {owner} until {until}, because {because}")
    }
}

/// Compile the text of an estate.
///
/// # Errors
/// All findings at once, in the order of the files, if one of them is an error.
pub fn compile(sources: &Sources, options: Options) -> Result<Compiled, Vec<Diagnostic>> {
    let Checked { policy, findings, waived } = check(sources, options);
    match policy {
        Some(policy) if !refused(&findings) => Ok(Compiled { policy, warnings: findings, waived, options }),
        _ => Err(findings),
    }
}

/// A policy whose text and names are valid, whether it meets its objectives or not.
#[derive(Debug)]
pub struct Checked {
    /// The policy, or `None` if its text or its names are invalid.
    pub policy: Option<Policy>,
    /// Errors and warnings, in the order of the text.
    pub findings: Vec<Diagnostic>,
    /// Waived findings, in the order of the text.
    pub waived: Vec<Waived>,
}

/// Check the text of an estate. For callers that need the derived objectives even if the policy does not
/// compile.
#[must_use]
pub fn check(sources: &Sources, options: Options) -> Checked {
    let mut findings = Vec::new();
    let documents = document::read(sources, &mut findings);
    // Bind names even if a document is broken, so that one run reports everything. Names that a broken
    // document may declare are not reported as missing.
    let complete = findings.is_empty();
    let policy = policy::bind(documents, complete, &mut findings);
    // Derive objectives only if all names are bound, so that one cause gives one finding.
    let policy = policy.filter(|_| !refused(&findings));
    let mut waived = Vec::new();
    if let Some(policy) = &policy {
        findings.extend(objectives::check(policy, options.as_of));
        findings.extend(rules::check(policy, options.as_of));
        (findings, waived) = waive(findings, &policy.waivers, options.as_of);
    }
    diagnostic::sort(&mut findings);
    Checked { policy, findings, waived }
}

fn refused(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity() == Severity::Error)
}

/// Remove the findings that are waived in the document of the thing they are about. An expired waiver has no
/// effect. A waiver with nothing to waive is itself a finding, so that no waiver outlives its reason.
fn waive(
    mut findings: Vec<Diagnostic>,
    waivers: &[Waiver],
    as_of: Option<Date>,
) -> (Vec<Diagnostic>, Vec<Waived>) {
    diagnostic::sort(&mut findings);
    let ended = |waiver: &&Waiver| as_of.is_some_and(|today| waiver.until < today);
    let (mut kept, mut waived, mut used) = (Vec::new(), Vec::new(), BTreeSet::new());
    for finding in findings {
        let place =
            finding.about.as_deref().copied().or_else(|| finding.labels.first().map(|label| label.span));
        let covers = |waiver: &&Waiver| {
            waiver.code == finding.code.as_str() && place.is_some_and(|place| waiver.covers(place))
        };
        // Of several waivers, the one that ends last counts, so that a renewed decision takes effect.
        match waivers.iter().filter(covers).max_by_key(|waiver| waiver.until) {
            Some(waiver) => {
                used.insert(waiver.span);
                if ended(&waiver) {
                    kept.push(finding);
                } else {
                    waived.push(Waived { finding, waiver: waiver.clone() });
                }
            }
            None => kept.push(finding),
        }
    }
    for waiver in waivers {
        if ended(&waiver) {
            let message = format!("the waiver of {} ended on {}", waiver.code, waiver.until);
            kept.push(
                Diagnostic::new(codes::WAIVER_ENDED, message)
                    .at(waiver.span, "no longer applies")
                    .help("fix the cause, or renew the waiver"),
            );
        } else if !used.contains(&waiver.span) && !waiver.is_about_time() {
            kept.push(
                Diagnostic::new(
                    codes::WAIVER_IDLE,
                    format!("there is no {} to waive in this document", waiver.code),
                )
                .at(waiver.span, "waives nothing")
                .help("remove it: it would hide the next finding of this code"),
            );
        }
    }
    (kept, waived)
}
