//! The state of a key at a moment, from its versions.

use std::collections::BTreeSet;

use super::history::History;
use super::version::{Content, Version};

/// How long before the moment an upload in parts must have begun so that it counts as complete at the moment: a day. S3 shows when such an
/// upload began, and nothing shows when it ended; no limit of S3 makes it end. Chosen by us: tools upload for hours, not for days.
pub const MULTIPART_WINDOW: i64 = 86_400_000;

/// What is asked of the versions of a key.
#[derive(Debug, Clone, Copy)]
pub struct Question<'h> {
    /// The moment.
    pub moment: i64,
    /// Now.
    pub now: i64,
    /// What the bucket keeps.
    pub history: &'h History,
}

/// What a key was at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// The key.
    pub key: String,
    /// What it was.
    pub at: At,
    /// Why that is not certain. Empty if it is.
    pub doubts: BTreeSet<Doubt>,
    /// The id of the object that it was if an upload in parts ended later: the newest one before it.
    pub otherwise: Option<String>,
}

/// What a key was at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// This object.
    Object(Version),
    /// Nothing.
    Absent,
    /// Nobody can tell.
    Unknown,
}

/// Why the state of a key is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// It was uploaded in parts, begun shortly before the moment: it may have been completed after it.
    Multipart,
    /// A newer version has no time.
    Undated,
    /// A version without versioning was written after the moment, and replaced what was written without it before.
    Overwritten,
    /// The version of the moment may have been removed.
    Removed,
    /// A deletion and an object have the same time, or an upload in parts may have ended after the deletion. A list shows objects and
    /// deletions apart, so that nothing says which was last.
    Tied,
    /// A replica's marker is dated after the moment: the deletion at the source may have been before it. No bound says how long before:
    /// replication of markers does not adhere to the 15 minutes of replication time control (Amazon S3 User Guide, "Replicating delete
    /// markers between buckets").
    LateMarker,
}

impl Doubt {
    /// A word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Multipart => "multipart",
            Self::Undated => "undated",
            Self::Overwritten => "overwritten",
            Self::Removed => "removed",
            Self::Tied => "tied",
            Self::LateMarker => "late-marker",
        }
    }

    /// The same for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Multipart => {
                "uploaded in parts, and begun in the day before the moment: the upload may have ended after it"
            }
            Self::Undated => "a newer version has no time, and may have been there already",
            Self::Overwritten => {
                "written without versioning after the moment, which replaced what was written so before"
            }
            Self::Removed => {
                "no version is that old, and a lifecycle rule may have removed one: it may have been there or not"
            }
            Self::Tied => {
                "an object and a deletion have the same time, or an upload in parts may have ended after the deletion, and nothing shows \
                 which was last"
            }
            Self::LateMarker => {
                "the copy shows a deletion after the moment, and its source may have had it before"
            }
        }
    }
}

/// The state of a key at a moment. `versions` are all of its versions, the newest first, as a store lists them.
///
/// The newest version that was there at the moment is the state. Times decide, and among equal times the order of the list: a replica may
/// list versions in another order than they were written at the source.
#[must_use]
pub fn state_at(key: &str, versions: &[Version], question: Question<'_>) -> KeyState {
    let Question { moment, now, history } = question;
    let dated: Vec<Dated<'_>> = dated(versions);
    let there = dated.iter().filter(|one| one.since <= moment);
    // Of equal times, the one that is listed first is the newest.
    let found = there.max_by_key(|one| (one.since, std::cmp::Reverse(one.place)));
    let next = dated.iter().filter(|one| one.since > moment).min_by_key(|one| (one.since, one.place));
    let mut doubts = BTreeSet::new();
    let above = found.map_or(versions.len(), |found| found.place);
    let newer = versions.iter().take(above);
    if newer.clone().any(|version| version.modified.is_none()) {
        doubts.insert(Doubt::Undated);
    }
    let is_later = |version: &Version| version.modified.is_none_or(|at| at > moment);
    if versions.iter().any(|version| version.id == Version::NULL && is_later(version)) {
        doubts.insert(Doubt::Overwritten);
    }
    let may_end_late = |found: &Dated<'_>| {
        let in_parts = found.version.object().is_some_and(|stored| stored.multipart);
        in_parts && moment.saturating_sub(found.since) < MULTIPART_WINDOW
    };
    let is_tied = |found: &Dated<'_>| {
        let ties = |other: &&Dated<'_>| {
            other.since == found.since && other.version.object().is_some() != found.version.object().is_some()
        };
        // Dated when it began, such an upload is listed below a deletion that it ended after.
        let ends_after = |other: &&Dated<'_>| {
            let in_parts = other.version.object().is_some_and(|stored| stored.multipart);
            in_parts
                && found.version.content == Content::Marker
                && other.place > found.place
                && other.since <= moment
                && found.since.saturating_sub(other.since) < MULTIPART_WINDOW
        };
        // What is current is known.
        found.place > 0 && dated.iter().any(|other| ties(&other) || ends_after(&other))
    };
    if found.is_some_and(is_tied) {
        doubts.insert(Doubt::Tied);
    }
    if found.is_some_and(may_end_late) {
        doubts.insert(Doubt::Multipart);
    }
    let is_late_marker = |one: &Dated<'_>| one.version.content == Content::Marker && one.since > moment;
    if history.replica && dated.iter().any(is_late_marker) {
        doubts.insert(Doubt::LateMarker);
    }
    // The oldest version that is left may have replaced one that is gone.
    if found.is_none() && next.is_none_or(|next| history.may_have_removed(key, next.since, now)) {
        doubts.insert(Doubt::Removed);
    }
    let was_there = found.map(|found| found.version);
    let others = doubts.iter().any(|doubt| *doubt != Doubt::LateMarker);
    let at = match was_there {
        Some(version) if version.object().is_some() => At::Object(version.clone()),
        // Without an object, something else may have been there, or nothing.
        _ if others => At::Unknown,
        _ => At::Absent,
    };
    if at == At::Absent {
        doubts.clear();
    }
    let older = dated.iter().filter(|one| found.is_some_and(|found| one.place > found.place));
    let older = older.filter(|one| one.since <= moment);
    let older = older.max_by_key(|one| (one.since, std::cmp::Reverse(one.place)));
    let otherwise = older.filter(|one| doubts.contains(&Doubt::Multipart) && one.version.object().is_some());
    let otherwise = otherwise.map(|one| one.version.id.clone());
    KeyState { key: key.to_owned(), at, doubts, otherwise }
}

/// A version with the earliest time at which it can have been there.
struct Dated<'v> {
    version: &'v Version,
    since: i64,
    /// Its place in the list.
    place: usize,
}

/// The versions that have a time. An upload in parts is dated when it began, and ended after those that it is listed above.
fn dated(versions: &[Version]) -> Vec<Dated<'_>> {
    let mut below = i64::MIN;
    let mut all = Vec::new();
    for (place, version) in versions.iter().enumerate().rev() {
        let Some(at) = version.modified else { continue };
        let in_parts = version.object().is_some_and(|stored| stored.multipart);
        let since = if in_parts { at.max(below) } else { at };
        below = below.max(since);
        all.push(Dated { version, since, place });
    }
    all
}
