//! From the paths that the user names to a plan: load the policies, select cloud and journal, observe, plan. Live
//! plans, saved plans, applies and imports share it.

mod base;
mod blame;
mod commit;
mod error;
mod git;
mod journal_place;
mod live;
pub mod load;
mod planned;
mod policies;
mod posture_change;
#[cfg(test)]
pub(crate) mod sample;
mod selection;
mod workspace;

pub use base::{Base, PolicyFile};
pub use blame::lines_of;
pub use commit::{commit_of, commits_of};
pub use error::EstateError;
pub use git::GitCommit;
pub use journal_place::FoundJournal;
pub use live::LivePlan;
pub use planned::{PlanOptions, Planned, Remark};
pub use policies::{Findings, PlanError, Policies, Request};
pub use posture_change::PostureChange;
pub use selection::{CloudChoice, Selection, absolute_journal};
pub use workspace::{Opened, Workspace};
