//! Traffic: a PRIMARY and a SECONDARY record with one name, and their health checks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::import::candidate::{Answer, Candidate, Traffic, name, text};
use crate::import::survey::{LeftOut, Survey};
use crate::observation::Object;
use crate::provider::aws::route53::{health_check, record as kind};

/// A pair of failover records.
pub(super) struct Pair<'a> {
    pub(super) zone: &'a str,
    pub(super) record: &'a str,
    record_type: &'a str,
    /// The PRIMARY and the SECONDARY.
    records: [&'a Object; 2],
    checks: Option<[&'a Object; 2]>,
    probe: Vec<(&'static str, Value)>,
    /// The sites that the endpoints indicate.
    sites: [Option<String>; 2],
}

/// The records of one name and type, by zone, name and type.
pub(super) type Names<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a Object>>;

pub(super) fn names(survey: &Survey) -> Names<'_> {
    let mut names = Names::new();
    let routed = |record: &&Object| text(record, kind::ROUTING) != Some(kind::SIMPLE);
    for record in survey.of(kind::KIND).filter(routed) {
        let part = |name| text(record, name).unwrap_or_default();
        names.entry((part(kind::ZONE), part(kind::NAME), part(kind::TYPE))).or_default().push(record);
    }
    names
}

/// The pair of a name, or why it is left out. `sites` are names by region.
pub(super) fn read<'a>(
    survey: &'a Survey,
    sites: &BTreeMap<String, String>,
    (zone, record, record_type): (&'a str, &'a str, &'a str),
    records: &[&'a Object],
) -> Result<Pair<'a>, String> {
    if let Some(other) =
        records.iter().find_map(|r| text(r, kind::ROUTING).filter(|r| *r != kind::FAILS_OVER))
    {
        return Err(format!("its routing policy is {other}; Holdfast supports failover only"));
    }
    let role = |role: &str| records.iter().find(|record| text(record, kind::FAILOVER) == Some(role)).copied();
    let (Some(primary), Some(secondary), 2) = (role(kind::PRIMARY), role(kind::SECONDARY), records.len())
    else {
        return Err("it is not a pair of a PRIMARY and a SECONDARY".to_owned());
    };
    let both = [primary, secondary];
    if both.iter().any(|r| {
        text(r, kind::ALIAS_ZONE_ID).is_some() && text(r, kind::ALIAS_ZONE_ID) == text(r, kind::ZONE_ID)
    }) {
        return Err(
            "it points to another record of its zone: failover across more than two sites is not imported"
                .to_owned(),
        );
    }
    for record in both {
        let values = record.attributes.get(kind::VALUES).and_then(Value::as_array);
        if text(record, kind::ALIAS_NAME).is_none() && values.is_none_or(|values| values.len() != 1) {
            return Err("it has several values at one site".to_owned());
        }
    }
    if primary.attributes.get(kind::TTL) != secondary.attributes.get(kind::TTL) {
        return Err("its records have different TTLs".to_owned());
    }
    let check =
        |record: &'a Object| text(record, kind::HEALTH_CHECK).map(|id| survey.find(health_check::KIND, id));
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
                return Err("its health checks differ".to_owned());
            }
            probe
        }
        None => Vec::new(),
    };
    let sites = both.map(|record| site(record, sites));
    Ok(Pair { zone, record, record_type, records: both, checks, probe, sites })
}

/// A health check as a probe of the language.
fn probe(check: &Object) -> Result<Vec<(&'static str, Value)>, String> {
    let value = |name: &str| check.attributes.get(name).cloned().unwrap_or_default();
    if value(health_check::DISABLED) == true || value(health_check::INVERTED) == true {
        return Err("its health check is disabled or inverted, so it detects no failure".to_owned());
    }
    let asks = text(check, health_check::TYPE).unwrap_or_default();
    let (key, usual) = match asks.trim_end_matches(health_check::STRING_MATCH) {
        "HTTPS" => ("https", 443),
        "HTTP" => ("http", 80),
        "TCP" => ("tcp", 0),
        _ => return Err(format!("its health check is of type {asks}, which does not check an endpoint")),
    };
    let mut probe = match key {
        "tcp" => vec![(key, value(health_check::PORT))],
        _ => vec![(key, json!(text(check, health_check::PATH).unwrap_or("/")))],
    };
    if key != "tcp" && value(health_check::PORT) != usual {
        probe.push(("port", value(health_check::PORT)));
    }
    probe.push(("every", format!("{}s", value(health_check::INTERVAL)).into()));
    probe.push(("failures", value(health_check::FAILURES)));
    if asks.ends_with(health_check::STRING_MATCH) {
        probe.push(("expect", value(health_check::SEARCH)));
    }
    Ok(probe)
}

/// The site that a record indicates, by its set identifier or by a region in its answer.
fn site(record: &Object, sites: &BTreeMap<String, String>) -> Option<String> {
    let set = text(record, kind::SET_IDENTIFIER).unwrap_or_default();
    let named = sites.iter().find(|(region, site)| set == *site || set == *region);
    let answer = text(record, kind::ALIAS_NAME).map(str::to_owned);
    let value = || record.attributes.get(kind::VALUES)?.get(0)?.as_str().map(str::to_owned);
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

    /// The name of a service that has only this traffic.
    pub(super) fn service(&self) -> String {
        let labels = self.labels();
        name(&if labels.is_empty() { self.zone.to_owned() } else { labels.join("-") }, |_| false)
    }

    /// The sites, if the endpoints indicate both.
    pub(super) fn sites(&self) -> Option<[String; 2]> {
        let [primary, secondary] = &self.sites;
        Some([primary.clone()?, secondary.clone()?])
    }

    /// Whether it can be traffic of a service: the sites that it indicates do not contradict it.
    pub(super) fn fits(&self, candidate: &Candidate<'_>) -> bool {
        let named = self.labels().contains(&candidate.name.as_str());
        let [primary, secondary] = &self.sites;
        let primary = primary.as_ref().is_none_or(|site| *site == candidate.primary);
        let other = |site: &String| *site != candidate.primary;
        named && primary && secondary.as_ref().map_or(!candidate.standby.is_empty(), other)
    }

    /// Add it to a service. If the endpoints indicate no sites, those of the data are used.
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
        let like = if self.record_type == "AAAA" { format!("{like}-ipv6") } else { like };
        let entry = name(&like, |name| candidate.traffic.contains_key(name));
        let sites = [primary, secondary];
        for (site, record) in sites.iter().zip(self.records) {
            candidate.things.insert(format!("{}.{entry}.{site}", kind::KIND.name()), record);
        }
        for (site, check) in sites.iter().zip(self.checks.into_iter().flatten()) {
            candidate.things.insert(format!("{}.{entry}.{site}", health_check::KIND.name()), check);
        }
        let [one, _] = self.records;
        let traffic = Traffic {
            zone: self.zone.to_owned(),
            record: self.record.to_owned(),
            ttl: one.attributes.get(kind::TTL).and_then(Value::as_u64),
            probe: self.probe,
            endpoints: sites.into_iter().zip(self.records.map(target)).collect(),
            guessed,
        };
        candidate.traffic.insert(entry, traffic);
    }
}

fn target(record: &Object) -> Answer {
    match (text(record, kind::ALIAS_NAME), text(record, kind::ALIAS_ZONE_ID)) {
        (Some(name), Some(zone_id)) => Answer::Alias { name: name.to_owned(), zone_id: zone_id.to_owned() },
        _ => {
            let value = record.attributes.get(kind::VALUES).and_then(|values| values.get(0)?.as_str());
            Answer::Address(value.unwrap_or_default().trim_end_matches('.').to_owned())
        }
    }
}

/// Health checks that no failover record uses.
pub(super) fn unused(survey: &Survey, known: impl Fn(&Object) -> bool, out: &mut Vec<LeftOut>) {
    let used: BTreeSet<&str> =
        survey.of(kind::KIND).filter_map(|record| text(record, kind::HEALTH_CHECK)).collect();
    for check in survey.of(health_check::KIND) {
        if !used.contains(check.id.as_str()) && !known(check) {
            out.push(LeftOut::new(format!("health check {}", check.id), "no failover record uses it"));
        }
    }
}
