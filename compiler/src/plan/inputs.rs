//! What a plan is made from.

use super::{Consents, Context};
use crate::compile::Compiled;
use crate::graph::Graph;
use crate::observation::{Observation, Owned};
use crate::source::Sources;

/// Everything a plan is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// What the plan is about.
    pub context: Context,
    /// The texts of the policy, for the places.
    pub sources: &'a Sources,
    /// The policy, for its objectives.
    pub compiled: &'a Compiled,
    /// What should exist.
    pub graph: &'a Graph,
    /// What Holdfast made before.
    pub owned: &'a [Owned],
    /// What does exist.
    pub observation: &'a Observation,
    /// What the operator agrees to beside the plan.
    pub consents: Consents,
}
