//! How many approvals a saved plan has, as lines.

use holdfast_compiler::plan::Given;

use super::failure::Failure;
use super::output::one_line;
use crate::planfile::{Standing, StandingError};

/// A line for each rule with the approvals that count, and one for each approval that does not.
pub(super) fn standing(standing: &Standing) -> String {
    if standing.given.is_empty() {
        return String::new();
    }
    let given = standing.given.iter().map(|Given { whose, required, people }| {
        let who = if people.is_empty() { "nobody yet".to_owned() } else { people.join(", ") };
        format!("{} of {required} for {whose}: {who}", people.len())
    });
    let not_counted = standing.not_counted.iter().map(|line| format!("not counted: {line}"));
    let unchecked = "not checked here: the rule of the last run, and whether an approval was used";
    let lines = given.chain(not_counted).chain([unchecked.to_owned()]);
    lines.map(|line| format!("           {}\n", one_line(&line))).collect()
}

impl From<StandingError> for Failure {
    fn from(error: StandingError) -> Self {
        match error {
            StandingError::Folder(_) => Self::message(error.to_string()),
            StandingError::Signers(finding) => Self::refused_finding(*finding),
        }
    }
}
