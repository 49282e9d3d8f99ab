//! Verifies the hash chain of a journal: finds the first entry that was changed, lost or moved since it was written.

use super::entry::is_torn;
use super::state::{self, RunState};
use super::{Entry, Event, JournalError};

/// The text of one run, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// The number in its name.
    pub(crate) run: u64,
    /// Its parts in order: one file, one folded object, or pages.
    pub(crate) parts: Vec<Part>,
    /// The original pages of a folded run, if they were read for comparison.
    pub(crate) pages: Vec<Part>,
    /// Whether it may end with an incomplete entry, as a file does if its writer was killed.
    pub(crate) may_be_torn: bool,
}

/// One file or object.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The number in its name, from 1.
    pub(crate) number: u64,
    /// The path or key.
    pub(crate) name: String,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

impl Text {
    /// All parts concatenated.
    pub(super) fn whole(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|part| part.bytes.iter().copied()).collect()
    }
}

/// A journal with a valid chain.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// All entries, over all runs.
    pub entries: Vec<Entry>,
    /// The SHA-256 of each entry, in hexadecimal digits.
    pub hashes: Vec<String>,
    /// The state of each run.
    pub runs: Vec<RunState>,
}

impl History {
    /// The hash of the last entry, which covers all entries; empty for an empty journal.
    #[must_use]
    pub fn head(&self) -> &str {
        self.hashes.last().map_or("", String::as_str)
    }

    /// Whether an entry has this hash. An empty hash is the head of an empty journal, which every journal contains.
    #[must_use]
    pub fn contains(&self, head: &str) -> bool {
        head.is_empty() || self.hashes.iter().any(|hash| hash == head)
    }

    /// The number of entries up to and including the one with this hash.
    #[must_use]
    pub fn position(&self, head: &str) -> Option<usize> {
        self.hashes.iter().position(|hash| hash == head).map(|at| at + 1)
    }

    /// The entries of a run.
    pub fn entries_of(&self, run: &RunState) -> impl Iterator<Item = &Entry> {
        let next = self.runs.iter().find(|other| other.number == run.number + 1);
        let end = next.map_or(self.entries.len(), |next| next.first);
        self.entries.get(run.first..end).unwrap_or_default().iter()
    }

    /// The last run, if it has not ended.
    #[must_use]
    pub fn open(&self) -> Option<&RunState> {
        self.runs.last().filter(|run| run.end == state::End::Open)
    }
}

/// Read the texts of all runs, in order.
///
/// # Errors
/// The first entry that was changed, lost or moved, or that is illegal after the entries before it.
pub(super) fn read(texts: &[Text]) -> Result<History, JournalError> {
    let mut history = History::default();
    for (nth, text) in texts.iter().enumerate() {
        let before = history.entries.len();
        let named = text.parts.first().map_or_else(|| format!("run {}", text.run), |part| part.name.clone());
        if text.run != nth as u64 + 1 {
            return Err(damaged(&named, 1, before, format!("run {} is missing before it", nth + 1)));
        }
        for (nth, part) in text.parts.iter().enumerate() {
            if part.number != nth as u64 + 1 {
                return Err(damaged(
                    &part.name,
                    1,
                    history.entries.len(),
                    format!("page {} is missing before it", nth + 1),
                ));
            }
            read_part(part, before, text.may_be_torn, &mut history)?;
        }
        if history.entries.len() == before {
            return Err(damaged(&named, 1, before, "it is empty".to_owned()));
        }
        compare(text, before)?;
    }
    Ok(history)
}

fn read_part(
    part: &Part,
    first: usize,
    may_be_torn: bool,
    history: &mut History,
) -> Result<(), JournalError> {
    let mut lines = part.bytes.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((nth, line)) = lines.next() {
        let at = history.entries.len();
        let damaged = |what: String| damaged(&part.name, nth + 1, at, what);
        if lines.peek().is_none() {
            // The text after the last line break is an incomplete entry, or it was changed. The first entry is never
            // incomplete: the file appears together with it.
            let torn = may_be_torn && nth > 0 && is_torn(line);
            return if line.is_empty() || torn {
                Ok(())
            } else {
                Err(damaged("the entry is incomplete".to_owned()))
            };
        }
        let (entry, hash) = Entry::parse(line).map_err(damaged)?;
        if entry.previous != history.head() || entry.number != at as u64 + 1 {
            return Err(damaged("an entry before it is missing or was moved".to_owned()));
        }
        if (at == first) != matches!(entry.event, Event::RunStarted(_)) {
            return Err(damaged("a file must begin with the start of a run, and hold only one".to_owned()));
        }
        state::next(&mut history.runs, at, &entry).map_err(damaged)?;
        history.entries.push(entry);
        history.hashes.push(hash);
    }
    Ok(())
}

/// Compare the pages of a run with the text they were folded into.
fn compare(text: &Text, before: usize) -> Result<(), JournalError> {
    let whole = text.whole();
    let mut rest = whole.as_slice();
    for (nth, page) in text.pages.iter().enumerate() {
        let same = rest.iter().zip(&page.bytes).take_while(|(one, other)| one == other).count();
        let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        if same < page.bytes.len() || page.number != nth as u64 + 1 || page.bytes.is_empty() {
            let line = lines(page.bytes.get(..same).unwrap_or_default());
            let at = before + lines(whole.get(..whole.len() - rest.len()).unwrap_or_default()) + line;
            let what = if page.bytes.is_empty() {
                "it is missing or empty"
            } else {
                "it differs from the folded run"
            };
            return Err(damaged(&page.name, line + 1, at, what.to_owned()));
        }
        rest = rest.get(same..).unwrap_or_default();
    }
    if let Some(last) = text.pages.last().filter(|_| !rest.is_empty()) {
        return Err(damaged(&last.name, 1, before, "a page after it is missing".to_owned()));
    }
    Ok(())
}

/// `before` is the number of valid entries before the damage.
fn damaged(file: &str, line: usize, before: usize, what: String) -> JournalError {
    JournalError::Damaged { file: file.to_owned(), line, entry: before as u64 + 1, what }
}
