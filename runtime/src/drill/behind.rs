//! How far a copy is behind its source: what it would have lost.

use std::collections::BTreeSet;

use holdfast_compiler::restore::Version;

use crate::cloud::{BucketPlace, CloudError, Objects};

/// The most versions of a copy that are compared, so that memory stays bounded: some hundreds of megabytes.
const MOST: usize = 1_000_000;

/// What a copy lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// Of so many keys the newest version is missing, since the oldest change that is missing: milliseconds since 1970-01-01 UTC.
    By { keys: u64, since: i64 },
    /// Nothing.
    Nothing,
    /// There are too many versions to compare, or one has no time.
    Unknown,
}

/// Compare the versions of a source at a moment with those of its copy. A replica has the version ids of its source (Amazon S3 User Guide,
/// "What does Amazon S3 replicate?"). Of a key whose newest version is missing, all older ones that are missing too count, because an
/// older change may be lost with it.
///
/// # Errors
/// One of them cannot be listed.
pub(super) async fn behind(
    objects: &dyn Objects,
    source: &BucketPlace,
    copy: &BucketPlace,
    moment: i64,
) -> Result<Behind, CloudError> {
    let mut there: BTreeSet<(String, String)> = BTreeSet::new();
    let mut next = None;
    loop {
        let page = objects.versions(copy, "", next.as_ref()).await?;
        there.extend(page.items.into_iter().map(|one| (one.key, one.id)));
        if there.len() > MOST {
            return Ok(Behind::Unknown);
        }
        match page.next {
            Some(cursor) => next = Some(cursor),
            None => break,
        }
    }
    let (mut lost, mut since, mut undated) = (0, i64::MAX, false);
    // Of the key that is looked at: whether all versions so far were missing.
    let mut open: Option<String> = None;
    let mut last: Option<String> = None;
    let mut next = None;
    loop {
        let page = objects.versions(source, "", next.as_ref()).await?;
        for version in page.items {
            if version.modified.is_some_and(|modified| modified > moment) {
                continue;
            }
            let is_newest = last.as_ref() != Some(&version.key);
            last = Some(version.key.clone());
            if !is_newest && open.as_ref() != Some(&version.key) {
                continue;
            }
            if is_there(&version, &there) {
                open = None;
                continue;
            }
            if is_newest {
                lost += 1;
            }
            open = Some(version.key);
            match version.modified {
                Some(modified) => since = since.min(modified),
                None => undated = true,
            }
        }
        match page.next {
            Some(cursor) => next = Some(cursor),
            None => break,
        }
    }
    Ok(match lost {
        _ if undated => Behind::Unknown,
        0 => Behind::Nothing,
        keys => Behind::By { keys, since },
    })
}

/// Whether a version is in the copy. A deletion that was not copied loses no data.
fn is_there(version: &Version, there: &BTreeSet<(String, String)>) -> bool {
    version.object().is_none() || there.contains(&(version.key.clone(), version.id.clone()))
}
