//! Both lists at once: the keys of the source with their state at the moment, what is at the destination under each of them, and the keys
//! that only the destination has. Only a few pages, and the keys of the last kind that were passed, are in memory at a time.

use std::cmp::Ordering;
use std::collections::VecDeque;

use holdfast_compiler::restore::{History, KeyState, Question, state_at};

use super::Request;
use super::versions::Versions;
use crate::cloud::{CloudError, Current, Cursor, Objects};

/// A key of one of the lists.
#[derive(Debug)]
pub(super) enum Found {
    /// One of the source.
    Key {
        /// Its state at the moment.
        state: Box<KeyState>,
        /// What is at the destination under its key there.
        there: Option<Current>,
    },
    /// One of the destination that the source does not have.
    Foreign(Current),
}

/// The next page of a list.
#[derive(Debug)]
pub(super) enum Next {
    /// The first one.
    First,
    /// The one after this.
    After(Cursor),
    /// There is none.
    End,
}

/// Walks through all keys of the source, in their order. Those that only the destination has may come a little later.
pub(super) struct Walk<'o> {
    objects: &'o dyn Objects,
    request: &'o Request,
    history: &'o History,
    versions: Versions<'o>,
    there: VecDeque<Current>,
    more_there: Next,
    /// Keys of the destination that were passed, because the source does not have them.
    foreign: VecDeque<Current>,
}

impl<'o> Walk<'o> {
    pub(super) fn new(objects: &'o dyn Objects, request: &'o Request, history: &'o History) -> Self {
        Self {
            objects,
            request,
            history,
            versions: Versions::new(objects, &request.source, &request.prefix),
            there: VecDeque::new(),
            more_there: Next::First,
            foreign: VecDeque::new(),
        }
    }

    /// The next key.
    ///
    /// # Errors
    /// One of the lists cannot be read, or is not in order.
    pub(super) async fn next(&mut self) -> Result<Option<Found>, CloudError> {
        if let Some(there) = self.foreign.pop_front() {
            return Ok(Some(Found::Foreign(there)));
        }
        let Some((key, all)) = self.versions.next().await? else { return self.rest().await };
        let question = Question { moment: self.request.moment, now: self.request.now, history: self.history };
        let state = state_at(&key, &all, question);
        let there = self.current(&self.request.destination(&key)).await?;
        Ok(Some(Found::Key { state: Box::new(state), there }))
    }

    /// The next key of the destination after the last one of the source.
    async fn rest(&mut self) -> Result<Option<Found>, CloudError> {
        loop {
            if let Some(there) = self.there.pop_front() {
                return Ok(Some(Found::Foreign(there)));
            }
            if !self.fill_there().await? {
                return Ok(None);
            }
        }
    }

    /// What is at the destination under a key. Keys are asked for in their order.
    async fn current(&mut self, key: &str) -> Result<Option<Current>, CloudError> {
        loop {
            match self.there.front().map(|there| there.key.as_str().cmp(key)) {
                Some(Ordering::Less) => {
                    self.foreign.extend(self.there.pop_front());
                }
                Some(Ordering::Equal) => return Ok(self.there.pop_front()),
                Some(Ordering::Greater) => return Ok(None),
                None if !self.fill_there().await? => return Ok(None),
                None => {}
            }
        }
    }

    /// Read a page of the destination. Returns false after the last one.
    async fn fill_there(&mut self) -> Result<bool, CloudError> {
        let after = match &self.more_there {
            Next::First => None,
            Next::After(cursor) => Some(cursor),
            Next::End => return Ok(false),
        };
        let prefix = self.request.destination(&self.request.prefix);
        let page = self.objects.current(&self.request.into, &prefix, after).await?;
        self.there.extend(page.items);
        self.more_there = page.next.map_or(Next::End, Next::After);
        Ok(true)
    }
}
