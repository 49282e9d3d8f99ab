//! The compiled recovery for others: people with a page each, and engines that run it without Holdfast.
//!
//! Everything here is made from one graph, [`recovery::Recovery`], which is that of a rehearsal. So an export cannot say another
//! order, another person or another time than `rehearse` does.

mod recovery;
pub mod runbook;

pub use recovery::Recovery;

#[cfg(test)]
mod tests;
