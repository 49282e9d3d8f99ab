//! What an earlier epoch of a journal holds and the last one lacks, and how it is accepted.
//!
//! Its runs really changed the cloud. Accepting it records the hash of its last entry, and adopts what those runs made, so
//! that it is owned again. It is never read as a part of the journal.

use std::fmt;

use super::entry::Entry;
use super::merge::Fork;
use super::store::Read;
use super::{Event, History, JournalError, chain, owned};

/// What an earlier epoch holds beyond the entry after which the next one began.
#[derive(Debug, Clone)]
pub struct Diverged {
    /// The number of the epoch.
    pub epoch: u64,
    /// The journal as that epoch has it.
    pub history: History,
    /// How many of its entries the last epoch has too.
    pub shared: usize,
}

impl Diverged {
    /// The entries that only the earlier epoch has.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.history.entries.get(self.shared..).unwrap_or_default()
    }

    /// What to record to accept it: its end, then what its runs made and the journal does not own.
    #[must_use]
    pub fn events(&self, journal: &History) -> Vec<Event> {
        let (epoch, head) = (self.epoch, self.history.head().to_owned());
        let accepted = Event::Reconciled { epoch, head, entries: self.entries().len() as u64 };
        let Some(context) = self.history.runs.last().map(|run| &run.run.context) else {
            return vec![accepted];
        };
        let known = owned(&journal.entries, context);
        let made = owned(&self.history.entries, context).into_iter().filter(|made| {
            !known.iter().any(|own| own.address == made.address && own.identity == made.identity)
        });
        let adopted = made.map(|made| Event::Adopted {
            address: made.address,
            identity: made.identity,
            attributes: made.applied.or(made.begun).unwrap_or_default(),
            needs: made.needs,
            account: made.account,
        });
        std::iter::once(accepted).chain(adopted).collect()
    }
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.entries().len();
        let noun = if count == 1 { "entry" } else { "entries" };
        write!(f, "epoch {} of the journal holds {count} {noun} that later epochs lack", self.epoch)?;
        let first = self
            .history
            .runs
            .iter()
            .filter(|run| run.first >= self.shared)
            .map(|run| format!("run {} by {}, begun at {}", run.number, run.run.runner, run.started));
        let runs: Vec<String> = first.collect();
        match runs.as_slice() {
            [] => match self.history.runs.last() {
                Some(run) => write!(f, ": the end of run {} by {}", run.number, run.run.runner),
                None => Ok(()),
            },
            runs => write!(f, ": {}", runs.join("; ")),
        }
    }
}

/// The journal, if no earlier epoch holds anything that it lacks and nobody has accepted.
pub(super) fn whole(read: &Read) -> Result<History, JournalError> {
    let history = chain::read(&read.texts)?;
    match not_accepted(&history, &read.forks)?.into_iter().next() {
        Some(diverged) => Err(JournalError::Diverged(Box::new(diverged))),
        None => Ok(history),
    }
}

/// What earlier epochs hold that the journal lacks and nobody has accepted.
pub(super) fn diverged(read: &Read) -> Result<Vec<Diverged>, JournalError> {
    not_accepted(&chain::read(&read.texts)?, &read.forks)
}

fn not_accepted(history: &History, forks: &[Fork]) -> Result<Vec<Diverged>, JournalError> {
    let mut all = Vec::new();
    for Fork { epoch, texts } in forks {
        let other = chain::read(texts)?;
        let accepted = |entry: &Entry| match &entry.event {
            Event::Reconciled { head, .. } => head == other.head(),
            _ => false,
        };
        if !history.entries.iter().any(accepted) {
            let shared =
                other.hashes.iter().zip(&history.hashes).take_while(|(one, same)| one == same).count();
            all.push(Diverged { epoch: *epoch, history: other, shared });
        }
    }
    Ok(all)
}
