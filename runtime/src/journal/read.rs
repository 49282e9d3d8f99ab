//! Reading a journal, and holding its chain against it.

use std::path::{Path, PathBuf};

use super::{Entry, JournalError};

/// All entries of a journal, with the hash of the last one. No folder is an empty journal.
///
/// A run that was killed may have left the beginning of an entry as the last line of its file: nothing had
/// been done on the strength of it yet, so it does not count.
///
/// # Errors
/// The first entry that was changed, lost or moved.
pub fn read(folder: &Path) -> Result<(Vec<Entry>, String), JournalError> {
    let mut entries = Vec::new();
    let mut previous = String::new();
    for path in files(folder)? {
        let bytes = std::fs::read(&path).map_err(|error| JournalError::io(&path, error))?;
        let text = String::from_utf8_lossy(&bytes);
        // What follows the last line break was never finished.
        let complete = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
        for (nth, line) in complete.lines().enumerate() {
            let damaged = |what: String| JournalError::Damaged {
                file: path.display().to_string(),
                line: nth + 1,
                what,
            };
            let (entry, hash) = Entry::parse(line).map_err(damaged)?;
            if entry.previous != previous || entry.number != entries.len() as u64 + 1 {
                return Err(damaged("an entry before it is missing or was moved".to_owned()));
            }
            previous = hash;
            entries.push(entry);
        }
    }
    Ok((entries, previous))
}

/// The files of a journal, in the order of their runs.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io(folder, error)),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect();
    files.sort();
    Ok(files)
}
