//! Import of existing resources: YAML for resources that no policy mentions, and adoption of those that
//! policies describe.
//!
//! ```text
//! survey → candidates (the provider) → text (write) → check, lower → compared with what was found (propose) → text
//! ```
//!
//! The compiler decides what can be written: a candidate is left out, with the reason, if it does not compile
//! or if its graph differs from the cloud in something that a policy cannot leave unmanaged. Other people
//! choose the names in a survey, so they are written quoted or within the patterns of the language.

mod adopt;
pub mod candidate;
mod propose;
pub mod survey;
mod write;

pub use adopt::{Adoption, adoptions};
pub use propose::{Proposal, propose};
pub use survey::{LeftOut, Survey};
