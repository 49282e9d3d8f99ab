//! A kind of resource: a reference to its declaration. The registry of providers lists all kinds.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::schema::{KindSchema, Lifecycle};
use crate::text::plural;

/// A kind of resource. Kinds are ordered by provider and name.
#[derive(Clone, Copy)]
pub struct Kind(&'static KindSchema);

impl Kind {
    /// The kind of a declaration.
    #[must_use]
    pub const fn of(schema: &'static KindSchema) -> Self {
        Self(schema)
    }

    /// Its declaration.
    #[must_use]
    pub const fn schema(self) -> &'static KindSchema {
        self.0
    }

    /// Its name without the provider, for sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The name of several of its resources, for sentences: `health checks`.
    #[must_use]
    pub fn plural(self) -> String {
        plural(&self.0.name.replace('-', " "))
    }

    /// Whether its resources belong to no service and can be used by all.
    #[must_use]
    pub fn is_shared(self) -> bool {
        self.0.of_estate || self.0.lifecycle == Lifecycle::Prerequisite
    }

    fn key(self) -> (Option<&'static str>, &'static str) {
        (self.0.provider, self.0.name)
    }
}

/// With the provider: `aws.bucket`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.provider {
            Some(provider) => write!(f, "{provider}.{}", self.0.name),
            None => f.write_str(self.0.name),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.key() == other.key()
    }
}

impl Eq for Kind {}

impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Kind {
    fn cmp(&self, other: &Self) -> Ordering {
        if std::ptr::eq(self.0, other.0) { Ordering::Equal } else { self.key().cmp(&other.key()) }
    }
}

impl Hash for Kind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
