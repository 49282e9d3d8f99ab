//! Evidence: one thing that was checked, with the chain that leads to it.

use serde::Serialize;

use super::lines::Line;
use crate::document::Evidence;
use crate::source::Place;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was checked, and does not hold.
    Fails,
    /// Nobody can tell.
    Unknown,
    /// Somebody states that it holds, and nothing shows it. So does what only the embedded cloud shows, which is for tries.
    Stated,
    /// It was checked, and holds.
    Holds,
}

impl Standing {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Fails, Self::Unknown, Self::Stated, Self::Holds];

    /// As a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Unknown => "unknown",
            Self::Stated => "stated",
            Self::Holds => "holds",
        }
    }
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Item {
    /// The kind of evidence.
    pub kind: Evidence,
    /// What it is about: `payments.ledger at ireland`. Unique within its kind.
    pub about: String,
    /// How it stands.
    pub standing: Standing,
    /// What was found, as a clause without a full stop.
    pub says: String,
    /// The clause of the policies that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<Place>,
    /// Which commit last changed the line of the clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause_commit: Option<Line>,
    /// What was derived from the clause: objective, bound, terms, assurance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derived: Option<String>,
    /// The resource in the cloud, by its address or its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Whether it rests on the observation of the cloud.
    pub observed: bool,
    /// The run of the journal that last changed the resource, or that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// The drill that it rests on, with its day and result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
}

impl Item {
    /// Evidence that rests on the policies alone.
    pub(super) fn new(
        kind: Evidence,
        about: impl Into<String>,
        standing: Standing,
        says: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            about: about.into(),
            standing,
            says: says.into(),
            clause: None,
            clause_commit: None,
            derived: None,
            resource: None,
            observed: false,
            run: None,
            drill: None,
        }
    }

    /// The same, about a clause of the policies.
    pub(super) fn at(mut self, clause: Option<Place>) -> Self {
        self.clause = clause;
        self
    }

    /// The same, derived like this.
    pub(super) fn derived(mut self, derived: String) -> Self {
        self.derived = Some(derived);
        self
    }

    /// The same, about a resource.
    pub(super) fn of(mut self, resource: Option<String>) -> Self {
        self.resource = resource;
        self
    }

    /// The same, resting on the observation of the cloud. What nobody has seen is unknown, unless the policies alone show that it
    /// fails.
    pub(super) fn seen(mut self) -> Self {
        self.observed = true;
        self
    }

    /// The same, about a run.
    pub(super) fn by_run(mut self, run: Option<u64>) -> Self {
        self.run = run;
        self
    }

    /// The same, resting on a drill.
    pub(super) fn tried(mut self, drill: String) -> Self {
        self.drill = Some(drill);
        self
    }
}
