//! Refusals that Holdfast makes itself, before it calls a cloud.

use super::{Class, CloudError, Command};

/// The error code of every such refusal.
pub const GUARDED: &str = "Refused";

/// The error that refuses a command.
pub fn refuse(command: &Command, message: impl Into<String>) -> CloudError {
    let operation = format!("holdfast:{}-{}", command.action, command.address.kind().name());
    CloudError::new(Class::Guarded, operation, GUARDED, message)
}
