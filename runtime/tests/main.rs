//! The tests of the program, in one binary: what they share is built and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests lay out the files that are read")]

mod action;
mod approval;
mod attacks;
mod aws;
mod azure;
mod bill;
mod breakages;
mod cli;
mod compare_data;
mod contract;
mod crash;
mod drills;
mod editor;
mod evacuation;
mod executor;
mod exports;
mod faults;
mod files;
mod fmt;
mod formats;
mod gaps;
mod hostile;
mod import;
mod import_backups;
mod journal;
mod lost_region;
mod man;
mod network;
mod permissions;
mod policy_changes;
mod records;
mod refusal;
mod scenarios;
mod signals;
mod simulation;
mod status;
mod support;
