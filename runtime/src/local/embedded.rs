//! A kind in the embedded cloud: what generic code cannot know of it.

use holdfast_compiler::observation::Object;
use holdfast_compiler::resource::{Identity, Kind, Values};
use serde_json::Value;

use super::store::State;
use crate::cloud::{CloudError, Command};

/// Fine, or the cloud's refusal.
pub type Checked = Result<(), CloudError>;

/// A kind in the embedded cloud. It makes, changes and removes things by the declaration of their kind; here are their
/// ids and outputs, and the preconditions of the real cloud, with its codes, where a wrong program would otherwise pass.
pub trait Embedded: Sync {
    /// The kind.
    fn kind(&self) -> Kind;

    /// The id of a new thing, and its outputs.
    fn made(&self, state: &mut State, values: &Values) -> (String, Values);

    /// Code and words of the refusal to make what is there already; nothing where it is overwritten.
    fn exists(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// Whether a thing may be made or changed like this.
    ///
    /// # Errors
    /// The precondition that does not hold.
    fn check(&self, _look: &Look<'_>) -> Checked {
        Ok(())
    }

    /// Whether a thing may go.
    ///
    /// # Errors
    /// The precondition that does not hold.
    fn delete(&self, _look: &Look<'_>) -> Checked {
        Ok(())
    }

    /// A thing that is there because it is asked for: nobody else could have made it here.
    fn provide(&self, _identity: &Identity) -> Option<Object> {
        None
    }
}

/// A thing that a command is about, within its cloud.
pub struct Look<'a> {
    /// What else there is.
    pub state: &'a State,
    /// The command.
    pub command: &'a Command,
    /// The thing as it will be, or as it is where it goes.
    pub object: &'a Object,
    /// What a refusal of a command is, by its code and words.
    pub refuse: fn(&Command, &str, &str) -> CloudError,
}

impl Look<'_> {
    /// Refuse the command.
    ///
    /// # Errors
    /// Always: the refusal, in a code of the real cloud.
    pub fn refuse(&self, code: &str, message: impl Into<String>) -> Checked {
        Err((self.refuse)(self.command, code, &message.into()))
    }

    /// An attribute; null where it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        self.object.attributes.get(name).unwrap_or(&Value::Null)
    }

    /// An attribute as text; empty where it is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }
}

/// The entries of a JSON object.
#[must_use]
pub fn values(object: Value) -> Values {
    match object {
        Value::Object(map) => map.into_iter().collect(),
        _ => Values::new(),
    }
}
