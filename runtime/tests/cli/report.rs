//! The estate as a report for people.

use super::shipped;
use crate::support::{Bench, root};

const DAY: &str = "--as-of 2026-11-30 --runs 20";

fn report(bench: &Bench<'_>, flags: &str) -> String {
    bench.run(&format!("report policies {DAY} {flags}")).expect(0).stdout
}

/// The report on the day of the clock, which has the runs of the test.
fn report_of_today(bench: &Bench<'_>) -> String {
    bench.run("report policies --as-of today --runs 20 --format markdown").expect(0).stdout
}

#[test]
fn report_of_the_shipped_policies_is_the_one_that_was_read() {
    let printed = report(&shipped(), "--offline --format markdown");
    let path = root().join("fixtures/report/acme.md");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), printed, "HOLDFAST_BLESS=1 writes it anew");
}

#[test]
fn offline_report_is_the_same_in_a_file_and_says_that_nobody_has_looked() {
    let bench = shipped();
    bench.run(&format!("report policies {DAY} --offline --out a.html")).expect(0);
    let page = report(&bench, "--offline");
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    assert_eq!(bench.read("a.html"), page);
    let text = report(&bench, "--offline --format markdown");
    assert!(text.contains("0 hold now") && text.contains("made without looking at the cloud"), "{text}");
    assert!(!text.contains("555 0143"));
    assert!(report(&bench, "--offline --format markdown --with-contacts").contains("+1 202 555 0143"));
}

#[test]
fn report_says_what_was_seen_in_which_account_and_what_was_changed_by_whom() {
    let bench = shipped();
    let before = report(&bench, "--format markdown");
    assert!(before.contains("missed now"), "{before}");
    bench.run("apply policies --yes --allow lock:aws.backup-vault.ireland.compliance").expect(0);
    let after = report(&bench, "--format markdown");
    assert!(after.contains("**8 hold now**, **0 are unknown**, **2 are missed**"), "{after}");
    assert!(after.contains("there is no complete backup of payments.ledger at ireland yet"), "{after}");
    assert!(after.contains("13 of 13 buckets and 2 of 2 places of backups were seen to encrypt"), "{after}");
    assert!(
        after.contains("`000000000000`, in local:cloud.json") && after.contains("Cloud seen:**"),
        "{after}"
    );
    assert!(after.contains("which is for tries"), "{after}");
    let today = report_of_today(&bench);
    assert!(today.contains("approved by nobody: 67 created"), "{today}");
    let cloud = bench.read("cloud.json");
    let lost = cloud.replace("\"faults\": []", "\"faults\": [], \"weather\": {\"lost\": [\"eu-west-1\"]}");
    bench.write("cloud.json", &lost);
    let unseen = report(&bench, "--format markdown");
    assert!(unseen.contains("1 do not, and of 1 nobody can tell."), "{unseen}");
    assert!(
        unseen.contains("is set up cannot be seen: aws.backup-vault.ireland.compliance: eu-west-1"),
        "{unseen}"
    );
    assert!(unseen.contains("resources could not be seen: nobody knows whether they differ."), "{unseen}");
    assert!(!unseen.contains("The next apply would change nothing."), "{unseen}");
    let cloud = cloud.replace("\"ttl\": 60", "\"ttl\": 30");
    bench.write("cloud.json", &cloud);
    let drifted = report(&bench, "--format markdown");
    assert!(drifted.contains("| ttl | 60 | 30 |"), "{drifted}");
    bench.run("apply policies --yes").expect(0);
    let back = report_of_today(&bench);
    assert!(back.contains("| update | done | ttl: 30 → 60 |"), "{back}");
}

#[test]
fn cloud_that_cannot_be_seen_is_an_error_after_the_report() {
    let bench = shipped();
    bench.write("broken.json", "{");
    let ran =
        bench.run(&format!("report policies {DAY} --cloud local:broken.json --format markdown")).expect(1);
    assert!(ran.stdout.contains("the cloud could not be observed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("0 hold now"), "{}", ran.stdout);
    assert!(ran.stderr.contains("error: the cloud could not be observed"), "{}", ran.stderr);
}

#[test]
fn missed_objective_is_in_the_report_and_in_the_exit_code() {
    let bench = shipped();
    let text = bench
        .read("policies/payments.yaml")
        .replace("takes: 15m\n    after: [shift", "takes: 3h\n    after: [shift");
    bench.write("policies/payments.yaml", &text);
    for flags in ["--offline", ""] {
        let ran = bench.run(&format!("report policies {DAY} {flags} --format markdown")).expect(3);
        assert!(ran.stdout.contains("missed by the policies"), "{}", ran.stdout);
        assert!(ran.stderr.contains("E08"), "{}", ran.stderr);
    }
    bench.run(&format!("report policies {DAY} --format json --out policies/drills.yaml")).expect(64);
    bench.write("policies/payments.yaml", "kind: nothing\n");
    assert_eq!(bench.run(&format!("report policies {DAY} --offline")).expect(3).stdout, "");
}
