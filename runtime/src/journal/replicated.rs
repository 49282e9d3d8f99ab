//! A journal in buckets: the journal's own, and its copies.
//!
//! Every page is written to all of them before the step that it announces begins: first to the replica that decides, whose
//! conditional write excludes other runners, then to the others. One that is silent is left out, and catches up when a later
//! run claims the journal. Where the one that decides is silent, the next one decides in a new epoch.
//!
//! Two runners that each reach only one of the buckets cannot exclude each other: no message can. Both go on, in different
//! epochs, and the next command that reaches both buckets refuses until the epochs are reconciled (`reconcile.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use holdfast_compiler::digest::sha256;

use super::chain::Part;
use super::merge::{Gap, Held, Piece, assemble, piece};
use super::replica::{Epoch, Listing, Replica, RunKey};
use super::store::{Appended, Read, Store};
use super::{Event, JournalError};
use crate::cloud::Calls;

/// How many runs are read concurrently.
const AT_A_TIME: usize = 16;

/// A journal in buckets.
#[derive(Debug)]
pub(crate) struct Replicated {
    /// The journal itself, then its copies.
    replicas: Vec<Box<dyn Replica>>,
    lease: u64,
    state: Mutex<State>,
}

/// What is known of the replicas.
#[derive(Debug, Default)]
struct State {
    /// The last epoch.
    epoch: Option<Epoch>,
    /// The replicas that did not answer, with the reason. They are not asked again.
    silent: BTreeMap<usize, JournalError>,
    /// The pages that replicas lack.
    gaps: Vec<Gap>,
    /// The runs that some replicas have not folded, and which.
    unfolded: BTreeMap<u64, (Epoch, BTreeSet<usize>)>,
    /// The run of this process, once it has gone on in another epoch. Such a run is not folded.
    crossed: Option<u64>,
    /// What was written of the silence so far: the epoch and the silent replicas.
    noted: Option<(u64, usize)>,
}

impl Replicated {
    /// `replicas`: the journal itself, then its copies. `lease` in seconds.
    pub(crate) fn new(replicas: Vec<Box<dyn Replica>>, lease: u64) -> Self {
        Self { replicas, lease, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The replicas that answer, as far as is known.
    fn speaking(&self) -> Vec<(usize, &dyn Replica)> {
        let state = self.state();
        let all = self.replicas.iter().map(AsRef::as_ref).enumerate();
        all.filter(|(nth, _)| !state.silent.contains_key(nth)).collect()
    }

    /// Note that a replica is silent. Any other error is returned.
    fn note(&self, replica: usize, error: JournalError) -> Result<(), JournalError> {
        if !error.is_silence() || self.replicas.len() == 1 {
            return Err(error);
        }
        self.state().silent.insert(replica, error);
        Ok(())
    }

    /// The error where no replica answers.
    fn nobody(&self) -> JournalError {
        let last = self.state().silent.values().next().cloned();
        last.unwrap_or_else(|| JournalError::Io {
            path: "the journal".to_owned(),
            error: "it has no place".to_owned(),
        })
    }

    /// The epoch that a replica decides in: the last one if it was decided there, or else the next.
    fn epoch_of(&self, replica: usize, id: &str) -> Epoch {
        let last = self.state().epoch.clone().unwrap_or_else(Epoch::first);
        let decides = if last.number == 1 { replica == 0 } else { last.at == id };
        if decides { last } else { Epoch { number: last.number + 1, at: id.to_owned() } }
    }

    /// Write to each replica the texts of policies that another one has and it lacks.
    async fn catch_up_texts(&self) -> Result<(), JournalError> {
        let mut held: Vec<(usize, BTreeSet<String>)> = Vec::new();
        for (nth, replica) in self.speaking() {
            match replica.texts().await {
                Ok(texts) => held.push((nth, texts)),
                Err(error) => self.note(nth, error)?,
            }
        }
        let all: BTreeSet<&String> = held.iter().flat_map(|(_, texts)| texts).collect();
        for digest in all.into_iter().filter(|digest| held.iter().any(|(_, texts)| !texts.contains(*digest)))
        {
            let Some(text) = self.kept(digest).await?.filter(|text| sha256(text) == *digest) else {
                continue;
            };
            for (nth, replica) in self.speaking() {
                if held.iter().any(|(of, texts)| *of == nth && !texts.contains(digest)) {
                    replica.keep(digest, &text).await.or_else(|error| self.note(nth, error))?;
                }
            }
        }
        Ok(())
    }

    async fn listings(&self) -> Result<Vec<(usize, Listing)>, JournalError> {
        let lists =
            self.speaking().into_iter().map(|(nth, replica)| async move { (nth, replica.list().await) });
        let mut listings = Vec::new();
        for (nth, listing) in join_all(lists).await {
            match listing {
                Ok(listing) => listings.push((nth, listing)),
                Err(error) => self.note(nth, error)?,
            }
        }
        if listings.is_empty() { Err(self.nobody()) } else { Ok(listings) }
    }

    /// What the replicas hold of a run. A run that all of them have folded is read from the first one only.
    async fn held(
        &self,
        key: &RunKey,
        listings: &[(usize, Listing)],
        thorough: bool,
        whole: bool,
    ) -> Result<Vec<(usize, Held)>, JournalError> {
        let everywhere = listings.iter().all(|(_, listing)| listing.get(key) == Some(&true));
        let shortcut = whole && everywhere && !thorough;
        let asked = listings.iter().take(if shortcut { 1 } else { usize::MAX });
        let asked =
            asked.filter_map(|(nth, listing)| Some((*nth, self.replicas.get(*nth)?, listing.get(key))));
        let asked = asked.map(|(nth, replica, folded)| async move {
            let Some(folded) = folded else { return Ok((nth, Held::default())) };
            let mut held = Held::default();
            if *folded && whole && (thorough || shortcut) {
                held.folded = Some(replica.folded(key).await?);
            }
            if !shortcut {
                let (pages, silent) = replica.pages(key).await?;
                (held.pages, held.silent) = (pages, Some(silent));
                if held.folded.is_some() && held.pages.is_empty() {
                    // Pages are never deleted, so a fold without pages is not trusted.
                    let name = format!("page 1 of run {} in {}", key.run, replica.name());
                    held.pages.push(Part { number: 1, name, bytes: Vec::new() });
                }
            }
            Ok((nth, held))
        });
        join_all(asked).await.into_iter().collect()
    }
}

#[async_trait]
impl Store for Replicated {
    async fn read(&self, thorough: bool) -> Result<Read, JournalError> {
        let listings = self.listings().await?;
        let keys: BTreeSet<RunKey> =
            listings.iter().flat_map(|(_, listing)| listing.keys().cloned()).collect();
        let epochs_of = |run: u64| keys.iter().filter(|key| key.run == run).count();
        let read: Vec<(RunKey, Vec<(usize, Held)>)> = stream::iter(keys.clone())
            .map(|key| {
                let (listings, whole) = (&listings, epochs_of(key.run) == 1);
                async move {
                    let held = self.held(&key, listings, thorough, whole).await?;
                    Ok::<_, JournalError>((key, held))
                }
            })
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let (mut gaps, mut pieces) = (Vec::new(), Vec::new());
        let last_run = keys.iter().map(|key| key.run).max().unwrap_or_default();
        let mut silent = Duration::MAX;
        for (key, held) in read {
            let piece: Piece = piece(key, held, &mut gaps)?;
            if piece.key.run == last_run {
                silent = silent.min(piece.silent);
            }
            pieces.push(piece);
        }
        let mut unfolded: BTreeMap<u64, (Epoch, BTreeSet<usize>)> = BTreeMap::new();
        for key in keys.iter().filter(|key: &&RunKey| epochs_of(key.run) == 1) {
            let lack = listings.iter().filter(|(_, listing)| listing.get(key) != Some(&true));
            let lack: BTreeSet<usize> = lack.map(|(nth, _)| *nth).collect();
            if !lack.is_empty() {
                unfolded.insert(key.run, (key.epoch.clone(), lack));
            }
        }
        {
            let mut state = self.state();
            state.epoch = keys.last().map(|key| key.epoch.clone());
            state.gaps = gaps;
            state.unfolded.clone_from(&unfolded);
        }
        let (texts, forks) = assemble(pieces);
        Ok(Read { texts, unfolded: unfolded.into_keys().collect(), silent, forks })
    }

    async fn append(&self, run: u64, page: u64, text: &[u8]) -> Result<Appended, JournalError> {
        let (decides, key) = loop {
            let Some((nth, replica)) = self.speaking().into_iter().next() else { return Err(self.nobody()) };
            let key = RunKey { epoch: self.epoch_of(nth, replica.id()), run };
            match replica.put(&key, page, text).await {
                Ok(Appended::Written) => break (nth, key),
                Ok(taken) => return Ok(taken),
                Err(error) => self.note(nth, error)?,
            }
        };
        {
            let mut state = self.state();
            if page > 1 && state.epoch.as_ref().is_some_and(|last| *last != key.epoch) {
                state.crossed = Some(run);
            }
            state.epoch = Some(key.epoch.clone());
        }
        let others = self.speaking().into_iter().filter(|(nth, _)| *nth != decides);
        let others = others.map(|(nth, replica)| {
            let key = &key;
            async move { (nth, replica.name(), replica.put(key, page, text).await) }
        });
        for (nth, name, answer) in join_all(others).await {
            match answer {
                Ok(Appended::Written) => {}
                Ok(Appended::Taken(other)) if other == text => {}
                Ok(Appended::Taken(_)) => return Err(differs(&name, run, page)),
                Err(error) => self.note(nth, error)?,
            }
        }
        Ok(Appended::Written)
    }

    async fn catch_up(&self) -> Result<BTreeMap<String, usize>, JournalError> {
        let gaps = std::mem::take(&mut self.state().gaps);
        let mut copied: BTreeMap<String, usize> = BTreeMap::new();
        // A replica that lacks pages was silent, and lacks the policies of that time too.
        if !gaps.is_empty() {
            self.catch_up_texts().await?;
        }
        for gap in gaps {
            let Some((nth, replica)) = self.speaking().into_iter().find(|(nth, _)| *nth == gap.replica)
            else {
                continue;
            };
            match replica.put(&gap.key, gap.page, &gap.text).await {
                Ok(Appended::Taken(other)) if other != gap.text => {
                    return Err(differs(&replica.name(), gap.key.run, gap.page));
                }
                Ok(_) => *copied.entry(replica.name()).or_default() += 1,
                Err(error) => self.note(nth, error)?,
            }
        }
        Ok(copied)
    }

    async fn fold(&self, run: u64, text: Vec<u8>) {
        let (epoch, lack) = {
            let state = self.state();
            if state.crossed == Some(run) {
                return;
            }
            match state.unfolded.get(&run).cloned() {
                Some((epoch, lack)) => (epoch, Some(lack)),
                None => (state.epoch.clone().unwrap_or_else(Epoch::first), None),
            }
        };
        let key = RunKey { epoch, run };
        let to =
            self.speaking().into_iter().filter(|(nth, _)| lack.as_ref().is_none_or(|of| of.contains(nth)));
        for (_, replica) in to {
            // If this fails, the next runner reads the pages and folds them.
            if let Err(error) = replica.fold(&key, &text).await {
                tracing::debug!(%error, run, "not folded");
            }
        }
    }

    /// To every replica that answers. One that is silent gets the text when it catches up.
    async fn keep(&self, digest: &str, text: &[u8]) -> Result<(), JournalError> {
        let all = self.speaking().into_iter();
        let all = all.map(|(nth, replica)| async move { (nth, replica.keep(digest, text).await) });
        for (nth, answer) in join_all(all).await {
            answer.or_else(|error| self.note(nth, error))?;
        }
        if self.speaking().is_empty() { Err(self.nobody()) } else { Ok(()) }
    }

    /// From the first replica that has it as it should be.
    async fn kept(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let mut found = None;
        for (nth, replica) in self.speaking() {
            match replica.kept(digest).await {
                Ok(Some(text)) if sha256(&text) == digest => return Ok(Some(text)),
                Ok(other) => found = other.or(found),
                Err(error) => self.note(nth, error)?,
            }
        }
        if self.speaking().is_empty() { Err(self.nobody()) } else { Ok(found) }
    }

    fn lease(&self) -> Option<u64> {
        Some(self.lease)
    }

    fn calls(&self) -> Calls {
        self.replicas.first().map(|replica| replica.calls()).unwrap_or_default()
    }

    fn silent(&self) -> BTreeMap<String, String> {
        let state = self.state();
        let name = |nth: &usize| self.replicas.get(*nth).map(|replica| replica.name()).unwrap_or_default();
        state.silent.iter().map(|(nth, error)| (name(nth), error.reason())).collect()
    }

    fn news(&self) -> Option<Event> {
        let without = self.silent();
        let place = self.speaking().first().map(|(_, replica)| replica.name())?;
        let mut state = self.state();
        let epoch = state.epoch.as_ref().map_or(1, |epoch| epoch.number);
        let now = Some((epoch, without.len()));
        if state.noted == now || (state.noted.is_none() && without.is_empty()) {
            return None;
        }
        state.noted = now;
        Some(Event::Continued { epoch, place, without })
    }
}

fn differs(name: &str, run: u64, page: u64) -> JournalError {
    let what = "another process has written this page with other content".to_owned();
    JournalError::Conflict { path: format!("run {run}, page {page} in {name}"), what }
}

#[cfg(test)]
mod tests;
