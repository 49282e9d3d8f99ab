//! An endpoint of a profile (`Microsoft.Network/trafficManagerProfiles/externalEndpoints`): an address or a name anywhere, also on another
//! cloud.
//!
//! All endpoints of a profile are written in one request, which writes the profile: Azure refuses two of one priority, so two of them
//! cannot swap their priorities one after the other. Source: Azure Traffic Manager REST API, "Profiles - Create Or Update"; documentation,
//! "Traffic Manager endpoints", "Traffic Manager FAQs".

use serde_json::Value;

use super::profile::{DISABLED, ENABLED};
use crate::provider::azure::name::AZURE;
use crate::provider::azure::scope::on;
use crate::resource::{AttributeSchema, Change, Coexist, Kind, KindSchema, Made, Values, calls};

/// The name of its profile.
pub const PROFILE: &str = "profile";
/// Text, unique in the profile: the name of the site.
pub const NAME: &str = "name";
/// The resource id of its profile.
pub const PROFILE_ID: &str = "profile-id";
/// An address or a DNS name, which no other endpoint of the profile has.
pub const TARGET: &str = "target";
/// 1 to 1000, the smallest first. No other endpoint of the profile has it.
pub const PRIORITY: &str = "priority";
/// `Enabled`, or `Disabled`: then it answers for nothing, and nobody probes it.
pub const STATUS: &str = "status";
/// `Enabled`: it counts as healthy and nobody probes it. `Disabled`: it is probed.
pub const ALWAYS_SERVE: &str = "always-serve";
/// A mapping of header names to values that its probes have besides those of the profile, or null.
pub const HEADERS: &str = "headers";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AZURE),
    name: "traffic-endpoint",
    attributes: &[
        AttributeSchema::identity(PROFILE),
        AttributeSchema::identity(NAME),
        AttributeSchema::new(PROFILE_ID),
        AttributeSchema::new(TARGET).caution(target),
        // Two that swap their priorities are written anew in one batch, because two updates would conflict.
        AttributeSchema::new(PRIORITY).change(Change::Replace),
        AttributeSchema::new(STATUS).caution(status),
        AttributeSchema::new(ALWAYS_SERVE).caution(always_serve).unset(|| DISABLED.into()),
        AttributeSchema::new(HEADERS).unset(|| Value::Null),
    ],
    batched_by: Some(PROFILE),
    removal: Some("the profile no longer answers with it"),
    coexist: Some(Coexist { within: &[PROFILE], rule: coexist, immovable: |_| None, answers: &[TARGET] }),
    foreign_settings: Some(foreign_settings),
    calls: CALLS,
    sends_users: true,
    ..KindSchema::BASE
};

calls! {
    GET = "azure-traffic:ProfilesGet", made [Made::Observe],
        takes [on("Microsoft.Network/trafficManagerProfiles/read")];
    PUT = "azure-traffic:ProfilesCreateOrUpdate", made [Made::Change],
        // The request is for the profile: those for endpoints of their own are never sent.
        takes [on("Microsoft.Network/trafficManagerProfiles/write")];
}

/// Whether two endpoints can be in one profile.
fn coexist(one: &Values, other: &Values) -> bool {
    let differ = |name: &str| one.get(name) != other.get(name);
    !(differ(NAME) || differ(PROFILE)) || differ(PRIORITY) && differ(TARGET)
}

/// An endpoint that no policy declares.
fn foreign_settings(values: &Values, managed: &dyn Fn(&'static KindSchema) -> bool) -> Option<String> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let has = || {
        let (profile, name, target) = (text(PROFILE), text(NAME), text(TARGET));
        let priority = values.get(PRIORITY).map(Value::to_string).unwrap_or_default();
        format!(
            "the profile `{profile}` has the endpoint `{name}` (`{target}`, priority {priority}), which no policy declares"
        )
    };
    (!managed(&SCHEMA)).then(has)
}

fn target(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_str()?;
    Some("clients are sent to another address once their resolvers refresh the name")
}

fn status(before: &Value, after: &Value) -> Option<&'static str> {
    (before == DISABLED && after == ENABLED).then_some(
        "it answers again before its first probe: Traffic Manager takes an endpoint as healthy until then, and does not probe a disabled one",
    )
}

fn always_serve(before: &Value, after: &Value) -> Option<&'static str> {
    (before == ENABLED && after == DISABLED)
        .then_some("traffic may fail over: the endpoint always counted as healthy, and is probed from now on")
}
