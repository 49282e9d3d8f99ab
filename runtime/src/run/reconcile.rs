//! Accepting what an earlier epoch of a shared journal holds and the last one lacks.

use holdfast_compiler::digest::{Purpose, digest};

use super::RunError;
use super::runner::runner;
use crate::estate::Workspace;
use crate::journal::{self, Diverged, Event, Journal, Run, Signer, Writer};

/// Record that the entries are known, and adopt what their runs made. Changes nothing in the cloud, and needs no approvals:
/// the rule of the last run stays.
///
/// # Errors
/// Another run is in progress, the journal cannot be read or written, or the anchor does not allow the run.
pub async fn reconcile(
    journal: &Journal,
    workspace: Option<&Workspace>,
    signer: Option<&Signer>,
    accepted: &[Diverged],
) -> Result<(), RunError> {
    if let Some(workspace) = workspace {
        workspace.allows_run(signer)?;
    }
    for diverged in accepted {
        let claim = journal.claim_diverged(&runner()).await?;
        if let Some(workspace) = workspace {
            workspace.require_trusted(claim.history())?;
        }
        let Some(last) = diverged.history.runs.last() else { continue };
        let context = last.run.context.clone();
        let plan = digest(Purpose::Adoption, &diverged.history.head())?;
        let rule = journal::rule(&claim.history().runs, &context).cloned();
        // A return has to be asked for: what either epoch evacuated stays evacuated.
        let here = journal::posture(&claim.history().entries, &context);
        let posture = here.with(&journal::posture(&diverged.history.entries, &context));
        let run = Run { rule, ..Run::new(context, posture, plan, 0, runner()) };
        let writer = Writer::begin(&claim, run, signer).await?;
        for event in diverged.events(claim.history()) {
            writer.append(event).await?;
        }
        writer.append(Event::nothing_done()).await?;
    }
    Ok(())
}
