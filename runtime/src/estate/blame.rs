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

/// The most files that git is asked about, one process each.
const MAX_FILES: usize = 2_000;
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
    let mut folders: BTreeMap<PathBuf, Result<(Git, String), GitError>> = BTreeMap::new();
    let mut asked: BTreeMap<&str, Blamed<'_>> = BTreeMap::new();
    for (path, _) in &files {
        let folder = base::parent(Path::new(path)).to_owned();
        folders.entry(folder.clone()).or_insert_with(|| Git::around(&folder));
    }
    for (path, text) in &files {
        let Some(around) = folders.get(base::parent(Path::new(path))) else { continue };
        let lines = match around {
            Ok((git, prefix)) => {
                let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
                git.blame(&format!("{prefix}{name}"), text).map(|lines| (git, lines))
            }
            Err(error) => Err(error.clone()),
        };
        asked.insert(path, lines);
    }
    if let Some(Err(error)) = asked.values().next().filter(|_| asked.values().all(Result::is_err)) {
        return Lines::Unread(error.reason());
    }
    let mut authors: BTreeMap<PathBuf, Result<Authors, GitError>> = BTreeMap::new();
    for (git, _) in asked.values().flatten() {
        if !authors.contains_key(&git.root) {
            let roots = asked.values().flatten().filter(|(other, _)| other.root == git.root);
            let ids: BTreeSet<&String> = roots.flat_map(|(_, lines)| lines.iter().flatten()).collect();
            authors.insert(git.root.clone(), git.authors(&ids));
        }
    }
    let lines = asked.into_iter().map(|(path, lines)| {
        let lines = lines.and_then(|(git, lines)| match authors.get(&git.root) {
            Some(Ok(authors)) => Ok(lines.iter().map(|id| line(id.as_deref(), authors)).collect()),
            Some(Err(error)) => Err(error.clone()),
            None => Err(GitError::NoCommit),
        });
        (path.to_owned(), lines.map_err(|error| error.reason()))
    });
    Lines::Read(lines.collect())
}

/// The commits by their whole ids. `None`: a shallow clone ends with it, so it seems to have made every line before it.
type Authors = BTreeMap<String, Option<GitCommit>>;

fn line(id: Option<&str>, authors: &Authors) -> Line {
    let Some(id) = id else { return Line::NotCommitted };
    match authors.get(id) {
        Some(Some(GitCommit { id, day, author, .. })) => {
            Line::Committed { id: id.clone(), day: day.clone(), author: author.clone() }
        }
        Some(None) => {
            Line::Unknown { why: "the clone is shallow, and earlier commits are not in it".to_owned() }
        }
        None => Line::Unknown { why: "git does not show the commit".to_owned() },
    }
}

impl Git {
    /// The id of the commit that last changed each line of a text of a file. `None`: the line is in no commit.
    fn blame(&self, path: &str, text: &str) -> Result<Vec<Option<String>>, GitError> {
        self.commit("HEAD")?;
        // No setting may hide a commit, and no program may rewrite the text.
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
        let mut id: Option<&str> = None;
        for line in said.split('\n').filter(|line| !line.is_empty()) {
            if line.starts_with('\t') {
                let id = id.take().ok_or_else(unexpected)?;
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
    fn authors(&self, ids: &BTreeSet<&String>) -> Result<Authors, GitError> {
        if ids.is_empty() {
            return Ok(Authors::new());
        }
        let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
        Ok(self.listed(&["--no-walk=unsorted", "--stdin"], asked.as_bytes())?.commits.into_iter().collect())
    }
}
