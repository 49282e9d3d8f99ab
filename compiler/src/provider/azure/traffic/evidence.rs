//! Whether traffic fails over: the profile, and the endpoints of the primary and of the next site.

use serde_json::Value;

use super::{endpoint, profile};
use crate::document::Name;
use crate::objectives::facts::{Detection, Traffic};
use crate::objectives::view::View;
use crate::policy::{self, Site};
use crate::signals::SeenHealth;
use crate::units::Duration;

/// What decides whether the profile asks the right thing and answers with the right endpoint. Its TTL, interval, time-out and failures are
/// numbers of the derivation.
const PROFILE: [&str; 5] =
    [profile::ROUTING, profile::STATUS, profile::PROTOCOL, profile::PORT, profile::PATH];

/// What decides where an endpoint sends users, and whether it stops doing so.
const ENDPOINT: [&str; 4] = [endpoint::TARGET, endpoint::PRIORITY, endpoint::STATUS, endpoint::ALWAYS_SERVE];

/// Replace the desired facts by the observed ones. Returns whether any part of it exists.
pub(in crate::provider::azure) fn traffic(
    view: &View<'_, '_>,
    name: &Name,
    wanted: &policy::Traffic,
    traffic: &mut Traffic,
) -> bool {
    let Some(found) = view.find(profile::KIND, &[name.as_str()]) else { return false };
    let number = |key: &str| found.attributes.get(key).and_then(Value::as_u64);
    if let Some(seconds) = number(profile::TTL) {
        traffic.ttl.value = Duration::seconds(seconds);
    }
    let numbers = (number(profile::INTERVAL), number(profile::TOLERATED), number(profile::TIMEOUT));
    if let (Some(interval), Some(tolerated), Some(request)) = numbers {
        let span = wanted.probe.as_ref().map_or(wanted.span, |probe| probe.span);
        let failures = tolerated.saturating_add(1);
        traffic.detection = Detection::Probe { interval, failures, request, span };
    }
    let mut sites = wanted.endpoints.iter().map(|endpoint| endpoint.site.name.as_str());
    let answers = |site: Option<&str>| {
        site.is_some_and(|site| view.is_as_declared(endpoint::KIND, &[name.as_str(), site], &ENDPOINT))
    };
    let (first, next) = (sites.next(), sites.next());
    traffic.moves =
        view.is_as_declared(profile::KIND, &[name.as_str()], &PROFILE) && answers(first) && answers(next);
    true
}

/// Whether the probes of a site pass. Nobody has asked.
pub(in crate::provider::azure) fn passes(
    view: &View<'_, '_>,
    name: &Name,
    site: &Site,
) -> Option<SeenHealth> {
    let found = view.find(endpoint::KIND, &[name.as_str(), site.name.as_str()]);
    found.map(|_| Err("Holdfast does not ask Azure for the status of endpoints yet".to_owned()))
}
