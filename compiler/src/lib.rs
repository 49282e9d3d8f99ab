//! The pure half of Holdfast: from policy text to a plan.
//!
//! ```text
//! YAML text
//!   → Document          (syntax: every key and scalar knows its bytes)
//!   → Policy            (check: names bound, units parsed, rules kept, objectives derived)
//!   → Graph<Resource>   (lower: what should exist, and what needs what)
//!   + Observation       (from the runtime: what does exist)
//!   → Plan              (diff: what to do, in which order, why, how dangerous)
//! ```
//!
//! Everything here is synchronous and deterministic: the same text and the same observation give the same
//! bytes. No file, environment, clock or network is used; `clippy.toml` enforces that.

pub mod audit;
pub mod backups;
pub mod bcp;
pub mod changes;
pub mod compile;
pub mod copies;
pub mod diagnostic;
pub mod digest;
pub mod document;
pub mod drill;
pub mod estate_report;
pub mod export;
pub mod format;
pub mod graph;
pub mod import;
mod line_diff;
pub mod lower;
pub mod objectives;
pub mod observation;
pub mod phase;
pub mod plan;
pub mod policy;
pub mod posture;
pub mod printable;
pub mod provider;
pub mod recovery_graph;
pub mod rehearsal;
pub mod rehearsals;
pub mod report;
pub mod resource;
pub mod restore;
mod rules;
pub mod signals;
pub mod source;
pub mod status;
mod text;
pub mod units;
pub mod unnamed;
