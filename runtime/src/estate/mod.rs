//! An estate, from what the user names to a plan: load the policies, select cloud and journal, observe, plan. It is the
//! same for a live plan, a saved plan, an apply and an import.

mod error;
mod live;
pub mod load;
mod planned;
mod policies;
#[cfg(test)]
pub(crate) mod sample;
mod selection;
mod workspace;

pub use error::EstateError;
pub use live::LivePlan;
pub use planned::{Planned, Remark, Wishes};
pub use policies::{Findings, PlanError, Policies, Request};
pub use selection::{CloudChoice, Selection, absolute_journal};
pub use workspace::{Opened, Workspace};
