//! How a command fails: what it prints, and its exit code.

use holdfast_compiler::diagnostic::{Code, Diagnostic, Severity, codes, render, visible};
use holdfast_compiler::source::Sources;

use super::exit;
use super::output::{Terminal, one_line};
use crate::cloud::{Class, CloudError};
use crate::estate::{EstateError, Findings};
use crate::import::ImportError;
use crate::journal::JournalError;
use crate::planfile::{self, ApproveError, UnsavedError};
use crate::run::RunError;

/// A failure of a command.
#[derive(Debug)]
pub(super) struct Failure {
    /// Lines to print first.
    before: Vec<String>,
    exit: u8,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Findings(Vec<Diagnostic>, Sources),
    /// An error message of one line, and a hint of Holdfast's own, which may be empty.
    Message(String, &'static str),
}

impl Failure {
    /// Findings about the policies, or about conflicts with the cloud.
    pub(super) fn invalid(findings: Vec<Diagnostic>, sources: Sources) -> Self {
        Self { before: Vec::new(), exit: exit::INVALID, body: Body::Findings(findings, sources) }
    }

    /// A refusal with its cure.
    pub(super) fn refused(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::refused_at(Diagnostic::new(code, message).help(help), Sources::default())
    }

    /// A refusal that refers to a place in the policies.
    pub(super) fn refused_at(finding: Diagnostic, sources: Sources) -> Self {
        Self::refused_findings(Findings { findings: vec![finding], sources })
    }

    /// A refusal for one finding.
    pub(super) fn refused_finding(finding: Diagnostic) -> Self {
        Self::refused_for(vec![finding])
    }

    /// A plan file that cannot be used.
    pub(super) fn plan_file(refusal: planfile::Refusal, name: &str) -> Self {
        match refusal.findings(name) {
            Ok(refused) => Self::refused_findings(refused),
            Err(message) => Self::message(message),
        }
    }

    /// A refusal for findings, with the text that they refer to.
    fn refused_findings(Findings { findings, sources }: Findings) -> Self {
        Self { before: Vec::new(), exit: exit::REFUSED, body: Body::Findings(findings, sources) }
    }

    /// A refusal for several findings.
    pub(super) fn refused_for(findings: Vec<Diagnostic>) -> Self {
        Self::refused_findings(Findings { findings, ..Findings::default() })
    }

    /// Any other error.
    pub(super) fn message(message: impl Into<String>) -> Self {
        Self { before: Vec::new(), exit: exit::FAILED, body: Body::Message(message.into(), "") }
    }

    /// Wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { before: Vec::new(), exit: exit::USAGE, body: Body::Message(message.into(), "") }
    }

    /// The exit code and the findings, for callers that print them differently than [`Failure::report`].
    ///
    /// # Errors
    /// The failure itself if it has no findings.
    pub(super) fn findings(self) -> Result<(u8, Vec<Diagnostic>, Sources), Self> {
        match self.body {
            Body::Findings(findings, sources) => Ok((self.exit, findings, sources)),
            Body::Message(..) => Err(self),
        }
    }

    /// Print the failure, and return the exit code.
    pub(super) fn report(self, terminal: &Terminal) -> u8 {
        for line in &self.before {
            terminal.error(&visible(line));
        }
        match self.body {
            Body::Findings(findings, sources) => {
                terminal.error(&render(&findings, &sources, terminal.stderr()));
                terminal.note(&tally(&findings));
            }
            Body::Message(message, hint) => {
                terminal.error(&format!("error: {}\n{hint}", one_line(&message)));
            }
        }
        self.exit
    }
}

/// The number of findings and a pointer to an explanation: `2 errors and 1 warning; …`.
pub(super) fn tally(findings: &[Diagnostic]) -> String {
    let count = |severity: Severity, noun: &str| {
        let count = findings.iter().filter(|finding| finding.severity() == severity).count();
        (count > 0).then(|| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }))
    };
    let counts = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    // The minimum prefers errors to warnings: `E` sorts before `W`.
    let first = findings.iter().map(|finding| finding.code.as_str()).min().unwrap_or_default();
    format!("{}; `holdfast explain {first}` says more", counts.join(" and "))
}

impl From<Findings> for Failure {
    /// Codes E07xx are refusals, except a bad list of signers; all other findings mean an invalid policy.
    fn from(Findings { findings, sources }: Findings) -> Self {
        let refused = findings.first().is_some_and(|finding| finding.code.as_str().starts_with("E07"));
        let signers = findings.first().is_some_and(|finding| finding.code == codes::BAD_SIGNERS);
        let exit = if refused && !signers { exit::REFUSED } else { exit::INVALID };
        Self { before: Vec::new(), exit, body: Body::Findings(findings, sources) }
    }
}

impl From<EstateError> for Failure {
    fn from(error: EstateError) -> Self {
        match error.refusal() {
            Ok(refused) => Self::refused_findings(refused),
            Err(EstateError::Invalid(findings)) => findings.into(),
            Err(EstateError::Cloud(error)) => error.into(),
            Err(EstateError::Journal(error)) => error.into(),
            Err(
                error
                @ (EstateError::NoSuchCloud(_) | EstateError::NoTarget { .. } | EstateError::Posture(_)),
            ) => Self::usage(error.to_string()),
            Err(error) => Self::message(error.to_string()),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let before: Vec<String> = match &error {
            RunError::Stale(shifts) => {
                shifts.iter().map(|shift| format!("changed since the plan was made: {shift}\n")).collect()
            }
            RunError::NotAsApproved(departures) => {
                departures.iter().map(|departure| format!("not as approved: {departure}\n")).collect()
            }
            _ => Vec::new(),
        };
        match error.refusal() {
            Ok(refused) => Self { before, ..Self::refused_findings(refused) },
            Err(RunError::Estate(error)) => error.into(),
            Err(error) => Self::message(error.to_string()),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error.refusal() {
            Ok(refused) => Self::refused_findings(refused),
            Err(ImportError::Estate(error)) => error.into(),
            Err(error) => Self::message(error.to_string()),
        }
    }
}

impl From<ApproveError> for Failure {
    fn from(error: ApproveError) -> Self {
        error.refusal().map_or_else(|failed| Self::message(failed.to_string()), Self::refused_finding)
    }
}

impl From<UnsavedError> for Failure {
    fn from(error: UnsavedError) -> Self {
        match error {
            UnsavedError::Estate(error) => error.into(),
            error @ UnsavedError::Json(_) => Self::message(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::message(format!("cannot be written as JSON: {error}"))
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        let hint = if error.class == Class::Credentials {
            "get valid credentials, or use the embedded cloud, which needs none: --cloud local\n"
        } else {
            ""
        };
        Self { before: Vec::new(), exit: exit::FAILED, body: Body::Message(error.to_string(), hint) }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match error.refusal() {
            Ok(finding) => Self::refused_finding(finding),
            Err(error @ JournalError::NothingToTakeOver(_)) => Self::usage(format!("--take-over: {error}")),
            Err(error) => Self::message(format!("the journal: {error}")),
        }
    }
}
