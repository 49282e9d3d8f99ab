//! The half of Holdfast with side effects: files, clouds, the journal, the terminal.
//!
//! It observes, executes and records. The compiler decides what to do.

pub mod apply;
pub mod approval;
pub mod audit;
pub mod bcp;
pub mod changes;
pub mod cli;
pub mod cloud;
pub mod drill;
pub mod estate;
pub mod estate_report;
pub mod files;
pub mod import;
pub mod journal;
pub mod local;
pub mod planfile;
pub mod provider;
pub mod refusal;
pub mod rehearse;
pub mod restore;
pub mod run;
pub mod trust;
