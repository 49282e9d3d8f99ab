//! Drills: held on the selected cloud, recorded in the journal.
//!
//! ```text
//! find the drill → what a killed one left → preconditions → script or plan → hold → judge → record
//! ```
//! What passes and what is found is decided in the compiler (`holdfast_compiler::drill`).

mod behind;
mod command;
mod error;
mod exercise;
mod full_scale;
mod functional;
mod heard;
mod hold;
mod left;
mod loss;
mod measured;
mod order;
mod outside;
mod probe;
mod read;
mod ready;
mod session;
mod simulate;
mod talk;
mod word;

pub use error::DrillError;
pub use hold::{Ended, hold};
pub use order::{Front, Order};
pub use outside::{ResolverAt, Resolvers};
pub use read::{Drills, Recorded};
pub use word::{Confirmation, Signed, Slip, Statement, confirm};
