//! The last look before a cloud is asked to do anything: names and documents are checked where they are used, whatever
//! plan, file or person they come from. Every cloud calls it first, and makes no call for what it refuses. What can give
//! rights away, each provider knows for its kinds.

use crate::cloud::{CloudError, Command, refuse};
use crate::provider;

/// Whether all of a batch may be executed in an account. Batches live or die together, so the first refusal is
/// everybody's.
///
/// # Errors
/// What is wrong, in words, with a cure; the code is [`GUARDED`](crate::cloud::GUARDED).
pub fn check(batch: &[Command], account: &str) -> Result<(), CloudError> {
    batch.iter().try_for_each(|command| one(command, account))
}

fn one(command: &Command, account: &str) -> Result<(), CloudError> {
    let kind = command.address.kind();
    match provider::of(kind) {
        Some(provider) => (provider.check)(command, account),
        None => Err(refuse(command, format!("Holdfast does not create or change a {}", kind.name()))),
    }
}
