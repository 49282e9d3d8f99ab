//! The last look before a cloud is asked to do anything: names and documents are checked where they are used, whatever
//! plan, file or person they come from. Every cloud calls it first, and makes no call for what it refuses. What can give
//! rights away, each provider knows for its kinds.

use holdfast_compiler::resource::Lifecycle;

use crate::cloud::{Class, CloudError, Command};
use crate::provider;

/// What every refusal has as its code.
pub const CODE: &str = "Refused";

/// Whether all of a batch may be executed in an account. Batches live or die together, so the first refusal is
/// everybody's.
///
/// # Errors
/// What is wrong, in words, with a cure; the code is [`CODE`].
pub fn check(batch: &[Command], account: &str) -> Result<(), CloudError> {
    batch.iter().try_for_each(|command| one(command, account))
}

fn one(command: &Command, account: &str) -> Result<(), CloudError> {
    let kind = command.address.kind();
    let provider = provider::of(kind).filter(|_| kind.schema().lifecycle == Lifecycle::Managed);
    match provider {
        Some(provider) => (provider.check)(command, account),
        None => Err(refuse(command, format!("Holdfast makes and changes no {}", kind.name()))),
    }
}

/// A refusal.
pub fn refuse(command: &Command, message: impl Into<String>) -> CloudError {
    let operation = format!("holdfast:{}-{}", command.action, command.address.kind().name());
    CloudError::new(Class::Guarded, operation, CODE, message)
}
