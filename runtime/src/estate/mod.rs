//! From policy texts to a plan, the same way for a live plan, a saved plan and an apply.

pub mod load;
mod policies;

pub use policies::{Findings, PlanError, Policies, Request};
