//! What the embedded cloud needs to know about a kind beyond its schema.

use holdfast_compiler::observation::Object;
use holdfast_compiler::resource::{Identity, Kind, Values};
use serde_json::Value;

use super::store::State;
use crate::cloud::{CloudError, Command};

/// Success, or the cloud's refusal.
pub type Checked = Result<(), CloudError>;

/// A kind in the embedded cloud. Generic code creates, updates and deletes objects by the schema of their kind. This
/// trait adds their ids and outputs, and those preconditions of the real cloud, with its error codes, that a wrong
/// program would violate.
pub trait Embedded: Sync {
    /// The kind.
    fn kind(&self) -> Kind;

    /// The id and the outputs of a new object.
    fn made(&self, state: &mut State, values: &Values) -> (String, Values);

    /// The code and message of the error for creating an object that exists; `None` if it is overwritten.
    fn exists(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// The region that a thing is in; none for a service without regions, which is seen whatever is lost.
    fn region(&self, attributes: &Values) -> Option<String> {
        attributes.get("region").and_then(Value::as_str).map(str::to_owned)
    }

    /// The region of the control plane where a thing is changed: its own, unless a service has one control plane.
    fn control_plane(&self, attributes: &Values) -> Option<String> {
        self.region(attributes)
    }

    /// Check whether an object may be created or updated like this.
    ///
    /// # Errors
    /// The precondition that does not hold.
    fn check(&self, _look: &Look<'_>) -> Checked {
        Ok(())
    }

    /// Check whether an object may be deleted.
    ///
    /// # Errors
    /// The precondition that does not hold.
    fn delete(&self, _look: &Look<'_>) -> Checked {
        Ok(())
    }

    /// What the cloud deletes together with an object: its settings, which are objects here.
    fn settings(&self) -> &'static [Kind] {
        &[]
    }

    /// A prerequisite that exists as soon as a policy refers to it, such as a hosted zone: in the embedded cloud
    /// nobody else could have created it.
    fn provide(&self, _identity: &Identity) -> Option<Object> {
        None
    }

    /// The region of what somebody else has under the identity of an object, and why it cannot be ours.
    fn taken(&self, _state: &State, _identity: &Identity) -> Option<(String, String)> {
        None
    }

    /// What is seen of something that is only looked at: what the cloud's file says of it, with the defaults of the service.
    fn evidence(&self, _state: &State, _identity: &Identity) -> Option<Object> {
        None
    }
}

/// An object that a command changes, and its surroundings.
pub struct Look<'a> {
    /// Everything in the cloud.
    pub state: &'a State,
    /// The command.
    pub command: &'a Command,
    /// The object as it will be, or as it is before a delete.
    pub object: &'a Object,
    /// Builds the refusal of a command from a code and a message.
    pub refuse: fn(&Command, &str, &str) -> CloudError,
}

impl Look<'_> {
    /// Refuse the command.
    ///
    /// # Errors
    /// Always: the refusal, with a code of the real cloud.
    pub fn refuse(&self, code: &str, message: impl Into<String>) -> Checked {
        Err((self.refuse)(self.command, code, &message.into()))
    }

    /// An attribute; null if it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        self.object.attributes.get(name).unwrap_or(&Value::Null)
    }

    /// An attribute as text; empty if it is not a string.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }
}

/// The entries of a JSON object; empty for any other JSON value.
#[must_use]
pub fn values(object: Value) -> Values {
    match object {
        Value::Object(map) => map.into_iter().collect(),
        _ => Values::new(),
    }
}
