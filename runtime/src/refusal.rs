//! The last check before a cloud changes anything: names and documents are checked where they are used, whatever
//! plan, file or person they come from. Every cloud calls it first, and makes no API call for a batch that it
//! refuses. Each provider knows which attributes of its kinds can grant rights.

use crate::cloud::{CloudError, Command, refuse};
use crate::provider;

/// Checks whether a whole batch may be executed in an account. A batch is atomic, so the first refusal refuses all of
/// it.
///
/// # Errors
/// What is wrong, as a sentence, with its cure; the code is [`GUARDED`](crate::cloud::GUARDED).
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
