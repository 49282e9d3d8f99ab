//! Which commit last changed each line of the policies, as `git blame` says.
//!
//! The lines are those that were loaded, whatever is on the disk by now. Authors are read from the commits themselves: `git blame`
//! would rename them by a `.mailmap`, which is a file like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use holdfast_compiler::audit::{Line, Lines};
use holdfast_compiler::source::Sources;

use super::base;
use super::git::{Git, GitCommit, GitError, run};
use crate::files;

/// The most files that git is asked about, one process each.
const MAX_FILES: usize = 2_000;
/// How many commits git is asked about at once: one commit with a text that is too long makes only so many unknown.
const COMMITS: usize = 1_000;
/// The most bytes of an answer about one file.
const MAX_ANSWER: u64 = 32 * 1024 * 1024;

/// The repository of a file, and the commit of each of its lines. `None`: the line is in no commit.
type Blamed<'g> = Result<(&'g Git, Vec<Option<String>>), GitError>;

/// Where the lines of the loaded policies come from. Never fails: what git does not tell is unknown, with the reason.
#[must_use]
pub fn lines_of(sources: &Sources) -> Lines {
    let files: Vec<(&str, &str)> = sources.iter().map(|(_, one)| (one.path.as_str(), &*one.text)).collect();
    if files.len() > MAX_FILES {
        return Lines::Unread(format!("there are more than {MAX_FILES} files"));
    }
    // A link is followed: the lines that were loaded are those of the file that it leads to.
    let real: BTreeMap<&str, Result<PathBuf, GitError>> =
        files.iter().map(|(path, _)| (*path, real(Path::new(path)))).collect();
    let mut folders: BTreeMap<&Path, Result<(Git, String), GitError>> = BTreeMap::new();
    for folder in real.values().flatten().map(|path| base::parent(path)) {
        folders.entry(folder).or_insert_with(|| Git::around(folder));
    }
    let mut asked: BTreeMap<&str, Blamed<'_>> = BTreeMap::new();
    for (path, text) in &files {
        let Some(real) = real.get(path) else { continue };
        let lines = real.as_deref().map_err(Clone::clone).and_then(|real| {
            let name = real.file_name().and_then(|name| name.to_str()).ok_or_else(no_name)?;
            let (git, prefix) =
                folders.get(base::parent(real)).ok_or_else(no_name)?.as_ref().map_err(Clone::clone)?;
            git.blame(&format!("{prefix}{name}"), text).map(|lines| (git, lines))
        });
        asked.insert(path, lines);
    }
    if let Some(Err(error)) = asked.values().next().filter(|_| asked.values().all(Result::is_err)) {
        return Lines::Unread(error.reason());
    }
    let mut authors: BTreeMap<PathBuf, Authors> = BTreeMap::new();
    for (git, _) in asked.values().flatten() {
        if !authors.contains_key(&git.root) {
            let roots = asked.values().flatten().filter(|(other, _)| other.root == git.root);
            let ids: BTreeSet<&String> = roots.flat_map(|(_, lines)| lines.iter().flatten()).collect();
            authors.insert(git.root.clone(), git.authors(&ids));
        }
    }
    let lines = asked.into_iter().map(|(path, lines)| {
        let lines = lines.map(|(git, lines)| {
            let authors = authors.get(&git.root);
            lines.iter().map(|id| line(id.as_deref(), authors)).collect()
        });
        (path.to_owned(), lines.map_err(|error| error.reason()))
    });
    Lines::Read(lines.collect())
}

/// The commits by their whole ids, or why git does not show one. `None`: a shallow clone ends with it, so it seems to have made every
/// line before it.
type Authors = BTreeMap<String, Result<Option<GitCommit>, GitError>>;

/// The file that a path leads to.
fn real(path: &Path) -> Result<PathBuf, GitError> {
    files::resolve(path).map_err(|error| GitError::Failed(error.why.to_string()))
}

fn no_name() -> GitError {
    GitError::Failed("the file has no name that git can be asked about".to_owned())
}

fn line(id: Option<&str>, authors: Option<&Authors>) -> Line {
    let Some(id) = id else { return Line::NotCommitted };
    match authors.and_then(|authors| authors.get(id)) {
        Some(Ok(Some(GitCommit { id, day, author, .. }))) => {
            Line::Committed { id: id.clone(), day: day.clone(), author: author.clone() }
        }
        Some(Ok(None)) => {
            Line::Unknown { why: "the clone is shallow, and earlier commits are not in it".to_owned() }
        }
        Some(Err(error)) => Line::Unknown { why: error.reason() },
        None => Line::Unknown { why: "git does not show the commit".to_owned() },
    }
}

impl Git {
    /// The id of the commit that last changed each line of a text of a file. `None`: the line is in no commit.
    fn blame(&self, path: &str, text: &str) -> Result<Vec<Option<String>>, GitError> {
        self.commit("HEAD")?;
        // No setting may hide a commit, and no program shows the text otherwise. Git may still rewrite it as a commit would (line
        // ends, a filter of the clone's own settings), so what it answers is compared with what it was given.
        let args = [
            "-c",
            "blame.ignoreRevsFile=",
            "blame",
            "--porcelain",
            "--no-textconv",
            "--contents",
            "-",
            "--",
            path,
        ];
        let said = match run(&self.root, &args, text.as_bytes(), MAX_ANSWER) {
            Err(GitError::Failed(why)) if why.starts_with("no such path") => {
                return Ok(text.lines().map(|_| None).collect());
            }
            said => said?,
        };
        let unexpected = || GitError::Failed("git blames lines in an unknown form".to_owned());
        let said = String::from_utf8_lossy(&said);
        let mut lines = Vec::new();
        let mut loaded = text.lines();
        let mut id: Option<&str> = None;
        for line in said.split('\n').filter(|line| !line.is_empty()) {
            if let Some(shown) = line.strip_prefix('\t') {
                let id = id.take().ok_or_else(unexpected)?;
                if loaded.next() != Some(shown.trim_end_matches('\r')) {
                    return Err(GitError::Failed(
                        "it shows other lines than those that were loaded".to_owned(),
                    ));
                }
                let is_committed = id.bytes().any(|byte| byte != b'0');
                lines.push(is_committed.then(|| id.to_owned()));
            } else if id.is_none() {
                // `ID LINE-BEFORE LINE-NOW`; facts about the commit follow, until the text of the line.
                let mut words = line.split(' ');
                id = words.next().filter(|id| super::git::is_oid(id));
                let now = words.nth(1).and_then(|now| now.parse::<usize>().ok());
                if id.is_none() || now != Some(lines.len() + 1) {
                    return Err(unexpected());
                }
            }
        }
        Ok(lines)
    }

    /// The day and the author of commits.
    fn authors(&self, ids: &BTreeSet<&String>) -> Authors {
        let ids: Vec<&String> = ids.iter().copied().collect();
        let some = |ids: &[&String]| -> Authors {
            let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
            match self.listed(&["--no-walk=unsorted", "--stdin"], asked.as_bytes()) {
                Ok(listed) => listed.commits.into_iter().map(|(id, commit)| (id, Ok(commit))).collect(),
                Err(error) => ids.iter().map(|id| ((*id).clone(), Err(error.clone()))).collect(),
            }
        };
        ids.chunks(COMMITS).flat_map(some).collect()
    }
}
