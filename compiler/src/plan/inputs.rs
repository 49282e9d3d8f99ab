//! The inputs of a plan.

use super::{Consents, Context};
use crate::compile::Compiled;
use crate::copies::KnownCopy;
use crate::graph::Graph;
use crate::observation::{Observation, Owned};
use crate::posture::Posture;
use crate::source::Sources;

/// All inputs of a plan.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The scope of the plan.
    pub context: Context,
    /// The policy texts, to find places in them.
    pub sources: &'a Sources,
    /// The compiled policy, for its objectives.
    pub compiled: &'a Compiled,
    /// The desired resources.
    pub graph: &'a Graph,
    /// The objects that Holdfast owns, from the journal.
    pub owned: &'a [Owned],
    /// What the journal remembers of real-time copies.
    pub copies: &'a [KnownCopy],
    /// The observed objects.
    pub observation: &'a Observation,
    /// Which sites are evacuated, according to the journal.
    pub was: &'a Posture,
    /// Which sites are evacuated once the plan is applied. The graph is that of this posture.
    pub posture: &'a Posture,
    /// What the operator allows in addition to the plan itself.
    pub consents: Consents,
}
