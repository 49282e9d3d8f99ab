//! A restore on paper: which version of each key was the data at a moment, and the report of what became of it.
//!
//! | word | means |
//! | --- | --- |
//! | version | what a store keeps of a key: an object, or the marker of its deletion |
//! | moment | the time that a restore goes back to |
//! | doubt | why the state of a key at the moment is not certain |
//! | gap | why the store as a whole may lack something of the moment |
//! | recovery point | what a vault keeps of a data set: a snapshot, or every second of a window |
//!
//! Moments are milliseconds since 1970-01-01 UTC. S3 shows the times of versions in whole seconds, so that what has the same second
//! as the moment counts as written.

mod apart;
mod history;
mod json;
mod point;
mod report;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod version;

pub use apart::{Apart, Keys};
pub use history::{ExpiryRule, Gap, History, Versioning};
pub use json::{FORMAT_VERSION, json};
pub use point::{Chosen, JobSeen, JobState, RecoveryPoint, Whole, choose_point, named_point};
pub use report::{Counted, FromPoint, Measured, Problem, Report, Verified};
pub use state::{At, Doubt, KeyState, MULTIPART_WINDOW, Question, state_at};
pub use text::text;
pub use version::{Content, Retrieval, Stored, Version};
