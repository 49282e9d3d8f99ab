//! Operations that take longer than a request: waiting until they have taken effect.
//!
//! Source: Azure Resource Manager documentation, "Track asynchronous Azure operations".

use std::time::Duration;

use azure_core::http::headers::HeaderName;
use azure_core::http::{Method, Url};
use holdfast_compiler::resource::Call;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::arm::{Again, Answer, Arm, Sent};
use super::error::{Details, ended, fault};
use crate::cloud::{Class, CloudError};

const LOCATION: HeaderName = HeaderName::from_static("location");
const STATUS: HeaderName = HeaderName::from_static("azure-asyncoperation");
/// How long an operation may take. A storage account takes seconds.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// The pause between two looks, if Azure does not say, and the shortest and longest that it can ask for. The shortest one doubles up to the
/// first with each look.
const PAUSE: Duration = Duration::from_secs(5);
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Where to look.
enum Watched {
    /// At a status, which says how it ended.
    Status(Url),
    /// At a place that answers 202 until the result is there.
    Result(Url),
    /// At the thing itself, which has a state.
    Thing(Url),
}

#[derive(Deserialize)]
struct Status {
    status: String,
    #[serde(default)]
    error: Option<Details>,
}

#[derive(Default, Deserialize)]
struct Thing {
    #[serde(default)]
    properties: State,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    provisioning_state: Option<String>,
}

/// Wait until what was written has taken effect; its last answer.
///
/// # Errors
/// It failed, or it takes too long.
pub(super) async fn settled(
    arm: &Arm,
    call: &Call,
    answer: Answer,
    thing: Url,
) -> Result<Answer, CloudError> {
    let Some(watched) = watched(arm, call, &answer, &thing)? else { return succeeded(call, answer) };
    let last = match wait(arm, call, &answer, watched, Some(&thing)).await? {
        Some(answer) => answer,
        // A status only says that it ended.
        None => ask(arm, call, thing).await?,
    };
    succeeded(call, last)
}

/// Wait until what was deleted is gone.
///
/// # Errors
/// It failed, or it takes too long.
pub(super) async fn over(arm: &Arm, call: &Call, answer: Answer) -> Result<(), CloudError> {
    let header = |name: &HeaderName| answer.headers.get_optional_str(name);
    let watched = match (header(&STATUS), header(&LOCATION)) {
        _ if answer.status != 202 => return Ok(()),
        (Some(status), _) => Watched::Status(arm.same_host(call, status)?),
        (None, Some(result)) => Watched::Result(arm.same_host(call, result)?),
        (None, None) => return Ok(()),
    };
    wait(arm, call, &answer, watched, None).await.map(drop)
}

fn watched(arm: &Arm, call: &Call, answer: &Answer, thing: &Url) -> Result<Option<Watched>, CloudError> {
    let header = |name: &HeaderName| answer.headers.get_optional_str(name);
    let pending = answer.status == 202 || is_pending(&answer.body);
    Ok(match (header(&STATUS), header(&LOCATION)) {
        (Some(status), _) if answer.status >= 201 => Some(Watched::Status(arm.same_host(call, status)?)),
        (_, Some(result)) if answer.status == 202 => Some(Watched::Result(arm.same_host(call, result)?)),
        _ if pending => Some(Watched::Thing(thing.clone())),
        _ => None,
    })
}

/// The state of a thing, if it has one.
fn state(body: &[u8]) -> Option<String> {
    let thing: Thing = serde_json::from_slice(body).unwrap_or_default();
    thing.properties.provisioning_state
}

/// Whether the state of a thing is not an end.
fn is_pending(body: &[u8]) -> bool {
    state(body).is_some_and(|state| state != "Succeeded" && !is_failure(&state))
}

fn is_failure(state: &str) -> bool {
    matches!(state, "Failed" | "Canceled")
}

/// The answer, unless it is of a thing whose last change has failed.
fn succeeded(call: &Call, answer: Answer) -> Result<Answer, CloudError> {
    match state(&answer.body).filter(|state| is_failure(state)) {
        Some(state) => Err(ended(call, &state, Details::default())),
        None => Ok(answer),
    }
}

/// The last answer, or nothing if only a status was looked at.
async fn wait(
    arm: &Arm,
    call: &Call,
    first: &Answer,
    mut watched: Watched,
    thing: Option<&Url>,
) -> Result<Option<Answer>, CloudError> {
    let end = Instant::now() + LONGEST;
    let mut pause = first.pause();
    // Azure may ask for no pause at all.
    let mut least = SHORTEST_PAUSE;
    loop {
        sleep(pause.unwrap_or(PAUSE).clamp(least, LONGEST_PAUSE)).await;
        least = (least * 2).min(PAUSE);
        if Instant::now() > end {
            let message = format!(
                "it has not ended within {} minutes, and may still take effect",
                LONGEST.as_secs() / 60
            );
            return Err(fault(call, "NoAnswer", message));
        }
        let url = match &watched {
            Watched::Status(url) | Watched::Result(url) | Watched::Thing(url) => url.clone(),
        };
        let answer = match (ask(arm, call, url).await, &watched, thing) {
            (Ok(answer), ..) => answer,
            // A role in a resource group may not reach what is beside it.
            (Err(error), Watched::Status(_) | Watched::Result(_), Some(thing))
                if error.class == Class::Denied =>
            {
                watched = Watched::Thing(thing.clone());
                continue;
            }
            // It is being made.
            (Err(error), Watched::Thing(_), _) if error.class == Class::NotFound => continue,
            (Err(error), ..) => return Err(error),
        };
        pause = answer.pause();
        match &watched {
            Watched::Status(_) => {
                let Status { status, error } = answer.read(call)?;
                match status.as_str() {
                    "Succeeded" => return Ok(None),
                    end if is_failure(end) => return Err(ended(call, end, error.unwrap_or_default())),
                    _ => {}
                }
            }
            Watched::Result(_) if answer.status == 202 => {
                if let Some(next) = answer.headers.get_optional_str(&LOCATION) {
                    watched = Watched::Result(arm.same_host(call, next)?);
                }
            }
            Watched::Thing(_) if is_pending(&answer.body) => {}
            Watched::Result(_) | Watched::Thing(_) => return Ok(Some(answer)),
        }
    }
}

async fn ask(arm: &Arm, call: &Call, url: Url) -> Result<Answer, CloudError> {
    arm.send(&Sent { call, method: Method::Get, url, body: None, again: Again::Yes }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thing_without_a_state_is_there() {
        assert!(!is_pending(b"{}"));
        assert!(!is_pending(b""));
        assert!(!is_pending(br#"{"properties":{"provisioningState":"Succeeded"}}"#));
        assert!(is_pending(br#"{"properties":{"provisioningState":"ResolvingDNS"}}"#));
    }
}
