//! Which commit last changed each line of the policies, as git says: the first link of the chain of a piece of evidence.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::source::Place;

/// Where the lines of the policies come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lines {
    /// Git was asked, file by file: by path, the lines of the file, or why git does not know them.
    Read(BTreeMap<String, Result<Vec<Line>, String>>),
    /// Nobody knows, for this reason: a clause.
    Unread(String),
    /// The document does not tell commits of clauses.
    NotAsked,
}

/// Where one line comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Line {
    /// A commit changed it last.
    Committed {
        /// The first digits of the commit.
        id: String,
        /// The day on which it was committed.
        day: String,
        /// Its author, by name. The name is what the commit states.
        author: String,
    },
    /// It is in no commit.
    NotCommitted,
    /// Nobody can tell.
    Unknown {
        /// Why: a clause.
        why: String,
    },
}

impl Lines {
    /// Where the line of a place comes from. `None` if git was not read at all, which the audit says once.
    pub(super) fn of(&self, place: &Place) -> Option<Line> {
        let Self::Read(files) = self else { return None };
        let unknown = |why: &str| Line::Unknown { why: why.to_owned() };
        Some(match files.get(&place.file) {
            None => unknown("git was not asked about this file"),
            Some(Err(why)) => unknown(why),
            Some(Ok(lines)) => {
                let line = place.line.checked_sub(1).and_then(|nth| lines.get(nth));
                line.cloned().unwrap_or_else(|| unknown("git has no such line"))
            }
        })
    }
}

impl Line {
    /// `commit 0123456789ab of 2026-11-30 by Noor`, as a clause.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Committed { id, day, author } => format!("commit {id} of {day} by {author}"),
            Self::NotCommitted => "in no commit".to_owned(),
            Self::Unknown { why } => format!("commit unknown: {why}"),
        }
    }

    /// The same, with the texts of others as this function writes them.
    pub(super) fn naming(self, person: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Committed { id, day, author } => Self::Committed { id, day, author: person(&author) },
            Self::Unknown { why } => Self::Unknown { why: person(&why) },
            Self::NotCommitted => Self::NotCommitted,
        }
    }
}
