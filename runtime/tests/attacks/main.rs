//! Attacks by somebody who can write policies, plan files or the journal: one test per row of the threat model
//! (`runtime/SECURITY.md`), and generated attacks on plan files. Each is refused with its own code or gains nothing,
//! and the cloud stays unchanged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_macros, reason = "a test that fails says which attack it was at")]
#![allow(clippy::disallowed_methods, reason = "tests lay out the files that are read")]

mod author;
mod context;
mod journal;
mod model;
mod mutants;
mod plan_file;
mod policies;
#[path = "../support/mod.rs"]
mod support;
mod world;
