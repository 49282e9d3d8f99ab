//! Policy files into sources.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::MAX_FILE_BYTES;
use holdfast_compiler::source::Sources;

/// How deep folders are followed. A link that leads in a circle ends here.
const MAX_DEPTH: usize = 32;

/// Read the policies of some paths: files as they are named, folders with every `.yaml` and `.yml` below
/// them, hidden ones left out. The order of the paths means nothing.
///
/// # Errors
/// One finding per path or file that cannot be read.
pub fn load(paths: &[PathBuf]) -> Result<Sources, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let mut sources = Sources::default();
    for (name, path) in find(paths, &mut findings) {
        match read(&path) {
            Ok(text) => {
                sources.add(name, text);
            }
            Err(finding) => findings.push(finding.in_file(name)),
        }
    }
    if findings.is_empty() { Ok(sources) } else { Err(findings) }
}

/// The files that [`load`] reads, by the names they are shown with. What cannot be found goes to `findings`.
pub(crate) fn find(paths: &[PathBuf], findings: &mut Vec<Diagnostic>) -> BTreeMap<String, PathBuf> {
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            folder(path, 0, &mut files, findings);
            if files.len() == before && findings.is_empty() {
                findings.push(
                    Diagnostic::new(codes::NO_POLICIES, "there are no policies in this folder")
                        .in_file(shown(path))
                        .help("policies end in `.yaml` or `.yml`; `policies/` has examples"),
                );
            }
        } else if path.exists() {
            files.insert(shown(path), path.clone());
        } else {
            findings.push(
                Diagnostic::new(codes::MISSING_PATH, "there is no such file or folder").in_file(shown(path)),
            );
        }
    }
    files
}

/// A path as it is shown everywhere: with `/`, without a leading `./`.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

fn folder(path: &Path, depth: usize, files: &mut BTreeMap<String, PathBuf>, out: &mut Vec<Diagnostic>) {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return out.push(unreadable(&error).in_file(shown(path))),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let policy = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        if path.is_dir() && depth < MAX_DEPTH {
            folder(&path, depth + 1, files, out);
        } else if policy && path.is_file() {
            files.insert(shown(&path), path);
        }
    }
}

/// The text of one file.
pub(crate) fn read(path: &Path) -> Result<String, Diagnostic> {
    let size = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > MAX_FILE_BYTES {
        let help = format!("this one has {size} bytes; split it, or leave it out");
        return Err(too_large().help(help));
    }
    text(std::fs::read(path).map_err(|error| unreadable(&error))?)
}

/// The text of what comes in through a pipe, which has no size before its end.
pub(crate) fn read_stream(stream: impl std::io::Read) -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    stream.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES { Err(too_large()) } else { text(bytes) }
}

fn text(bytes: Vec<u8>) -> Result<String, Diagnostic> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().get(..at).unwrap_or_default().split(|b| *b == b'\n').count();
        Diagnostic::new(codes::NOT_UTF8, format!("this is not UTF-8 text (line {line}, byte {at})"))
            .help("save the file as UTF-8")
    })
}

fn too_large() -> Diagnostic {
    let message = format!("a policy file is at most {} MiB", MAX_FILE_BYTES / 1024 / 1024);
    Diagnostic::new(codes::UNREADABLE, message)
}

fn unreadable(error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(codes::UNREADABLE, format!("cannot be read: {error}"))
}

/// What Holdfast keeps on the machine for an estate: `.holdfast` in the folder of the file that declares it.
/// The order and the spelling of paths on the command line mean nothing.
#[must_use]
pub fn home(estate_file: &str) -> PathBuf {
    let folder = Path::new(estate_file).parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).join(".holdfast")
}
