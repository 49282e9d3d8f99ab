//! Where the journal of an estate is, also if its policies do not compile: the record of what was applied is needed
//! most when something is broken.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_compiler::document::{LegibleEstate, LegibleJournal, legible_estates};
use holdfast_compiler::policy::LEASE;
use holdfast_compiler::source::Sources;

use super::{EstateError, Findings, Selection, absolute_journal, load};
use crate::files;
use crate::journal::Place;

/// The journal of policies that do not compile.
#[derive(Debug)]
pub struct FoundJournal {
    /// Where it is.
    pub place: Place,
    /// What says so: `policies/estate.yaml:1:1 names it`.
    pub because: String,
}

impl FoundJournal {
    /// Find the journal in what can be read of the policies at some paths: the trust anchor's journal, the journal that
    /// the only estate names, or the only folder `.holdfast/journal` beside the policies.
    ///
    /// # Errors
    /// `broken`, the findings about the policies, if nothing says where the journal is. The trust anchor is invalid, or
    /// names another journal.
    pub fn of(selection: &Selection, paths: &[PathBuf], broken: Findings) -> Result<Self, EstateError> {
        let sources = load::legible(paths).sources;
        let mut estates = legible_estates(&sources);
        let estate = estates.pop().filter(|_| estates.is_empty());
        let said = estate.as_ref().and_then(|estate| named(estate, &sources));
        if let Some(trust) = selection.trust()? {
            let name = estate.as_ref().and_then(|estate| estate.name.as_deref());
            if let Some(anchor) = name.map(|name| trust.anchor(name)).or_else(|| trust.only().map(Ok)) {
                let said = said.map(|found| absolute_journal(&found.place)).transpose()?;
                let place = anchor?.journal(said.as_ref())?;
                return Ok(Self { place, because: "the trust anchor names it".to_owned() });
            }
        }
        // An estate whose words about its journal cannot be read may mean any journal.
        let illegible = estate.is_some_and(|estate| matches!(estate.journal, LegibleJournal::Illegible));
        let beside = || if illegible { None } else { beside(paths, &sources) };
        said.or_else(beside).ok_or(EstateError::Invalid(broken))
    }
}

/// The journal that an estate names.
fn named(estate: &LegibleEstate, sources: &Sources) -> Option<FoundJournal> {
    let at = sources.place(estate.span);
    let (place, what) = match &estate.journal {
        LegibleJournal::Beside => {
            (Place::Folder(load::home(&at.file).join("journal")), "is the estate, and names no bucket")
        }
        LegibleJournal::S3 { s3, region, copies, lease } => {
            let (region, lease) =
                (region.map(|region| region.to_string()), lease.unwrap_or(LEASE).as_seconds());
            let copies =
                copies.iter().map(|(s3, region)| (s3.clone(), region.map(|region| region.to_string())));
            (Place::S3 { s3: s3.clone(), region, copies: copies.collect(), lease, owner: None }, "names it")
        }
        LegibleJournal::Illegible => return None,
    };
    Some(FoundJournal { place, because: format!("{} {what}", at.file) })
}

/// The only journal beside the policies.
fn beside(paths: &[PathBuf], sources: &Sources) -> Option<FoundJournal> {
    let named = paths.iter().map(|path| path.join(".holdfast"));
    let homes: BTreeSet<PathBuf> =
        named.chain(sources.iter().map(|(_, source)| load::home(&source.path))).collect();
    let resolved = |home: &Path| files::resolve(&home.join("journal")).ok();
    let journals: BTreeSet<PathBuf> = homes.iter().filter_map(|home| resolved(home)).collect();
    let mut journals = journals.into_iter().filter(|journal| files::is_folder(journal));
    let (only, None) = (journals.next()?, journals.next()) else { return None };
    let because = "no estate can be read, and it is the only journal beside the policies".to_owned();
    Some(FoundJournal { place: Place::Folder(only), because })
}
