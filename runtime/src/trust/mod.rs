//! The trust anchor: a file that the owner of a runner controls, outside the policies' repository. For each estate it
//! says which cloud and accounts the runner may change, which journal it trusts, and who must approve at least.
//! Policies, plan files and the journal can require more, never less.

mod anchor;
mod demands;
mod journal;

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::{self, MAX_FILE_BYTES};
use holdfast_compiler::plan::Context;
use holdfast_compiler::source::Sources;

pub use anchor::Anchor;
pub use demands::demands;

use crate::estate::Findings;
use crate::files;
use crate::journal::Place;

/// A trust anchor, read from its file.
#[derive(Debug)]
pub struct Trust {
    file: PathBuf,
    document: document::Trust,
}

impl Trust {
    /// Read an anchor.
    ///
    /// # Errors
    /// It is missing, empty or invalid. An anchor that is named but cannot be read is never ignored.
    pub fn read(file: &Path) -> Result<Self, Findings> {
        let name = file.display().to_string();
        let wrong = |message: String| {
            let finding = Diagnostic::new(codes::BAD_TRUST, message);
            let help = "name the file of a trust anchor, or remove both `--trust` and `HOLDFAST_TRUST`";
            Findings { findings: vec![finding.help(help)], ..Findings::default() }
        };
        if name.is_empty() {
            return Err(wrong("`HOLDFAST_TRUST` is set but empty".to_owned()));
        }
        let text = files::read_text(file, MAX_FILE_BYTES)
            .map_err(|error| wrong(format!("the trust anchor cannot be read: {error}")))?;
        let mut sources = Sources::default();
        sources.add(name.clone(), text);
        match document::read_trust(&sources) {
            Ok(document) => Ok(Self { file: file.to_owned(), document }),
            Err(findings) => {
                let message = format!("the trust anchor {name} is not valid");
                let first = Diagnostic::new(codes::BAD_TRUST, message).help("fix the findings below");
                Err(Findings { findings: std::iter::once(first).chain(findings).collect(), sources })
            }
        }
    }

    /// The estates that the anchor places in an account of the plan.
    fn estates_beside(&self, context: &Context) -> Vec<String> {
        let beside = self.document.estates.iter().filter(|(_, says)| {
            let own = |id: &str| says.accounts.iter().any(|account| account.as_str() == id);
            context.accounts.iter().any(|(_, account)| own(&account.id))
                && says.cloud.split(':').next() == context.cloud.split(':').next()
        });
        beside.map(|(name, _)| name.to_string()).collect()
    }

    /// The estate whose journal is at a place, if one is.
    #[must_use]
    pub fn anchor_of(&self, journal: &Place) -> Option<Anchor<'_>> {
        let anchors = self.document.estates.keys().filter_map(|name| self.anchor(name.as_str()).ok());
        anchors.into_iter().find(|anchor| anchor.journal(Some(journal)).is_ok())
    }

    /// The part for its estate, if it names only one.
    #[must_use]
    pub fn only(&self) -> Option<Anchor<'_>> {
        let mut names = self.document.estates.keys();
        let (only, None) = (names.next()?, names.next()) else { return None };
        self.anchor(only.as_str()).ok()
    }

    /// The part for one estate.
    ///
    /// # Errors
    /// It does not name the estate, so the runner must not change it.
    pub fn anchor(&self, estate: &str) -> Result<Anchor<'_>, Diagnostic> {
        let found = self.document.estates.iter().find(|(name, _)| name.as_str() == estate);
        let folder = self.file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        found.map(|(name, says)| Anchor { name: name.as_str(), says, folder }).ok_or_else(|| {
            let message = format!("the trust anchor {} has no estate `{estate}`", self.file.display());
            Diagnostic::new(codes::NOT_TRUSTED, message)
                .help("correct the name of the estate, or ask the owner of the runner to add it")
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]
mod tests;
