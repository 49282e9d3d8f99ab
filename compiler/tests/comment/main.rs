//! The comment on a pull request: what is in it, that it fits, and that text of others stays text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests")]

mod fit;
mod hostile;
mod next;
mod plans;
mod same;
