//! Traffic: a health check per endpoint, and failover records that chain through all sites.
//!
//! Route 53 knows one PRIMARY and one SECONDARY per name. More sites therefore nest: the SECONDARY of a name
//! is an alias, which evaluates its target's health, to a name of our own below it, which again has a
//! PRIMARY (the next site) and a SECONDARY (the rest). Lose the first site and the second answers; lose
//! both and the third does. Source: Amazon Route 53 Developer Guide, "How health checks work in complex
//! Amazon Route 53 configurations".

use serde_json::{Value, json};

use super::Context;
use crate::document::Name;
use crate::policy::{Endpoint, Probe, Protocol, Target, Traffic};
use crate::resource::{Address, Kind, Resource, reference};

pub(super) fn lower(context: &Context<'_>, out: &mut Vec<Resource>) {
    for (name, traffic) in &context.service.traffic {
        let zone = Address::new(Kind::HostedZone, &[traffic.zone.as_str()]);
        let purpose = format!("the zone `{}`", traffic.zone);
        out.push(Resource::new(zone.clone(), purpose, traffic.zone_span).set("name", traffic.zone.as_str()));
        if let Some(probe) = &traffic.probe {
            out.extend(traffic.endpoints.iter().map(|e| health_check(context, name, traffic, probe, e)));
        }
        let chain = Chain { context, name, traffic, zone };
        chain.lower(0, out);
    }
}

fn check_address(context: &Context<'_>, traffic: &Name, endpoint: &Endpoint) -> Address {
    context.address(Kind::HealthCheck, &[traffic.as_str(), endpoint.site.name.as_str()])
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
    let matching = if probe.expect.is_some() { "_STR_MATCH" } else { "" };
    // Behind an address the record's name is the `Host` header, which the endpoint serves. Asking a host
    // name directly, the checker has to ask for that host and not for the record: the record would answer
    // with whichever site is up.
    let (ip, domain) = match &endpoint.target {
        Target::Ip(ip) if probe.protocol == Protocol::Tcp => (Some(ip.to_string()), None),
        Target::Ip(ip) => (Some(ip.to_string()), Some(traffic.record.as_str())),
        Target::Host(host) | Target::Alias { name: host, .. } => (None, Some(host.as_str())),
    };
    let mut tags = context.tags("traffic", name);
    if let Value::Object(tags) = &mut tags {
        tags.insert("Name".to_owned(), format!("{}.{name}@{site}", context.service.name).into());
    }
    let reference = reference(context.policy.estate.as_str(), &address);
    let check = Resource::new(address, format!("watches `{name}` at `{site}`"), endpoint.span)
        .set("reference", reference)
        .set("type", format!("{protocol}{matching}"))
        .set("interval", probe.interval)
        .set("failures", probe.failures)
        .set("ip", ip)
        .set("domain", domain)
        .set("port", probe.port)
        .set("path", path)
        .set("search", probe.expect.as_deref())
        .set("inverted", false)
        .set("disabled", false)
        .set("tags", tags);
    if protocol == "HTTPS" { check.set("sni", true) } else { check }
}

/// The records of one entry of traffic.
struct Chain<'a> {
    context: &'a Context<'a>,
    name: &'a Name,
    traffic: &'a Traffic,
    zone: Address,
}

impl Chain<'_> {
    /// The name at a depth of the chain: the record itself, then names of our own below it.
    fn record_name(&self, depth: usize) -> String {
        match depth {
            0 => self.traffic.record.to_string(),
            depth => format!("_standby{depth}.{}", self.traffic.record),
        }
    }

    /// The pair at a depth: this site as PRIMARY, the rest of the sites as SECONDARY. Gives the address of
    /// the pair's SECONDARY, which is there last.
    fn lower(&self, depth: usize, out: &mut Vec<Resource>) -> Option<Address> {
        let endpoints = self.traffic.endpoints.get(depth..)?;
        let (first, rest) = endpoints.split_first()?;
        let primary = self.endpoint(depth, "PRIMARY", first);
        let secondary = match rest {
            [] => return None,
            [last] => self.endpoint(depth, "SECONDARY", last),
            _ => {
                let inner = self.lower(depth + 1, out)?;
                self.onward(depth, first).after(&inner)
            }
        };
        // Never a SECONDARY without its PRIMARY: it would take all the traffic.
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
            .set("zone", self.traffic.zone.as_str())
            .refer("zone-id", &self.zone, "id")
            .set("name", self.record_name(depth))
            .set("type", self.traffic.record_type.to_string())
            .set("set-identifier", set)
            .set("routing", "failover")
            .set("failover", failover)
    }

    fn endpoint(&self, depth: usize, failover: &str, endpoint: &Endpoint) -> Resource {
        let site = endpoint.site.name.as_str();
        let address = self.context.address(Kind::Record, &[self.name.as_str(), site]);
        let purpose = match failover {
            "PRIMARY" if depth == 0 => format!("`{site}` answers for `{}`", self.traffic.record),
            _ => format!("`{site}` takes over `{}`", self.traffic.record),
        };
        let record = self.record(depth, failover, site, address, endpoint, purpose);
        let record = match &endpoint.target {
            Target::Alias { name, zone_id } => record
                .set("ttl", Value::Null)
                .set("values", Value::Null)
                .set("alias-name", name.as_str())
                .set("alias-zone-id", zone_id.as_str())
                .set("evaluate-target-health", endpoint.target.tells_its_health()),
            Target::Ip(_) | Target::Host(_) => record
                .set("ttl", self.traffic.ttl.value.as_seconds())
                .set("values", json!([value(&endpoint.target)]))
                .set("alias-name", Value::Null)
                .set("alias-zone-id", Value::Null)
                .set("evaluate-target-health", Value::Null),
        };
        match &self.traffic.probe {
            Some(_) => record.refer("health-check", &check_address(self.context, self.name, endpoint), "id"),
            None => record.set("health-check", Value::Null),
        }
    }

    /// The SECONDARY that leads to the next pair.
    fn onward(&self, depth: usize, first: &Endpoint) -> Resource {
        let site = first.site.name.as_str();
        let address = self.context.address(Kind::Record, &[self.name.as_str(), site, "standbys"]);
        let purpose = format!("the standbys of `{site}` take over `{}`", self.traffic.record);
        self.record(depth, "SECONDARY", &format!("{site}-standbys"), address, first, purpose)
            .set("ttl", Value::Null)
            .set("values", Value::Null)
            .set("alias-name", self.record_name(depth + 1))
            .refer("alias-zone-id", &self.zone, "id")
            .set("evaluate-target-health", true)
            .set("health-check", Value::Null)
    }
}

fn value(target: &Target) -> String {
    match target {
        Target::Ip(ip) => ip.to_string(),
        Target::Host(name) | Target::Alias { name, .. } => name.clone(),
    }
}
