//! What could not be seen is unknown, and never missing: whatever an answer lacks, a plan of an applied estate has no steps, and says what
//! nobody knows.

use serde_json::{Value, json};

use super::applied::{applied, policy, without_copy, world};
use super::arm::{Arm, GROUP, SUBSCRIPTION, path_of};
use super::traffic;

/// A plan has nothing to do, and says that there is something that nobody knows.
fn is_unknown(arm: &Arm, why: &str) {
    let before = arm.writes();
    let plan = arm.run("plan policies --detailed-exitcode");
    let said = plan.stdout + &plan.stderr;
    let nothing = "Changes      0 to create, 0 to update, 0 to replace, 0 to delete;";
    let is_seen = said.contains("cannot be seen") && said.contains(nothing) && !said.contains("No changes.");
    // Or nothing at all is said of what exists.
    assert!(is_seen || plan.code == 1 && !said.contains(" to create"), "{why}: {said}");
    assert_eq!(arm.writes(), before, "{why}");
}

#[test]
fn answer_that_lacks_what_was_asked_for_does_not_say_that_it_is_gone() {
    let arm = applied();
    let lists = ["{}", r#"{"value":null}"#, "[]", "null", "", r#"{"error":{}}"#];
    let things = ["{}", "[]", "null", "", r#"{"id":null}"#];
    for (line, bodies) in [
        ("GET .*/storageAccounts\\?", lists.as_slice()),
        ("GET .*/objectReplicationPolicies\\?", &lists),
        ("GET .*/blobServices/default\\?", &things),
        ("GET /subscriptions/[^/]+/resourceGroups/[^/]+\\?", &things),
    ] {
        for body in bodies {
            let with = json!({"status": 200, "body": body});
            arm.faults(&json!([{"line": line, "do": "answer", "with": with}]));
            is_unknown(&arm, &format!("{line} {body}"));
        }
    }
    // And an entry of a list without what every one has.
    for (line, entry) in [
        ("GET .*/storageAccounts\\?", json!({"name": "acmearchive"})),
        ("GET .*/objectReplicationPolicies\\?", json!({"properties": {"policyId": "one"}})),
        ("GET .*/objectReplicationPolicies\\?", json!({"properties": {"rules": []}})),
    ] {
        let body = json!({"value": [entry]}).to_string();
        arm.faults(&json!([{"line": line, "do": "answer", "with": {"body": body}}]));
        is_unknown(&arm, &format!("{line} {body}"));
    }
    arm.faults(&json!([]));
    arm.run("plan policies --detailed-exitcode").expect(0);
}

/// A profile is written as a whole: what an answer lacks would be taken away.
#[test]
fn profile_whose_answer_lacks_something_is_unknown() {
    let arm = traffic::applied();
    let line = "GET .*/trafficManagerProfiles/acme-shop\\?";
    let whole = arm.other("GET", traffic::PROFILE, traffic::API, &Value::Null);
    let lacks = [
        "/id",
        "/name",
        "/properties",
        "/properties/dnsConfig",
        "/properties/monitorConfig",
        "/properties/endpoints",
        "/properties/endpoints/0/name",
        "/properties/endpoints/0/type",
        "/properties/endpoints/0/properties",
    ];
    let without = lacks.iter().map(|lacked| {
        let (of, part) = lacked.rsplit_once('/').unwrap();
        let mut answer = whole.clone();
        answer.pointer_mut(of).unwrap().as_object_mut().unwrap().remove(part).unwrap();
        answer.to_string()
    });
    let things = ["{}", "[]", "null", "", r#"{"id":null}"#].map(str::to_owned);
    for body in without.chain(things) {
        arm.faults(&json!([{"line": line, "do": "answer", "with": {"body": body}}]));
        is_unknown(&arm, &body);
    }
    arm.faults(&json!([]));
    arm.run("plan policies --detailed-exitcode").expect(0);
}

/// No service is left, so the policies name no resource group any more.
#[test]
fn replication_of_the_last_service_is_still_seen_and_removed() {
    let arm = applied();
    arm.bench.write("policies/all.yaml", policy().split("---\n").next().unwrap());
    arm.faults(&json!([{"line": "GET .*/storageAccounts\\?", "do": "deny"}]));
    is_unknown(&arm, "denied");
    arm.faults(&json!([]));
    let plan = arm.run("plan policies").expect(0).stdout;
    assert!(plan.contains("4 to delete"), "{plan}");
    arm.run("apply policies --yes").expect(0);
    for (name, account) in arm.everything().as_object().unwrap() {
        assert_eq!(account["policies"], json!([]), "{name}");
        assert_ne!(account["containers"], json!([]), "{name}");
    }
}

#[test]
fn replication_in_a_resource_group_that_left_the_policies_is_still_seen_and_removed() {
    let arm = world();
    arm.group("acme-us");
    let site = |group: &str| {
        format!("boydton: {{ azure: eastus, subscription: {SUBSCRIPTION}, resource-group: {group} }}")
    };
    let elsewhere = policy().replace(&site(GROUP), &site("acme-us"));
    assert_ne!(elsewhere, policy());
    arm.bench.write("policies/all.yaml", &elsewhere);
    arm.run("apply policies --yes").expect(0);
    let policies = |account: &str| arm.everything()[account]["policies"].as_array().map_or(0, Vec::len);
    assert_eq!((policies("acmearchive"), policies("acmearchiveus")), (2, 1));

    let less = without_copy(&elsewhere).replace(&format!("  {}\n", site("acme-us")), "");
    assert!(!less.contains("boydton"), "{less}");
    arm.bench.write("policies/all.yaml", &less);
    // Whoever may not look there does not know whether it is gone.
    arm.faults(&json!([{"line": "GET .*/resourceGroups/acme-us/", "do": "deny"}]));
    let plan = arm.run("plan policies").expect(0).stdout;
    let unknown = plan.split("Unknown: ").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(unknown.contains("azure.replication-destination.acmearchive.acmearchiveus"), "{plan}");
    arm.faults(&json!([]));
    let plan = arm.run("plan policies").expect(0).stdout;
    assert!(plan.contains("2 to delete"), "{plan}");
    arm.run("apply policies --yes").expect(0);
    assert_eq!((policies("acmearchive"), policies("acmearchiveus")), (1, 0));
    assert_eq!(arm.everything()["acmearchiveus"]["containers"][0]["name"], "scans");
    arm.run("plan policies --detailed-exitcode").expect(0);
}

/// A listing that fails is asked for once with its attempts, and not once for each account.
#[test]
fn listing_that_fails_is_not_repeated_for_each_account() {
    let arm = applied();
    let broken = json!({"status": 400, "body": r#"{"error":{"code":"Broken","message":"no"}}"#});
    arm.faults(&json!([{"line": "GET .*/storageAccounts\\?", "do": "answer", "with": broken}]));
    let before = arm.requests().len();
    arm.run("plan policies").expect(1);
    let requests = arm.requests();
    let is_list = |one: &&Value| one["path"].as_str().unwrap().contains("/storageAccounts?");
    assert_eq!(requests[before..].iter().filter(is_list).count(), 1);
}

/// Whoever answers chooses the ids of policies, and those are parts of paths.
#[test]
fn id_in_an_answer_that_would_lead_elsewhere_is_refused() {
    let arm = applied();
    for id in ["..", "%2e%2e", "x/../../../acmearchive", "x%2F..", "x\\\\..", "x?y", "x#y", "", "x\ny"] {
        let end = |name: &str| path_of(&format!("/{name}"));
        let narrower = json!({"value": [{"properties": {
            "policyId": id, "sourceAccount": end("acmearchive"), "destinationAccount": end("acmearchiveus"), "rules": [],
        }}]});
        let with = json!({"body": narrower.to_string()});
        let line = "GET .*/acmearchiveus/objectReplicationPolicies\\?";
        arm.faults(&json!([{"line": line, "do": "answer", "with": with}]));
        let before = arm.writes();
        let failed = arm.run("apply policies --yes").expect(1);
        let said = failed.stdout + &failed.stderr;
        assert!(said.contains("a part of the path is not a name"), "{id:?}: {said}");
        assert_eq!(arm.writes(), before, "{id:?}");
    }
}
