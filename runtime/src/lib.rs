//! The half of Holdfast that touches the world: files, clouds, the journal, the terminal.
//!
//! Three verbs: observe, execute, record. What to do is decided by the compiler.

pub mod apply;
pub mod approval;
pub mod cli;
pub mod cloud;
pub mod estate;
pub mod files;
pub mod import;
pub mod journal;
pub mod local;
pub mod planfile;
pub mod provider;
pub mod refusal;
pub mod run;
pub mod trust;
