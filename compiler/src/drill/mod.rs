//! Drills that were held: what is recorded of one, how it is judged, and where each declared drill stands.
//!
//! ```text
//! what the runtime saw (Record without an outcome)
//!   → judge     findings, and passed, failed or aborted
//!   → Record    (the journal keeps it)
//!   → standing  due, overdue, passed, failed, for each drill of the policies
//!   → text, JSON, a calendar, a document
//! ```
//!
//! Nothing counts as passed that was not seen: a measure without a number and a criterion without an answer are findings.

mod answers;
mod calendar;
mod document;
mod judge;
mod limits;
mod list;
mod outdated;
mod outside;
mod record;
mod script;
mod standing;
mod word;

pub use answers::{Answer, Answers, BadAnswer};
pub use calendar::calendar;
pub use document::report;
pub use judge::judge;
pub use limits::{Limit, Limits, limits, rehearsed};
pub use list::{json as list_json, text as list_text};
pub use outdated::Changed;
pub use outside::{Asked, Heard, MOST_HEARD};
pub use record::{
    Achieved, ApprovedPlan, Criterion, Finding, Held, Last, Measure, Outcome, Phase, Record, Restored,
    ended_on,
};
pub use script::{Question, Script, script};
pub use standing::{Standing, State, standings};
pub use word::{Assurance, SignerList, Word};

#[cfg(test)]
mod tests;
