//! Attacks by somebody who can write policies, plan files or the journal: one test per row of the threat model
//! (`runtime/SECURITY.md`), and generated attacks on plan files. Each is refused with its own code or gains nothing,
//! and the cloud stays unchanged.

#![allow(clippy::disallowed_macros, reason = "a test that fails says which attack it was at")]

mod author;
mod context;
mod journal;
mod model;
mod mutants;
mod plan_file;
mod policies;
mod world;
