//! The compiled recovery for others: people with a page each, and engines that run it without Holdfast.
//!
//! Everything here is made from one graph, [`Recovery`], which is that of a rehearsal. So an export cannot say another
//! order, another person or another time than `rehearse` does.

mod acts;
mod recovery;
pub mod runbook;
mod series;
mod words;

pub(crate) use acts::acts;
pub use acts::{Act, Does};
pub use recovery::Recovery;
pub use series::Series;
pub(crate) use series::{in_levels, lateness, series};
pub(crate) use words::Words;

#[cfg(test)]
mod tests;
