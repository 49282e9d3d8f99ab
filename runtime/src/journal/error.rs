//! Why a journal cannot be used.

use std::fmt;
use std::path::Path;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::units::Duration;

use super::reconcile::Diverged;
use super::state::{Progress, RunState};
use crate::cloud::CloudError;

/// Why a journal cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// Another run is in progress.
    #[error("another apply is running on this journal ({holder})")]
    Locked {
        /// Who runs, and since when.
        holder: String,
        /// The number of the run and its lease in seconds, in a shared journal.
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
    /// The folder holds a foreign file, or exceeds a size limit.
    #[error("{path}: {what}")]
    Unusable {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// Two writers have written different things.
    #[error("{path}: {what}")]
    Conflict {
        /// The page.
        path: String,
        /// How it differs, and from what.
        what: String,
    },
    /// An earlier epoch holds entries that the last one lacks.
    #[error("{0}")]
    Diverged(Box<Diverged>),
    /// Runs were removed.
    #[error("the journal {place} was emptied: {what}")]
    Emptied {
        /// The folder.
        place: String,
        /// What shows it.
        what: String,
    },
    /// A run has not ended and has written nothing for its lease.
    #[error("{0}")]
    Abandoned(Box<Unended>),
    /// Somebody else closed this run.
    #[error("{by} took over run {run} at {at}, so this run stops")]
    TakenOver {
        /// Its number.
        run: u64,
        /// Who took over.
        by: String,
        /// When.
        at: String,
    },
    /// `--take-over` names a run that cannot be taken over.
    #[error("run {0} cannot be taken over: it has ended or does not exist")]
    NothingToTakeOver(u64),
    /// The runner's key cannot sign.
    #[error("the run cannot be signed: {0}")]
    Signature(String),
    /// Reading or writing a file failed.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: String,
        /// The error of the operating system.
        error: String,
    },
    /// A call to S3 failed.
    #[error("{place}: {error}")]
    Cloud {
        /// The journal's place.
        place: String,
        /// The error of S3.
        error: CloudError,
    },
}

impl JournalError {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), error: error.to_string() }
    }

    /// Whether the place of the journal does not answer.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self, Self::Cloud { error, .. } if error.is_silence())
    }

    /// The error without its place.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Cloud { error, .. } => error.to_string(),
            other => other.to_string(),
        }
    }

    /// Converts a refusal into a diagnostic with code and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal: wrong usage, or a failed operation.
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
            Self::Emptied { .. } => one(
                codes::JOURNAL_EMPTIED,
                "restore the journal from a backup; if nothing was ever applied with it, remove the folder",
            ),
            Self::Unusable { .. } => one(
                codes::JOURNAL_DAMAGED,
                "find out who put it there, and move it out of the journal's folder",
            ),
            Self::Conflict { .. } => one(
                codes::JOURNAL_DAMAGED,
                "find out who wrote it; restore the journal and its copies from a backup",
            ),
            Self::Diverged(_) => one(
                codes::JOURNAL_DIVERGED,
                "make sure that none of these runs is still alive, look at what they did, then accept them: \
                 `holdfast journal reconcile PATH…`",
            ),
            Self::Abandoned(run) => {
                let help = format!(
                    "make sure that the run is dead and nobody is repairing it, then take it over: `--take-over {}`",
                    run.run
                );
                one(codes::ABANDONED_RUN, &help)
            }
            Self::TakenOver { .. } => one(
                codes::RUN_TAKEN_OVER,
                "no further step was started; contact whoever took over, and plan again after their run has ended",
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

/// A run that did not record its end.
#[derive(Debug, Clone)]
pub struct Unended {
    /// Its number.
    pub run: u64,
    /// The runner: `alice@host, process 7`.
    pub by: String,
    /// When it began (RFC 3339, UTC).
    pub since: String,
    /// When it wrote its last entry (RFC 3339, UTC).
    pub heard: String,
    /// Steps done.
    pub done: usize,
    /// Steps of the plan.
    pub steps: usize,
    /// Steps that were started and have no recorded result.
    pub in_progress: Vec<String>,
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
            in_progress: run.in_progress().map(ToString::to_string).collect(),
        }
    }
}

/// How many steps a message names; there may be hundreds.
const NAMED: usize = 10;

impl fmt::Display for Unended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, by, since, heard, done, steps, in_progress } = self;
        write!(f, "run {run} by {by} began at {since} and did not finish; its last entry is from {heard}: ")?;
        write!(f, "{done} of {steps} steps done")?;
        if in_progress.is_empty() {
            return f.write_str(", none in progress");
        }
        let named: Vec<&str> = in_progress.iter().take(NAMED).map(String::as_str).collect();
        write!(
            f,
            ", {} in progress that may or may not have taken effect: {}",
            in_progress.len(),
            named.join(", ")
        )?;
        if in_progress.len() > NAMED { f.write_str(", …") } else { Ok(()) }
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
