//! A run, from what was asked for to what came of it: who runs, and whether it may.

mod agreement;
mod not_agreed;
pub mod runner;
#[cfg(test)]
pub(crate) mod sample;

pub use agreement::{Agreed, Candidate, Evidence, may_apply, may_ask};
pub use not_agreed::NotAgreed;
