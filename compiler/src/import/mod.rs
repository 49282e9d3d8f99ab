//! Import of existing resources: YAML for what no policy mentions, and adoption of what policies describe.
//!
//! ```text
//! survey → candidates (the provider) → text (write) → check, lower → compared with what was found (propose) → text
//! ```
//!
//! The language itself decides what can be written: a candidate that does not compile, or whose graph differs from
//! the cloud in what a policy cannot leave as it is, is left out, with the reason. Everything in a survey comes from
//! a cloud, where others choose the names: it reaches the text quoted, or within the patterns of the language.

mod adopt;
pub mod candidate;
mod propose;
pub mod survey;
mod write;

pub use adopt::{Adoption, adoptions};
pub use propose::{Proposal, propose};
pub use survey::{LeftOut, Survey};
