//! Traffic: a profile with the probe, and an endpoint for each site, with the priority in which it takes over.
//!
//! A site that is evacuated answers for nothing: its endpoint is disabled. Nobody probes it then, so whoever returns looks for themselves
//! whether it is back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{endpoint, profile};
use crate::document::Name;
use crate::lower::context::Context;
use crate::policy::{Endpoint, EndpointTarget, Probe, Protocol, Traffic};
use crate::provider::azure::{AZURE, group};
use crate::resource::{Address, Resource};

pub(in crate::provider::azure) fn lower(
    context: &Context<'_>,
    name: &Name,
    traffic: &Traffic,
    out: &mut Vec<Resource>,
) {
    let (Some(place), Some(probe)) = (traffic.within.as_deref(), &traffic.probe) else { return };
    let purpose = format!("holds the profile of `{}`", traffic.record);
    out.push(Resource::new(group::address(place), purpose, traffic.domain_span).set(group::ID, place));
    // The profile can still be in the group of another site, where it was before that one had a group of an earlier name.
    let sites = traffic.endpoints.iter().filter(|at| at.site.region.provider.name == AZURE);
    let groups: BTreeSet<&str> = sites.filter_map(|at| at.site.within.as_deref()).collect();
    for id in groups.into_iter().filter(|id| *id != place) {
        let purpose = format!("can hold the profile of `{}`", traffic.record);
        out.push(Resource::new(group::address(id), purpose, traffic.domain_span).set(group::ID, id));
    }
    let label = traffic.record.split('.').next().unwrap_or_default();
    let whole = lower_profile(context, name, traffic, (label, place), probe);
    let mut before: Option<Address> = None;
    let mut endpoints = Vec::new();
    for (priority, at) in (1_u64..).zip(&traffic.endpoints) {
        let mut resource = lower_endpoint(context, name, (label, &whole.address), at, priority);
        // A standby that is alone would receive all traffic.
        if let Some(before) = &before {
            resource = resource.after(before);
        }
        before = Some(resource.address.clone());
        endpoints.push(resource);
    }
    out.push(whole);
    out.extend(endpoints);
}

fn lower_profile(
    context: &Context<'_>,
    name: &Name,
    traffic: &Traffic,
    (label, place): (&str, &str),
    probe: &Probe,
) -> Resource {
    let (protocol, path) = match &probe.protocol {
        Protocol::Https(path) => (profile::HTTPS, Some(path.as_str())),
        Protocol::Http(path) => (profile::HTTP, Some(path.as_str())),
        Protocol::Tcp => (profile::TCP, None),
    };
    // An address has no name of its own, and what answers there serves the name of the profile. For a host name, Traffic Manager sends that.
    let is_address = traffic.endpoints.iter().any(|at| matches!(at.target, EndpointTarget::Ip(_)));
    let headers = (path.is_some() && is_address).then(|| json!({profile::HOST: traffic.record}));
    let address = context.address(profile::KIND, &[name.as_str()]);
    Resource::new(address, format!("answers for `{}`", traffic.record), traffic.span)
        .set(profile::NAME, label)
        .set(profile::GROUP, place)
        .set(profile::ROUTING, profile::PRIORITY)
        .set(profile::STATUS, profile::ENABLED)
        .set(profile::TTL, traffic.ttl.value.as_seconds())
        .set(profile::PROTOCOL, protocol)
        .set(profile::PORT, probe.port)
        .set(profile::PATH, path)
        .set(profile::INTERVAL, probe.interval)
        .set(profile::TIMEOUT, probe.request)
        .set(profile::TOLERATED, u64::from(probe.failures.saturating_sub(1)))
        .set(profile::STATUS_CODES, path.map(|_| json!([profile::HEALTHY])))
        .set(profile::HEADERS, headers)
        .set(profile::TAGS, context.tags("traffic", name))
        .after(&group::address(place))
}

fn lower_endpoint(
    context: &Context<'_>,
    name: &Name,
    (label, whole): (&str, &Address),
    at: &Endpoint,
    priority: u64,
) -> Resource {
    let site = at.site.name.as_str();
    let does = if priority == 1 { "answers for" } else { "takes over" };
    let target = match &at.target {
        EndpointTarget::Ip(ip) => ip.to_string(),
        EndpointTarget::Host(name) | EndpointTarget::Alias { name, .. } => name.clone(),
    };
    let out = context.posture.evacuates(&at.site.name);
    let address = context.address(endpoint::KIND, &[name.as_str(), site]);
    Resource::new(address, format!("`{site}` {does} `{name}`"), at.span)
        .set(endpoint::PROFILE, label)
        .set(endpoint::NAME, site)
        .refer(endpoint::PROFILE_ID, whole, profile::ID)
        .set(endpoint::TARGET, target)
        .set(endpoint::PRIORITY, priority)
        .set(endpoint::STATUS, if out { profile::DISABLED } else { profile::ENABLED })
        .set(endpoint::ALWAYS_SERVE, profile::DISABLED)
        .set(endpoint::HEADERS, Value::Null)
}
