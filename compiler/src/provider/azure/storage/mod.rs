//! Azure Blob Storage: accounts, containers and object replication.

pub mod account;
pub mod container;
pub mod destination;
mod lower;
pub mod pairs;
pub mod replication;
pub mod source;

pub(super) use lower::lower;
