//! How many approvals a plan has: a saved one, as far as that can be known offline, and one that was just made.

use std::path::Path;

use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::plan::{Around, Given};
use jiff::Timestamp;

use super::Saved;
use crate::approval::{Approvals, Demand, Namespace, Presented, Rule, decide, statement_paths};

/// The approvals of a plan.
///
/// For a saved plan, signatures and lists of signers are checked as an apply does. The journal is not read: it knows the rule of
/// the last run, and which approvals were used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The approvals that count, for each rule that requires some.
    pub given: Vec<Given>,
    /// The approvals that do not count, each with its reason.
    pub not_counted: Vec<String>,
    /// Whether the journal was not read.
    pub offline: bool,
}

/// Why nobody can tell.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// The folder of the plan cannot be read.
    #[error("the folder of the plan: {0}")]
    Folder(#[from] std::io::Error),
    /// A list of signers cannot be used.
    #[error("{}", .0.message)]
    Signers(Box<Diagnostic>),
}

/// The rules that require approvals: the one of the policies and the one of the trust anchor.
fn demands(rule: Option<&Rule>, anchored: Option<&Demand>, estate: &str) -> Vec<Demand> {
    let estate = estate.to_owned();
    let own = rule.map(|rule| Demand { rule: rule.clone(), whose: "the plan".to_owned(), estate });
    let anchor = anchored.map(|demand| Demand { whose: "the trust anchor".to_owned(), ..demand.clone() });
    own.into_iter().chain(anchor).filter(|demand| demand.rule.required > 0).collect()
}

impl Standing {
    /// The approvals beside a plan in a file. `anchored` is the demand of the trust anchor.
    ///
    /// # Errors
    /// A list of signers cannot be used, or the folder of the plan cannot be read.
    pub fn of(saved: &Saved, path: &Path, anchored: Option<&Demand>) -> Result<Self, StandingError> {
        let demands = demands(saved.rule(), anchored, &saved.plan.context.estate);
        let mut standing = Self { offline: true, ..Self::default() };
        if demands.is_empty() {
            return Ok(standing);
        }
        let statements = statement_paths(path, Namespace::Approval)?;
        let statements: Vec<Presented> = statements.into_iter().map(Presented::File).collect();
        let approvals = Approvals {
            namespace: Namespace::Approval,
            evacuates: saved.plan.only_evacuates(),
            plan: &saved.file.digest,
            context: &saved.plan.context,
            author: Some(&saved.author),
            because: None,
            statements: &statements,
            used: &|_| None,
            now: Timestamp::now(),
        };
        for demand in &demands {
            let decision = decide(std::slice::from_ref(demand), &approvals);
            let decision = decision.map_err(|finding| StandingError::Signers(Box::new(finding)))?;
            let people = decision.people().into_iter().map(str::to_owned).collect();
            standing.given.push(given(demand, people));
            for finding in decision.not_counted {
                let file = finding.file.as_deref().unwrap_or_default();
                let line = format!("{file}: {}", finding.message);
                if !standing.not_counted.contains(&line) {
                    standing.not_counted.push(line);
                }
            }
        }
        Ok(standing)
    }

    /// The approvals of a plan that was just made: none, for all its demands.
    #[must_use]
    pub fn new(demands: &[Demand]) -> Self {
        let given = demands.iter().map(|demand| given(demand, Vec::new())).collect();
        Self { given, ..Self::default() }
    }

    /// What a document says around the plan with this digest.
    #[must_use]
    pub fn around(self, digest: String, file: Option<&Path>) -> Around {
        Around {
            digest,
            file: file.map(|file| file.display().to_string()),
            offline: self.offline,
            approvals: self.given,
            not_counted: self.not_counted,
            ..Around::default()
        }
    }
}

fn given(demand: &Demand, people: Vec<String>) -> Given {
    Given { whose: demand.whose.clone(), required: usize::from(demand.rule.required), people }
}
