//! What a cloud measures: how far copies are behind, and whether health checks pass. Only a status asks:
//! the answers change every minute, so that no plan depends on them.

use std::collections::BTreeMap;

use crate::units::{Duration, bytes_in_words};

/// Something that a cloud measures.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal {
    /// The provider.
    pub provider: &'static str,
    /// The region that has the figure.
    pub region: String,
    /// What it counts.
    pub counts: Counts,
    /// What it is about, by the provider's names of its parts.
    pub about: Vec<(&'static str, String)>,
}

/// What a signal counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counts {
    /// The age in seconds of the oldest change that has not arrived at a copy: the most of the last minutes.
    Behind,
    /// Changes that have not arrived: the most of the last minutes.
    Pending,
    /// The bytes of those.
    PendingBytes,
    /// Changes of the last day that do not arrive by themselves, because copying them failed. Older ones are not seen here.
    FailedCopies,
    /// The versions of objects in a bucket whose copies lack some: the newest figure.
    Objects,
    /// 1 if a health check passes, 0 if it does not: the newest figure.
    Healthy,
}

/// What was measured: `None` if the provider has no figure, or why it cannot be asked.
pub type SeenSignals = BTreeMap<Signal, Result<Option<u64>, String>>;

/// How far a copy is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// The age of the oldest change that has not arrived.
    pub behind: Option<Duration>,
    /// How many changes have not arrived.
    pub pending: Option<u64>,
    /// How many bytes those are.
    pub bytes: Option<u64>,
    /// How many changes of the last day failed.
    pub failed: Option<u64>,
}

/// How far something is behind, or why that cannot be seen.
pub type SeenLag = Result<Lag, String>;
/// Whether something passes: `None` without a figure, or why it cannot be seen.
pub type SeenHealth = Result<Option<bool>, String>;

/// How far a copy of a data set is behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyLag {
    /// The service.
    pub service: String,
    /// The data set.
    pub data: String,
    /// The site.
    pub site: String,
    /// What was measured: nothing where the provider has no figures, or why it cannot be seen.
    pub seen: SeenLag,
}

/// Whether a health check passes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckHealth {
    /// The service.
    pub service: String,
    /// The entry of traffic.
    pub traffic: String,
    /// The site that is asked.
    pub site: String,
    /// Whether it passes: `None` if the provider has no figure, or why it cannot be seen.
    pub passes: SeenHealth,
}

impl Lag {
    /// Whether the provider has any figure.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        *self != Self::default()
    }

    /// For people: `12 s behind, 40 changes (1.2 GiB) on their way`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let behind = self.behind.map(|behind| format!("{} behind", behind.in_words()));
        let bytes =
            self.bytes.filter(|bytes| *bytes > 0).map(|bytes| format!(" ({})", bytes_in_words(bytes)));
        let pending = self.pending.filter(|count| *count > 0);
        let pending =
            pending.map(|count| format!("{count} changes{} on their way", bytes.unwrap_or_default()));
        let failed = self.failed.filter(|count| *count > 0);
        let failed = failed.map(|count| format!("{count} changes failed in the last day"));
        [behind, pending, failed].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
