//! Azure under bad conditions: lost answers, throttling, crashes, and others who write at the same time.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::applied::{applied, drift, policy, view, without_copy, world};
use super::arm::{Arm, path_of};
use crate::support::{Ran, signal};

const WRITES: &str = "(PUT|PATCH|DELETE) ";

/// Nothing exists twice, and everything is as after an apply in good weather.
#[test]
fn apply_converges_in_any_weather() {
    let wanted = view(&applied());
    for (line, does, times, wasted) in [
        (WRITES, "lose", 1, "without a response"),
        (".*", "throttle", 1, "throttled"),
        (WRITES, "refuse", 1, "refused by the server"),
    ] {
        let arm = world();
        arm.faults(&json!([{"line": line, "do": does, "each": true, "times": times}]));
        let ran = arm.run("apply policies --yes").expect(0);
        assert!(ran.stdout.contains(wasted), "{}", ran.stdout);
        arm.faults(&json!([]));
        arm.run("plan policies --detailed-exitcode").expect(0);
        assert_eq!(view(&arm), wanted, "{does}");
    }
}

/// Start an apply, and kill it at a write: before or after that is done. Whether it ended before it could be killed.
fn ends(arm: &Arm, does: &str, skipped: usize) -> bool {
    arm.faults(&json!([{"line": WRITES, "do": does, "skip": skipped}]));
    let mut command = arm.command(&["apply", "policies", "--yes", "--parallelism", "1"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (over, id) = (AtomicBool::new(false), child.id());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            arm.hangs();
            if !over.load(Ordering::SeqCst) {
                signal(id, "KILL");
            }
        });
        let ended = child.wait().unwrap().success();
        over.store(true, Ordering::SeqCst);
        // Whoever waits for a request that hangs goes on.
        arm.faults(&json!([]));
        ended
    })
}

/// Kill applies of what a start needs, each one some writes later than the one before, until one ends. Then everything is as after an apply
/// that nobody killed. At least this many are killed.
fn converges_after_kills(start: fn() -> Arm, least: usize) {
    let calm = start();
    let before = calm.writes();
    calm.run("apply policies --yes").expect(0);
    let most = calm.writes() - before;
    let arm = start();
    assert!(!ends(&arm, "hang", 0), "it ended without a write");
    // After the first write, then after two more, then after three more; as done and as not done in turns.
    let mut killed = 0;
    while !ends(&arm, ["hang-after", "hang"][killed % 2], killed) {
        killed += 1;
        assert!(killed <= most, "it gets no further");
    }
    assert!(killed >= least, "{killed}");
    arm.run("plan policies --detailed-exitcode").expect(0);
    assert_eq!(view(&arm), view(&calm));
}

#[test]
fn apply_killed_again_and_again_converges() {
    converges_after_kills(world, 4);
}

#[test]
fn adoption_killed_again_and_again_converges() {
    converges_after_kills(
        || {
            let arm = world();
            let theirs = json!({
                "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "westeurope", "tags": {"team": "records"},
            });
            arm.other("PUT", "/acmearchive", "2025-06-01", &theirs);
            arm
        },
        3,
    );
}

#[test]
fn changes_and_removals_killed_again_and_again_converge() {
    converges_after_kills(
        || {
            let arm = applied();
            drift(&arm);
            arm.bench.write("policies/all.yaml", &without_copy(&policy()));
            arm
        },
        2,
    );
}

#[test]
fn second_runner_is_refused_while_the_first_one_applies_and_goes_on_when_it_is_gone() {
    let wanted = view(&applied());
    let arm = world();
    arm.faults(&json!([{"line": WRITES, "do": "hang-after", "skip": 3}]));
    let mut command = arm.command(&["apply", "policies", "--yes", "--parallelism", "1"]);
    let mut first = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    arm.hangs();
    let before = arm.writes();
    let refused = arm.run("apply policies --yes").expect(4);
    assert!(refused.stderr.contains("E0702"), "{}", refused.stderr);
    assert_eq!(arm.writes(), before);
    first.kill().unwrap();
    first.wait().unwrap();
    arm.faults(&json!([]));
    arm.run("apply policies --yes").expect(0);
    assert_eq!(view(&arm), wanted);
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn somebody_who_writes_right_after_holdfast_is_found() {
    let arm = applied();
    arm.other("PATCH", "/acmearchive", "2025-06-01", &json!({"properties": {"minimumTlsVersion": "TLS1_1"}}));
    let theirs = json!({
        "method": "PATCH", "path": format!("{}?api-version=2025-06-01", path_of("/acmearchive")),
        "body": {"properties": {"minimumTlsVersion": "TLS1_0"}},
    });
    arm.faults(&json!([{"line": "PATCH .*acmearchive\\?", "do": "meddle", "with": theirs}]));
    let failed = arm.run("apply policies --yes").expect(1);
    let said = failed.stdout + &failed.stderr;
    assert!(said.contains("ChangedMeanwhile") && said.contains("minimum-tls"), "{said}");
}

#[test]
fn somebody_who_writes_after_the_plan_is_not_overwritten() {
    let arm = applied();
    let mut theirs = json!({
        "method": "PATCH", "path": format!("{}?api-version=2025-06-01", path_of("/acmearchive")),
        "body": {"properties": {"minimumTlsVersion": "TLS1_1"}},
    });
    arm.other("PATCH", "/acmearchive", "2025-06-01", &theirs["body"]);
    theirs["body"] = json!({"properties": {"minimumTlsVersion": "TLS1_0"}});
    // After the last look of the apply, and before its own.
    arm.faults(
        &json!([{"line": "GET .*acmearchive/objectReplicationPolicies", "do": "meddle", "with": theirs}]),
    );
    let failed = arm.run("apply policies --yes").expect(1);
    let said = failed.stdout + &failed.stderr;
    assert!(said.contains("ChangedMeanwhile") && said.contains("plan again"), "{said}");
    assert_eq!(arm.get("/acmearchive")["properties"]["minimumTlsVersion"], "TLS1_0");
}

#[test]
fn account_that_may_not_be_seen_is_unknown_and_not_missing() {
    let arm = applied();
    arm.faults(&json!([{"line": "GET .*acmearchiveus/", "do": "deny"}]));
    let before = arm.writes();
    let plan = arm.run("plan policies").expect(0);
    let said = plan.stdout + &plan.stderr;
    assert!(said.contains("AuthorizationFailed"), "{said}");
    assert!(!said.contains("to create, 1"), "{said}");
    assert_eq!(arm.writes(), before);
}

/// Nobody has looked, so nobody knows.
#[test]
fn account_that_nobody_was_let_to_ask_for_is_unknown_and_the_plan_goes_on() {
    let arm = applied();
    let before = arm.writes();
    for (status, code) in [(429, "TooManyRequests"), (404, "SubscriptionNotFound")] {
        // Longer than a question may take.
        let headers = json!({"Retry-After": "60"});
        let body = json!({"error": {"code": code, "message": "nobody looked"}}).to_string();
        let with = json!({"status": status, "headers": headers, "body": body});
        arm.faults(&json!([{"line": "GET .*acmearchiveus/", "do": "answer", "with": with}]));
        let plan = arm.run("plan policies").expect(0);
        let said = plan.stdout + &plan.stderr;
        assert!(said.contains("cannot be seen") && said.contains(code), "{said}");
        assert!(said.contains("0 to create"), "{said}");
    }
    assert_eq!(arm.writes(), before);
}

#[test]
fn wrong_secret_is_told_with_its_cure_and_never_shown() {
    let arm = world();
    let mut command = arm.command(&["plan", "policies", "-vvv"]);
    command.env("AZURE_CLIENT_SECRET", "hunter2-is-wrong");
    let ran = Ran::from(command.output().unwrap()).expect(1);
    let said = ran.stdout + &ran.stderr;
    assert!(said.contains("az login") && !said.contains("hunter2"), "{said}");
    assert!(arm.requests().is_empty());
}

#[test]
fn list_that_goes_on_at_another_host_is_not_followed() {
    let arm = applied();
    arm.faults(&json!([{"line": "GET .*acmearchiveus/objectReplicationPolicies", "do": "astray"}]));
    let plan = arm.run("plan policies").expect(0);
    let said = plan.stdout + &plan.stderr;
    assert!(said.contains("leads to another host"), "{said}");
}

#[test]
fn certificate_of_an_unknown_authority_is_not_trusted() {
    let arm = world();
    let mut command = arm.command(&["plan", "policies"]);
    command.env_remove("SSL_CERT_FILE");
    let ran = Ran::from(command.output().unwrap()).expect(1);
    assert!(ran.stderr.contains("UnknownIssuer") && ran.stderr.contains("SSL_CERT_FILE"), "{}", ran.stderr);
    assert!(arm.requests().is_empty());
}
