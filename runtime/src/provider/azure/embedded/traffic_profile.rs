//! Profiles of Traffic Manager. Sources: Azure Traffic Manager documentation, "Traffic Manager endpoint monitoring" and "Traffic Manager
//! FAQs"; REST API, "Profiles - Create Or Update". The region of a resource group is not modelled, so the weather of a region never keeps a
//! profile from being changed here. On Azure it can.

use std::ops::RangeInclusive;

use holdfast_compiler::provider::azure::traffic::{endpoint, profile as kind};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::{Value, json};

use super::text;
use crate::local::embedded::{Checked, Embedded, Look, values};
use crate::local::store::State;

/// The longest time that an answer is cached, in seconds (RFC 1035).
const LONGEST_TTL: u64 = 2_147_483_647;

/// The most ranges of status codes, and the most headers.
const MOST: usize = 8;

/// Profiles in the embedded cloud.
pub(super) struct TrafficProfile;

impl Embedded for TrafficProfile {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        let (group, name) = (text(wanted, kind::GROUP), text(wanted, kind::NAME));
        let id = format!("{group}/providers/Microsoft.Network/trafficManagerProfiles/{name}");
        (name, values(json!({kind::ID: id})))
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("Conflict", "the DNS name of the profile is taken"))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let name = look.text(kind::NAME);
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !plain || !(1..=63).contains(&name.len()) || name.starts_with('-') || name.ends_with('-') {
            return look
                .refuse("BadRequest", "the name is a DNS label of 1 to 63 letters, digits and hyphens");
        }
        if look.text(kind::GROUP).is_empty() {
            return look.refuse("BadRequest", "a profile needs a resource group");
        }
        let (connects, path) = (look.text(kind::PROTOCOL) == kind::TCP, look.text(kind::PATH));
        if ![kind::HTTPS, kind::HTTP, kind::TCP].contains(&look.text(kind::PROTOCOL)) {
            return look.refuse("BadRequest", "the protocol is HTTP, HTTPS or TCP");
        }
        if connects && !look.get(kind::PATH).is_null() {
            return look.refuse("BadRequest", "a path is not allowed with TCP");
        }
        if !connects && !path.starts_with('/') {
            return look.refuse("BadRequest", "HTTP and HTTPS need a path that starts with `/`");
        }
        let ranges = look.get(kind::STATUS_CODES).as_array();
        let fits = |range: &Value| range.as_str().is_some_and(is_range);
        if ranges.is_some_and(|all| connects || all.len() > MOST || !all.iter().all(fits)) {
            return look.refuse(
                "BadRequest",
                "at most 8 ranges of status codes, such as 200-399, and none with TCP",
            );
        }
        if look.get(kind::HEADERS).as_object().is_some_and(|all| connects || all.len() > MOST) {
            return look.refuse("BadRequest", "at most 8 headers, and none with TCP");
        }
        let interval = look.get(kind::INTERVAL).as_u64().unwrap_or_default();
        if ![10, 30].contains(&interval) {
            return look.refuse("BadRequest", "the interval is 10 or 30 seconds");
        }
        let longest = if interval == 10 { 9 } else { 10 };
        within(look, kind::TIMEOUT, 5..=longest)?;
        within(look, kind::TOLERATED, 0..=9)?;
        within(look, kind::PORT, 1..=65_535)?;
        within(look, kind::TTL, 0..=LONGEST_TTL)
    }

    /// Azure deletes the endpoints with their profile. Here they go first, so that no plan leaves unsaid what it deletes.
    fn delete(&self, look: &Look<'_>) -> Checked {
        let mut endpoints = look.state.beginning(endpoint::KIND, format!("{}/", look.object.id));
        if endpoints.next().is_some() {
            return look.refuse("Guarded", "the profile still has endpoints: they go first");
        }
        Ok(())
    }
}

/// Whether a text is a range of status codes.
fn is_range(text: &str) -> bool {
    let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=999).contains(code));
    let ends = text.split_once('-').and_then(|(from, to)| code(from).zip(code(to)));
    ends.is_some_and(|(from, to)| from <= to)
}

/// Refuse a number that is missing or not in a range.
fn within(look: &Look<'_>, name: &str, range: RangeInclusive<u64>) -> Checked {
    if look.get(name).as_u64().is_some_and(|value| range.contains(&value)) {
        return Ok(());
    }
    look.refuse("BadRequest", format!("{name} is from {} to {}", range.start(), range.end()))
}
