//! Profiles of Traffic Manager. A profile is written as one document, with its endpoints: what is not managed in it stays.

use async_trait::async_trait;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::azure::traffic::profile as kind;
use holdfast_compiler::resource::{Call, Identity, Kind, Values};
use serde_json::{Map, Value, json};

use super::changes::{Readable, Todo, confirm, unchanged};
use super::client::arm::{Arm, Whole};
use super::client::error::{CHANGED, fault};
use super::client::models::traffic::{Dns, Header, Monitor, Profile, Properties, Range};
use super::client::models::{profile, profile_id};
use super::driver::{Look, Sight};
use super::fields::{lacks, required, text, texts, values};
use super::places::Places;
use crate::cloud::{CloudError, Command, Done, refuse};

/// Where every profile is: Traffic Manager documentation, "Traffic Manager FAQs".
const GLOBAL: &str = "global";

pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError> {
        let name = identity.get(kind::NAME).ok_or_else(|| lacks(&kind::GET, kind::NAME))?;
        let Some(found) = look.profile(name).await? else { return Ok(Sight::Absent) };
        if let Err(error) = answers_for_its_name(&found.answer) {
            return Ok(Sight::Unseen(error));
        }
        Ok(Sight::Seen(object(&found.answer, &found.group, name)))
    }

    async fn one(&self, arm: &Arm, _: &Places, command: &Command) -> Result<Done, CloudError> {
        match command.action {
            Action::Create => create(arm, command).await,
            Action::Update => update(arm, command).await,
            Action::Delete => delete(arm, command).await,
            Action::Keep | Action::Replace => Err(refuse(command, "a profile is never replaced")),
        }
    }
}

/// Azure lets a profile answer for another name than its own. Policies name it by both.
fn answers_for_its_name(found: &Profile) -> Result<(), CloudError> {
    match &found.properties.dns_config.relative_name {
        Some(relative) if !relative.eq_ignore_ascii_case(&found.name) => {
            let message = format!(
                "the profile `{}` answers for `{relative}.trafficmanager.net`: write a name that no profile has, or remove that profile",
                found.name
            );
            Err(fault(&kind::GET, "OtherName", message))
        }
        _ => Ok(()),
    }
}

/// What Azure does not say is null, which is never what a policy asks for, except where nothing is set. The name is as the policy writes it:
/// Azure reads it without regard to case.
fn object(found: &Profile, group: &str, name: &str) -> Object {
    let Properties { profile_status, traffic_routing_method, dns_config, monitor_config, .. } =
        &found.properties;
    let attributes = values([
        (kind::NAME, json!(name)),
        (kind::GROUP, json!(group)),
        (kind::ROUTING, json!(traffic_routing_method)),
        (kind::STATUS, json!(profile_status)),
        (kind::TTL, json!(dns_config.ttl)),
        (kind::PROTOCOL, json!(monitor_config.protocol)),
        (kind::PORT, json!(monitor_config.port)),
        (kind::PATH, json!(monitor_config.path.as_deref().filter(|path| !path.is_empty()))),
        (kind::INTERVAL, json!(monitor_config.interval_in_seconds)),
        (kind::TIMEOUT, json!(monitor_config.timeout_in_seconds)),
        (kind::TOLERATED, json!(monitor_config.tolerated_number_of_failures)),
        (kind::STATUS_CODES, ranges_value(monitor_config.expected_status_code_ranges.as_deref())),
        (kind::HEADERS, headers_value(monitor_config.custom_headers.as_deref())),
        (kind::TAGS, json!(found.tags.clone().unwrap_or_default())),
    ]);
    let outputs = values([(kind::ID, json!(profile_id(group, name)))]);
    Object { kind: kind::KIND, id: name.to_owned(), attributes, outputs }
}

/// Ranges of status codes as texts; null for none.
fn ranges_value(ranges: Option<&[Range]>) -> Value {
    let all: Vec<String> =
        ranges.unwrap_or_default().iter().map(|range| format!("{}-{}", range.min, range.max)).collect();
    if all.is_empty() { Value::Null } else { json!(all) }
}

/// Headers as a mapping, with their names in lower case, which HTTP does not regard; null for none.
pub(super) fn headers_value(headers: Option<&[Header]>) -> Value {
    let all = headers.unwrap_or_default().iter();
    let all: Map<String, Value> =
        all.map(|header| (header.name.to_lowercase(), json!(header.value))).collect();
    if all.is_empty() { Value::Null } else { Value::Object(all) }
}

/// Headers from a mapping: an empty list takes away what is set.
pub(super) fn headers_of(wanted: &Values, name: &str) -> Vec<Header> {
    texts(wanted, name).into_iter().map(|(name, value)| Header { name, value }).collect()
}

/// Ranges from texts.
fn ranges_of(wanted: &Values) -> Vec<Range> {
    let all = wanted.get(kind::STATUS_CODES).and_then(Value::as_array).into_iter().flatten();
    let range = |text: &str| {
        let (min, max) = text.split_once('-')?;
        Some(Range { min: min.parse().ok()?, max: max.parse().ok()? })
    };
    all.filter_map(Value::as_str).filter_map(range).collect()
}

fn number(values: &Values, name: &str) -> Option<u64> {
    values.get(name).and_then(Value::as_u64)
}

/// A profile to look at again.
struct Known<'a> {
    arm: &'a Arm,
    group: &'a str,
    name: &'a str,
}

impl<'a> Known<'a> {
    fn of(arm: &'a Arm, values: &'a Values, call: &Call) -> Result<Self, CloudError> {
        let (group, name) = (required(values, kind::GROUP, call)?, required(values, kind::NAME, call)?);
        Ok(Self { arm, group, name })
    }

    fn id(&self) -> String {
        profile_id(self.group, self.name)
    }

    async fn look(&self) -> Result<Option<Profile>, CloudError> {
        self.arm.get(&kind::GET, &profile(&self.id())).await
    }

    fn done(&self) -> Done {
        Done { id: self.name.to_owned(), outputs: values([(kind::ID, json!(self.id()))]) }
    }
}

#[async_trait]
impl Readable for Known<'_> {
    async fn read(&self) -> Result<Option<Object>, CloudError> {
        Ok(self.look().await?.map(|found| object(&found, self.group, self.name)))
    }
}

/// A profile to make. Writing one that exists would take its endpoints away, so it is looked at first.
struct New<'a> {
    known: &'a Known<'a>,
    command: &'a Command,
}

#[async_trait]
impl Whole for New<'_> {
    type Document = Profile;

    async fn next(&self, is_first: bool) -> Result<Option<Profile>, CloudError> {
        const CALL: &Call = &kind::PUT;
        let wanted = &self.command.values;
        let Some(now) = self.known.read().await? else {
            let mut new = Profile { location: GLOBAL.to_owned(), ..Profile::default() };
            set(&mut new, wanted);
            return Ok(Some(new));
        };
        // An answer that was lost may have made it.
        if !is_first && unchanged(CALL, self.command, Some(&now))? == Todo::Nothing {
            return Ok(None);
        }
        let name = self.known.name;
        let message = format!("the profile `{name}` appeared after the plan was made; plan again");
        Err(fault(CALL, CHANGED, message))
    }
}

async fn create(arm: &Arm, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT;
    let known = Known::of(arm, &command.values, CALL)?;
    let id = known.id();
    let _alone = arm.alone(&id).await;
    let written = arm.write_whole(CALL, &profile(&id), &New { known: &known, command }).await;
    if written.map_err(|error| taken(error, known.name))? {
        confirm(CALL, kind::KIND, &command.values, &known).await?;
    }
    Ok(known.done())
}

/// Azure only says that the name is taken. Holdfast looks for profiles in the resource groups of the policies only.
fn taken(error: CloudError, name: &str) -> CloudError {
    // Not a lock, nor a subscription that may not have profiles, which have the same status.
    if !matches!(error.code.as_str(), "Conflict" | "HTTP409") {
        return error;
    }
    let message = format!(
        "{}. The name `{name}` is unique in all of Azure: if the profile is yours, it is in a resource group that no policy names; \
         move it with `az resource move`, or write another name",
        error.message.trim_end_matches('.')
    );
    CloudError { message, ..error }
}

/// A profile to change.
struct Changed<'a> {
    known: &'a Known<'a>,
    command: &'a Command,
}

#[async_trait]
impl Whole for Changed<'_> {
    type Document = Profile;

    async fn next(&self, _: bool) -> Result<Option<Profile>, CloudError> {
        let found = self.known.look().await?;
        let now = found.as_ref().map(|found| object(found, self.known.group, self.known.name));
        if unchanged(&kind::PUT, self.command, now.as_ref())? == Todo::Nothing {
            return Ok(None);
        }
        // It is there, or it would have changed.
        let mut changed = found.unwrap_or_default();
        GLOBAL.clone_into(&mut changed.location);
        set(&mut changed, &self.command.values);
        Ok(Some(changed))
    }
}

async fn update(arm: &Arm, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT;
    let known = Known::of(arm, &command.values, CALL)?;
    let id = known.id();
    let _alone = arm.alone(&id).await;
    if arm.write_whole(CALL, &profile(&id), &Changed { known: &known, command }).await? {
        confirm(CALL, kind::KIND, &command.values, &known).await?;
    }
    Ok(known.done())
}

/// Its endpoints went before.
async fn delete(arm: &Arm, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::DELETE;
    let object = command.object.as_ref().ok_or_else(|| lacks(CALL, kind::NAME))?;
    let known = Known::of(arm, &object.attributes, CALL)?;
    let id = known.id();
    let _alone = arm.alone(&id).await;
    let endpoints = known.look().await?.map(|found| found.properties.endpoints).unwrap_or_default();
    // Azure would delete them with the profile, and no plan has said so.
    if let Some(one) = endpoints.first() {
        let message = format!(
            "the profile `{}` still has the endpoint `{}`: remove it first, or plan again",
            known.name, one.name
        );
        return Err(fault(CALL, crate::cloud::GUARDED, message));
    }
    arm.delete(CALL, &profile(&id)).await?;
    Ok(known.done())
}

/// Put what the policy says into a profile.
fn set(profile: &mut Profile, wanted: &Values) {
    // Azure replaces all tags. Those of others stay.
    profile.tags.get_or_insert_default().extend(texts(wanted, kind::TAGS));
    let properties = &mut profile.properties;
    properties.profile_status = text(wanted, kind::STATUS);
    properties.traffic_routing_method = text(wanted, kind::ROUTING);
    // The name of a profile that exists is never changed: see `answers_for_its_name`.
    let relative_name = properties.dns_config.relative_name.take().or_else(|| text(wanted, kind::NAME));
    properties.dns_config = Dns { relative_name, ttl: number(wanted, kind::TTL) };
    properties.monitor_config = Monitor {
        protocol: text(wanted, kind::PROTOCOL),
        port: number(wanted, kind::PORT),
        path: text(wanted, kind::PATH),
        interval_in_seconds: number(wanted, kind::INTERVAL),
        timeout_in_seconds: number(wanted, kind::TIMEOUT),
        tolerated_number_of_failures: number(wanted, kind::TOLERATED),
        custom_headers: Some(headers_of(wanted, kind::HEADERS)),
        expected_status_code_ranges: Some(ranges_of(wanted)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_is_taken_is_told_as_taken() {
        for (code, is_told) in [
            ("Conflict", true),
            ("HTTP409", true),
            (CHANGED, false),
            ("ScopeLocked", false),
            ("MissingSubscriptionRegistration", false),
        ] {
            let error = taken(fault(&kind::PUT, code, "no."), "acme-shop");
            assert_eq!(error.message.contains("unique in all of Azure"), is_told, "{code}");
        }
    }
}
