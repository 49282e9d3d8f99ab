//! Traffic: a health check per endpoint, and failover records chained through all sites.
//!
//! Route 53 supports one PRIMARY and one SECONDARY per name, so more sites are nested. The SECONDARY of a
//! name is an alias that evaluates its target's health. It points to a generated name below it, which again
//! has a PRIMARY (the next site) and a SECONDARY (the remaining sites). If the first site is lost, the second
//! answers; if both are lost, the third does. Source: Amazon Route 53 Developer Guide, "How health checks
//! work in complex Amazon Route 53 configurations".
//!
//! A site that is evacuated answers for nothing. Its health check stays, so that everybody sees when it is back.

use serde_json::{Value, json};

use super::{health_check as check, hosted_zone, record};
use crate::document::Name;
use crate::lower::context::Context;
use crate::policy::{Endpoint, EndpointTarget, Probe, Protocol, Traffic};
use crate::resource::{Address, Resource};

pub(in crate::provider::aws) fn lower(
    context: &Context<'_>,
    name: &Name,
    traffic: &Traffic,
    out: &mut Vec<Resource>,
) {
    let zone = Address::new(hosted_zone::KIND, &[traffic.domain.as_str()]);
    let purpose = format!("the zone `{}`", traffic.domain);
    let there = Resource::new(zone.clone(), purpose, traffic.domain_span);
    out.push(there.set(hosted_zone::NAME, traffic.domain.as_str()));
    if let Some(probe) = &traffic.probe {
        out.extend(traffic.endpoints.iter().map(|e| health_check(context, name, traffic, probe, e)));
    }
    let endpoints = traffic.endpoints.iter().filter(|at| !context.posture.evacuates(&at.site.name)).collect();
    let chain = Chain { context, name, traffic, endpoints, zone };
    chain.lower(0, out);
}

fn check_address(context: &Context<'_>, traffic: &Name, endpoint: &Endpoint) -> Address {
    context.address(check::KIND, &[traffic.as_str(), endpoint.site.name.as_str()])
}

fn health_check(
    context: &Context<'_>,
    name: &Name,
    traffic: &Traffic,
    probe: &Probe,
    endpoint: &Endpoint,
) -> Resource {
    let address = check_address(context, name, endpoint);
    let site = &endpoint.site.name;
    let (protocol, path) = match &probe.protocol {
        Protocol::Https(path) => ("HTTPS", Some(path.as_str())),
        Protocol::Http(path) => ("HTTP", Some(path.as_str())),
        Protocol::Tcp => ("TCP", None),
    };
    let matching = if probe.expect.is_some() { check::STRING_MATCH } else { "" };
    // If the endpoint is an address, send the record's name as the `Host` header, because the endpoint serves
    // it. If it is a host name, request that host instead of the record, because the record would answer with
    // whichever site is up.
    let (ip, domain) = match &endpoint.target {
        EndpointTarget::Ip(ip) if probe.protocol == Protocol::Tcp => (Some(ip.to_string()), None),
        EndpointTarget::Ip(ip) => (Some(ip.to_string()), Some(traffic.record.as_str())),
        EndpointTarget::Host(host) | EndpointTarget::Alias { name: host, .. } => (None, Some(host.as_str())),
    };
    let mut tags = context.tags("traffic", name);
    if let Value::Object(tags) = &mut tags {
        tags.insert("Name".to_owned(), format!("{}.{name}@{site}", context.service.name).into());
    }
    let reference = check::reference(context.policy.estate.as_str(), &address);
    let made = Resource::new(address, format!("checks the health of `{name}` at `{site}`"), endpoint.span)
        .set(check::REFERENCE, reference)
        .set(check::TYPE, format!("{protocol}{matching}"))
        .set(check::INTERVAL, probe.interval)
        .set(check::FAILURES, probe.failures)
        .set(check::IP, ip)
        .set(check::DOMAIN, domain)
        .set(check::PORT, probe.port)
        .set(check::PATH, path)
        .set(check::SEARCH, probe.expect.as_deref())
        .set(check::INVERTED, false)
        .set(check::DISABLED, false)
        .set(check::TAGS, tags);
    if protocol == "HTTPS" { made.set(check::SNI, true) } else { made }
}

/// The records of one entry of traffic.
struct Chain<'a> {
    context: &'a Context<'a>,
    name: &'a Name,
    traffic: &'a Traffic,
    /// Those that answer, in the order in which they take over.
    endpoints: Vec<&'a Endpoint>,
    zone: Address,
}

impl Chain<'_> {
    /// The name at a depth of the chain: the record itself, then generated names below it.
    fn record_name(&self, depth: usize) -> String {
        match depth {
            0 => self.traffic.record.to_string(),
            depth => format!("_standby{depth}.{}", self.traffic.record),
        }
    }

    /// The pair at a depth: this site as PRIMARY, the remaining sites as SECONDARY. Returns the address of
    /// the SECONDARY, which is created last.
    fn lower(&self, depth: usize, out: &mut Vec<Resource>) -> Option<Address> {
        let endpoints = self.endpoints.get(depth..)?;
        let (first, rest) = endpoints.split_first()?;
        let primary = self.endpoint(depth, record::PRIMARY, first);
        let secondary = match rest {
            // Only while sites are evacuated. Unhealthy, it answers all the same (Amazon Route 53 Developer Guide, "Configuring DNS
            // failover").
            [] => {
                out.push(primary);
                return None;
            }
            [last] => self.endpoint(depth, record::SECONDARY, last),
            _ => {
                let inner = self.lower(depth + 1, out)?;
                self.secondary(depth, first).after(&inner)
            }
        };
        // Never create a SECONDARY without its PRIMARY: it would receive all traffic.
        let secondary = secondary.after(&primary.address);
        let address = secondary.address.clone();
        out.extend([primary, secondary]);
        Some(address)
    }

    fn record(
        &self,
        depth: usize,
        failover: &str,
        set: &str,
        address: Address,
        endpoint: &Endpoint,
        purpose: String,
    ) -> Resource {
        Resource::new(address, purpose, endpoint.span)
            .set(record::ZONE, self.traffic.domain.as_str())
            .refer(record::ZONE_ID, &self.zone, hosted_zone::ID)
            .set(record::NAME, self.record_name(depth))
            .set(record::TYPE, self.traffic.record_type.to_string())
            .set(record::SET_IDENTIFIER, set)
            .set(record::ROUTING, record::FAILS_OVER)
            .set(record::FAILOVER, failover)
    }

    fn endpoint(&self, depth: usize, failover: &str, endpoint: &Endpoint) -> Resource {
        let site = endpoint.site.name.as_str();
        let address = self.context.address(record::KIND, &[self.name.as_str(), site]);
        let purpose = match failover {
            record::PRIMARY if depth == 0 => format!("`{site}` answers for `{}`", self.traffic.record),
            _ => format!("`{site}` takes over `{}`", self.traffic.record),
        };
        let plain = self.record(depth, failover, site, address, endpoint, purpose);
        let answering = match &endpoint.target {
            EndpointTarget::Alias { name, zone_id } => plain
                .set(record::TTL, Value::Null)
                .set(record::VALUES, Value::Null)
                .set(record::ALIAS_NAME, name.as_str())
                .set(record::ALIAS_ZONE_ID, zone_id.as_str())
                .set(record::EVALUATE, endpoint.target.health_is_evaluated(self.traffic.provider)),
            EndpointTarget::Ip(_) | EndpointTarget::Host(_) => plain
                .set(record::TTL, self.traffic.ttl.value.as_seconds())
                .set(record::VALUES, json!([value(&endpoint.target)]))
                .set(record::ALIAS_NAME, Value::Null)
                .set(record::ALIAS_ZONE_ID, Value::Null)
                .set(record::EVALUATE, Value::Null),
        };
        match &self.traffic.probe {
            Some(_) => answering.refer(
                record::HEALTH_CHECK,
                &check_address(self.context, self.name, endpoint),
                check::ID,
            ),
            None => answering.set(record::HEALTH_CHECK, Value::Null),
        }
    }

    /// The SECONDARY that points to the next pair.
    fn secondary(&self, depth: usize, first: &Endpoint) -> Resource {
        let site = first.site.name.as_str();
        let address = self.context.address(record::KIND, &[self.name.as_str(), site, "standbys"]);
        let purpose = format!("the standbys of `{site}` take over `{}`", self.traffic.record);
        self.record(depth, record::SECONDARY, &format!("{site}-standbys"), address, first, purpose)
            .set(record::TTL, Value::Null)
            .set(record::VALUES, Value::Null)
            .set(record::ALIAS_NAME, self.record_name(depth + 1))
            .refer(record::ALIAS_ZONE_ID, &self.zone, hosted_zone::ID)
            .set(record::EVALUATE, true)
            .set(record::HEALTH_CHECK, Value::Null)
    }
}

fn value(target: &EndpointTarget) -> String {
    match target {
        EndpointTarget::Ip(ip) => ip.to_string(),
        EndpointTarget::Host(name) | EndpointTarget::Alias { name, .. } => name.clone(),
    }
}
