//! The phases of a recovery, in the order in which they happen. Bounds and rehearsals both speak of them.

use std::fmt;

use serde::Serialize;

/// A part of a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Data written since the last copy.
    Loss,
    /// The problem is detected.
    Detect,
    /// People are notified, and answer.
    Notify,
    /// Somebody decides.
    Decide,
    /// A person or an automatic action changes something.
    Act,
    /// The change reaches the clients.
    Propagate,
    /// Old connections end.
    Drain,
    /// Data is restored.
    Restore,
    /// Somebody verifies that the service works.
    Verify,
    /// Another service must be back first.
    Wait,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loss => "loss",
            Self::Detect => "detect",
            Self::Notify => "notify",
            Self::Decide => "decide",
            Self::Act => "act",
            Self::Propagate => "propagate",
            Self::Drain => "drain",
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Wait => "wait",
        })
    }
}
