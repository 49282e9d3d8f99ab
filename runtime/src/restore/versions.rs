//! The versions of a bucket, key by key. Only the versions of one key and a page are in memory at a time.

use std::collections::VecDeque;

use holdfast_compiler::restore::Version;

use super::walk::Next;
use crate::cloud::{BucketPlace, Class, CloudError, Objects};

/// Walks through the keys of a bucket, in their order.
pub(super) struct Versions<'o> {
    objects: &'o dyn Objects,
    place: &'o BucketPlace,
    prefix: &'o str,
    page: VecDeque<Version>,
    more: Next,
    /// The last key, which the next one must follow.
    last: Option<String>,
}

impl<'o> Versions<'o> {
    pub(super) fn new(objects: &'o dyn Objects, place: &'o BucketPlace, prefix: &'o str) -> Self {
        Self { objects, place, prefix, page: VecDeque::new(), more: Next::First, last: None }
    }

    /// The next key with all of its versions, the newest first.
    ///
    /// # Errors
    /// The list cannot be read, or is not in order.
    pub(super) async fn next(&mut self) -> Result<Option<(String, Vec<Version>)>, CloudError> {
        self.fill().await?;
        let Some(key) = self.page.front().map(|version| version.key.clone()) else { return Ok(None) };
        if self.last.as_ref().is_some_and(|last| *last >= key) {
            let message = format!("the list of versions is not in the order of keys: `{key}` comes too late");
            return Err(CloudError::new(Class::Other, "holdfast:restore", "BadAnswer", message));
        }
        let mut all = Vec::new();
        // The versions of a key may be on several pages.
        while self.page.front().is_some_and(|version| version.key == key) {
            all.extend(self.page.pop_front());
            self.fill().await?;
        }
        self.last = Some(key.clone());
        Ok(Some((key, all)))
    }

    /// Read pages until there is a version, or no more page.
    async fn fill(&mut self) -> Result<(), CloudError> {
        while self.page.is_empty() {
            let after = match &self.more {
                Next::First => None,
                Next::After(cursor) => Some(cursor),
                Next::End => return Ok(()),
            };
            let page = self.objects.versions(self.place, self.prefix, after).await?;
            self.page.extend(page.items);
            self.more = page.next.map_or(Next::End, Next::After);
        }
        Ok(())
    }
}
