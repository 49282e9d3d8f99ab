//! Decides whether a plan has enough approvals for every rule that applies to it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::plan::Context;
use jiff::Timestamp;

use super::verify::{Accepted, Question, people, verify};
use super::{Author, Namespace, Refusal, Rule, Signers, signature_path};

/// The largest statement and signature that are read, in bytes.
const MAX_BYTES: u64 = 16 * 1024;
/// The most approvals that are listed as not counted: comments of others can hold thousands. The rest is counted.
const MOST_NOT_COUNTED: usize = 100;

/// A rule that a plan must satisfy, and its origin. Each demand is checked on its own: one approval may count for
/// several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The rule.
    pub rule: Rule,
    /// Its origin, as the subject of a message: `the plan's rule`.
    pub whose: String,
    /// The estate whose rule it is.
    pub estate: String,
}

/// A statement with its signature, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// In a file, with the signature beside it.
    File(PathBuf),
    /// In a text.
    Text {
        /// The file and the line, as messages name it.
        place: String,
        /// The statement.
        statement: String,
        /// The signature.
        signature: String,
    },
}

/// The plan and its approvals.
pub struct Approvals<'a> {
    /// The purpose of the statements.
    pub namespace: Namespace,
    /// Whether the plan only sends users away from evacuated sites.
    pub evacuates: bool,
    /// The digest of the plan.
    pub plan: &'a str,
    /// The plan's estate, cloud and accounts.
    pub context: &'a Context,
    /// Who made the plan and therefore cannot approve it; `None` if the author may sign too.
    pub author: Option<&'a Author>,
    /// The reason that the statements must give, if they are for breaking the glass.
    pub because: Option<&'a str>,
    /// The signed statements.
    pub statements: &'a [Presented],
    /// Looks up the run that has used up a statement, by its digest: the run's number and start.
    pub used: &'a dyn Fn(&str) -> Option<(u64, String)>,
    /// The time of the decision.
    pub now: Timestamp,
}

/// The result of a decision.
#[derive(Debug, Default)]
pub struct Decision {
    /// The approvals that count: the approver and the digest of the statement.
    pub accepted: BTreeSet<(String, String)>,
    /// The approvals that do not count, and why.
    pub not_counted: Vec<Diagnostic>,
    /// The demands that are not satisfied, each with its estate. Nothing may be applied unless this is empty.
    pub short: Vec<(String, Diagnostic)>,
}

impl Decision {
    /// The people whose approvals count, each once, in the order of their names.
    #[must_use]
    pub fn people(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.accepted.iter().map(|(name, _)| name.as_str()).collect();
        names.into_iter().collect()
    }
}

/// Check the approvals against all demands.
///
/// # Errors
/// A list of signers cannot be read. It is never ignored.
pub fn decide(demands: &[Demand], approvals: &Approvals<'_>) -> Result<Decision, Diagnostic> {
    let (mut decision, mut not_counted) = (Decision::default(), NotCounted::default());
    for Demand { rule, whose, estate } in demands {
        let signers = Signers::parse(&rule.signers).map_err(|error| {
            let message = format!("{whose}: the list of signers, {error}");
            Diagnostic::new(codes::BAD_SIGNERS, message).help("fix the list, and plan again")
        })?;
        let question = Question {
            namespace: approvals.namespace,
            plan: approvals.plan,
            context: approvals.context,
            author: approvals.author,
            signers: Some(&signers),
            hold_seconds: rule.hold_of(approvals.evacuates),
            because: approvals.because,
            now: approvals.now,
        };
        let mut accepted = Vec::new();
        for presented in approvals.statements {
            match one(presented, &question, approvals.used) {
                Ok(approval) => accepted.push(approval),
                Err(refusal) => not_counted.add(presented.place(), &refusal),
            }
        }
        let people = people(&accepted);
        if people.len() < usize::from(rule.required) {
            decision.short.push((estate.clone(), too_few(whose, rule.required, &people)));
        }
        decision.accepted.extend(accepted.into_iter().map(|a| (a.approver, a.statement_digest)));
    }
    decision.not_counted = not_counted.findings();
    Ok(decision)
}

/// The approvals that do not count.
#[derive(Default)]
struct NotCounted {
    /// The first ones.
    listed: Vec<Diagnostic>,
    /// The first one that is not listed.
    next: Option<Diagnostic>,
    /// The places of all that are not listed.
    more: BTreeSet<String>,
}

impl NotCounted {
    /// Several demands may refuse the same approval for the same reason. It is listed once.
    fn add(&mut self, place: String, refusal: &Refusal) {
        let finding = refusal.finding().in_file(place.clone());
        if self.listed.contains(&finding) {
            return;
        }
        if self.listed.len() < MOST_NOT_COUNTED {
            self.listed.push(finding);
        } else {
            self.next.get_or_insert(finding);
            self.more.insert(place);
        }
    }

    /// Those that are listed, and how many there are besides.
    fn findings(self) -> Vec<Diagnostic> {
        let Self { mut listed, next, more } = self;
        if let Some(next) = next {
            let noun = if more.len() == 1 { "approval does" } else { "approvals do" };
            let message =
                format!("{} more {noun} not count; the first of them: {}", more.len(), next.message);
            listed.push(Diagnostic { message, ..next });
        }
        listed
    }
}

impl Presented {
    fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Text { place, .. } => place.clone(),
        }
    }

    /// The statement and its signature.
    fn read(&self) -> Result<(String, String), Refusal> {
        let read = |path: &Path, what: &str| {
            super::read(path, MAX_BYTES)
                .map_err(|error| Refusal::Changed(format!("the {what} cannot be read: {error}")))
        };
        match self {
            Self::File(path) => Ok((read(path, "statement")?, read(&signature_path(path), "signature")?)),
            Self::Text { statement, signature, .. } => Ok((statement.clone(), signature.clone())),
        }
    }
}

/// Check one approval: read it, verify it, and look up whether a run has used it.
fn one(
    presented: &Presented,
    question: &Question<'_>,
    used: &dyn Fn(&str) -> Option<(u64, String)>,
) -> Result<Accepted, Refusal> {
    let (statement, signature) = presented.read()?;
    let accepted = verify(&statement, &signature, question)?;
    match used(&accepted.statement_digest) {
        Some((run, at)) => Err(Refusal::Used { run, at }),
        None => Ok(accepted),
    }
}

fn too_few(whose: &str, required: u8, people: &[&str]) -> Diagnostic {
    let names: Vec<String> = people.iter().map(|name| format!("`{name}`")).collect();
    let have = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let noun = if required == 1 { "approval" } else { "approvals" };
    let there = if people.len() == 1 { "is" } else { "are" };
    let message = format!("{whose} requires {required} {noun}, but there {there} {}{have}", people.len());
    Diagnostic::new(codes::TOO_FEW_APPROVALS, message)
        .help("ask someone who has not approved yet to run `holdfast approve PLANFILE`")
}
