//! Operations that Azure has accepted and that fail later: each is an error of its own, is not sent again, and the next apply goes on.

use serde_json::{Value, json};

use super::applied::{applied, view, world};
use super::arm::{Arm, path_of};

/// Whichever way Azure says that what it accepted has failed, an apply fails with this, and has sent the change once.
fn fails(arm: &Arm, faults: &Value, code: &str) {
    arm.faults(faults);
    let before = arm.requests().len();
    let failed = arm.run("apply policies --yes").expect(1);
    let said = failed.stdout + &failed.stderr;
    assert!(said.contains(code), "{code}: {said}");
    assert!(!said.contains("HTTP500") && !said.contains("status 500"), "{said}");
    let requests = arm.requests();
    let is_it = |one: &&Value| {
        let path = one["path"].as_str().unwrap().split('?').next().unwrap();
        one["method"] == "PUT" && path.ends_with("/storageAccounts/acmearchive")
    };
    assert_eq!(requests[before..].iter().filter(is_it).count(), 1, "{code}");
    arm.faults(&json!([]));
}

#[test]
fn operation_that_fails_is_an_error_and_the_next_apply_goes_on() {
    let wanted = view(&applied());
    const PUT: &str = "PUT .*/storageAccounts/acmearchive\\?";
    const POLL: &str = "GET .*/asyncoperations/";
    let link =
        "/subscriptions/s/providers/Microsoft.Storage/locations/l/asyncOperations/one?api-version=2025-06-01";
    let answer = |line: &str, status: u16, headers: &Value, body: &Value| json!({"line": line, "do": "answer", "with": {"status": status, "headers": headers, "body": body.to_string()}});
    let thing = |state: &str| {
        json!({
            "id": path_of("/acmearchive"), "name": "acmearchive", "location": "westeurope",
            "properties": {"provisioningState": state},
        })
    };
    let status = json!({"Azure-AsyncOperation": link, "Retry-After": "0"});
    let why = json!({"code": "QuotaExceeded", "message": "no more accounts here"});
    let arm = world();
    for (faults, code) in [
        // At once, in the thing itself.
        (json!([answer(PUT, 200, &json!({}), &thing("Failed"))]), "OperationFailed"),
        (json!([answer(PUT, 201, &json!({}), &thing("Canceled"))]), "OperationCanceled"),
        // In the result that is waited for.
        (
            json!([
                answer(PUT, 202, &json!({"Location": link, "Retry-After": "0"}), &Value::Null),
                answer(POLL, 200, &json!({}), &thing("Failed")),
            ]),
            "OperationFailed",
        ),
        // In a status, with and without a reason.
        (
            json!([
                answer(PUT, 201, &status, &thing("Creating")),
                answer(POLL, 200, &json!({}), &json!({"status": "Failed", "error": why})),
            ]),
            "QuotaExceeded",
        ),
        (
            json!([
                answer(PUT, 201, &status, &thing("Creating")),
                answer(POLL, 200, &json!({}), &json!({"status": "Canceled"})),
            ]),
            "OperationCanceled",
        ),
        (
            json!([
                answer(PUT, 201, &status, &thing("Creating")),
                answer(
                    POLL,
                    200,
                    &json!({}),
                    &json!({"status": "Failed", "error": {"code": "<b>\u{202e}no code</b>"}})
                ),
            ]),
            "OperationFailed",
        ),
    ] {
        fails(&arm, &faults, code);
    }
    arm.run("apply policies --yes").expect(0);
    assert_eq!(view(&arm), wanted);
    arm.run("plan policies --detailed-exitcode").expect(0);
}
