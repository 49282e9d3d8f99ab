//! A plan that is made and approved before the disaster, and applied when it comes.

use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::Bench;

const PAY: &str = "kind: service
name: pay
primary: oregon
standby: [virginia]
data:
  ledger: { bucket: acme-ledger, backups: [{ strategy: real-time, to: [virginia] }] }
traffic:
  api:
    zone: acme.example
    record: api.acme.example
    ttl: 60s
    probe: { https: /healthz, every: 10s, failures: 3 }
    endpoints: { virginia: 192.0.2.10, oregon: 198.51.100.10 }
";

fn keygen(bench: &Bench<'_>, arguments: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).current_dir(bench.folder.path()).env_remove("SSH_AUTH_SOCK").stdin(Stdio::null());
    assert!(command.status().expect("ssh-keygen is installed (openssh-client)").success());
}

/// An estate that requires an approval, with its keys.
fn estate(approvals: &str) -> Bench<'static> {
    let bench = Bench::local();
    keygen(&bench, &["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", "alice"]);
    let public = bench.read("alice.pub");
    bench.write("policies/people", &format!("alice@acme.example {public}"));
    let estate = "kind: estate\nname: acme\nsites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
defaults: { assumptions: { keep-alive: { value: 5m, because: the load balancers keep connections for 300 s } } }\n";
    bench.write(
        "policies/estate.yaml",
        &format!("{estate}approvals: {{ required: 1, signers: people{approvals} }}\n"),
    );
    bench.write("policies/pay.yaml", PAY);
    change(&bench, "first");
    bench
}

/// An ordinary change: planned, approved, applied.
fn change(bench: &Bench<'_>, name: &str) {
    bench.run(&format!("plan policies --author ci@acme.example --out {name}.plan")).expect(0);
    bench.run(&format!("approve {name}.plan --key alice")).expect(0);
    bench.run(&format!("apply {name}.plan")).expect(0);
}

/// An approval of a plan that was given this long ago, and holds for this long.
fn approved(bench: &Bench<'_>, plan: &str, ago: SignedDuration, holds: SignedDuration) {
    bench.run(&format!("approve {plan} --key alice")).expect(0);
    let file = format!("{plan}.alice@acme.example.approval");
    let at = Timestamp::from_second(Timestamp::now().as_second()).unwrap() - ago;
    let text: String = bench
        .read(&file)
        .lines()
        .map(|line| match line.split_once(' ') {
            Some(("approved-at", _)) => format!("approved-at {at}\n"),
            Some(("expires-at", _)) => format!("expires-at {}\n", at + holds),
            _ => format!("{line}\n"),
        })
        .collect();
    bench.write(&file, &text);
    std::fs::remove_file(bench.folder.path().join(format!("{file}.sig"))).unwrap();
    keygen(bench, &["-q", "-Y", "sign", "-n", "approval@holdfast", "-f", "alice", &file]);
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[test]
fn evacuation_that_was_approved_days_before_works_once_after_ordinary_changes() {
    let bench = estate(", hold-evacuation: 30d");
    bench.run("plan policies --evacuate oregon --author ci@acme.example --out evacuate.plan").expect(0);
    let shown = bench.run("show evacuate.plan").expect(0).stdout;
    assert!(shown.contains("each approval is valid for at most 30 d"), "{shown}");
    approved(&bench, "evacuate.plan", DAY * 2, DAY * 30);
    for (nth, ttl) in ["45s", "60s"].into_iter().enumerate() {
        bench.write("policies/pay.yaml", &PAY.replace("60s", ttl));
        change(&bench, &format!("change{nth}"));
    }
    let (cloud, journal) = (bench.read("cloud.json"), bench.run("journal log").expect(0).stdout);
    // Somebody changes the record by hand: an apply would be refused, and a look says so without a trace.
    bench.write("cloud.json", &cloud.replace("198.51.100.10", "198.51.100.99"));
    let stale = bench.run("apply evacuate.plan --dry-run").expect(4).stderr;
    assert!(stale.contains("E0701") && stale.contains("198.51.100.99"), "{stale}");
    bench.write("cloud.json", &cloud);
    let fresh = bench.run("apply evacuate.plan --dry-run").expect(0).stdout;
    assert!(
        fresh.ends_with("`evacuate.plan` would be applied now: 1 step, unless another run holds the journal. Nothing was changed.\n"),
        "{fresh}"
    );
    assert_eq!(bench.run("journal log").expect(0).stdout, journal);
    assert_eq!(bench.read("cloud.json"), cloud);
    assert!(bench.run("apply policies --dry-run").expect(64).stderr.contains("is for a saved plan"));
    let missing = bench.run("apply evacuat.plan --dry-run").expect(3).stderr;
    assert!(missing.starts_with("E0001\n") && missing.contains("evacuat.plan"), "{missing}");
    bench.write(
        "cloud.json",
        &cloud.replacen("\"faults\": []", "\"faults\": [], \"weather\": {\"lost\": [\"us-west-2\"]}", 1),
    );
    let applied = bench.run("apply evacuate.plan").expect(0).stdout;
    assert!(applied.contains("Applied: 0 created, 0 updated, 1 replaced, 0 deleted."), "{applied}");
    for again in ["apply evacuate.plan", "apply evacuate.plan --dry-run"] {
        let again = bench.run(again).expect(4).stderr;
        assert!(again.contains("this plan was already applied, in run 4"), "{again}");
    }
    let later = bench.run("plan policies").expect(0).stdout;
    assert!(later.starts_with("Evacuated: oregon."), "{later}");
}

const MORE: &str = "kind: service
name: more
primary: virginia
standby: [oregon]
data:
  more: { bucket: acme-more, backups: [{ strategy: real-time, to: [oregon] }] }
recovery: [{ step: read-it, takes: 30m }]
assumptions: { detection: { value: 5m, because: the monitoring pages after five minutes } }
";

/// What does more than to send users elsewhere, or by policies that nobody has applied, is approved like any other change. So is an
/// evacuation if the policy says nothing else.
#[test]
fn only_plans_that_send_users_away_by_applied_policies_are_approved_for_longer() {
    const LONG: &str = ", hold-evacuation: 30d";
    for (approvals, evacuate, file, from, to) in [
        ("", "--evacuate oregon", "pay", "", ""),
        (LONG, "", "pay", "60s", "45s"),
        (LONG, "--evacuate oregon", "pay", "60s", "45s"),
        (LONG, "--evacuate oregon", "pay", "192.0.2.10", "203.0.113.66"),
        (LONG, "--evacuate oregon", "more", "", ""),
        // A site that nothing uses is no disaster.
        (LONG, "--evacuate dummy", "estate", "sites: {", "sites: { dummy: { aws: eu-west-1 },"),
        (LONG, "--evacuate dummy", "estate", "30d", "90d"),
    ] {
        let bench = estate(approvals);
        if evacuate.ends_with("dummy") && from != "sites: {" {
            let estate = bench.read("policies/estate.yaml");
            bench.write(
                "policies/estate.yaml",
                &estate.replace("sites: {", "sites: { dummy: { aws: eu-west-1 },"),
            );
            change(&bench, "dummy");
        }
        match file {
            "more" => bench.write("policies/more.yaml", MORE),
            file => {
                let path = format!("policies/{file}.yaml");
                bench.write(&path, &bench.read(&path).replace(from, to));
            }
        }
        bench.run(&format!("plan policies {evacuate} --author ci@acme.example --out some.plan")).expect(0);
        let shown = bench.run("show some.plan").expect(0).stdout;
        assert!(shown.contains("each approval is valid for at most 24 h"), "{evacuate} {to}: {shown}");
        approved(&bench, "some.plan", DAY * 2, DAY * 30);
        let refused = bench.run("apply some.plan").expect(4).stderr;
        let words = refused.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("longer than the 24 h that the estate allows"), "{words}");
    }
}

/// Who may approve is what the estate said last, and not what it said when an old evacuation was made.
#[test]
fn old_evacuation_brings_nobody_back_who_may_not_approve_any_more() {
    let bench = estate(", hold-evacuation: 30d");
    keygen(&bench, &["-q", "-t", "ed25519", "-N", "", "-C", "mallory", "-f", "mallory"]);
    let alice = bench.read("policies/people");
    let both = format!("{alice}mallory@acme.example {}", bench.read("mallory.pub"));
    bench.write("policies/people", &both);
    bench.write("policies/pay.yaml", &PAY.replace("60s", "50s"));
    change(&bench, "both");
    bench.run("plan policies --evacuate oregon --author ci@acme.example --out evacuate.plan").expect(0);
    bench.run("approve evacuate.plan --key alice").expect(0);
    bench.write("policies/people", &alice);
    bench.write("policies/pay.yaml", &PAY.replace("60s", "55s"));
    change(&bench, "removed");
    bench.write("policies/pay.yaml", &PAY.replace("60s", "50s"));
    change(&bench, "back");
    bench.run("apply evacuate.plan").expect(0);
    bench.write("policies/people", &both);
    bench.write("policies/pay.yaml", &PAY.replace("60s", "45s"));
    bench.run("plan policies --author ci@acme.example --out hers.plan").expect(0);
    bench.run("approve hers.plan --key mallory").expect(0);
    let refused = bench.run("apply hers.plan").expect(4).stderr;
    assert!(refused.contains("it is not in the list"), "{refused}");
}

/// The estate of the story `two-way`, applied.
fn two_way() -> Bench<'static> {
    let bench = Bench::local();
    let story = crate::support::root().join("fixtures/scenarios/two-way");
    for file in ["estate.yaml", "pay.yaml"] {
        bench.write(&format!("policies/{file}"), &std::fs::read_to_string(story.join(file)).unwrap());
    }
    bench.run("apply policies --yes").expect(0);
    bench
}

/// Plan, with each run of white space as one blank.
fn words(bench: &Bench<'_>, words: &str) -> String {
    let ran = bench.run(words).expect(0);
    format!("{} {}", ran.stderr, ran.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

const CLAIM: &str = "Rules that were seen copy";

#[test]
fn way_back_is_claimed_only_while_all_that_it_needs_is_as_declared() {
    let bench = two_way();
    let cloud = bench.read("cloud.json");
    assert!(words(&bench, "plan policies --evacuate oregon").contains(CLAIM));
    let role = "holdfast-acme-pay-ledger-";
    for (kind, id, attribute, value) in [
        ("aws.role", role, "policy", json!({"Version": "2012-10-17", "Statement": []})),
        ("aws.role", role, "trust", json!({"Version": "2012-10-17", "Statement": []})),
        ("aws.bucket", "acme-ledger-us-east-1", "versioning", json!("Suspended")),
        ("aws.bucket", "acme-ledger-us-east-1", "ownership", json!("ObjectWriter")),
        (
            "aws.bucket-policy",
            "acme-ledger-eu-west-1",
            "replicated-only-by",
            json!("arn:aws:iam::000000000000:role/other"),
        ),
    ] {
        let mut broken: Value = serde_json::from_str(&cloud).unwrap();
        let objects = broken["objects"].as_array_mut().unwrap().iter_mut();
        let mut found =
            objects.filter(|one| one["kind"] == kind && one["id"].as_str().unwrap().starts_with(id));
        found.next().unwrap()["attributes"][attribute] = value;
        bench.write("cloud.json", &broken.to_string());
        let plan = words(&bench, "plan policies --evacuate oregon");
        assert!(
            !plan.contains(CLAIM) && plan.contains("so until the return its RPO has no limit"),
            "{kind} {attribute}: {plan}"
        );
    }
}

/// Users were at Virginia for a while, and nobody looks there before the return.
#[test]
fn return_to_some_of_the_sites_tells_of_what_was_written_at_the_others() {
    let bench = two_way();
    bench.run("apply policies --yes --evacuate oregon").expect(0);
    bench.write(
        "policies/pay.yaml",
        &bench.read("policies/pay.yaml").replace("endpoints: {", "endpoints: { ireland: 203.0.113.10,"),
    );
    bench.write(
        "policies/pay.yaml",
        &bench.read("policies/pay.yaml").replace("standby: [virginia]", "standby: [virginia, ireland]"),
    );
    bench.run("apply policies --yes --allow many").expect(0);
    bench.run("apply policies --yes --evacuate virginia --allow many").expect(0);
    let plan = words(&bench, "plan policies --return=oregon");
    assert!(plan.contains("whether `acme-ledger` has what was written to `acme-ledger-us-east-1` is unknown: `virginia` is evacuated"), "{plan}");
    assert!(!plan.contains(CLAIM), "{plan}");
}
