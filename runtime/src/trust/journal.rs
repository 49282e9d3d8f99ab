//! Which journal the anchor trusts.

use holdfast_compiler::diagnostic::{Diagnostic, codes};

use super::Anchor;
use super::anchor::resolved;
use crate::journal::{self, History, Place};

impl Anchor<'_> {
    /// The journal's place. `said` is the place that a flag, a policy or a plan file names; it must be the same.
    ///
    /// # Errors
    /// The places differ, or the anchor's place is invalid.
    pub fn journal(&self, said: Option<&Place>) -> Result<Place, Diagnostic> {
        let trusted = &self.says.journal;
        let wrong = |message: String| Diagnostic::new(codes::BAD_TRUST, message);
        let place: Place = trusted.at.parse().map_err(|error| {
            wrong(format!("the trust anchor's journal `{}`: {error}", trusted.at))
                .help("write s3://BUCKET/PREFIX")
        })?;
        let place = match place {
            Place::Folder(folder) => {
                let folder = resolved(&self.folder.join(folder));
                Place::Folder(folder.ok_or_else(|| {
                    wrong("the trust anchor's journal is at a path that does not exist".to_owned())
                        .help("write the full path")
                })?)
            }
            Place::S3 { s3, region, lease, .. } => {
                let owner = trusted.owner.as_ref().map(ToString::to_string);
                // For the same bucket, the policy may add region and lease.
                match said {
                    Some(Place::S3 { s3: same, region, lease, .. }) if *same == s3 => {
                        Place::S3 { s3, region: region.clone(), lease: *lease, owner }
                    }
                    _ => Place::S3 { s3, region, lease, owner },
                }
            }
        };
        match said {
            Some(other) if !same(other, &place) => {
                let message = format!("the journal of `{}` is at {place}, not at {other}", self.name);
                Err(Diagnostic::new(codes::JOURNAL_NOT_TRUSTED, message)
                    .help("leave out `--journal`, or ask the owner of the runner to change the trust anchor"))
            }
            _ => Ok(place),
        }
    }

    /// Check that the anchor trusts a journal: it contains the anchor's head, and a trusted runner has signed every
    /// later run. The anchor's owner vouches for the runs up to the head.
    ///
    /// # Errors
    /// The head is missing, or a run is not signed by a trusted runner.
    pub fn trusts_history(&self, history: &History) -> Result<(), Diagnostic> {
        let head = &self.says.journal.head;
        let known = if head == "none" { Some(0) } else { history.position(head) };
        let Some(known) = known else {
            let what = match history.entries.len() {
                0 => "it is empty".to_owned(),
                entries => format!("it ends with entry {entries}, whose hash is {}", history.head()),
            };
            let message =
                format!("the journal of `{}` does not contain the trust anchor's head: {what}", self.name);
            return Err(Diagnostic::new(codes::JOURNAL_NOT_TRUSTED, message)
                .help("restore the journal from a backup; it was replaced, truncated or rolled back"));
        };
        let Some(runners) = self.runners()? else { return Ok(()) };
        journal::signed_by(history, known, &runners).map_err(|unsigned| {
            Diagnostic::new(codes::RUN_NOT_SIGNED, unsigned.to_string())
                .help("find out who wrote it, and restore the journal from a backup without it")
        })
    }
}

/// Whether two places are the same journal. Folders are compared by their canonical paths.
fn same(one: &Place, other: &Place) -> bool {
    match (one, other) {
        (Place::S3 { s3: one, .. }, Place::S3 { s3: other, .. }) => one == other,
        (Place::Folder(one), Place::Folder(other)) => resolved(one) == resolved(other),
        _ => false,
    }
}
