//! What the replicas of a journal hold together, as one text.
//!
//! A page may be missing in a replica: it did not answer, or its runner died between two writes. No page may differ. Where
//! an epoch began while another runner still wrote in the one before, both hold pages after the same page: the later epoch
//! is the journal, and what it lacks of the earlier one is a [`Fork`].

use std::collections::BTreeMap;
use std::time::Duration;

use super::chain::{Part, Text};
use super::error::JournalError;
use super::replica::RunKey;

/// The part of a run that one replica holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) folded: Option<Part>,
    pub(super) pages: Vec<Part>,
    /// How long ago its last page was written.
    pub(super) silent: Option<Duration>,
}

/// A page that a replica lacks.
#[derive(Debug, Clone)]
pub(super) struct Gap {
    /// The replica, by its place in the list.
    pub(super) replica: usize,
    pub(super) key: RunKey,
    pub(super) page: u64,
    pub(super) text: Vec<u8>,
}

/// What an earlier epoch holds beyond the page after which the next one began.
#[derive(Debug, Clone)]
pub(crate) struct Fork {
    /// The number of the epoch.
    pub(crate) epoch: u64,
    /// The journal as that epoch has it, to its end.
    pub(crate) texts: Vec<Text>,
}

/// The part of a run that one epoch holds, from all replicas.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) key: RunKey,
    pub(super) parts: Vec<Part>,
    pub(super) pages: Vec<Part>,
    pub(super) silent: Duration,
}

/// Merge what the replicas hold of a run, and note what each of them lacks. `held` is by replica; one that does not answer
/// is left out.
///
/// # Errors
/// Two replicas hold different pages of one number.
pub(super) fn piece(
    key: RunKey,
    held: Vec<(usize, Held)>,
    gaps: &mut Vec<Gap>,
) -> Result<Piece, JournalError> {
    let mut merged: BTreeMap<u64, Part> = BTreeMap::new();
    let mut folded: Option<Part> = None;
    let mut silent = Duration::MAX;
    let mut has: Vec<(usize, Vec<u64>)> = Vec::new();
    for (replica, held) in held {
        has.push((replica, held.pages.iter().map(|page| page.number).collect()));
        silent = silent.min(held.silent.unwrap_or(Duration::MAX));
        for page in held.pages {
            match merged.get(&page.number) {
                None => {
                    merged.insert(page.number, page);
                }
                Some(other) => same(other, &page)?,
            }
        }
        match (&folded, held.folded) {
            (Some(other), Some(fold)) => same(other, &fold)?,
            (None, fold) => folded = fold,
            (Some(_), None) => {}
        }
    }
    for (replica, has) in has {
        let lacks = merged.iter().filter(|(number, _)| !has.contains(number));
        gaps.extend(lacks.map(|(page, part)| Gap {
            replica,
            key: key.clone(),
            page: *page,
            text: part.bytes.clone(),
        }));
    }
    let pages = merged.into_values().collect();
    let (parts, pages) = match folded {
        Some(folded) => (vec![folded], pages),
        None => (pages, Vec::new()),
    };
    Ok(Piece { key, parts, pages, silent })
}

fn same(one: &Part, other: &Part) -> Result<(), JournalError> {
    if one.bytes == other.bytes {
        return Ok(());
    }
    Err(JournalError::Conflict { path: other.name.clone(), what: format!("it differs from {}", one.name) })
}

/// Put the pieces of all epochs together, in their order.
pub(super) fn assemble(pieces: Vec<Piece>) -> (Vec<Text>, Vec<Fork>) {
    let mut texts: Vec<Text> = Vec::new();
    let mut forks = Vec::new();
    let mut epochs: BTreeMap<_, Vec<Piece>> = BTreeMap::new();
    for piece in pieces {
        epochs.entry(piece.key.epoch.clone()).or_default().push(piece);
    }
    let mut before = 0;
    for (epoch, pieces) in epochs {
        let first = pieces.first().and_then(|piece| Some((piece.key.run, piece.parts.first()?.number)));
        let first = first.unwrap_or((u64::MAX, 0));
        if before > 0 {
            if texts.iter().any(|text| text.parts.iter().any(|part| is_lost(text.run, part, first, &pieces)))
            {
                forks.push(Fork { epoch: before, texts: texts.clone() });
            }
            texts.retain_mut(|text| {
                text.parts.retain(|part| (text.run, part.number) < first);
                !text.parts.is_empty()
            });
        }
        for Piece { key, parts, pages, .. } in pieces {
            match texts.last_mut().filter(|text| text.run == key.run) {
                Some(text) => text.parts.extend(parts),
                None => texts.push(Text { run: key.run, parts, pages, may_be_torn: false }),
            }
        }
        before = epoch.number;
    }
    (texts, forks)
}

/// Whether a page of an earlier epoch is in none of the next one. The page that was being written when its replica fell
/// silent is in both.
fn is_lost(run: u64, part: &Part, first: (u64, u64), next: &[Piece]) -> bool {
    let again = |piece: &Piece| {
        piece.key.run == run
            && piece.parts.iter().any(|own| own.number == part.number && own.bytes == part.bytes)
    };
    (run, part.number) >= first && !next.iter().any(again)
}
