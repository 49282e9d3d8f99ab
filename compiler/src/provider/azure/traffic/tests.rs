//! A shop on AWS and Azure whose name is a profile of Traffic Manager: what is made for it, and how long a failover takes.

use super::{endpoint, profile};
use crate::compile::{Options, check};
use crate::document::Disruption;
use crate::graph::Graph;
use crate::lower::{TargetAccounts, lower_in};
use crate::objectives::{Assurance, Deriver, Facts, Term};
use crate::phase::Phase;
use crate::policy::Policy;
use crate::posture::Posture;
use crate::rehearsal::{Choices, Disaster, Question, rehearse};
use crate::resource::{Attribute, Kind};
use crate::source::Sources;
use serde_json::{Value, json};

/// The policy of the shop, whose probe is this one.
fn text(probe: &str) -> String {
    let place = "subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme";
    format!(
        "kind: estate\nname: acme\nsites:\n  virginia: {{ aws: us-east-1 }}\n  \
         dublin: {{ azure: northeurope, {place}-ie }}\n  amsterdam: {{ azure: westeurope, {place}-nl }}\n---\nkind: service\n\
         name: shop\nprimary: virginia\nstandby: [amsterdam, dublin]\ntraffic:\n  web:\n    traffic-manager: acme-shop\n    \
         ttl: 30s\n    probe: {{ {probe} }}\n    endpoints:\n      virginia: us.acme.example\n      \
         amsterdam: nl.acme.example\n      dublin: ie.acme.example\n"
    )
}

fn compiled(text: &str) -> Policy {
    let mut sources = Sources::default();
    sources.add("acme.yaml", text.to_owned());
    check(&sources, Options::default()).policy.unwrap()
}

fn shop(probe: &str) -> Policy {
    compiled(&text(probe))
}

fn graph(probe: &str, evacuated: &[&str]) -> Graph {
    graph_of(&text(probe), evacuated)
}

fn graph_of(text: &str, evacuated: &[&str]) -> Graph {
    let accounts = TargetAccounts::one("azure", "000000000000");
    lower_in(&compiled(text), &accounts, &Posture::of(evacuated.iter().copied())).unwrap()
}

/// The values of an attribute of all resources of a kind, in the order in which they are made.
fn values(graph: &Graph, kind: Kind, attribute: &str) -> Vec<Value> {
    let all = graph.iter().filter(|resource| resource.address.kind() == kind);
    let value = |attribute: &Attribute| match attribute {
        Attribute::Known(value) => value.clone(),
        Attribute::Output { of, .. } => json!(of.to_string()),
    };
    all.filter_map(|resource| resource.attributes.get(attribute).map(value)).collect()
}

/// The terms of a failover that are detected, moved and drained.
fn failover(probe: &str) -> Vec<Term> {
    let policy = shop(probe);
    let all = Deriver::new(&policy, None).all(Facts::wanted);
    let mut all = all.into_values().flatten();
    all.find(|one| one.disruption == Disruption::SiteLoss).unwrap().rto.terms
}

#[test]
fn endpoints_take_over_in_the_order_of_the_policy_wherever_they_are() {
    let graph = graph("https: /healthz, every: 10s, failures: 4", &[]);
    assert_eq!(
        values(&graph, endpoint::KIND, endpoint::TARGET),
        ["us.acme.example", "nl.acme.example", "ie.acme.example"]
    );
    assert_eq!(values(&graph, endpoint::KIND, endpoint::PRIORITY), [1, 2, 3]);
    for (attribute, value) in [
        (profile::ROUTING, json!("Priority")),
        (profile::TTL, json!(30)),
        (profile::PROTOCOL, json!("HTTPS")),
        (profile::PORT, json!(443)),
        (profile::PATH, json!("/healthz")),
        (profile::INTERVAL, json!(10)),
        (profile::TIMEOUT, json!(9)),
        (profile::TOLERATED, json!(3)),
        // As a health check of Route 53 does, and no header of somebody else.
        (profile::STATUS_CODES, json!(["200-399"])),
        (profile::HEADERS, Value::Null),
    ] {
        assert_eq!(values(&graph, profile::KIND, attribute), [value], "{attribute}");
    }
}

#[test]
fn profile_stays_where_it_is_in_whatever_order_the_sites_are() {
    for (primary, standby) in [
        ("virginia", "[amsterdam, dublin]"),
        ("virginia", "[dublin, amsterdam]"),
        ("amsterdam", "[virginia, dublin]"),
        ("dublin", "[amsterdam, virginia]"),
    ] {
        let text = text("https: /healthz")
            .replace("primary: virginia", &format!("primary: {primary}"))
            .replace("[amsterdam, dublin]", standby);
        let graph = graph_of(&text, &[]);
        let group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/acme-ie";
        assert_eq!(values(&graph, profile::KIND, profile::GROUP), [group], "{primary} {standby}");
    }
}

#[test]
fn address_is_asked_for_the_name_of_the_profile() {
    let addresses = |probe: &str| {
        let names = [("us.acme", "52.94.76.10"), ("nl.acme", "20.50.2.10"), ("ie.acme", "20.50.3.10")];
        let change = |text: String, (name, ip): (&str, &str)| text.replace(&format!("{name}.example"), ip);
        graph_of(&names.into_iter().fold(text(probe), change), &[])
    };
    let headers = |graph: &Graph| values(graph, profile::KIND, profile::HEADERS);
    assert_eq!(headers(&addresses("http: /healthz")), [json!({"host": "acme-shop.trafficmanager.net"})]);
    assert_eq!(headers(&addresses("tcp: 443")), [Value::Null]);
    // A name is asked for itself.
    assert_eq!(headers(&graph("http: /healthz", &[])), [Value::Null]);
}

#[test]
fn connection_has_no_path() {
    let graph = graph("tcp: 8443", &[]);
    assert_eq!(values(&graph, profile::KIND, profile::PROTOCOL), ["TCP"]);
    assert_eq!(values(&graph, profile::KIND, profile::PORT), [8443]);
    assert_eq!(values(&graph, profile::KIND, profile::PATH), [Value::Null]);
    assert_eq!(values(&graph, profile::KIND, profile::STATUS_CODES), [Value::Null]);
}

#[test]
fn evacuated_site_answers_for_nothing_and_keeps_its_priority() {
    let graph = graph("https: /healthz", &["virginia"]);
    assert_eq!(values(&graph, endpoint::KIND, endpoint::STATUS), ["Disabled", "Enabled", "Enabled"]);
    assert_eq!(values(&graph, endpoint::KIND, endpoint::PRIORITY), [1, 2, 3]);
}

#[test]
fn detection_is_the_failures_times_the_interval_and_the_timeout() {
    for (probe, seconds, formula) in [
        ("https: /healthz", 3 * (30 + 10), "3 failures × (30 s between requests + 10 s for one)"),
        ("https: /healthz, failures: 4", 4 * (30 + 10), "4 failures × (30 s"),
        (
            "http: /healthz, every: 10s, failures: 1",
            10 + 9,
            "1 failures × (10 s between requests + 9 s for one)",
        ),
        ("tcp: 443, every: 10s, failures: 10, timeout: 5s", 10 * (10 + 5), "10 failures × (10 s"),
    ] {
        let terms = failover(probe);
        let term = terms.iter().find(|term| term.phase == Phase::Detect).unwrap();
        assert_eq!(term.value.map(|value| value.as_seconds()), Some(seconds), "{probe}");
        assert_eq!(term.assurance, Assurance::Attested, "{probe}");
        assert!(term.source.starts_with(&format!("Traffic Manager: {formula}")), "{}", term.source);
    }
}

#[test]
fn answers_stay_cached_and_connections_stay_open_after_that() {
    let terms = failover("https: /healthz, every: 10s");
    let seconds = |says: &str| {
        let term = terms.iter().find(|term| term.what.contains(says));
        term.unwrap_or_else(|| panic!("{says}: {terms:?}")).value.map(|value| value.as_seconds())
    };
    assert_eq!(seconds("TTL of the answers"), Some(30));
    assert_eq!(seconds("connections that clients keep open"), Some(60 * 60));
    assert_eq!(seconds("until Traffic Manager answers with the standby"), Some(60));
}

#[test]
fn name_of_the_profile_is_the_name_that_fails_over() {
    let policy = shop("https: /healthz");
    let traffic = policy.services.values().flat_map(|service| service.traffic.values());
    let records: Vec<&str> = traffic.map(|traffic| traffic.record.as_str()).collect();
    assert_eq!(records, ["acme-shop.trafficmanager.net"]);
}

/// The time until the probes have failed, and the whole recovery, if everything takes this share of its longest time, in hundredths.
struct Share(u64);

impl Choices for Share {
    fn up_to(&mut self, _: Question<'_>, most: u64) -> u64 {
        most * self.0 / 100
    }
}

#[test]
fn what_happens_reaches_the_bound_and_never_exceeds_it() {
    for probe in
        ["https: /healthz", "tcp: 443, every: 10s, failures: 10, timeout: 5s", "http: /, failures: 1"]
    {
        let policy = shop(probe);
        let service = policy.services.values().next().unwrap();
        let all = Deriver::new(&policy, None).all(Facts::wanted);
        let mut all = all.into_values().flatten();
        let bound = all.find(|one| one.disruption == Disruption::SiteLoss).unwrap().rto.value().unwrap();
        let back = |share: u64| {
            let disaster = Disaster::of_service(&policy, service, Disruption::SiteLoss, 1_781_000_000);
            rehearse(&policy, &disaster, &mut Share(share)).services[&service.name].back.unwrap()
        };
        assert_eq!(back(100), bound.as_seconds(), "{probe}");
        assert!(back(50) < bound.as_seconds(), "{probe}");
    }
}
