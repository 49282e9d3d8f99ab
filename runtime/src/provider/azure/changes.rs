//! Changing what takes no condition. Nothing of Azure's that Holdfast writes has an ETag that a write could name, so a change reads,
//! compares with what the plan was made from, writes, and reads again. The last step finds who wrote the same after the write. What is written
//! as a whole is read anew before each attempt. What others write between a look and its write is overwritten, and not found.

use std::time::Duration;

use async_trait::async_trait;
use holdfast_compiler::observation::Object;
use holdfast_compiler::resource::{Call, Kind, Values};
use tokio::time::sleep;

use super::client::error::{CHANGED, fault};
use crate::cloud::{CloudError, Command};

/// How often a change is looked at: the second and third time in case that the first look was answered from before it.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(250), Duration::from_secs(1)];

/// Something that can be read again.
#[async_trait]
pub(super) trait Readable: Send + Sync {
    /// As it is now; `None` if it does not exist.
    async fn read(&self) -> Result<Option<Object>, CloudError>;
}

/// What is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Todo {
    /// To write.
    Write,
    /// Nothing: it is as wanted. An earlier attempt did it.
    Nothing,
}

/// Compare what is there now with what the plan was made from.
///
/// # Errors
/// Somebody else changed it, or deleted it.
pub(super) fn unchanged(call: &Call, command: &Command, now: Option<&Object>) -> Result<Todo, CloudError> {
    let gone = || fault(call, CHANGED, "it was deleted after the plan was made; plan again");
    let now = now.ok_or_else(gone)?;
    let kind = command.address.kind();
    if first_difference(kind, &now.attributes, &command.values).is_none() {
        return Ok(Todo::Nothing);
    }
    let Some(then) = &command.object else { return Ok(Todo::Write) };
    let of_policy = |(name, _): &(&String, &serde_json::Value)| command.values.contains_key(*name);
    let then: Values =
        then.attributes.iter().filter(of_policy).map(|(name, value)| (name.clone(), value.clone())).collect();
    match first_difference(kind, &now.attributes, &then) {
        None => Ok(Todo::Write),
        Some(name) => Err(fault(
            call,
            CHANGED,
            format!("somebody changed its `{name}` after the plan was made; plan again"),
        )),
    }
}

/// Look at what was written until it is as wanted.
///
/// # Errors
/// It is not: somebody else wrote at the same time.
pub(super) async fn confirm(
    call: &Call,
    kind: Kind,
    wanted: &Values,
    what: &dyn Readable,
) -> Result<Object, CloudError> {
    let mut name = None;
    for pause in PAUSES {
        sleep(pause).await;
        let Some(found) = what.read().await? else { continue };
        name = first_difference(kind, &found.attributes, wanted).map(str::to_owned);
        if name.is_none() {
            return Ok(found);
        }
    }
    let message = match name {
        Some(name) => {
            format!(
                "its `{name}` is not what was just written: somebody else writes it too, or Azure ignored it; plan again"
            )
        }
        None => "what was just written is not there; plan again".to_owned(),
    };
    Err(fault(call, CHANGED, message))
}

/// Look until what was taken away is gone: nothing is left of it.
///
/// # Errors
/// It is still there: somebody else wrote at the same time.
pub(super) async fn confirm_gone(call: &Call, name: &str, what: &dyn Readable) -> Result<(), CloudError> {
    for pause in PAUSES {
        sleep(pause).await;
        if what.read().await?.is_none() {
            return Ok(());
        }
    }
    let message =
        format!("`{name}` is still there after it was taken away: somebody else writes it too; plan again");
    Err(fault(call, CHANGED, message))
}

/// The first attribute that is not as wanted.
fn first_difference<'a>(kind: Kind, found: &Values, wanted: &'a Values) -> Option<&'a str> {
    wanted.keys().map(String::as_str).find(|name| !is_as_wanted(kind, found, wanted, name))
}

/// Whether an attribute needs no writing: it is as wanted, or protects more.
pub(super) fn is_as_wanted(kind: Kind, found: &Values, wanted: &Values, name: &str) -> bool {
    let unset = kind.schema().unset();
    let Some((attribute, wanted)) = kind.schema().attribute(name).zip(wanted.get(name)) else { return true };
    let found = found.get(name).or_else(|| unset.get(name)).unwrap_or(&serde_json::Value::Null);
    attribute.shape.same(found, wanted)
}
