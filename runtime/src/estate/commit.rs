//! Which git commit policies come from.

use std::path::PathBuf;

use holdfast_compiler::source::Sources;

use super::{PolicyFile, base};
use crate::journal::Commit;

/// The commit of policies that were loaded from some paths. `None` if they are in no git repository, in several, or git
/// cannot read them.
#[must_use]
pub fn commit_of(paths: &[PathBuf], sources: &Sources) -> Option<Commit> {
    let (id, mut committed) = base::read("HEAD", paths).ok()?;
    let mut loaded = PolicyFile::all(sources);
    loaded.sort_by(|one, other| one.path.cmp(&other.path));
    committed.sort_by(|one, other| one.path.cmp(&other.path));
    Some(Commit { id: id?, changed: loaded != committed })
}
