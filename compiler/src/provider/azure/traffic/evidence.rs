//! Whether traffic fails over: the profile, and the endpoints of the primary and of the next site.

use serde_json::Value;

use super::{endpoint, profile};
use crate::document::Name;
use crate::objectives::facts::{Detection, Traffic};
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::{self, Site};
use crate::signals::SeenHealth;
use crate::units::Duration;

/// What decides whether the profile asks the right thing and answers with the right endpoint. Its TTL, interval, time-out and failures are
/// numbers of the derivation.
const PROFILE: [&str; 7] = [
    profile::ROUTING,
    profile::STATUS,
    profile::PROTOCOL,
    profile::PORT,
    profile::PATH,
    profile::STATUS_CODES,
    profile::HEADERS,
];

/// What decides where an endpoint sends users, and whether it stops doing so.
const ENDPOINT: [&str; 5] =
    [endpoint::TARGET, endpoint::PRIORITY, endpoint::STATUS, endpoint::ALWAYS_SERVE, endpoint::HEADERS];

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

/// What keeps users from a standby although no policy manages it: an endpoint of the profile that no policy declares, and that answers
/// before one that takes over. A new endpoint is probed like the others, so it answers as soon as it is healthy.
pub(in crate::provider::azure) fn diverted(
    view: &View<'_, '_>,
    name: &Name,
    wanted: &policy::Traffic,
) -> Option<String> {
    let found = view.find(profile::KIND, &[name.as_str()])?;
    let label = found.attributes.get(profile::NAME)?.clone();
    let all = (view.live.beside)(endpoint::KIND, &[(endpoint::PROFILE.to_owned(), label)].into());
    let text =
        |object: &Object, name: &str| object.attributes.get(name).and_then(Value::as_str).map(str::to_owned);
    let place = |object: &Object| object.attributes.get(endpoint::PRIORITY).and_then(Value::as_u64);
    let ours = |object: &Object| {
        let site = text(object, endpoint::NAME);
        wanted.endpoints.iter().any(|one| site.as_deref() == Some(one.site.name.as_str()))
    };
    let standbys = wanted.endpoints.iter().skip(1);
    let standby =
        standbys.take(1).find_map(|one| view.find(endpoint::KIND, &[name.as_str(), one.site.name.as_str()]));
    let takes_over = standby.and_then(place)?;
    let foreign = all.into_iter().filter(|object| !ours(object));
    // Of no priority, or of one that cannot be read: it may answer first.
    let first = foreign
        .filter(|object| text(object, endpoint::STATUS).as_deref() != Some(profile::DISABLED))
        .find(|object| place(object).is_none_or(|place| place < takes_over))?;
    let (foreign, target) = (text(first, endpoint::NAME)?, text(first, endpoint::TARGET).unwrap_or_default());
    Some(format!(
        "the endpoint `{foreign}` (`{target}`) of the profile, which no policy declares, answers before the standby"
    ))
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
