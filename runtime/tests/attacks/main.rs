//! Attacks by those who can write what Holdfast reads: generated ones, each with what it must not gain.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests lay out the files that are read")]

mod mutants;
#[path = "../support/mod.rs"]
mod support;
