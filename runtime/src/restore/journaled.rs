//! A restore in the journal: a run without steps for each thing that is recorded, so that nobody waits for a restore that takes hours.

use std::collections::BTreeMap;

use holdfast_compiler::digest::{Purpose, digest};
use holdfast_compiler::plan::Context;

use crate::cloud::{Callers, principals};
use crate::estate::{EstateError, Workspace};
use crate::journal::{self, Commit, Event, Journal, JournalError, Run, Signer, Writer};
use crate::run::runner::runner;

/// Who restores.
#[derive(Debug, Clone, Copy)]
pub struct Restorer<'r> {
    /// The estate, the cloud and the accounts.
    pub context: &'r Context,
    /// The identities of the credentials.
    pub callers: &'r Callers,
    /// The git commit of the policies.
    pub commit: Option<&'r Commit>,
    /// Who signs runs.
    pub signer: Option<&'r Signer>,
}

/// Why a restore is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum NotRecorded {
    /// The trust anchor, or the history.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Something that cannot be written down.
    #[error("{0}")]
    Unwritable(#[from] serde_json::Error),
}

/// Record an event in a run of its own. It is durable when this returns. Returns the number of the run. It keeps the rule of approvals and
/// which sites are evacuated.
///
/// # Errors
/// The journal does not answer, somebody else writes to it, or the trust anchor does not let this runner write.
pub async fn record(workspace: &Workspace, restorer: Restorer<'_>, event: Event) -> Result<u64, NotRecorded> {
    workspace.allows_run(restorer.signer)?;
    let journal = Journal::open(&workspace.journal).await?;
    let claim = journal.claim(&runner(), None).await?;
    let history = claim.history();
    workspace.require_trusted(history)?;
    let rule = journal::rule(&history.runs, restorer.context).cloned();
    let posture = journal::posture(&history.entries, restorer.context);
    let plan = digest(Purpose::Restore, &(&event, history.head()))?;
    let number = history.runs.len() as u64 + 1;
    let callers: BTreeMap<String, String> = principals(restorer.callers);
    let commit = restorer.commit.cloned();
    let begin =
        Run { rule, callers, commit, ..Run::new(restorer.context.clone(), posture, plan, 0, runner()) };
    let writer = Writer::begin(&claim, begin, restorer.signer).await?;
    writer.append(event).await?;
    writer.append(Event::nothing_done()).await?;
    Ok(number)
}
