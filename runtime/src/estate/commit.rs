//! Which git commit policies come from.

use std::path::PathBuf;

use holdfast_compiler::source::Sources;

use super::git::{Git, GitCommit, GitError};
use super::{PolicyFile, base};
use crate::files;
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

/// The newest commits that changed something at the paths of policies, at most `most`, newest first; and whether
/// the clone is shallow, so that there can be earlier ones.
///
/// # Errors
/// Why git does not tell, as a clause: they are in no git repository, in several, or git cannot read it.
pub fn commits_of(paths: &[PathBuf], most: usize) -> Result<(Vec<GitCommit>, bool), String> {
    let mut found: Option<Git> = None;
    let mut within = Vec::new();
    for path in paths {
        let is_folder = files::is_folder(path);
        let folder = if is_folder { path.as_path() } else { base::parent(path) };
        let (git, prefix) = Git::around(folder).map_err(|error| error.reason())?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        within.push(if is_folder { prefix } else { format!("{prefix}{name}") });
        match &found {
            Some(first) if first.root != git.root => return Err(GitError::Several.reason()),
            Some(_) => {}
            None => found = Some(git),
        }
    }
    let Some(git) = found else { return Ok((Vec::new(), false)) };
    git.commits(&within, most).map_err(|error| error.reason())
}
