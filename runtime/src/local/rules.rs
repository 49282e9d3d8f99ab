//! Preconditions for objects of every kind. Each kind adds its own ([`Embedded`]).

use holdfast_compiler::observation::{Object, Wanted};
use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::Change;
use serde_json::Value;

use super::embedded::{Checked, Look};
use super::entries::Fault;
use super::store::State;
use crate::cloud::{CloudError, Command};
use crate::provider;

/// The operation name of a command, for errors: `local:create-bucket`.
pub(super) fn operation(command: &Command) -> String {
    format!("local:{}-{}", command.action, command.address.kind().name())
}

/// A refusal, with a code of the provider of the command's kind.
pub(super) fn refuse(command: &Command, code: &str, message: &str) -> CloudError {
    CloudError::new(provider::class(command.address.kind(), code), operation(command), code, message)
}

/// Check whether an object may become `object`.
pub(super) fn check(state: &State, command: &Command, object: &Object) -> Checked {
    let Some(kind) = provider::embedded(object.kind) else { return Ok(()) };
    let look = Look { state, command, object, refuse };
    immutable(&look)?;
    kind.check(&look)
}

/// Check whether an object may be deleted.
pub(super) fn delete(state: &State, command: &Command) -> Checked {
    let Some(object) = &command.object else {
        return Err(refuse(command, "InvalidRequest", "nothing to delete"));
    };
    let look = Look { state, command, object, refuse };
    provider::embedded(object.kind).map_or(Ok(()), |kind| kind.delete(&look))
}

/// Refuse an update of attributes that the kind's schema declares immutable, and a create of an existing object.
fn immutable(look: &Look<'_>) -> Checked {
    let kind = look.object.kind;
    let Some(old) = look.state.get(kind, &look.object.id) else { return Ok(()) };
    if look.command.action != Action::Update {
        let exists = provider::embedded(kind).and_then(|embedded| embedded.exists());
        return exists.map_or(Ok(()), |(code, message)| look.refuse(code, message));
    }
    for attribute in kind.schema().attributes {
        let before = old.attributes.get(attribute.name).unwrap_or(&Value::Null);
        let after = look.get(attribute.name);
        let allowed = matches!(attribute.change, Change::InPlace) || !attribute.replaces(before, after);
        if before != after && !allowed {
            return look.refuse("InvalidInput", format!("{} cannot change", attribute.name));
        }
    }
    Ok(())
}

/// The error of an injected fault.
pub(super) fn injected(fault: &Fault, command: &Command) -> CloudError {
    let message = if fault.after { "the answer was lost (injected)" } else { "it fails (injected)" };
    refuse(command, &fault.code, message)
}

/// Create the shared prerequisites in scope that do not exist, unless the file fixes them.
pub(super) fn provide(state: &mut State, scope: &[Wanted]) {
    if state.fixed_zones {
        return;
    }
    for wanted in scope.iter().filter(|wanted| wanted.kind.is_shared()) {
        let provided = provider::embedded(wanted.kind).and_then(|kind| kind.provide(&wanted.identity));
        let mut there = state.beginning(wanted.kind, String::new());
        let known = there.any(|object| object.identity() == wanted.identity);
        drop(there);
        if let Some(object) = provided.filter(|_| !known) {
            state.put(object);
        }
    }
}
