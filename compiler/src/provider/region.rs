//! A region of a provider: what a site is in, and what can be lost as a whole.

use std::cmp::Ordering;
use std::fmt;

use super::facts::Facts;

/// A region.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    /// The provider.
    pub provider: &'static Facts,
    /// The provider's id for it.
    pub id: &'static str,
}

impl Region {
    /// The provider's id for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.id
    }

    fn key(self) -> (&'static str, &'static str) {
        (self.provider.name, self.id)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl PartialEq for Region {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Region {}

impl PartialOrd for Region {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Region {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
