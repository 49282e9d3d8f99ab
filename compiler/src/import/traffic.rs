//! Traffic: a PRIMARY and a SECONDARY on one name, with the health checks they use.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Candidate, LeftOut, Survey, Target, Traffic, name, text};
use crate::observation::Object;
use crate::resource::Kind;

/// Two records that fail over.
pub(super) struct Pair<'a> {
    pub(super) zone: &'a str,
    pub(super) record: &'a str,
    kind: &'a str,
    /// The PRIMARY and the SECONDARY.
    records: [&'a Object; 2],
    checks: Option<[&'a Object; 2]>,
    probe: Vec<(&'static str, Value)>,
    /// The sites the endpoints tell of themselves.
    sites: [Option<String>; 2],
}

/// The records of one name and type, by zone, name and type.
pub(super) type Names<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a Object>>;

pub(super) fn names(survey: &Survey) -> Names<'_> {
    let mut names = Names::new();
    for record in survey.of(Kind::Record).filter(|record| text(record, "routing") != Some("simple")) {
        let part = |name| text(record, name).unwrap_or_default();
        names.entry((part("zone"), part("name"), part("type"))).or_default().push(record);
    }
    names
}

/// The pair of a name, or why there is none. `sites` are names by region.
pub(super) fn read<'a>(
    survey: &'a Survey,
    sites: &BTreeMap<String, String>,
    (zone, record, kind): (&'a str, &'a str, &'a str),
    records: &[&'a Object],
) -> Result<Pair<'a>, String> {
    if let Some(other) = records.iter().find_map(|r| text(r, "routing").filter(|r| *r != "failover")) {
        return Err(format!("its routing policy is {other}; Holdfast knows failover"));
    }
    let role = |role: &str| records.iter().find(|record| text(record, "failover") == Some(role)).copied();
    let (Some(primary), Some(secondary), 2) = (role("PRIMARY"), role("SECONDARY"), records.len()) else {
        return Err("it is no pair of a PRIMARY and a SECONDARY".to_owned());
    };
    let both = [primary, secondary];
    if both
        .iter()
        .any(|r| text(r, "alias-zone-id").is_some() && text(r, "alias-zone-id") == text(r, "zone-id"))
    {
        return Err(
            "it leads to another record of its zone: failover over more than two sites is not taken over"
                .to_owned(),
        );
    }
    for record in both {
        let values = record.attributes.get("values").and_then(Value::as_array);
        if text(record, "alias-name").is_none() && values.is_none_or(|values| values.len() != 1) {
            return Err("it answers with several values at one site".to_owned());
        }
    }
    if primary.attributes.get("ttl") != secondary.attributes.get("ttl") {
        return Err("its records have different TTLs".to_owned());
    }
    let check =
        |record: &'a Object| text(record, "health-check").map(|id| survey.find(Kind::HealthCheck, id));
    let checks = match both.map(check) {
        [None, None] => None,
        [Some(Some(one)), Some(Some(other))] => Some([one, other]),
        [Some(_), None] => return Err("its SECONDARY has no health check".to_owned()),
        [None, Some(_)] => return Err("its PRIMARY has no health check".to_owned()),
        _ => return Err("its health check is in another account, or gone".to_owned()),
    };
    let probe = match checks {
        Some([one, other]) => {
            let probe = probe(one)?;
            if self::probe(other)? != probe {
                return Err("its health checks ask for different things".to_owned());
            }
            probe
        }
        None => Vec::new(),
    };
    let sites = both.map(|record| site(record, sites));
    Ok(Pair { zone, record, kind, records: both, checks, probe, sites })
}

/// A health check as the language says it.
fn probe(check: &Object) -> Result<Vec<(&'static str, Value)>, String> {
    let value = |name: &str| check.attributes.get(name).cloned().unwrap_or_default();
    if value("disabled") == true || value("inverted") == true {
        return Err("its health check is disabled or inverted: it notices nothing".to_owned());
    }
    let kind = text(check, "type").unwrap_or_default();
    let (key, usual) = match kind.trim_end_matches("_STR_MATCH") {
        "HTTPS" => ("https", 443),
        "HTTP" => ("http", 80),
        "TCP" => ("tcp", 0),
        _ => return Err(format!("its health check is of type {kind}, which asks no endpoint")),
    };
    let mut probe = match key {
        "tcp" => vec![(key, value("port"))],
        _ => vec![(key, json!(text(check, "path").unwrap_or("/")))],
    };
    if key != "tcp" && value("port") != usual {
        probe.push(("port", value("port")));
    }
    probe.push(("every", format!("{}s", value("interval")).into()));
    probe.push(("failures", value("failures")));
    if kind.ends_with("_STR_MATCH") {
        probe.push(("expect", value("search")));
    }
    Ok(probe)
}

/// The site that a record tells of: by its set identifier, or by a region within the name it answers with.
fn site(record: &Object, sites: &BTreeMap<String, String>) -> Option<String> {
    let set = text(record, "set-identifier").unwrap_or_default();
    let named = sites.iter().find(|(region, site)| set == *site || set == *region);
    let answer = text(record, "alias-name").map(str::to_owned);
    let value = || record.attributes.get("values")?.get(0)?.as_str().map(str::to_owned);
    let answer = answer.or_else(value).unwrap_or_default();
    let within = || sites.iter().find(|(region, _)| answer.split('.').any(|label| label == *region));
    named.or_else(within).map(|(_, site)| site.clone())
}

impl<'a> Pair<'a> {
    /// The labels of the record before those of its zone.
    pub(super) fn labels(&self) -> Vec<&'a str> {
        let below = self.record.strip_suffix(self.zone).unwrap_or(self.record);
        below.split('.').filter(|label| !label.is_empty()).collect()
    }

    /// The name of a service that has nothing else.
    pub(super) fn service(&self) -> String {
        let labels = self.labels();
        name(&if labels.is_empty() { self.zone.to_owned() } else { labels.join("-") }, |_| false)
    }

    /// The sites, where the endpoints tell both.
    pub(super) fn sites(&self) -> Option<[String; 2]> {
        let [primary, secondary] = &self.sites;
        Some([primary.clone()?, secondary.clone()?])
    }

    /// Whether it can be traffic of a service: nothing it tells of its sites speaks against it.
    pub(super) fn fits(&self, candidate: &Candidate<'_>) -> bool {
        let named = self.labels().contains(&candidate.name.as_str());
        let [primary, secondary] = &self.sites;
        let primary = primary.as_ref().is_none_or(|site| *site == candidate.primary);
        let other = |site: &String| *site != candidate.primary;
        named && primary && secondary.as_ref().map_or(!candidate.standby.is_empty(), other)
    }

    /// Make it a part of a service. Where the endpoints do not tell their sites, they get those of the data.
    pub(super) fn join(self, candidate: &mut Candidate<'a>) {
        let guessed = self.sites().is_none();
        let [primary, secondary] = self.sites;
        let primary = primary.unwrap_or_else(|| candidate.primary.clone());
        let Some(secondary) = secondary.or_else(|| candidate.standby.first().cloned()) else { return };
        if !candidate.standby.contains(&secondary) {
            candidate.standby.insert(0, secondary.clone());
        }
        let below = self.record.strip_suffix(self.zone).unwrap_or_default().trim_end_matches('.');
        let like = if below.is_empty() { "apex".to_owned() } else { below.to_owned() };
        let like = if self.kind == "AAAA" { format!("{like}-ipv6") } else { like };
        let entry = name(&like, |name| candidate.traffic.contains_key(name));
        let sites = [primary, secondary];
        for (site, record) in sites.iter().zip(self.records) {
            candidate.things.insert(format!("record.{entry}.{site}"), record);
        }
        for (site, check) in sites.iter().zip(self.checks.into_iter().flatten()) {
            candidate.things.insert(format!("health-check.{entry}.{site}"), check);
        }
        let [one, _] = self.records;
        let traffic = Traffic {
            zone: self.zone.to_owned(),
            record: self.record.to_owned(),
            ttl: one.attributes.get("ttl").and_then(Value::as_u64),
            probe: self.probe,
            endpoints: sites.into_iter().zip(self.records.map(target)).collect(),
            guessed,
        };
        candidate.traffic.insert(entry, traffic);
    }
}

fn target(record: &Object) -> Target {
    match (text(record, "alias-name"), text(record, "alias-zone-id")) {
        (Some(name), Some(zone_id)) => Target::Alias { name: name.to_owned(), zone_id: zone_id.to_owned() },
        _ => {
            let value = record.attributes.get("values").and_then(|values| values.get(0)?.as_str());
            Target::Address(value.unwrap_or_default().trim_end_matches('.').to_owned())
        }
    }
}

/// Health checks that no failover record uses.
pub(super) fn unused(survey: &Survey, known: impl Fn(&Object) -> bool, out: &mut Vec<LeftOut>) {
    let used: BTreeSet<&str> =
        survey.of(Kind::Record).filter_map(|record| text(record, "health-check")).collect();
    for check in survey.of(Kind::HealthCheck) {
        if !used.contains(check.id.as_str()) && !known(check) {
            out.push(LeftOut::new(format!("health check {}", check.id), "no failover record uses it"));
        }
    }
}
