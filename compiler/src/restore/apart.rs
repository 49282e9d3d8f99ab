//! How two buckets differ that are copied to each other.
//!
//! A replica has the version id and the time of its source (Amazon S3 User Guide, "What does Amazon S3 replicate?"), so what both have in
//! common is found by id. What home keeps from before it was copied is no difference; what home lacks always is one, however old.

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
    /// Of how many home has every version that the other one has, the same one is current, and home has none that is younger.
    pub same: u64,
    /// Of which home lacks a version.
    pub lacking: Keys,
    /// Written at home, and not copied from there.
    pub uncopied: Keys,
    /// Written on both sides: each has a version that the other one lacks.
    pub both: Keys,
    /// Both have the same versions, and not the same one is current.
    pub turned: Keys,
    /// Both have a version without an id, and nobody can tell whether it is the same one.
    pub unclear: Keys,
}

impl Apart {
    /// Add a key with its versions in both, the newest first.
    pub fn add(&mut self, key: &str, home: &[Version], away: &[Version]) {
        let ids = |versions: &[Version]| -> BTreeSet<String> {
            versions.iter().map(|version| version.id.clone()).collect()
        };
        let (of_home, of_away) = (ids(home), ids(away));
        let common = home.iter().filter(|version| of_away.contains(&version.id));
        let last_common = common.filter_map(|version| version.modified).max();
        // That a key was deleted before it ever existed on the other side changes nothing there.
        let is_about =
            |version: &Version, other: &[Version]| !other.is_empty() || version.content != Content::Marker;
        let is_younger =
            |version: &Version| last_common.is_none_or(|last| version.modified.is_none_or(|at| at > last));
        let lacks = away.iter().any(|one| !of_home.contains(&one.id) && is_about(one, home));
        let is_ahead =
            home.iter().any(|one| !of_away.contains(&one.id) && is_younger(one) && is_about(one, away));
        let current = |versions: &[Version]| versions.first().map(|version| version.id.clone());
        let is_turned = !home.is_empty() && !away.is_empty() && current(home) != current(away);
        let keys = match (is_ahead, lacks) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.uncopied,
            (false, true) => &mut self.lacking,
            (false, false) if of_home.contains(UNVERSIONED) && of_away.contains(UNVERSIONED) => {
                &mut self.unclear
            }
            (false, false) if is_turned => &mut self.turned,
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

    /// For people: a line each. `home` and `away` are the buckets.
    #[must_use]
    pub fn in_words(&self, entry: &str, home: &str, away: &str) -> Vec<String> {
        let keys = |count: u64| if count == 1 { "1 key is".to_owned() } else { format!("{count} keys are") };
        let head = format!(
            "{entry}: {} the same: `{home}` has every version that `{away}` has, and none that is younger.",
            keys(self.same)
        );
        let kinds = [
            (&self.lacking, format!("lacking in `{home}`: it has not every version that `{away}` has")),
            (
                &self.both,
                "written on both sides; all versions are kept, so decide which one is right".to_owned(),
            ),
            (&self.uncopied, format!("younger in `{home}`, and not in `{away}`")),
            (&self.turned, "there with the same versions, of which another one is current".to_owned()),
            (
                &self.unclear,
                "there with versions that have no id, so nobody can tell whether those are the same"
                    .to_owned(),
            ),
        ];
        let of = |(of, what): &(&Keys, String)| {
            let rest = of.count.saturating_sub(of.first.len() as u64);
            let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
            format!("{entry}: {} {what}: {}{more}.", keys(of.count), of.first.join(", "))
        };
        std::iter::once(head).chain(kinds.iter().filter(|(keys, _)| keys.count > 0).map(of)).collect()
    }
}
