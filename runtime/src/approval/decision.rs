//! Whether enough people have agreed to a plan, for everybody who asks for it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::plan::Context;
use jiff::Timestamp;

use super::verify::{Accepted, Question, people, verify};
use super::{Author, Namespace, Refusal, Rule, Signers, signature_path};

/// The largest statement and signature that are read, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// A rule that has to be satisfied, and whose it is. Each demand stands by itself: one person may help to satisfy
/// several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The rule.
    pub rule: Rule,
    /// Whose it is, to begin a sentence with: `the plan's rule`.
    pub whose: String,
    /// The estate whose rule it is.
    pub estate: String,
}

/// What there is to decide on.
pub struct Approvals<'a> {
    /// What the statements are for.
    pub namespace: Namespace,
    /// The digest of the plan.
    pub plan: &'a str,
    /// What the plan is about.
    pub context: &'a Context,
    /// Who made the plan and so cannot approve it; nobody where the author may sign as well.
    pub author: Option<&'a Author>,
    /// The reason that the statements have to give, where they are for breaking the glass.
    pub because: Option<&'a str>,
    /// The statements; each has its signature beside it.
    pub statements: &'a [PathBuf],
    /// The run that has used up the statement of a digest: its number and when it began.
    pub used: &'a dyn Fn(&str) -> Option<(u64, String)>,
    /// When it is decided.
    pub now: Timestamp,
}

/// What was decided.
#[derive(Debug, Default)]
pub struct Decision {
    /// The approvals that count: name and digest of the statement.
    pub accepted: BTreeSet<(String, String)>,
    /// Those that do not, and why.
    pub not_counted: Vec<Diagnostic>,
    /// The demands that are not satisfied, each with its estate. Nothing may be applied unless this is empty.
    pub short: Vec<(String, Diagnostic)>,
}

/// Hold the approvals against all demands.
///
/// # Errors
/// A list of signers that cannot be read: nobody can satisfy it, and it is not left out.
pub fn decide(demands: &[Demand], approvals: &Approvals<'_>) -> Result<Decision, Diagnostic> {
    let mut decision = Decision::default();
    for Demand { rule, whose, estate } in demands {
        let signers = Signers::parse(&rule.signers).map_err(|error| {
            let message = format!("{whose}: the list of signers, {error}");
            Diagnostic::new(codes::BAD_SIGNERS, message).help("correct the list, and plan again")
        })?;
        let question = Question {
            namespace: approvals.namespace,
            plan: approvals.plan,
            context: approvals.context,
            author: approvals.author,
            signers: Some(&signers),
            hold_seconds: rule.hold_seconds,
            because: approvals.because,
            now: approvals.now,
        };
        let mut accepted = Vec::new();
        for path in approvals.statements {
            match one(path, &question, approvals.used) {
                Ok(approval) => accepted.push(approval),
                Err(refusal) => {
                    let finding = refusal.finding().in_file(path.display().to_string());
                    // Several demands may say the same.
                    if !decision.not_counted.contains(&finding) {
                        decision.not_counted.push(finding);
                    }
                }
            }
        }
        let people = people(&accepted);
        if people.len() < usize::from(rule.required) {
            decision.short.push((estate.clone(), too_few(whose, rule.required, &people)));
        }
        decision.accepted.extend(accepted.into_iter().map(|a| (a.approver, a.statement_digest)));
    }
    Ok(decision)
}

/// One approval: its two files, what they say, and whether a run has used it.
fn one(
    path: &Path,
    question: &Question<'_>,
    used: &dyn Fn(&str) -> Option<(u64, String)>,
) -> Result<Accepted, Refusal> {
    let read = |path: &Path, what: &str| {
        super::read(path, MAX_BYTES)
            .map_err(|error| Refusal::Changed(format!("the {what} cannot be read: {error}")))
    };
    let statement = read(path, "statement")?;
    let signature = read(&signature_path(path), "signature")?;
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
    let message = format!("{whose} requires {required} {noun}, and there {there} {}{have}", people.len());
    Diagnostic::new(codes::TOO_FEW_APPROVALS, message)
        .help("ask someone who has not approved yet to run `holdfast approve PLANFILE`")
}
