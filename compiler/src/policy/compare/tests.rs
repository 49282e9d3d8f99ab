use super::*;

const POLICIES: &str = "kind: estate
name: acme
defaults:
  objectives: { rto: 2h }
tiers:
  gold: { critical: true, objectives: { rto: 1h }, assumptions: { noticed: { value: 1h, because: x } } }
---
kind: service
name: pay
tier: gold
objectives: { rpo: 15m }
standby: [oregon, ireland]
data:
  ledger:
    bucket: acme
    backups:
      - { strategy: daily, to: [ireland], keep: 35d, lock: compliance }
traffic:
  api: { probe: { https: /, every: 10s } }
recovery:
  - { step: verify, takes: 15m }
waivers: []
";

fn between(old: &str, new: &str) -> Vec<String> {
    let sources = |text: &str| {
        let mut sources = Sources::default();
        sources.add("a.yaml", text);
        sources
    };
    let line = |change: PolicyChange| {
        let value = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let PolicyChange { judgement, document, path, before, after, means, place } = change;
        let means = means.map_or(String::new(), |means| format!(" ({means})"));
        let (before, after) = (value(before), value(after));
        format!("{judgement:?} {document}:{path} {before} → {after} {}:{}{means}", place.line, place.column)
    };
    let facts = PROVIDERS[0].facts;
    compare("x", &sources(old), &sources(new), facts).changes.into_iter().map(line).collect()
}

#[test]
fn statements_are_judged_by_their_direction() {
    for (from, to, said) in [
        ("rpo: 15m", "rpo: 60s", "Stronger service pay:objectives.rpo 15m → 60s 11:20"),
        ("rpo: 15m", "rpo: undecided", "Weaker service pay:objectives.rpo 15m → undecided 11:20"),
        ("keep: 35d", "keep: 5d", "Weaker service pay:data.ledger.backups[daily].keep 35d → 5d 17:49"),
        (", lock: compliance", "", "Weaker service pay:data.ledger.backups[daily].lock compliance → - 17:54"),
        (", ireland]\ndata", "]\ndata", "Weaker service pay:standby[ireland] ireland → - 12:19"),
        ("bucket: acme", "bucket: b", "Neutral service pay:data.ledger.bucket acme → b 15:13"),
        (
            "waivers: []",
            "waivers: [{ code: W0914, because: x }]",
            "Weaker service pay:waivers[W0914] - → {because: x, code: W0914} 22:11",
        ),
        (
            "[oregon, ireland]",
            "[ireland, oregon]",
            "Neutral service pay:standby oregon, ireland → ireland, oregon 12:10",
        ),
        (
            "name: acme",
            "name: acme\nsites: { x: { shares: [law] } }",
            "Neutral estate:sites.x - → {shares: [law]} 3:10",
        ),
    ] {
        assert_eq!(between(POLICIES, &POLICIES.replacen(from, to, 1)), [said]);
    }
    assert!(between(POLICIES, POLICIES).is_empty());
}

#[test]
fn value_that_is_not_said_counts_as_the_one_that_applies() {
    let service = "objectives: { rpo: 15m }";
    for (from, to, said) in [
        // The tier says one hour.
        (
            service,
            "objectives: { rpo: 15m, rto: 3h }",
            "Weaker service pay:objectives.rto - → 3h 11:25 (without it, 1h applies)",
        ),
        (
            service,
            "objectives: { rpo: 15m, rto: 30m }",
            "Stronger service pay:objectives.rto - → 30m 11:25 (without it, 1h applies)",
        ),
        // Nothing says it for the account, so that to say it asks for more.
        (
            service,
            "objectives: { rpo: 15m, account-compromise: { rto: 99h } }",
            "Stronger service pay:objectives.account-compromise.rto - → 99h 11:47",
        ),
        // Built in: 4 h.
        (
            "defaults:\n  objectives: { rto: 2h }\n",
            "",
            "Weaker estate:defaults.objectives.rto 2h → - 4:17 (without it, 4h applies)",
        ),
        (
            "every: 10s }",
            "every: 10s, failures: 9 }",
            "Weaker service pay:traffic.api.probe.failures - → 9 19:41 (without it, 3 applies)",
        ),
        (
            service,
            "objectives: { rpo: 15m }\nassumptions: { noticed: { value: 2h, because: y } }",
            "Weaker service pay:assumptions.noticed - → {because: y, value: 2h} 12:16 (without it, 1h applies)",
        ),
        (
            "tier: gold\n",
            "",
            "Weaker service pay:tier gold → - 10:1 (brings assumptions.noticed.value 1h → none, \
             critical true → false, objectives.rto 1h → 2h)",
        ),
    ] {
        let found = between(POLICIES, &POLICIES.replacen(from, to, 1));
        assert!(found.contains(&said.to_owned()), "{said}\n{found:#?}");
        assert!(found.len() <= 2, "{found:#?}");
    }
}

#[test]
fn service_that_goes_says_that_its_protection_ends() {
    let other = POLICIES.split("---\n").nth(1).unwrap().replace("name: pay", "name: shop");
    let both = format!("{POLICIES}---\n{other}");
    assert_eq!(between(&both, POLICIES), ["Weaker service shop: declared → - 24:1 (its protection ends)"]);
    assert_eq!(between(POLICIES, &both), ["Stronger service shop: - → declared 24:1"]);
}

#[test]
fn weaker_comes_first_whatever_the_order_of_the_text() {
    let new = POLICIES
        .replace("bucket: acme", "bucket: b")
        .replace("takes: 15m", "takes: 5m")
        .replace("rpo: 15m", "rpo: 2h");
    let judged: Vec<String> =
        between(POLICIES, &new).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(judged, ["Weaker", "Stronger", "Neutral"]);
}

#[test]
fn ways_to_reach_people_are_not_shown_and_long_values_show_where_they_differ() {
    let plan = |phone: &str, text: &str| {
        format!(
            "kind: continuity\ncontacts: {{ a: {{ reach: [{{ phone: \"{phone}\" }}] }} }}\ncommunication: {{ templates: {{ t: \"{text}\" }} }}\n"
        )
    };
    let long = "word ".repeat(40);
    let lines = between(&plan("1", &format!("{long}old")), &plan("2", &format!("{long}new")));
    assert_eq!(
        lines,
        [
            "Neutral continuity:communication.templates.t … word word word old → … word word word new 3:34",
            "Neutral continuity:contacts.a.reach[phone].phone (not shown) → (not shown) 2:35",
        ]
    );
}
