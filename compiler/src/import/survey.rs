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
    /// Whether some of that did not answer, so that a later survey may find more.
    pub is_partial: bool,
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
    /// Leave out what does not answer.
    pub fn unseen(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left_out.push(LeftOut::new(what, why));
        self.is_partial = true;
    }

    /// Add another survey.
    pub fn extend(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.left_out.extend(other.left_out);
        self.is_partial |= other.is_partial;
    }

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
