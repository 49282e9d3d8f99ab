//! The version of the policies that a plan compares its policies with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::{StreamExt as _, stream};
use holdfast_compiler::compile::{Options, check};
use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::MAX_FILE_BYTES;
use holdfast_compiler::plan::Context;
use holdfast_compiler::policy::{PolicyChanges, changes_since};
use holdfast_compiler::source::Sources;
use serde::{Deserialize, Serialize};

use super::git::{Git, GitError, TreeFile};
use super::load::{MAX_BYTES, is_policy, shown};
use super::{Findings, Policies};
use crate::files;
use crate::journal::{AppliedPolicy, Journal, RunState, StoredText, are_applied, last_applied};

/// How the last applied policies are called. No git commit has such a name.
const LAST_APPLY: &str = "the last apply";
/// How many stored texts are read concurrently.
const AT_A_TIME: usize = 16;

/// One policy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyFile {
    /// Its path, as the user gave it.
    pub path: String,
    /// Its text, contacts included.
    pub text: String,
}

impl PolicyFile {
    /// All files of some sources.
    #[must_use]
    pub fn all(sources: &Sources) -> Vec<Self> {
        let file = |source: &holdfast_compiler::source::Source| Self {
            path: source.path.clone(),
            text: source.text.to_string(),
        };
        sources.iter().map(|(_, source)| file(source)).collect()
    }

    /// Sources of some files.
    #[must_use]
    pub fn sources(files: &[Self]) -> Sources {
        let mut sources = Sources::default();
        for Self { path, text } in files {
            sources.add(path.clone(), text.clone());
        }
        sources
    }
}

/// A version of the policies to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Base {
    /// The version, as people know it.
    pub since: String,
    /// Its policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyFile>,
    /// Why they are not known, if they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl Base {
    /// The policies of a git commit at the paths that a command reads. A path that the commit lacks is empty there.
    ///
    /// # Errors
    /// The paths are in no git repository or in several, there is no such commit, it has too much, or its policies are
    /// not valid.
    pub fn of_commit(reference: &str, paths: &[PathBuf]) -> Result<Self, Findings> {
        let refused = |finding| Findings { findings: vec![finding], ..Findings::default() };
        let (_, policies) = read(reference, paths).map_err(|error| refused(error.finding(reference)))?;
        let base = Self { since: reference.to_owned(), policies, unknown: None };
        base.valid()?;
        Ok(base)
    }

    /// The policies that were last applied, as the journal has them. `None` if no run has named any, or if they are these.
    pub async fn last_applied<'r>(
        journal: &Journal,
        runs: &'r [RunState],
        context: &Context,
        policies: &Policies,
    ) -> Option<Self> {
        let last = last_applied(runs, context)?;
        if are_applied(runs, context, &policies.sources) == Some(true) {
            return None;
        }
        let stored = &last.run.policies;
        let base = |policies, unknown| Self {
            since: format!("{LAST_APPLY} (run {})", last.number),
            policies,
            unknown,
        };
        let mut files = Vec::new();
        let read = |policy: &'r AppliedPolicy| async move { (policy, journal.text(&policy.digest).await) };
        let mut texts = std::pin::pin!(stream::iter(stored).map(read).buffered(AT_A_TIME));
        // A run of a stranger can name any number of large texts.
        let mut left = MAX_BYTES;
        while let Some((AppliedPolicy { path, .. }, text)) = texts.next().await {
            let unknown = match text {
                StoredText::Whole(text) => match left.checked_sub(text.len() as u64) {
                    Some(rest) => {
                        left = rest;
                        files.push(PolicyFile { path: path.clone(), text });
                        continue;
                    }
                    None => "it has too many texts".to_owned(),
                },
                StoredText::Missing => format!("the journal lacks the text of `{path}`"),
                StoredText::Changed => format!("the journal's text of `{path}` was changed"),
                StoredText::Unread(why) => {
                    format!("the journal's text of `{path}` cannot be read: {why}")
                }
            };
            return Some(base(Vec::new(), Some(unknown)));
        }
        Some(base(files, None))
    }

    /// Refuse policies that are not valid: half of them cannot be compared. A missed objective is no obstacle.
    fn valid(&self) -> Result<(), Findings> {
        if self.policies.is_empty() {
            return Ok(());
        }
        let sources = PolicyFile::sources(&self.policies);
        let checked = check(&sources, Options::default());
        if checked.policy.is_some() {
            return Ok(());
        }
        let message = format!("the policies at `{}` are not valid", self.since);
        let finding = Diagnostic::new(codes::INVALID_BASE, message)
            .help("name a commit whose policies compile; what is wrong with these is listed below");
        Err(Findings { findings: [vec![finding], checked.findings].concat(), sources })
    }

    /// Whether it stands for the last applied policies.
    #[must_use]
    pub fn is_last_applied(&self) -> bool {
        self.since.starts_with(LAST_APPLY)
    }

    /// What changed since then.
    #[must_use]
    pub fn changes(&self, policies: &Policies) -> PolicyChanges {
        if let Some(because) = &self.unknown {
            return PolicyChanges::unknown(&self.since, because);
        }
        let old = PolicyFile::sources(&self.policies);
        changes_since(&self.since, &old, &policies.sources, &policies.compiled.policy)
    }
}

/// The id of a commit, and its policies at some paths.
pub(super) fn read(
    reference: &str,
    paths: &[PathBuf],
) -> Result<(Option<String>, Vec<PolicyFile>), GitError> {
    let mut found: BTreeMap<String, (String, TreeFile)> = BTreeMap::new();
    let mut commit: Option<(Git, String)> = None;
    // Many files of one folder are one question.
    let mut around: Option<(PathBuf, Git, String)> = None;
    for path in paths {
        let is_folder = files::is_folder(path);
        let folder = if is_folder { path.as_path() } else { parent(path) };
        let (git, prefix) = match &around {
            Some((last, git, prefix)) if last == folder => (git.clone(), prefix.clone()),
            _ => Git::around(folder)?,
        };
        around = Some((folder.to_owned(), git.clone(), prefix.clone()));
        let (git, oid) = match &commit {
            Some((first, _)) if first.root != git.root => return Err(GitError::Several),
            Some(first) => first,
            None => {
                let oid = git.commit(reference)?;
                commit.insert((git, oid))
            }
        };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let within = if is_folder { prefix.clone() } else { format!("{prefix}{name}") };
        for file in git.files(oid, &within)? {
            let below = file.path.strip_prefix(&prefix).unwrap_or(&file.path).to_owned();
            let hidden = below.split('/').any(|part| part.starts_with('.'));
            if is_folder && (hidden || !is_policy(Path::new(&below))) {
                continue;
            }
            let name = shown(&if is_folder { path.join(&below) } else { path.clone() });
            let (first, _) = found.entry(file.path.clone()).or_insert_with(|| (name.clone(), file));
            if name < *first {
                *first = name;
            }
        }
    }
    let Some((git, oid)) = commit else { return Ok((None, Vec::new())) };
    let mut named: Vec<(String, TreeFile)> = found.into_values().collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    if let Some((path, _)) = named.iter().find(|(_, file)| file.size > MAX_FILE_BYTES) {
        return Err(GitError::TooLarge(path.clone()));
    }
    let texts = git.texts(&named.iter().map(|(_, file)| file).collect::<Vec<_>>())?;
    let file = |((path, _), text): ((String, TreeFile), Vec<u8>)| match String::from_utf8(text) {
        Ok(text) => Ok(PolicyFile { path, text }),
        Err(_) => Err(GitError::NotText(path)),
    };
    let files: Result<_, GitError> = named.into_iter().zip(texts).map(file).collect();
    Ok((Some(oid), files?))
}

pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
