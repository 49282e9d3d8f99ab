//! Bad conditions in the embedded cloud, reproducible from a seed: calls that fail before or after they took
//! effect, throttling, slow calls, and stale reads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cloud::{Class, CloudError};

/// How long a slow call takes.
const SLOW: Duration = Duration::from_secs(2);

/// Which percentage of calls is affected by what. It stands under `weather` in the file of an embedded cloud.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// The seed of all random decisions.
    pub seed: u64,
    /// How many calls there have been for each subject: an address, or `observe`. The fate of a call depends on its
    /// subject and count, not on the order in which concurrent calls arrive.
    pub calls: BTreeMap<String, u64>,
    /// The percentage of calls that fail without effect.
    pub before: u8,
    /// The percentage of calls that take effect and lose their response.
    pub after: u8,
    /// The percentage of calls that are throttled.
    pub throttle: u8,
    /// The percentage of calls that take two seconds, independent of their fate.
    pub slow: u8,
    /// The percentage of observations that show the objects before the last change.
    pub stale: u8,
    /// Regions that are lost: what is there cannot be seen, and what is controlled from there cannot be changed.
    pub lost: BTreeSet<String>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It succeeds.
    Fine,
    /// It is throttled.
    Throttled,
    /// It fails without effect.
    Before,
    /// It takes effect, and its response is lost.
    After,
}

impl Weather {
    /// The fate of the next change of a subject, and how long it takes.
    pub(super) fn change(&mut self, of: &str) -> (Fate, Duration) {
        let strikes = self.next(of);
        let wait = if strikes(1, self.slow) { SLOW } else { Duration::ZERO };
        let fate = if strikes(2, self.throttle) {
            Fate::Throttled
        } else if strikes(3, self.before) {
            Fate::Before
        } else if strikes(4, self.after) {
            Fate::After
        } else {
            Fate::Fine
        };
        (fate, wait)
    }

    /// Whether the next observation is stale, and how long it takes.
    pub(super) fn observation(&mut self) -> (bool, Duration) {
        let strikes = self.next("observe");
        let wait = if strikes(1, self.slow) { SLOW } else { Duration::ZERO };
        (strikes(5, self.stale), wait)
    }

    /// Count a call. Returns a function that says whether a condition with some percentage affects it.
    fn next(&mut self, of: &str) -> impl Fn(u64, u8) -> bool + use<> {
        let count = self.calls.entry(of.to_owned()).or_default();
        *count += 1;
        let name = of.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let call = mix(self.seed ^ mix(name ^ mix(*count)));
        move |what, percent| mix(call ^ what) % 100 < u64::from(percent)
    }
}

impl Fate {
    /// The error that the caller sees.
    pub(super) fn error(&self) -> Option<CloudError> {
        let (class, code, what) = match self {
            Self::Fine => return None,
            Self::Throttled => (Class::Throttled, "Throttling", "it fails (weather)"),
            Self::Before => (Class::Unavailable, "InternalError", "it fails (weather)"),
            Self::After => (Class::Unanswered, "RequestTimeout", "the answer was lost (weather)"),
        };
        Some(CloudError::new(class, "local:execute", code, what))
    }
}

/// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_of_failures_matches_the_setting_and_is_reproducible() {
        let weather = Weather { seed: 7, throttle: 30, ..Weather::default() };
        let fates = || {
            let mut weather = weather.clone();
            (0..1000).map(|_| weather.change("aws.bucket.a.b").0).collect::<Vec<_>>()
        };
        let struck = fates().iter().filter(|fate| **fate != Fate::Fine).count();
        assert!((250..350).contains(&struck), "{struck}");
        assert_eq!(fates(), fates());
    }
}
