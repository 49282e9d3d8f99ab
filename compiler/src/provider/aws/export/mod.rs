//! The compiled recovery for engines of AWS.

mod records;
pub mod region_switch;
pub mod step_functions;

pub use records::Moves;
