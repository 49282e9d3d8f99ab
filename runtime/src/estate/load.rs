//! Reads policy files into sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::MAX_FILE_BYTES;
use holdfast_compiler::source::Sources;

use super::Findings;
use crate::files::{self, FileError, Walk, Why};

/// The most bytes of all policies of one command together: 10,000 files of about 25 KiB.
pub(super) const MAX_BYTES: u64 = 256 * MIB;
const MIB: u64 = 1024 * 1024;

/// Read the policies at some paths: the files that are named, and every `.yaml` and `.yml` file in and below the
/// folders that are named, except hidden ones. The order of the paths does not matter, and each file is read once.
///
/// # Errors
/// One finding per path or file that cannot be read, and one if there are too many files or bytes.
pub fn load(paths: &[PathBuf]) -> Result<Sources, Findings> {
    let read = legible(paths);
    if read.findings.is_empty() {
        Ok(read.sources)
    } else {
        Err(Findings { sources: Sources::default(), ..read })
    }
}

/// What can be read of the policies at some paths, with a finding for each path or file that cannot. For commands
/// that need only a part of the policies.
pub(super) fn legible(paths: &[PathBuf]) -> Findings {
    let mut findings = Vec::new();
    let mut sources = Sources::default();
    let mut reader = Reader::default();
    for (name, path) in find(paths, &mut findings) {
        match reader.read(&path) {
            Ok(text) => {
                sources.add(name, text);
            }
            Err(finding) => findings.push(finding.in_file(name)),
        }
        if reader.is_full() {
            break;
        }
    }
    Findings { findings, sources }
}

/// The files that [`load`] reads, by the names they are shown with. Adds a finding for every path that is missing or
/// refused.
pub(crate) fn find(paths: &[PathBuf], findings: &mut Vec<Diagnostic>) -> BTreeMap<String, PathBuf> {
    let mut walk = Walk::default();
    // Keyed by canonical path. If a file has several names, the alphabetically first is shown.
    let mut found: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut add = |name: &Path, path: PathBuf| {
        let name = shown(name);
        let first = found.entry(path).or_insert_with(|| name.clone());
        if name < *first {
            *first = name;
        }
    };
    for path in paths {
        if files::is_folder(path) {
            let walked = walk.folder(path, is_policy);
            if walked.files.is_empty() && walked.refused.is_empty() {
                findings.push(
                    Diagnostic::new(codes::NO_POLICIES, "there are no policies in this folder")
                        .in_file(shown(path))
                        .help("name a folder with `.yaml` or `.yml` files; `policies/` has examples"),
                );
            }
            findings.extend(walked.refused.iter().map(|error| refused(error).in_file(shown(&error.path))));
            walked.files.into_iter().for_each(|(name, path)| add(&name, path));
        } else {
            match files::regular(path).and_then(|at| walk.count(path).map(|()| at)) {
                Ok(at) => add(path, at),
                Err(error) if error.is_missing() => {
                    let message = "there is no such file or folder";
                    let missing = Diagnostic::new(codes::MISSING_PATH, message).in_file(shown(path));
                    findings
                        .push(missing.help("correct the path: a relative one begins in the current folder"));
                }
                Err(error) => findings.push(refused(&error).in_file(shown(path))),
            }
        }
    }
    found.into_iter().map(|(path, name)| (name, path)).collect()
}

pub(super) fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// A path as messages show it: with `/`, without a leading `./`.
pub(super) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

/// Reads policy files up to a limit for all of them together.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    bytes: u64,
}

impl Reader {
    /// The text of one file.
    pub(crate) fn read(&mut self, path: &Path) -> Result<String, Diagnostic> {
        let bytes = files::read(path, MAX_FILE_BYTES).map_err(|error| refused(&error))?;
        self.bytes += bytes.len() as u64;
        if self.is_full() { Err(too_many_bytes()) } else { text(bytes) }
    }

    /// Whether the limit is exceeded; then read no further files.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes > MAX_BYTES
    }
}

/// The text of standard input, up to the limit of a policy file.
pub(crate) fn read_stream(stream: impl std::io::Read) -> Result<String, Diagnostic> {
    files::read_stream(stream, "standard input", MAX_FILE_BYTES)
        .map_err(|error| refused(&error))
        .and_then(text)
}

fn text(bytes: Vec<u8>) -> Result<String, Diagnostic> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().get(..at).unwrap_or_default().split(|b| *b == b'\n').count();
        Diagnostic::new(codes::NOT_UTF8, format!("this is not UTF-8 text (line {line}, byte {at})"))
            .help("save the file as UTF-8")
    })
}

/// The finding for a file error, without its file.
fn refused(error: &FileError) -> Diagnostic {
    let why = &error.why;
    match why {
        Why::TooLarge(most) => {
            let message = format!("a policy file is at most {} MiB", most / MIB);
            Diagnostic::new(codes::UNREADABLE, message).help("this file is larger: split it, or leave it out")
        }
        Why::LeadsOut { to, root } => {
            let message =
                format!("this link points to `{}`, outside the folder `{}`", to.display(), shown(root));
            Diagnostic::new(codes::LEADS_OUT, message).help(
                "move the target into the folder, or remove the link and name the target on the command line",
            )
        }
        Why::TooMany { .. } | Why::TooDeep(_) => Diagnostic::new(codes::TOO_MANY_FILES, why.to_string())
            .help("name only the folders that contain your policies"),
        Why::NotAFile(_) => Diagnostic::new(codes::UNREADABLE, why.to_string())
            .help("policies must be regular files: remove it, or name another path"),
        Why::Dangling { .. } | Why::Circle | Why::NotAFolder => {
            Diagnostic::new(codes::UNREADABLE, why.to_string()).maybe_help(why.cure().map(str::to_owned))
        }
        Why::System(_) | Why::Link | Why::NotText => {
            Diagnostic::new(codes::UNREADABLE, format!("cannot be read: {why}"))
        }
    }
}

fn too_many_bytes() -> Diagnostic {
    let message = format!("with this file the policies have more than {} MiB", MAX_BYTES / MIB);
    Diagnostic::new(codes::TOO_MANY_FILES, message).help("name only the folders that contain your policies")
}

/// The folder where Holdfast keeps files for an estate: `.holdfast` beside the file that declares the estate, no
/// matter how the command line spells the paths.
#[must_use]
pub fn home(estate_file: &str) -> PathBuf {
    let folder = Path::new(estate_file).parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).join(".holdfast")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_kept_beside_the_estate_file() {
        assert_eq!(home("policies/estate.yaml"), Path::new("policies/.holdfast"));
        assert_eq!(home("estate.yaml"), Path::new("./.holdfast"));
    }

    #[test]
    fn missing_path_is_named_in_its_finding() {
        let refused = load(&[PathBuf::from("no-such-folder/no-such.yaml")]).unwrap_err();
        let [finding] = refused.findings.as_slice() else { panic!("{refused:?}") };
        assert_eq!(finding.code, codes::MISSING_PATH);
        assert_eq!(finding.file.as_deref(), Some("no-such-folder/no-such.yaml"));
    }
}
