//! Why a journal cannot be used.

use std::fmt;
use std::path::Path;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::units::Duration;

use super::state::{Progress, RunState};
use crate::cloud::CloudError;

/// Why a journal cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// Another run is using it.
    #[error("another apply is running on this journal ({holder})")]
    Locked {
        /// Who, and since when.
        holder: String,
        /// The number of the run and its lease in seconds, in a journal that is shared.
        run: Option<(u64, u64)>,
    },
    /// The chain is broken.
    #[error("{file}, line {line} (entry {entry}): {what}")]
    Damaged {
        /// The file or key.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The number of the entry, from 1 over all runs.
        entry: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The folder holds something that does not belong to a journal, or more than is read.
    #[error("{path}: {what}")]
    Unusable {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// A run has not ended and was not heard of for its lease.
    #[error("{0}")]
    Abandoned(Box<Unended>),
    /// Our run was closed by somebody else.
    #[error("run {run} was taken over by {by} at {at}, and has stopped")]
    TakenOver {
        /// Its number.
        run: u64,
        /// Who took over.
        by: String,
        /// When.
        at: String,
    },
    /// There is nothing to take over.
    #[error("run {0} has ended or does not exist")]
    NothingToTakeOver(u64),
    /// The runner's key cannot sign.
    #[error("the run cannot be signed: {0}")]
    Signature(String),
    /// The disk does not play along.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system says.
        error: String,
    },
    /// S3 does not play along.
    #[error("{place}: {error}")]
    Cloud {
        /// The journal's place.
        place: String,
        /// What S3 says.
        error: CloudError,
    },
}

impl JournalError {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), error: error.to_string() }
    }

    /// What is refused, with its code and its cure.
    ///
    /// # Errors
    /// Itself, where it is no refusal: wrong usage, or something that failed.
    pub fn refusal(self) -> Result<Diagnostic, Self> {
        let said = self.to_string();
        let one = |code, help: &str| Ok(Diagnostic::new(code, said).help(help));
        match self {
            Self::Locked { run: None, .. } => one(
                codes::LOCKED,
                "wait until it has ended; the lock ends with the process, so there is nothing to remove",
            ),
            Self::Locked { run: Some((run, lease)), .. } => {
                let lease = Duration::seconds(lease);
                let help = format!(
                    "wait until it has ended, and plan again; if it writes nothing for {lease}, take it over: \
                     `--take-over {run}`"
                );
                one(codes::LOCKED, &help)
            }
            Self::Damaged { .. } => one(
                codes::JOURNAL_DAMAGED,
                "restore the journal from a backup; without it Holdfast does not know which resources it has made",
            ),
            Self::Unusable { .. } => one(
                codes::JOURNAL_DAMAGED,
                "find out who put it there, and move it out of the folder of the journal",
            ),
            Self::Abandoned(run) => {
                let help = format!(
                    "make sure that nobody is repairing it, then continue from the current state: `--take-over {}`",
                    run.run
                );
                one(codes::ABANDONED_RUN, &help)
            }
            Self::TakenOver { .. } => one(
                codes::RUN_TAKEN_OVER,
                "no further step was started; contact whoever took over, and plan again when their run has ended",
            ),
            Self::NothingToTakeOver(_) | Self::Signature(_) | Self::Io { .. } | Self::Cloud { .. } => {
                Err(self)
            }
        }
    }

    pub(super) fn locked(run: &RunState) -> Self {
        let since = run.started.get(..19).unwrap_or(&run.started);
        let holder = format!("run {} by {}, since {since}Z", run.number, run.run.runner);
        Self::Locked { holder, run: run.run.lease.map(|lease| (run.number, lease)) }
    }
}

/// A run without an end.
#[derive(Debug, Clone)]
pub struct Unended {
    /// Its number.
    pub run: u64,
    /// Who ran.
    pub by: String,
    /// When it began.
    pub since: String,
    /// When it was last heard of.
    pub heard: String,
    /// Steps done.
    pub done: usize,
    /// Steps there were to do.
    pub steps: usize,
    /// Steps that were announced and not confirmed.
    pub under_way: Vec<String>,
}

impl From<&RunState> for Unended {
    fn from(run: &RunState) -> Self {
        Self {
            run: run.number,
            by: run.run.runner.clone(),
            since: run.started.clone(),
            heard: run.heard.clone(),
            done: run.count(Progress::Done),
            steps: run.run.steps,
            under_way: run.under_way().map(ToString::to_string).collect(),
        }
    }
}

/// How many steps are named; there may be hundreds.
const NAMED: usize = 10;

impl fmt::Display for Unended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, by, since, heard, done, steps, under_way } = self;
        write!(f, "run {run} by {by} began at {since} and broke off, last heard of at {heard}: ")?;
        write!(f, "{done} of {steps} steps done")?;
        if under_way.is_empty() {
            return f.write_str(", none under way");
        }
        let named: Vec<&str> = under_way.iter().take(NAMED).map(String::as_str).collect();
        write!(
            f,
            ", {} under way that may or may not have taken effect: {}",
            under_way.len(),
            named.join(", ")
        )?;
        if under_way.len() > NAMED { f.write_str(", …") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(error: JournalError) -> (&'static str, String) {
        let finding = error.refusal().unwrap();
        (finding.code.as_str(), finding.help.unwrap())
    }

    #[test]
    fn take_over_is_suggested_only_for_a_shared_journal() {
        let locked = |run| JournalError::Locked { holder: "run 7 by alice".to_owned(), run };
        let (code, help) = refusal(locked(None));
        assert!(code == "E0702" && !help.contains("--take-over"), "{help}");
        let (code, help) = refusal(locked(Some((7, 600))));
        assert!(
            code == "E0702" && help.contains("writes nothing for 10m, ") && help.ends_with("`--take-over 7`"),
            "{help}"
        );
    }

    #[test]
    fn disk_error_is_a_failure_and_not_a_refusal() {
        let error = JournalError::Io { path: "journal".to_owned(), error: "no space left".to_owned() };
        assert_eq!(error.refusal().unwrap_err().to_string(), "journal: no space left");
    }
}
