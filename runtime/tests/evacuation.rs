//! A plan that is made and approved before the disaster, and applied when it comes.

use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};

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
        fresh.ends_with("`evacuate.plan` would be applied now: 1 step. Nothing was changed.\n"),
        "{fresh}"
    );
    assert_eq!(bench.run("journal log").expect(0).stdout, journal);
    assert_eq!(bench.read("cloud.json"), cloud);
    assert!(bench.run("apply policies --dry-run").expect(64).stderr.contains("is for a saved plan"));
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

/// What does more than to send users elsewhere is approved like any other change, and without a word in the policy an evacuation too.
#[test]
fn only_plans_that_send_users_away_and_only_where_the_policy_says_so_are_approved_for_longer() {
    for (approvals, evacuate, change) in [
        ("", "--evacuate oregon", ""),
        (", hold-evacuation: 30d", "", "45s"),
        (", hold-evacuation: 30d", "--evacuate oregon", "bucket"),
    ] {
        let bench = estate(approvals);
        match change {
            "bucket" => {
                let more = "data:\n  more: { bucket: acme-more, backups: [{ strategy: real-time, to: [oregon] }] }\n";
                let service = format!(
                    "kind: service\nname: more\nprimary: virginia\nstandby: [oregon]\n{more}recovery: [{{ step: read-it, takes: 30m }}]
assumptions: {{ detection: {{ value: 5m, because: the monitoring pages after five minutes }} }}\n"
                );
                bench.write("policies/more.yaml", &service);
            }
            "" => {}
            ttl => bench.write("policies/pay.yaml", &PAY.replace("60s", ttl)),
        }
        bench.run(&format!("plan policies {evacuate} --author ci@acme.example --out some.plan")).expect(0);
        let shown = bench.run("show some.plan").expect(0).stdout;
        assert!(shown.contains("each approval is valid for at most 24 h"), "{approvals} {evacuate}: {shown}");
        approved(&bench, "some.plan", DAY * 2, DAY * 30);
        let refused = bench.run("apply some.plan").expect(4).stderr;
        let words = refused.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("valid for longer than the estate allows"), "{words}");
    }
}
