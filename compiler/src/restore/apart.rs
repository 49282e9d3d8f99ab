//! How two buckets differ that are copied to each other.
//!
//! A replica has the version id of its source (Amazon S3 User Guide, "What does Amazon S3 replicate?"), so what both have in common is
//! found by id. What is newer than the newest common version of a key was written on one side, or on both.

use std::collections::BTreeSet;

use super::{Content, Version};

/// The most keys that are named of each kind.
const NAMED: usize = 20;
/// The id of a version that was written without versioning. It says nothing about which object it is.
const UNVERSIONED: &str = "null";

/// Some keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// How many there are.
    pub count: u64,
    /// The first ones, in their order.
    pub first: Vec<String>,
}

/// The keys of two buckets. Home is the one that is returned to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Apart {
    /// How many are the same in both.
    pub same: u64,
    /// Written elsewhere, and not at home yet.
    pub lacking: Keys,
    /// Written at home, and not copied from there.
    pub uncopied: Keys,
    /// Written on both sides: the newest version of neither is in the other one.
    pub both: Keys,
    /// Both have a version without an id, so nobody can tell.
    pub unclear: Keys,
}

impl Apart {
    /// Add a key with its versions in both, the newest first.
    pub fn add(&mut self, key: &str, home: &[Version], away: &[Version]) {
        let ids: BTreeSet<&str> = home.iter().map(|version| version.id.as_str()).collect();
        let common = |version: &&Version| version.id != UNVERSIONED && ids.contains(version.id.as_str());
        let newest = away.iter().find(common).map(|version| version.id.as_str());
        let newer = |versions: &[Version]| {
            let newer = versions.iter().take_while(|version| Some(version.id.as_str()) != newest);
            // That a key was deleted before it ever existed here changes nothing.
            newer.filter(|version| newest.is_some() || version.content != Content::Marker).count() > 0
        };
        let has_no_id = |versions: &[Version]| versions.iter().any(|version| version.id == UNVERSIONED);
        let keys = match (newer(home), newer(away)) {
            (true, true) if newest.is_none() && (has_no_id(home) || has_no_id(away)) => &mut self.unclear,
            (true, true) => &mut self.both,
            (true, false) => &mut self.uncopied,
            (false, true) => &mut self.lacking,
            (false, false) => {
                self.same += 1;
                return;
            }
        };
        keys.count += 1;
        if keys.first.len() < NAMED {
            keys.first.push(key.to_owned());
        }
    }

    /// Whether home has every version that the other one has.
    #[must_use]
    pub fn is_home_whole(&self) -> bool {
        [&self.lacking, &self.both, &self.unclear].iter().all(|keys| keys.count == 0)
    }

    /// For people: a line each. `home` and `away` are the buckets.
    #[must_use]
    pub fn in_words(&self, entry: &str, home: &str, away: &str) -> Vec<String> {
        let keys = |count: u64| if count == 1 { "1 key is".to_owned() } else { format!("{count} keys are") };
        let head = format!(
            "{entry}: {} the same in `{home}` and `{away}`, by the ids of all versions.",
            keys(self.same)
        );
        let kinds = [
            (&self.lacking, format!("newer in `{away}`, and not in `{home}` yet")),
            (
                &self.both,
                "written on both sides; all versions are kept, so decide which one is right".to_owned(),
            ),
            (&self.uncopied, format!("newer in `{home}`, and not in `{away}`")),
            (&self.unclear, "there twice without version ids, so nobody can tell which is newer".to_owned()),
        ];
        let of = |(of, what): &(&Keys, String)| {
            let rest = of.count.saturating_sub(of.first.len() as u64);
            let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
            format!("{entry}: {} {what}: {}{more}.", keys(of.count), of.first.join(", "))
        };
        std::iter::once(head).chain(kinds.iter().filter(|(keys, _)| keys.count > 0).map(of)).collect()
    }
}
