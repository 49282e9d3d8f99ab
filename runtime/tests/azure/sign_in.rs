//! Tokens: one that was revoked is asked for again, and none is asked for through a proxy that gives them to a machine.

use serde_json::json;

use super::applied::world;
use crate::support::Ran;

#[test]
fn token_that_was_revoked_is_asked_for_again_once() {
    let arm = world();
    // While accounts are made, and while containers are.
    arm.faults(&json!([
        {"line": "PUT .*/storageAccounts/[^/]+\\?", "do": "revoke", "skip": 1, "times": 1},
        {"line": "PUT .*/containers/", "do": "revoke", "skip": 1, "times": 1},
    ]));
    arm.run("apply policies --yes --parallelism 1").expect(0);
    assert_eq!(arm.tokens(), 3, "one at the begin, and one for each that was revoked");
    arm.faults(&json!([]));
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn token_that_is_never_taken_ends_the_command() {
    let arm = world();
    arm.faults(&json!([{"line": ".*", "do": "revoke"}]));
    let failed = arm.run("plan policies").expect(1);
    let said = failed.stdout + &failed.stderr;
    assert!(said.contains("InvalidAuthenticationToken"), "{said}");
    let requests = arm.requests();
    let (paths, before) = (requests.iter().map(|one| one["path"].to_string()), requests.len());
    let different: std::collections::BTreeSet<String> = paths.collect();
    assert!(before <= 2 * different.len(), "each is sent at most twice: {requests:#?}");
}

#[test]
fn token_of_a_managed_identity_is_not_asked_for_through_a_proxy() {
    let arm = world();
    let mut command = arm.managed(&["plan", "policies", "--detailed-exitcode"]);
    // Nobody answers there.
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("http_proxy", "http://127.0.0.1:1");
    let ran = Ran::from(command.output().unwrap()).expect(2);
    assert!(ran.stdout.contains("12 to create"), "{}", ran.stdout);
    assert_eq!(arm.tokens(), 1);
}
