//! Reads files of a git commit, by running `git` without a shell.
//!
//! A commit can come from anyone, so everything is bounded, no argument of a user is taken for an option, and objects that
//! are not there are not fetched.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use holdfast_compiler::diagnostic::{Diagnostic, codes};

use super::load::MAX_BYTES;

/// The most bytes of a listing: 10,000 files with long names.
const MAX_LISTING: u64 = 16 * 1024 * 1024;
/// The most files that are read, as for files in folders.
const MAX_FILES: usize = 10_000;
/// The most bytes of what git says about an error.
const MAX_MESSAGE: u64 = 4 * 1024;

/// Why the files of a commit cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GitError {
    /// Git cannot be run.
    NoGit(String),
    /// The folder is in no repository that git reads.
    NoRepository(String),
    /// The paths are in more than one repository.
    Several,
    /// There is no such commit.
    NoCommit,
    /// There are too many files or bytes.
    TooMuch,
    /// A file is larger than a policy may be.
    TooLarge(String),
    /// A file is not UTF-8 text.
    NotText(String),
    /// Git said something unexpected.
    Failed(String),
}

impl GitError {
    /// It as a clause.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::NoGit(why) => format!("git cannot be run ({why})"),
            Self::NoRepository(_) => "the policies are in no git repository that can be read".to_owned(),
            Self::Several => "the policies are in several git repositories".to_owned(),
            Self::NoCommit => "the git repository has no commit".to_owned(),
            Self::TooMuch => "git says too much".to_owned(),
            Self::TooLarge(path) | Self::NotText(path) => format!("git cannot show `{path}`"),
            Self::Failed(why) => format!("git fails ({why})"),
        }
    }

    /// The finding about it.
    pub(super) fn finding(self, reference: &str) -> Diagnostic {
        let unreadable = |message: String, help: &str| {
            Diagnostic::new(codes::UNREADABLE_BASE, message).help(help.to_owned())
        };
        match self {
            Self::NoGit(why) => {
                unreadable(format!("git cannot be run: {why}"), "install git, or plan without `--base`")
            }
            Self::NoRepository(why) => unreadable(
                format!("the policies are not in a git repository that can be read: {why}"),
                "run it in a clone of the repository, or plan without `--base`",
            ),
            Self::Several => unreadable(
                "the paths are in different git repositories".to_owned(),
                "compare the policies of one repository at a time",
            ),
            Self::NoCommit => Diagnostic::new(codes::NO_SUCH_BASE, format!("there is no commit `{reference}`"))
                .help("name a branch, a tag or a commit of this clone; in CI, fetch it first (`git fetch origin main`)"),
            Self::TooMuch => unreadable(
                format!("the policies at `{reference}` are too large"),
                "name only the folders that contain your policies",
            ),
            Self::TooLarge(path) => unreadable(
                format!("`{path}` at `{reference}` is larger than a policy file may be"),
                "name only the folders that contain your policies",
            ),
            Self::NotText(path) => {
                unreadable(format!("`{path}` at `{reference}` is not UTF-8 text"), "name another commit")
            }
            Self::Failed(why) => unreadable(
                format!("git cannot read the policies at `{reference}`: {why}"),
                "check the clone with `git fsck`; a partial clone needs the files of that commit",
            ),
        }
    }
}

/// A file of a commit.
#[derive(Debug, Clone)]
pub(super) struct TreeFile {
    /// Its path from the root of the repository.
    pub(super) path: String,
    /// Its size in bytes.
    pub(super) size: u64,
    oid: String,
}

/// A commit that changed policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitCommit {
    /// The first digits of its id.
    pub id: String,
    /// The day on which it was committed.
    pub day: String,
    /// The name of its author.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

/// Commits that git lists.
#[derive(Debug)]
pub(super) struct Listed {
    /// Their whole ids in the order of git. `None`: a shallow clone ends with it.
    pub(super) commits: Vec<(String, Option<GitCommit>)>,
    /// Whether the clone has only the last commits of the repository.
    pub(super) is_shallow: bool,
}

/// How many digits of a commit are shown, as git does in a large repository.
const SHORT: usize = 12;
/// The most characters of an author or a subject.
const MAX_FIELD: usize = 200;
/// The most bytes of a history.
const MAX_HISTORY: u64 = 1024 * 1024;

/// A repository.
#[derive(Debug, Clone)]
pub(super) struct Git {
    /// The top folder of its work tree.
    pub(super) root: PathBuf,
}

impl Git {
    /// The repository around a folder, and the path of the folder in it: empty, or with a `/` at its end.
    pub(super) fn around(folder: &Path) -> Result<(Self, String), GitError> {
        let said = run(folder, &["rev-parse", "--show-toplevel", "--show-prefix"], &[], MAX_LISTING);
        let said = said.map_err(|error| match error {
            // Git adds how far it has looked.
            GitError::Failed(why) => {
                GitError::NoRepository(why.split(" (").next().unwrap_or_default().to_owned())
            }
            other => other,
        })?;
        let said = String::from_utf8(said).map_err(|_| GitError::Failed("a path is not UTF-8".to_owned()))?;
        // A path with a line break would give more lines.
        match said.lines().collect::<Vec<_>>().as_slice() {
            [root] => Ok((Self { root: PathBuf::from(root) }, String::new())),
            [root, prefix] => Ok((Self { root: PathBuf::from(root) }, (*prefix).to_owned())),
            _ => Err(GitError::Failed("a path has a line break".to_owned())),
        }
    }

    /// The id of a commit.
    pub(super) fn commit(&self, reference: &str) -> Result<String, GitError> {
        let wanted = format!("{reference}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
        let said = run(&self.root, &args, &[], MAX_LISTING).map_err(|error| match error {
            GitError::Failed(_) => GitError::NoCommit,
            other => other,
        })?;
        let oid = String::from_utf8(said).unwrap_or_default().trim().to_owned();
        if is_oid(&oid) { Ok(oid) } else { Err(GitError::NoCommit) }
    }

    /// The newest commits that changed something at these paths, from the root of the repository, newest first, and
    /// whether the clone is shallow: it has only the last commits of the repository.
    pub(super) fn commits(&self, paths: &[String], most: usize) -> Result<(Vec<GitCommit>, bool), GitError> {
        let most = format!("--max-count={most}");
        let mut args = vec![most.as_str(), "HEAD", "--"];
        // An empty path is the whole repository, and so is none.
        if !paths.iter().any(String::is_empty) {
            args.extend(paths.iter().map(String::as_str));
        }
        // A commit without a branch has no `HEAD`.
        self.commit("HEAD")?;
        let listed = self.listed(&args, &[])?;
        Ok((listed.commits.into_iter().filter_map(|(_, commit)| commit).collect(), listed.is_shallow))
    }

    /// The commits that `git rev-list` lists.
    pub(super) fn listed(&self, of: &[&str], input: &[u8]) -> Result<Listed, GitError> {
        // `rev-list` is plumbing: it reads no settings of `git log`, such as one that runs a program for each signature. Whoever
        // writes a commit says how long its texts are, so git cuts them: to columns, and not to characters, some of which have none.
        let format = format!(
            "--format=%x00%H%x00%P%x00%cs%x00%<({MAX_FIELD},trunc)%an%x00%<({MAX_FIELD},trunc)%s%x00"
        );
        let args = [["rev-list", "--encoding=UTF-8", &format].as_slice(), of].concat();
        let is_shallow = self.is_shallow()?;
        let said = run(&self.root, &args, input, MAX_HISTORY)?;
        let said = String::from_utf8_lossy(&said);
        let cut = |text: &str| text.trim_end().chars().take(MAX_FIELD).collect::<String>();
        let mut fields = said.split('\0');
        let mut commits = Vec::new();
        // Before each commit stands a line with its id, and behind the last one the end of its line.
        while let (Some(_), Some(id), Some(parents), Some(day), Some(author), Some(subject)) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        {
            if !is_oid(id) {
                return Err(GitError::Failed("git lists commits in an unknown form".to_owned()));
            }
            let commit = GitCommit {
                id: id.get(..SHORT).unwrap_or(id).to_owned(),
                day: day.to_owned(),
                author: cut(author),
                subject: cut(subject),
            };
            // Where a shallow clone ends, a commit seems to have made every file that there was before it.
            let is_end = is_shallow && parents.is_empty();
            commits.push((id.to_owned(), (!is_end).then_some(commit)));
        }
        Ok(Listed { commits, is_shallow })
    }

    /// Whether the clone has only the last commits of the repository.
    fn is_shallow(&self) -> Result<bool, GitError> {
        let said = run(&self.root, &["rev-parse", "--is-shallow-repository"], &[], MAX_LISTING)?;
        Ok(said.trim_ascii() == b"true")
    }

    /// The regular files of a commit at and below a path. Links and submodules are left out.
    pub(super) fn files(&self, oid: &str, path: &str) -> Result<Vec<TreeFile>, GitError> {
        let mut args = vec!["ls-tree", "-r", "-z", "-l", "--full-tree", oid, "--"];
        if !path.is_empty() {
            args.push(path);
        }
        let listing = run(&self.root, &args, &[], MAX_LISTING)?;
        let mut files = Vec::new();
        for entry in listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            // A file whose name is not UTF-8 is not one that a policy can have.
            let Ok(entry) = std::str::from_utf8(entry) else { continue };
            let unexpected = || GitError::Failed("git lists files in an unknown form".to_owned());
            let (facts, path) = entry.split_once('\t').ok_or_else(unexpected)?;
            let facts: Vec<&str> = facts.split_whitespace().collect();
            let [mode, "blob", oid, size] = facts.as_slice() else { continue };
            if !mode.starts_with("100") {
                continue;
            }
            let size = size.parse().map_err(|_| unexpected())?;
            files.push(TreeFile { path: path.to_owned(), size, oid: (*oid).to_owned() });
        }
        Ok(files)
    }

    /// The contents of some files, in their order.
    pub(super) fn texts(&self, files: &[&TreeFile]) -> Result<Vec<Vec<u8>>, GitError> {
        let whole = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        if files.len() > MAX_FILES || whole > MAX_BYTES {
            return Err(GitError::TooMuch);
        }
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let asked: String = files.iter().map(|file| format!("{}\n", file.oid)).collect();
        // A line for each file, and a line break after it.
        let most = whole + 200 * files.len() as u64;
        let answer = run(&self.root, &["cat-file", "--batch"], asked.as_bytes(), most)?;
        let mut rest = answer.as_slice();
        files.iter().map(|file| next(&mut rest, file)).collect()
    }
}

/// The next object of an answer: `OID blob SIZE`, a line break, the bytes, a line break.
fn next(rest: &mut &[u8], file: &TreeFile) -> Result<Vec<u8>, GitError> {
    let missing = || GitError::Failed(format!("`{}` is not in this clone", file.path));
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(missing)?;
    let (head, after) = rest.split_at_checked(end + 1).ok_or_else(missing)?;
    if head != format!("{} blob {}\n", file.oid, file.size).as_bytes() {
        return Err(missing());
    }
    let size = usize::try_from(file.size).map_err(|_| missing())?;
    let (text, after) = after.split_at_checked(size).ok_or_else(missing)?;
    *rest = after.strip_prefix(b"\n").ok_or_else(missing)?;
    Ok(text.to_vec())
}

/// Whether it is the id of an object: SHA-1 or SHA-256 in hex.
pub(super) fn is_oid(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What git prints. Fails if it fails, or prints more than `most` bytes.
pub(super) fn run(folder: &Path, args: &[&str], input: &[u8], most: u64) -> Result<Vec<u8>, GitError> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(args)
        // Paths are names and no patterns, nothing is fetched, asked or replaced, and messages are in English.
        .envs([
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("LC_ALL", "C"),
        ])
        // In a hook of git these name its own repository, whatever the folder is in.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_COMMON_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_OBJECT_DIRECTORY")
        .env_remove("GIT_ALTERNATE_OBJECT_DIRECTORIES")
        .env_remove("GIT_NAMESPACE")
        .env_remove("GIT_PREFIX")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| GitError::NoGit(error.to_string()))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut printed, mut message) = (Vec::new(), Vec::new());
    let read = std::thread::scope(|scope| {
        scope.spawn(|| {
            // This fails if git ends early, which its status says.
            let _ = stdin.map(|mut stdin| stdin.write_all(input));
        });
        scope.spawn(|| {
            let _ = stderr.map(|mut stderr| {
                let read = (&mut stderr).take(MAX_MESSAGE).read_to_end(&mut message);
                read.and_then(|_| io::copy(&mut stderr, &mut io::sink()))
            });
        });
        let read = stdout.map(|stdout| stdout.take(most.saturating_add(1)).read_to_end(&mut printed));
        if printed.len() as u64 > most {
            let _ = child.kill();
        }
        read
    });
    let status = child.wait().map_err(|error| GitError::NoGit(error.to_string()))?;
    if printed.len() as u64 > most {
        return Err(GitError::TooMuch);
    }
    if let Some(Err(error)) = read {
        return Err(GitError::Failed(error.to_string()));
    }
    if !status.success() {
        let said = String::from_utf8_lossy(&message);
        let line = said.lines().next().unwrap_or("it failed").trim_start_matches("fatal: ").to_owned();
        return Err(GitError::Failed(line));
    }
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TreeFile {
        TreeFile { path: path.to_owned(), size: text.len() as u64, oid: "a".repeat(40) }
    }

    #[test]
    fn objects_are_taken_from_an_answer_only_as_they_were_listed() {
        let oid = "a".repeat(40);
        let answer = format!("{oid} blob 3\nx\ny\n{oid} blob 0\n\n");
        let mut rest = answer.as_bytes();
        assert_eq!(next(&mut rest, &file("a.yaml", "x\ny")).unwrap(), b"x\ny");
        assert_eq!(next(&mut rest, &file("b.yaml", "")).unwrap(), b"");
        assert!(rest.is_empty());
        for answer in [
            "",
            &format!("{oid} missing\n"),
            &format!("{oid} blob 4\nx\ny\n"),
            &format!("{oid} blob 3\nx\n"),
            &format!("{oid} blob 3\nx\ny"),
            &format!("{oid} tree 3\nx\ny\n"),
        ] {
            let refused = next(&mut answer.as_bytes(), &file("a.yaml", "x\ny"));
            assert_eq!(refused.unwrap_err(), GitError::Failed("`a.yaml` is not in this clone".to_owned()));
        }
    }

    #[test]
    fn output_and_size_are_bounded() {
        let refused = run(Path::new("."), &["--version"], &[], 3);
        assert_eq!(refused.unwrap_err(), GitError::TooMuch);
        let large = TreeFile { size: u64::MAX, ..file("a.yaml", "") };
        let git = Git { root: PathBuf::from(".") };
        assert_eq!(git.texts(&[&large, &large]).unwrap_err(), GitError::TooMuch);
    }
}
