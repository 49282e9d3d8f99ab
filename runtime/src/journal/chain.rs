//! The texts of a journal, held against its chain: what was changed, lost or moved since it was written is found,
//! and the first entry that is not what it was is named.

use super::entry::is_torn;
use super::state::{self, RunState};
use super::{Entry, Event, JournalError};

/// The text of one run.
#[derive(Debug)]
pub(crate) struct Text {
    /// The number that its name says.
    pub(crate) run: u64,
    /// Its parts in order: one file, one folded object, or pages.
    pub(crate) parts: Vec<Part>,
    /// The pages again, where they were folded and are looked at all the same.
    pub(crate) pages: Vec<Part>,
    /// Whether it may end in the beginning of an entry: a file does when its writer is killed.
    pub(crate) may_be_torn: bool,
}

/// One file or object.
#[derive(Debug)]
pub(crate) struct Part {
    /// The number that its name says, from 1.
    pub(crate) number: u64,
    /// The path or key.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

impl Text {
    /// All of it in one.
    pub(super) fn whole(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|part| part.bytes.iter().copied()).collect()
    }
}

/// A journal whose chain holds.
#[derive(Debug, Default)]
pub struct History {
    /// All entries.
    pub entries: Vec<Entry>,
    /// The hash of each entry.
    pub hashes: Vec<String>,
    /// What became of the runs.
    pub runs: Vec<RunState>,
}

impl History {
    /// The hash of the last entry, which stands for all of them; empty for an empty journal.
    #[must_use]
    pub fn head(&self) -> &str {
        self.hashes.last().map_or("", String::as_str)
    }

    /// Whether it has the entry of a hash. No hash is the beginning.
    #[must_use]
    pub fn contains(&self, head: &str) -> bool {
        head.is_empty() || self.hashes.iter().any(|hash| hash == head)
    }

    /// How many entries there are up to the one of a hash.
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
/// The first entry that was changed, lost or moved, or that cannot follow on those before it.
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
            // What follows the last line break was never finished, or it was changed. The first entry of a file is
            // there when the file is.
            let torn = may_be_torn && nth > 0 && is_torn(line);
            return if line.is_empty() || torn {
                Ok(())
            } else {
                Err(damaged("it does not end like an entry".to_owned()))
            };
        }
        let (entry, hash) = Entry::parse(line).map_err(damaged)?;
        if entry.previous != history.head() || entry.number != at as u64 + 1 {
            return Err(damaged("an entry before it is missing or was moved".to_owned()));
        }
        if (at == first) != matches!(entry.event, Event::RunStarted(_)) {
            return Err(damaged("a run does not begin at the start of its file".to_owned()));
        }
        state::next(&mut history.runs, at, &entry).map_err(damaged)?;
        history.entries.push(entry);
        history.hashes.push(hash);
    }
    Ok(())
}

/// Hold the pages of a run against the one text they were folded into.
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

/// `before` is the number of entries that are sound.
fn damaged(file: &str, line: usize, before: usize, what: String) -> JournalError {
    JournalError::Damaged { file: file.to_owned(), line, entry: before as u64 + 1, what }
}
