//! A survey: the existing resources that a policy could describe.

use crate::observation::Object;
use crate::resource::Kind;

/// A survey: the existing resources that a policy could describe.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The objects. Health checks have their whole caller reference.
    pub objects: Vec<Object>,
    /// What could not be read.
    pub left_out: Vec<LeftOut>,
}

/// Something that the import leaves out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// What it is.
    pub what: String,
    /// Why.
    pub why: String,
}

impl LeftOut {
    /// What is left out, and why.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

impl Survey {
    /// The objects of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    /// An object by its kind and id.
    #[must_use]
    pub fn find(&self, kind: Kind, id: &str) -> Option<&Object> {
        self.of(kind).find(|object| object.id == id)
    }
}
