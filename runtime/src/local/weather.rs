//! Bad conditions in the embedded cloud, reproducible from a seed: calls that fail before or after they took
//! effect, throttling, slowness, and reads that are behind the writes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cloud::CloudError;

/// How long a slow call takes.
const SLOW: Duration = Duration::from_secs(2);

/// How many calls of a hundred suffer what. A file of the embedded cloud may say it under `weather`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// Same seed and same order of calls, same weather.
    pub seed: u64,
    /// How many calls there have been.
    pub calls: u64,
    /// Calls that fail and do nothing.
    pub before: u8,
    /// Calls that take effect and whose answer is lost.
    pub after: u8,
    /// Calls that are refused as too many.
    pub throttle: u8,
    /// Calls that take two seconds, whatever comes of them.
    pub slow: u8,
    /// Observations that show what was there before the last change.
    pub stale: u8,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes through.
    Fine,
    /// It fails and does nothing.
    Before(&'static str),
    /// It takes effect and fails.
    After(&'static str),
}

impl Weather {
    /// The fate of the next change, and how long it takes.
    pub(super) fn change(&mut self) -> (Fate, Duration) {
        let wait = if self.strikes(1, self.slow) { SLOW } else { Duration::ZERO };
        let fate = if self.strikes(2, self.throttle) {
            Fate::Before("Throttling")
        } else if self.strikes(3, self.before) {
            Fate::Before("InternalError")
        } else if self.strikes(4, self.after) {
            Fate::After("RequestTimeout")
        } else {
            Fate::Fine
        };
        self.calls += 1;
        (fate, wait)
    }

    /// Whether the next observation is behind, and how long it takes.
    pub(super) fn observation(&mut self) -> (bool, Duration) {
        let wait = if self.strikes(1, self.slow) { SLOW } else { Duration::ZERO };
        let stale = self.strikes(5, self.stale);
        self.calls += 1;
        (stale, wait)
    }

    fn strikes(&self, what: u64, percent: u8) -> bool {
        mix(self.seed ^ mix(self.calls ^ mix(what))) % 100 < u64::from(percent)
    }
}

impl Fate {
    /// The error that the caller sees.
    pub(super) fn error(&self) -> Option<CloudError> {
        let (code, what) = match self {
            Self::Fine => return None,
            Self::Before(code) => (code, "it fails (weather)"),
            Self::After(code) => (code, "the answer was lost (weather)"),
        };
        Some(CloudError::new("local:execute", *code, what))
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
    fn the_share_is_about_what_was_asked_for_and_repeats() {
        let weather = Weather { seed: 7, throttle: 30, ..Weather::default() };
        let fates = || {
            let mut weather = weather.clone();
            (0..1000).map(|_| weather.change().0).collect::<Vec<_>>()
        };
        let struck = fates().iter().filter(|fate| **fate != Fate::Fine).count();
        assert!((250..350).contains(&struck), "{struck}");
        assert_eq!(fates(), fates());
    }
}
