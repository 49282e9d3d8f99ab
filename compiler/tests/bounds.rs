//! Bounds that a derivation could easily make too small, each calculated by hand beside the policy. A bound
//! that is too large is inconvenient; one that is too small is wrong when it matters.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use holdfast_compiler::compile::{Options, check};
use holdfast_compiler::document::{Disruption, Name};
use holdfast_compiler::objectives::{Assurance, Bound, Derivation, Deriver, Facts, Fate, Loss, losses};
use holdfast_compiler::policy::Policy;
use holdfast_compiler::source::Sources;

const ESTATE: &str = "
kind: estate
name: acme
sites: { one: { aws: us-east-1 }, two: { aws: us-west-2 }, three: { aws: eu-west-1 } }
defaults:
  assumptions:
    detection: { value: 10m, because: test }
    keep-alive: { value: 0s, because: test }
    backup-copy: { value: 1h, because: test }
---
kind: continuity
name: plan
contacts:
  ops: { name: Ops, reach: [{ phone: '1' }], answers-within: 10m }
  chief: { name: Chief, reach: [{ phone: '1' }], answers-within: 10m }
# The chief decides at once, so that the numbers below are those of the steps.
levels:
  - { level: 1, name: a, means: x, disruptions: [site-loss, corruption, account-compromise, key-loss], declared-by: chief, within: 0s }
  - { level: 2, name: b, means: x, declared-by: chief }
  - { level: 3, name: c, means: x, declared-by: chief }
  - { level: 4, name: d, means: x, declared-by: chief }
  - { level: 5, name: e, means: x, declared-by: chief }
---
";

/// The derived RTO and RPO of a service, with the codes of all findings.
fn derive(service: &str, text: &str, disruption: Disruption) -> (Derivation, Vec<String>) {
    let mut sources = Sources::default();
    sources.add("test.yaml", format!("{ESTATE}{text}"));
    let checked = check(&sources, Options::default());
    let policy = checked.policy.unwrap_or_else(|| panic!("{:?}", checked.findings));
    let mut all = Deriver::new(&policy, None).all(Facts::wanted);
    let name = policy.services.keys().find(|name| name.as_str() == service).unwrap();
    let derived = all.remove(name).unwrap().into_iter().find(|one| one.disruption == disruption).unwrap();
    let codes = checked.findings.iter().map(|finding| finding.code.to_string());
    (derived, codes.filter(|code| code.starts_with('E')).collect())
}

fn rto(service: &str, text: &str) -> String {
    derive(service, text, Disruption::SiteLoss).0.rto.in_words()
}

fn rpo(text: &str, disruption: Disruption) -> String {
    derive("s", text, disruption).0.worst_rpo().unwrap().1.in_words()
}

const DB: &str = "kind: service
name: db
primary: one
standby: [two]
recovery: [{ step: restart, takes: 3h }]
";

#[test]
fn dependent_service_is_verified_after_its_dependency_recovers() {
    let web = "---
kind: service
name: web
primary: one
standby: [two]
depends-on: [db]
recovery: [{ step: look, does: verify, takes: 2h }]
";
    // 10 min until detection, 3 h until db is back, and then two hours of verification.
    assert_eq!(rto("web", &format!("{DB}{web}")), "5 h 10 min");
}

#[test]
fn manual_steps_of_one_person_run_in_order() {
    let steps = "kind: service
name: s
primary: one
standby: [two]
recovery:
  - { step: w, takes: 1m }
  - { step: y, by: ops, takes: 2h, after: [w] }
  - { step: x, by: ops, takes: 10m }
  - { step: z, takes: 3h, after: [x] }
";
    // 10 min until detection, 10 min until ops answers the call for x; then ops may do y first: 2 h, 10 min, 3 h.
    assert_eq!(rto("s", steps), "5 h 30 min");
}

#[test]
fn clients_cache_the_primary_for_its_ttl() {
    let traffic = "kind: service
name: s
primary: one
standby: [two]
traffic:
  t:
    zone: a.example
    record: t.a.example
    ttl: 1h
    probe: { https: /, every: 10s, failures: 3 }
    endpoints:
      one: 192.0.2.1
      two: { alias: lb.us-west-2.elb.amazonaws.com, zone-id: Z1H1FL5HABSF5 }
";
    // 48 s, 60 s, and an hour of TTL although the standby is an alias.
    assert_eq!(rto("s", traffic), "1 h 1 min 48 s");
}

#[test]
fn restores_share_bandwidth_and_are_bounded_by_data_size() {
    let data = "kind: service
name: s
primary: one
standby: [two]
objectives: { rto: 100h, rpo: 100h }
assumptions: { restore-throughput: { value: 1GiB/s, because: test } }
data:
  a: &a { bucket: acme-a, size: { value: 3600GiB, because: test }, backups: [{ strategy: daily, at: 03:00, keep: 7d, to: [two] }] }
  b: { bucket: acme-b, size: { value: 3600GiB, because: test }, backups: [{ strategy: daily, at: 03:00, keep: 7d, to: [two] }] }
recovery:
  - { step: a, does: restore data.a, takes: 1m }
  - { step: b, does: restore data.b }
";
    // 10 min until detection, then an hour for each step, one after the other; the stated minute is too
    // short.
    assert_eq!(rto("s", data), "2 h 10 min");
}

#[test]
fn person_may_choose_the_longer_step_first() {
    let steps = "kind: service
name: s
primary: one
standby: [two]
recovery:
  - { step: short, by: ops, takes: 10m }
  - { step: boots, takes: 3h, after: [short] }
  - { step: long, by: ops, takes: 2h }
";
    // Nothing says that `short` comes first: 10 min, 10 min, 2 h, 10 min, 3 h.
    assert_eq!(rto("s", steps), "5 h 30 min");
    // `after` says it.
    let ordered = steps.replace("takes: 2h }", "takes: 2h, after: [short] }");
    assert_eq!(rto("s", &ordered), "3 h 30 min");
}

#[test]
fn restores_that_run_together_delay_what_follows_the_first() {
    let data = "kind: service
name: s
primary: one
standby: [two]
objectives: { rto: 100h, rpo: 100h }
assumptions: { restore-throughput: { value: 1GiB/s, because: test } }
data:
  a: { bucket: acme-a, size: { value: 3600GiB, because: test }, backups: [{ strategy: daily, at: 03:00, keep: 7d, to: [two] }] }
  b: { bucket: acme-b, size: { value: 7200GiB, because: test }, backups: [{ strategy: daily, at: 03:00, keep: 7d, to: [two] }] }
recovery:
  - { step: a, does: restore data.a }
  - { step: look, does: verify, takes: 5h, after: [a] }
  - { step: b, does: restore data.b }
";
    // 10 min; an hour for `a`, as long again because `b` gets half; 5 h.
    assert_eq!(rto("s", data), "7 h 10 min");
    // Times that are only stated are not shared.
    let stated = data
        .replace("size: { value: 3600GiB, because: test }, ", "")
        .replace("size: { value: 7200GiB, because: test }, ", "");
    let stated = stated.replace("data.a }", "data.a, takes: 1h }").replace("data.b }", "data.b, takes: 2h }");
    assert_eq!(rto("s", &stated), "6 h 10 min");
}

#[test]
fn person_who_works_for_a_dependency_works_there_first() {
    let db = "kind: service
name: db
primary: one
standby: [two]
recovery: [{ step: restart, by: ops, takes: 1h }]
";
    let web = "---
kind: service
name: web
primary: one
standby: [two]
depends-on: [db]
recovery:
  - { step: restart, by: ops, takes: 2h }
  - { step: look, does: verify, takes: 10m, after: [restart] }
";
    // 10 min, 10 min until ops answers, 1 h and 2 h in any order, 10 min.
    assert_eq!(rto("web", &format!("{db}{web}")), "3 h 30 min");
}

#[test]
fn manual_steps_start_after_the_decision() {
    let text = "kind: service
name: s
primary: one
standby: [two]
recovery: [{ step: go, by: ops, takes: 1h }]
";
    let decided = |by: &str| {
        let mut sources = Sources::default();
        let estate = ESTATE.replace("declared-by: chief, within: 0s", by);
        sources.add("test.yaml", format!("{estate}{text}"));
        let policy = check(&sources, Options::default()).policy.unwrap();
        let all = Deriver::new(&policy, None).all(Facts::wanted);
        all.values().next().unwrap()[0].rto.in_words()
    };
    // 10 min until detection, then 3 h until ops declares it, who is there then and works for an hour.
    assert_eq!(decided("declared-by: ops, within: 3h"), "4 h 10 min");
    // The chief decides, and ops has to answer.
    assert_eq!(decided("declared-by: chief, within: 3h"), "4 h 20 min");
    assert_eq!(decided("declared-by: chief"), "unbounded (at least 1 h 20 min)");
}

/// A service whose traffic fails over to `two`.
fn moving(data: &str) -> String {
    format!(
        "kind: service\nname: s\nprimary: one\nstandby: [two, three]\n\
         traffic: {{ t: {{ zone: a.example, record: t.a.example, probe: {{ https: /, every: 10s, failures: 3 }}, \
         endpoints: {{ one: 192.0.2.1, two: 192.0.2.2, three: 192.0.2.3 }} }} }}\n{data}"
    )
}

fn unlimited(bound: &Bound) -> Vec<String> {
    let terms = bound.terms.iter().filter(|term| term.value.is_none());
    terms.map(|term| format!("{}: {}", term.what, term.source)).collect()
}

#[test]
fn nobody_begins_before_somebody_decides() {
    let service = "kind: service
name: s
primary: one
standby: [two]
recovery: [{ step: go, by: ops, takes: 1h }]
recovery-from: { account-compromise: [{ step: go, takes: 1h }] }
";
    let of = |text: &str, disruption: Disruption| {
        let mut sources = Sources::default();
        let silent =
            ESTATE.replace("disruptions: [site-loss, corruption, account-compromise, key-loss], ", "");
        sources.add("test.yaml", format!("{silent}{text}"));
        let policy = check(&sources, Options::default()).policy.unwrap();
        let all = Deriver::new(&policy, None).all(Facts::wanted);
        let derived = all.values().next().unwrap().iter().find(|one| one.disruption == disruption).unwrap();
        unlimited(&derived.rto)
    };
    let nobody = |key: &str| {
        format!(
            "until somebody decides: no level of the continuity plan has `{key}` in its `disruptions`, and no step does `declare`: add one of them"
        )
    };
    assert_eq!(of(service, Disruption::SiteLoss), [nobody("site-loss")]);
    assert!(of(service, Disruption::AccountCompromise).contains(&nobody("account-compromise")));
    // What monitoring starts needs no decision, and a step can be the decision.
    assert_eq!(of(&service.replace("by: ops, ", ""), Disruption::SiteLoss), [""; 0]);
    let declared = service
        .replace("[{ step: go, by", "[{ step: say, does: declare, by: ops, takes: 1m }, { step: go, by");
    assert_eq!(of(&declared, Disruption::SiteLoss), [""; 0]);
}

#[test]
fn data_must_be_where_its_users_go() {
    let copied = |to: &str| {
        let data = format!(
            "data: {{ d: {{ bucket: acme-d, backups: [{{ strategy: real-time, to: [{to}] }}] }} }}\n"
        );
        let (derived, _) = derive("s", &moving(&data), Disruption::SiteLoss);
        (derived.rto.in_words(), unlimited(&derived.rto))
    };
    assert_eq!(copied("two").0, "2 min 48 s");
    let cure = "restoring `d`: users go to `two`, which has no copy: no step does `restore data.d`; add `two` to a `real-time` backup";
    assert_eq!(copied("three").1, [cure]);
    // Without traffic they go to the first standby.
    let still = |to: &str| {
        let text = format!(
            "kind: service\nname: s\nprimary: one\nstandby: [two, three]\nrecovery: [{{ step: a, takes: 1h }}]\n\
            data: {{ d: {{ bucket: acme-d, backups: [{{ strategy: real-time, to: [{to}] }}] }} }}\n"
        );
        rto("s", &text)
    };
    assert_eq!(
        (still("two").as_str(), still("three").as_str()),
        ("1 h 10 min", "unbounded (at least 10 min)")
    );
}

#[test]
fn existing_bucket_that_nobody_vouches_for_is_not_copied() {
    let text = |rest: &str| {
        format!(
            "kind: service\nname: s\nprimary: one\nstandby: [two]\n{rest}data: {{ d: {{ bucket: acme-d, backups: [{{ strategy: real-time, to: [two] }}] }} }}\n"
        )
    };
    let of = |text: &str| derive("s", text, Disruption::SiteLoss).0.rpo.into_values().next().unwrap();
    let existing = text("existing: { bucket.d.one: {} }\n");
    assert!(unlimited(&of(&existing))[0].starts_with("not met until backfilled"));
    let stated = existing.replace("acme-d,", "acme-d, backfilled: { value: 2026-01-01, because: test },");
    assert_eq!(of(&stated).in_words(), "15 min");
    // Whether another bucket exists is an assumption, so the number is less reliable than the SLA.
    let silent = of(&text(""));
    assert_eq!((silent.in_words(), silent.assurance()), ("15 min".to_owned(), Assurance::Attested));
}

#[test]
fn what_a_disruption_does_not_touch_is_not_unbounded() {
    let stateless =
        moving("objectives: { key-loss: { rto: 1m, rpo: 1m }, corruption: { rto: 1m, rpo: 1m } }\n");
    for disruption in [Disruption::KeyLoss, Disruption::Corruption] {
        let (derived, codes) = derive("s", &stateless, disruption);
        assert_eq!((derived.rto.in_words().as_str(), codes), ("0 s", Vec::new()), "{disruption:?}");
    }
    // SSE-S3 needs no key of the account.
    let plain = data("{ strategy: real-time, to: [two] }", "");
    let derived = derive("s", &plain, Disruption::KeyLoss).0;
    assert_eq!(
        (derived.rto.in_words().as_str(), derived.worst_rpo().unwrap().1.in_words().as_str()),
        ("0 s", "0 s")
    );
}

fn data(backups: &str, rest: &str) -> String {
    format!(
        "kind: service\nname: s\nprimary: one\nstandby: [two]\nobjectives: {{ rto: 999d, rpo: 999d }}\n{rest}\
         data: {{ d: {{ bucket: acme-d, backups: [{backups}] }} }}\n\
         recovery: &back [{{ step: back, does: restore data.d, takes: 1h }}]\n\
         recovery-from: {{ corruption: *back, account-compromise: *back, key-loss: *back }}\n"
    )
}

#[test]
fn backup_that_expires_before_detection_does_not_count() {
    let noticed = |days: u64| format!("assumptions: {{ noticed: {{ value: {days}d, because: test }} }}\n");
    let backup = "{ strategy: daily, at: 03:00, keep: 35d, lock: compliance, to: [two] }";
    // 24 h + 1 h + 8 h + 1 h of copying.
    assert_eq!(rpo(&data(backup, &noticed(10)), Disruption::AccountCompromise), "34 h");
    let late = rpo(&data(backup, &noticed(90)), Disruption::AccountCompromise);
    assert!(late.starts_with("unbounded"), "{late}");
}

#[test]
fn daily_backup_interval_includes_daylight_saving_changes() {
    let at = |at: &str| {
        let backup = format!("{{ strategy: daily, at: '{at}', zone: Europe/Berlin, keep: 7d, to: [two] }}");
        rpo(&data(&backup, ""), Disruption::SiteLoss)
    };
    // The day on which summer time ends has 25 h. The day on which it begins has no 02:30, so the next backup
    // is 47 h later.
    assert_eq!((at("12:00"), at("02:30")), ("35 h".to_owned(), "57 h".to_owned()));
}

#[test]
fn slow_daily_backups_skip_each_other() {
    let daily = |complete: u64| {
        let backup = format!(
            "{{ strategy: daily, at: 03:00, keep: 7d, windows: {{ complete: {complete}h }}, to: [two] }}"
        );
        rpo(&data(&backup, ""), Disruption::SiteLoss)
    };
    // 24 h + 1 h + 22 h + 1 h of copying. With 24 h of backup the next one cannot start in its window.
    assert_eq!((daily(22), daily(24)), ("48 h".to_owned(), "unbounded (at least 26 h)".to_owned()));
}

#[test]
fn copies_to_several_sites_run_one_after_the_other() {
    let backup = "{ strategy: daily, at: 03:00, keep: 7d, to: [two, three] }";
    // 24 h + 1 h + 8 h, and 1 h for each copy: nobody knows which comes first.
    assert_eq!(rpo(&data(backup, ""), Disruption::SiteLoss), "35 h");
}

#[test]
fn weekly_backup_can_take_the_turn_of_a_daily_one() {
    let daily = "{ strategy: daily, at: 03:00, keep: 7d, to: [two] }";
    let weekly =
        |at: &str| format!("{daily}, {{ strategy: weekly, on: sunday, at: '{at}', keep: 35d, to: [two] }}");
    // On Sunday either of them runs and the other one expires: 48 h + 1 h + 8 h + 1 h. Nine hours later both run.
    assert_eq!(rpo(&data(&weekly("03:00"), ""), Disruption::SiteLoss), "58 h");
    assert_eq!(rpo(&data(&weekly("14:00"), ""), Disruption::SiteLoss), "34 h");
}

#[test]
fn backup_that_expires_before_its_restore_begins_does_not_count() {
    let daily =
        |keep: u64| format!("{{ strategy: daily, at: 03:00, keep: {keep}d, lock: compliance, to: [two] }}");
    // A backup is up to 34 h old, and kept for 24 h only.
    assert_eq!(rpo(&data(&daily(1), ""), Disruption::SiteLoss), "unbounded (at least 34 h)");
    assert_eq!(rpo(&data(&daily(2), ""), Disruption::SiteLoss), "34 h");
    // Nobody states how long a compromise can stay unnoticed.
    assert_eq!(rpo(&data(&daily(35), ""), Disruption::AccountCompromise), "unbounded (at least 34 h)");
    // People take longer than the backups are kept.
    let slow =
        data(&daily(2), "").replace("recovery: &back [", "recovery: &back [{ step: think, takes: 20h }, ");
    assert_eq!(
        rpo(&slow.replace("takes: 1h }", "takes: 1h, after: [think] }"), Disruption::SiteLoss),
        "unbounded (at least 34 h)"
    );
}

#[test]
fn replica_does_not_count_as_a_backup() {
    let real_time = "{ strategy: real-time, to: [two, three] }";
    assert_eq!(rpo(&data(real_time, ""), Disruption::SiteLoss), "15 min");
    assert_eq!(rpo(&data(real_time, ""), Disruption::AccountCompromise), "unbounded");
    let governance = "{ strategy: daily, at: 03:00, keep: 35d, lock: governance, to: [two] }";
    assert_eq!(rpo(&data(governance, ""), Disruption::AccountCompromise), "unbounded");
    // A copy only at the primary site is lost with it.
    let beside = "{ strategy: daily, at: 03:00, keep: 35d, to: [one] }";
    assert_eq!(rpo(&data(beside, ""), Disruption::SiteLoss), "unbounded");
}

#[test]
fn waived_miss_does_not_hide_other_misses() {
    let db = format!(
        "{DB}objectives: {{ rto: 1h }}\nwaivers: [{{ code: E0802, because: test, owner: ops, until: 2030-01-01 }}]\n"
    );
    let web = "---
kind: service
name: web
primary: one
standby: [two]
objectives: { rto: 1h }
depends-on: [db]
recovery: [{ step: restart, takes: 10m }]
";
    let codes = |text: &str| derive("web", text, Disruption::SiteLoss).1;
    assert_eq!(codes(&format!("{db}{web}")), ["E0802"], "web waits for what nobody mends");
    let unwaived = db.split("waivers").next().unwrap();
    assert_eq!(codes(&format!("{unwaived}{web}")), ["E0802"], "one cause, one finding: db's");
}

/// The bounds with these words at the sites `one` and `two`.
fn with_sites(one: &str, two: &str, account: &str, text: &str, disruption: Disruption) -> Bound {
    let mut sources = Sources::default();
    let estate = ESTATE
        .replace("one: { aws: us-east-1 }", &format!("one: {{ aws: us-east-1{one} }}"))
        .replace("two: { aws: us-west-2 }", &format!("two: {{ aws: us-west-2{two} }}"))
        .replace("name: acme\n", &format!("name: acme\n{account}"));
    sources.add("test.yaml", format!("{estate}{text}"));
    let checked = check(&sources, Options::default());
    let policy = checked.policy.unwrap_or_else(|| panic!("{:?}", checked.findings));
    let derived = Deriver::new(&policy, None).all(Facts::wanted).into_values().next().unwrap();
    let derived = derived.into_iter().find(|one| one.disruption == disruption).unwrap();
    derived.rpo.into_values().next().unwrap()
}

#[test]
fn backup_in_a_vault_of_the_lost_key_is_lost_with_it() {
    let noticed = "assumptions: { noticed: { value: 1d, because: test } }\n";
    let backup = "{ strategy: daily, at: 03:00, keep: 35d, to: [one, two] }], encrypt: 'aws:kms', size: { value: 1GiB, because: test";
    let text = data(backup, noticed).replace("because: test] }", "because: test } }");
    let key = |region: &str, id: &str| format!("kms-key: 'arn:aws:kms:{region}:111122223333:key/{id}'");
    let lost = format!(", {}", key("us-east-1", "mrk-1"));
    let of = |one: &str, two: &str| {
        with_sites(&format!("{lost}{one}"), two, "", &text, Disruption::KeyLoss).in_words()
    };
    // The vault at home has the lost key, the one away the key of AWS Backup: 24 h + 1 h + 8 h, and 1 h for the copy.
    assert_eq!(of("", ""), "34 h");
    // A replica of the lost key, at the site or at the vault alone.
    let replica = key("us-west-2", "mrk-1");
    assert!(of("", &format!(", {replica}")).starts_with("unbounded"));
    assert!(of("", &format!(", vault: {{ {replica} }}")).starts_with("unbounded"));
    // The key of the vault counts, not that of the site.
    let own = key("us-west-2", "2");
    assert_eq!(of("", &format!(", {replica}, vault: {{ {own} }}")), "34 h");
    // Another key at home is enough; another name is not.
    let home = format!(", vault: {{ {} }}", key("us-east-1", "2"));
    assert_eq!(of(&home, &format!(", {replica}")), "33 h");
    let alias = format!(", kms-key: alias/acme, vault: {{ {} }}", key("us-east-1", "2"));
    assert_eq!(with_sites(&alias, "", "", &text, Disruption::KeyLoss).in_words(), "34 h");
}

#[test]
fn attacker_reaches_what_is_in_the_account() {
    let noticed = "assumptions: { noticed: { value: 1d, because: test } }\n";
    let of = |lock: &str, two: &str, account: &str| {
        let backup = format!("{{ strategy: daily, at: 03:00, keep: 35d{lock}, to: [two] }}");
        let bound = with_sites("", two, account, &data(&backup, noticed), Disruption::AccountCompromise);
        (bound.in_words(), unlimited(&bound))
    };
    let (own, other) = ("account: '111122223333'\n", ", vault: { account: '222233334444' }");
    let locked = ", lock: compliance";
    assert_eq!(of(locked, "", "").0, "34 h");
    assert_eq!(of("", other, own).0, "34 h");
    assert_eq!(of("", "", own).0, "unbounded");
    assert_eq!(of("", ", vault: { account: '111122223333' }", own).0, "unbounded");
    // Nobody says which account is compromised.
    assert!(of("", other, "").1[0].contains("state `account`"));
    // What is locked cannot be read once its key is deleted.
    let key = |owner: &str| format!(", vault: {{ kms-key: 'arn:aws:kms:us-west-2:{owner}:key/1' }}");
    assert!(
        of(locked, &key("111122223333"), own).1[0]
            .starts_with("the key of the vault at `two` can be deleted")
    );
    assert_eq!(of(locked, &key("222233334444"), own).0, "34 h");
    assert!(of(locked, &key("222233334444"), "").0.starts_with("unbounded"));
    assert_eq!(of(locked, ", kms-key: alias/acme, vault: { kms-key: alias/aws/backup }", own).0, "34 h");
}

/// A live copy in another account keeps the versions of what an attacker overwrites and deletes.
#[test]
fn attacker_does_not_reach_a_copy_in_another_account() {
    let noticed = "assumptions: { noticed: { value: 1d, because: test } }\n";
    let of = |two: &str, account: &str, more: &str| {
        let copy =
            format!("{{ strategy: real-time, to: [two] }}], size: {{ value: 1GiB, because: test }}{more}@");
        let text = data(&copy, noticed).replace("@] }", " }");
        let bound = with_sites("", two, account, &text, Disruption::AccountCompromise);
        (bound.in_words(), unlimited(&bound))
    };
    let (own, there) = ("account: '111122223333'\n", ", account: { id: '222233334444', role: recovery }");
    assert_eq!(of(there, own, "").0, "15 min");
    assert_eq!(of("", own, "").0, "unbounded");
    assert_eq!(
        of(&there.replace("222233334444", "111122223333"), own, "").0,
        "unbounded",
        "the same account"
    );
    // Its versions have to be there until somebody restores them.
    assert_eq!(of(there, own, ", keep-versions: 30d").0, "15 min");
    let gone = of(there, own, ", keep-versions: 1d");
    assert!(gone.1[0].starts_with("versions are kept for 24 h only"), "{gone:?}");
    // A key of the compromised account can be deleted.
    let key = |owner: &str| format!("{there}, kms-key: 'arn:aws:kms:us-west-2:{owner}:key/1'");
    let encrypted = ", encrypt: 'aws:kms'";
    assert_eq!(of(&key("222233334444"), own, encrypted).0, "15 min");
    assert_eq!(of(&key("111122223333"), own, encrypted).0, "unbounded");
    assert_eq!(of(&format!("{there}, kms-key: managed"), own, encrypted).0, "15 min");
}

fn policy_of(text: &str) -> Policy {
    let mut sources = Sources::default();
    let estate = ESTATE
        .replace("one: { aws: us-east-1 }", "one: { aws: us-east-1, shares: [grid] }")
        .replace("two: { aws: us-west-2 }", "two: { aws: us-west-2, shares: [grid] }");
    sources.add("test.yaml", format!("{estate}{text}"));
    let checked = check(&sources, Options::default());
    checked.policy.unwrap_or_else(|| panic!("{:?}", checked.findings))
}

#[test]
fn services_of_one_site_need_one_person() {
    let service = |name: &str, takes: &str| {
        format!(
            "kind: service\nname: {name}\nprimary: one\nstandby: [two]\nrecovery: [{{ step: go, by: ops, takes: {takes} }}]\n"
        )
    };
    let policy = policy_of(&format!("{}---\n{}", service("a", "1h"), service("b", "2h")));
    let all = Deriver::new(&policy, None).all(Facts::wanted);
    let alone: Vec<String> = all.values().map(|derived| derived[0].rto.in_words()).collect();
    // 10 min until detection, 10 min until ops answers, and the own step.
    assert_eq!(alone, ["1 h 20 min", "2 h 20 min"]);
    let losses = losses(&policy, None);
    let site =
        losses.iter().find(|loss| matches!(loss.fate, Fate::Site(name) if name.as_str() == "one")).unwrap();
    let together: Vec<String> = site.services.values().map(|one| one.rto.in_words()).collect();
    // Ops may do either first.
    assert_eq!(together, ["3 h 20 min", "3 h 20 min"]);
}

#[test]
fn sites_that_share_a_fate_are_lost_with_their_copies() {
    let text = |to: &str| {
        moving(&format!(
            "data: {{ d: {{ bucket: acme-d, backups: [{{ strategy: real-time, to: [{to}] }}] }} }}\n"
        ))
    };
    let of = |to: &str| {
        let policy = policy_of(&text(to));
        let losses = losses(&policy, None);
        let named = |loss: &&Loss<'_>| matches!(loss.fate, Fate::Shared(name) if name.as_str() == "grid");
        let lost = losses.iter().find(named).unwrap();
        let service = lost.services.values().next().unwrap();
        (service.rto.in_words(), service.worst_rpo().unwrap().1.in_words())
    };
    // Traffic goes on to the third site.
    assert_eq!(of("two, three"), ("2 min 48 s".to_owned(), "15 min".to_owned()));
    assert_eq!(of("two"), ("unbounded (at least 48 s)".to_owned(), "unbounded".to_owned()));
    let two = text("two, three").replace(", three: 192.0.2.3", "");
    let policy = policy_of(&two);
    let losses = losses(&policy, None);
    let lost = losses.iter().find(|loss| matches!(loss.fate, Fate::Shared(_))).unwrap();
    let rto = &lost.services.values().next().unwrap().rto;
    assert_eq!(unlimited(rto), ["traffic `t` fails over to nowhere: every endpoint is at a lost site"]);
}

#[test]
fn order_of_one_person_says_what_is_open() {
    let text = "kind: service
name: s
primary: one
standby: [two]
recovery:
  - { step: a, by: ops, takes: 1m }
  - { step: b, takes: 1m, after: [a] }
  - { step: c, by: ops, takes: 1m, after: [b] }
  - { step: d, by: ops, takes: 1m, after: [a] }
  - { step: e, by: ops, takes: 1m, after: [c, d] }
  - { step: f, by: chief, takes: 1m }
";
    let orders = derive("s", text, Disruption::SiteLoss).0.orders;
    let names =
        |group: &Vec<Name>| group.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>().join(" ");
    let orders: Vec<(String, Vec<String>)> =
        orders.iter().map(|one| (one.person.to_string(), one.groups.iter().map(names).collect())).collect();
    // `b` is not theirs, but it fixes that `a` is before `c`. Chief has one step only.
    assert_eq!(orders, [("ops".to_owned(), vec!["a".to_owned(), "c d".to_owned(), "e".to_owned()])]);
}
