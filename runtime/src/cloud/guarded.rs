//! What Holdfast refuses before a cloud is asked.

use super::{Class, CloudError, Command};

/// What every such refusal has as its code.
pub const GUARDED: &str = "Refused";

/// A refusal of a command.
pub fn refuse(command: &Command, message: impl Into<String>) -> CloudError {
    let operation = format!("holdfast:{}-{}", command.action, command.address.kind().name());
    CloudError::new(Class::Guarded, operation, GUARDED, message)
}
