//! Checks of traffic: records in their zones, endpoints that fit one record, probes that can detect a
//! failure.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::binder::Binder;
use super::{Endpoint, EndpointTarget, Origin, Probe, Protocol, Service, Setting, Site, Traffic, probe};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Name, Step};
use crate::provider::facts::{Facts, Word};
use crate::source::Span;

/// The longest TTL in seconds (RFC 2181 §8).
const LONGEST_TTL: u64 = 2_147_483_647;
/// The type of a failover record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordType {
    /// IPv4 addresses and aliases.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Host names.
    Cname,
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
        })
    }
}

/// Bind one entry of traffic. `sites` are those of the service, the primary first; `None` if unknown.
pub(super) fn bind(
    binder: &Binder<'_>,
    sites: &[Option<Site>],
    name: &Name,
    body: &document::Traffic,
    out: &mut Vec<Diagnostic>,
) -> Option<Traffic> {
    let at: [Step<'_>; 2] = ["traffic".into(), name.as_str().into()];
    let span = |key: &'static str| binder.document.span(&[at[0], at[1], key.into()]);
    let provider: &'static Facts = body.provider();
    let (zone, record, key) = body.name()?;
    let has_zone = body.zone.is_some();
    if record != zone && !record.ends_with(&format!(".{zone}")) {
        out.push(
            Diagnostic::new(codes::OUTSIDE_ZONE, format!("`{record}` is not in the zone `{zone}`"))
                .at(span("record"), "outside the zone")
                .at(span("zone"), "the zone")
                .help(format!("the record must be `{zone}` or end in `.{zone}`")),
        );
    }
    if has_zone && body.endpoints.len() > 2 && record.len() > provider.dns.longest_record {
        out.push(
            Diagnostic::new(codes::BAD_FORM, format!("`{name}` needs names below its record"))
                .at(span("record"), "too long for a name below it")
                .help(format!(
                    "with more than two endpoints, at most {} characters",
                    provider.dns.longest_record
                )),
        );
    }
    if body.ttl.is_some_and(|ttl| ttl.as_seconds() > LONGEST_TTL) {
        out.push(
            Diagnostic::new(codes::OUT_OF_RANGE, "the TTL is longer than DNS allows")
                .at(span("ttl"), "too long")
                .help("set `ttl: 60s`; DNS allows at most 2147483647 s"),
        );
    }
    let endpoints = endpoints(binder, provider, sites, at, body, out);
    let within = place(provider, sites, name, span(key), out);
    let probe = body.probe.as_ref().map(|body| probe::bind(binder, provider, at, body, out));
    let unseen = endpoints.iter().find(|endpoint| !endpoint.target.health_is_evaluated(provider));
    if let (None, Some(endpoint)) = (&probe, unseen) {
        out.push(
            Diagnostic::new(
                codes::NO_PROBE,
                format!("{} cannot detect that `{name}` is down", provider.dns.service),
            )
            .at(binder.document.key_span(&at), "no probe here")
            .at(endpoint.span, "always counts as healthy")
            .help("add a probe, such as `probe: { https: /healthz, every: 10s, failures: 3 }`"),
        );
    }
    if let Some(probe) = &probe {
        addresses_over_tls(provider, name, probe, &endpoints, out);
    }
    targets_once(provider, &endpoints, out);
    let record_type = one_type(&endpoints, out)?;
    if has_zone && record_type == RecordType::Cname && record == zone {
        out.push(
            Diagnostic::new(codes::CNAME_AT_APEX, format!("the zone's own name `{zone}` cannot be a CNAME"))
                .at(span("record"), "the apex of the zone")
                .help("use addresses or aliases as endpoints, or a name below the zone"),
        );
    }
    for endpoint in &endpoints {
        let answer = match &endpoint.target {
            EndpointTarget::Host(name) | EndpointTarget::Alias { name, .. } => name.as_str(),
            EndpointTarget::Ip(_) => continue,
        };
        if answer == record {
            out.push(
                Diagnostic::new(codes::SELF_REFERENCE, format!("`{record}` would point to itself"))
                    .at(endpoint.span, "the record's own name")
                    .at(span(key), "the record")
                    .help("name the endpoint that serves this site, not the name that fails over"),
            );
        }
    }
    Some(Traffic {
        span: binder.document.key_span(&at),
        provider,
        domain_span: span(if has_zone { "zone" } else { key }),
        domain: zone,
        record,
        within,
        record_type,
        ttl: match body.ttl {
            Some(value) => Setting { value, origin: Origin::Service(span("ttl")) },
            None => Setting { value: provider.dns.ttl.value, origin: Origin::BuiltIn(provider.dns.ttl.why) },
        },
        probe,
        endpoints,
    })
}

/// Where the provider keeps what answers: the first, in the order of their names, of the places where sites of the service are. So it
/// stays where it is if the standbys change their order, or the primary becomes a standby. `None` if it needs no place.
fn place(
    provider: &Facts,
    sites: &[Option<Site>],
    name: &Name,
    span: Span,
    out: &mut Vec<Diagnostic>,
) -> Option<String> {
    let cure = provider.dns.needs_place?;
    let there = sites.iter().flatten().filter(|site| site.region.provider.name == provider.name);
    let place = there.filter_map(|site| site.within.clone()).min();
    // An unknown site is reported, and may be the one.
    if place.is_none() && sites.iter().all(Option::is_some) {
        let message = format!("the service has no site where {} could keep `{name}`", provider.dns.service);
        out.push(
            Diagnostic::new(codes::NO_PLACE, message)
                .at(span, "is kept where a site of the service is")
                .help(cure),
        );
    }
    place
}

/// The endpoints in the order in which their sites take over.
fn endpoints(
    binder: &Binder<'_>,
    provider: &'static Facts,
    sites: &[Option<Site>],
    at: [Step<'_>; 2],
    body: &document::Traffic,
    out: &mut Vec<Diagnostic>,
) -> Vec<Endpoint> {
    fn under<'s>(at: [Step<'s>; 2], site: &'s Name) -> [Step<'s>; 4] {
        [at[0], at[1], "endpoints".into(), Step::Key(site.as_str())]
    }
    let ours = |site: &Name| *site == binder.service.primary || binder.service.standby.contains(site);
    for site in body.endpoints.keys() {
        let key = binder.document.key_span(&under(at, site));
        let taken = |name: &Name| body.endpoints.contains_key(name);
        let more = if ours(site) { "" } else { ", and add it to `standby`" };
        let known = binder.sites.find_unless(site, taken, more, key, out).is_some();
        if known && !ours(site) && sites.iter().all(Option::is_some) {
            out.push(
                Diagnostic::new(codes::FOREIGN_SITE, format!("the service does not run at `{site}`"))
                    .at(key, "neither primary nor standby")
                    .help("add the site to `standby`, or remove the endpoint"),
            );
        }
    }
    let whole = binder.document.key_span(&[at[0], at[1], "endpoints".into()]);
    // If the primary is unknown, report only that: the endpoint may be the right one.
    if !body.endpoints.contains_key(&binder.service.primary) && sites.first().is_some_and(Option::is_some) {
        let primary = &binder.service.primary;
        out.push(
            Diagnostic::new(codes::FOREIGN_SITE, format!("the primary site `{primary}` has no endpoint"))
                .at(whole, "not one of these")
                .at(binder.document.span(&["primary".into()]), "the primary")
                .help(format!("add `{primary}` to `endpoints`, with the address of the service there")),
        );
    }
    if body.endpoints.len() < 2 {
        out.push(
            Diagnostic::new(codes::NO_FAILOVER, "traffic has no target if the primary is lost")
                .at(whole, "a single endpoint")
                .help("add the endpoint of at least one standby site"),
        );
    }
    let mut bound = Vec::new();
    for site in sites.iter().flatten() {
        let Some(endpoint) = body.endpoints.get(&site.name) else { continue };
        let span = binder.document.span(&under(at, &site.name));
        bound.extend(target(provider, endpoint, span, out).map(|target| Endpoint {
            site: site.clone(),
            target,
            span,
        }));
    }
    bound
}

fn target(
    provider: &'static Facts,
    endpoint: &document::Endpoint,
    span: Span,
    out: &mut Vec<Diagnostic>,
) -> Option<EndpointTarget> {
    let text = match endpoint {
        document::Endpoint::Alias(alias) => {
            let name = alias.alias.as_str().to_owned();
            if let Some(refused) = (provider.refuses)(Word::AliasEndpoint) {
                let message = format!("{} cannot answer with an alias", provider.dns.service);
                out.push(
                    Diagnostic::new(codes::NOT_AT_PROVIDER, message).at(span, refused.why).help(refused.cure),
                );
            }
            return Some(EndpointTarget::Alias { name, zone_id: alias.zone_id.clone() });
        }
        document::Endpoint::Address(text) => text.0.as_str(),
    };
    let looks_like_ip = text.contains(':') || text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.parse::<IpAddr>() {
        Ok(ip) => {
            if let Some(why) = (provider.dns.unreachable)(ip) {
                out.push(
                    Diagnostic::new(codes::UNREACHABLE_ENDPOINT, format!("`{ip}` is {why}"))
                        .at(span, "health checkers cannot reach this")
                        .help(provider.dns.checks_from),
                );
            }
            Some(EndpointTarget::Ip(ip))
        }
        Err(_) if looks_like_ip => {
            out.push(
                Diagnostic::new(codes::BAD_FORM, format!("`{text}` is not an IP address"))
                    .at(span, "not an address")
                    .help("four numbers from 0 to 255 (IPv4), or groups of hexadecimal digits (IPv6)"),
            );
            None
        }
        Err(_) => {
            if let Some(refused) = (provider.dns.refuses_name)(text) {
                let message = format!("`{text}` cannot be an endpoint of {}", provider.dns.service);
                out.push(
                    Diagnostic::new(codes::NOT_AT_PROVIDER, message).at(span, refused.why).help(refused.cure),
                );
            }
            Some(EndpointTarget::Host(text.to_owned()))
        }
    }
}

/// A probe over TLS of an address, where that means something else than elsewhere.
fn addresses_over_tls(
    provider: &Facts,
    name: &Name,
    probe: &Probe,
    endpoints: &[Endpoint],
    out: &mut Vec<Diagnostic>,
) {
    let Some(refused) = (provider.refuses)(Word::AddressOverTls) else { return };
    let address = endpoints.iter().find(|endpoint| matches!(endpoint.target, EndpointTarget::Ip(_)));
    if let (Protocol::Https(_), Some(endpoint)) = (&probe.protocol, address) {
        let message = format!("{} cannot probe an address of `{name}` by `https`", provider.dns.service);
        out.push(
            Diagnostic::new(codes::NOT_AT_PROVIDER, message)
                .at(endpoint.span, refused.why)
                .at(probe.span, "probes it over TLS")
                .help(refused.cure),
        );
    }
}

/// Two sites with one target, where the provider refuses that.
fn targets_once(provider: &Facts, endpoints: &[Endpoint], out: &mut Vec<Diagnostic>) {
    let Some(why) = provider.dns.targets_differ else { return };
    for (nth, endpoint) in endpoints.iter().enumerate() {
        let mut before = endpoints.iter().take(nth);
        if let Some(other) = before.find(|other| other.target == endpoint.target) {
            let (one, two) = (&other.site.name, &endpoint.site.name);
            let message = format!("`{one}` and `{two}` have the same endpoint");
            out.push(
                Diagnostic::new(codes::TARGET_TWICE, message)
                    .at(endpoint.span, "again here")
                    .at(other.span, "already here")
                    .help(why),
            );
        }
    }
}

/// The record type that fits all endpoints. An alias counts as IPv4.
fn one_type(endpoints: &[Endpoint], out: &mut Vec<Diagnostic>) -> Option<RecordType> {
    let type_of = |endpoint: &Endpoint| match endpoint.target {
        EndpointTarget::Ip(IpAddr::V4(_)) | EndpointTarget::Alias { .. } => RecordType::A,
        EndpointTarget::Ip(IpAddr::V6(_)) => RecordType::Aaaa,
        EndpointTarget::Host(_) => RecordType::Cname,
    };
    let first = endpoints.first()?;
    let wanted = type_of(first);
    if let Some(other) = endpoints.iter().find(|endpoint| type_of(endpoint) != wanted) {
        out.push(
            Diagnostic::new(codes::MIXED_ENDPOINTS, "these endpoints do not fit into one record")
                .at(other.span, format!("needs a record of type {}", type_of(other)))
                .at(first.span, format!("needs a record of type {wanted}"))
                .help("use one kind of endpoint; for IPv4 and IPv6 write two entries of traffic"),
        );
        return None;
    }
    Some(wanted)
}

/// A record set belongs to one entry of traffic.
pub(super) fn records_once(services: &BTreeMap<Name, Service>, out: &mut Vec<Diagnostic>) {
    let mut entries: Vec<&Traffic> = services.values().flat_map(|service| service.traffic.values()).collect();
    entries.sort_by_key(|traffic| traffic.span);
    let mut first: BTreeMap<&str, Vec<&Traffic>> = BTreeMap::new();
    for traffic in entries {
        let others = first.entry(traffic.record.as_str()).or_default();
        // A and AAAA records can share a name; a CNAME cannot share one.
        let clash = others.iter().find(|other| {
            let cname = [traffic.record_type, other.record_type].contains(&RecordType::Cname);
            let whole = traffic.within.is_some();
            whole || cname || traffic.record_type == other.record_type
        });
        if let Some(other) = clash {
            let record = &traffic.record;
            out.push(
                Diagnostic::new(
                    codes::RECORD_TWICE,
                    format!("two entries of traffic use the record `{record}`"),
                )
                .at(traffic.span, "again here")
                .at(other.span, "already here")
                .help("keep one of them, or use another name"),
            );
        }
        others.push(traffic);
    }
}
