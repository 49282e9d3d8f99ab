//! Which journal the anchor trusts.

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::S3Location;

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
                let copies = trusted.copies.iter().map(|copy| S3Location::parse(copy).map(|s3| (s3, None)));
                let copies = copies.collect::<Result<Vec<_>, _>>().map_err(|error| {
                    wrong(format!("a copy of the trust anchor's journal: {error}"))
                        .help("write s3://BUCKET/PREFIX")
                })?;
                // For the same buckets, the policy may add regions and lease.
                match said {
                    Some(Place::S3 { s3: same, region, copies: said, lease, .. }) if *same == s3 => {
                        let copies = self.copies(copies, said)?;
                        Place::S3 { s3, region: region.clone(), copies, lease: *lease, owner }
                    }
                    _ => Place::S3 { s3, region, copies, lease, owner },
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

    /// The buckets with copies of the journal: those of the anchor, which are all that a policy may name. The policy adds
    /// their regions.
    fn copies(
        &self,
        mut trusted: Vec<(S3Location, Option<String>)>,
        said: &[(S3Location, Option<String>)],
    ) -> Result<Vec<(S3Location, Option<String>)>, Diagnostic> {
        for (s3, region) in said {
            let Some((_, known)) = trusted.iter_mut().find(|(own, _)| own == s3) else {
                let message =
                    format!("the trust anchor names no copy of the journal of `{}` at {s3}", self.name);
                return Err(Diagnostic::new(codes::JOURNAL_NOT_TRUSTED, message).help(
                    "ask the owner of the runner to name it in the trust anchor: `copies: [s3://BUCKET/PREFIX]` under `journal`",
                ));
            };
            known.clone_from(region);
        }
        Ok(trusted)
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
