//! Settings of others that protect more than a policy asks for: they are as good, and no plan takes anything of them away.

use serde_json::json;

use super::applied::{applied, world};
use super::arm::Arm;

const API: &str = "2025-06-01";

/// Somebody makes the account stricter than Holdfast does.
fn make_stricter(arm: &Arm) {
    arm.other("PATCH", "/acmearchive", API, &json!({"properties": {"minimumTlsVersion": "TLS1_3"}}));
    let mut blobs = arm.get("/acmearchive/blobServices/default")["properties"].clone();
    blobs["deleteRetentionPolicy"] = json!({"enabled": true, "days": 30});
    arm.other("PUT", "/acmearchive/blobServices/default", API, &json!({"properties": blobs}));
}

fn is_still_stricter(arm: &Arm) {
    assert_eq!(arm.get("/acmearchive")["properties"]["minimumTlsVersion"], "TLS1_3");
    let blobs = arm.get("/acmearchive/blobServices/default")["properties"].clone();
    assert_eq!(blobs["deleteRetentionPolicy"], json!({"enabled": true, "days": 30}));
    assert_eq!(blobs["isVersioningEnabled"], true);
}

#[test]
fn adopted_account_keeps_what_is_stricter() {
    let arm = world();
    let account = json!({"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "westeurope"});
    arm.other("PUT", "/acmearchive", API, &account);
    make_stricter(&arm);
    let plan = arm.run("plan policies").expect(0).stdout;
    assert!(plan.contains("~ azure.storage-account.acmearchive update"), "{plan}");
    let step = plan.split("~ azure.storage-account.acmearchive update").nth(1).unwrap();
    let step = step.split("\n\n").next().unwrap().split("\n  + ").next().unwrap();
    for part in ["minimum-tls", "soft-delete-days", "older TLS"] {
        assert!(!step.contains(part), "{part}: {step}");
    }
    arm.run("apply policies --yes").expect(0);
    is_still_stricter(&arm);
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn owned_account_that_became_stricter_is_no_drift() {
    let arm = applied();
    make_stricter(&arm);
    let plan = arm.run("plan policies --detailed-exitcode").expect(0).stdout;
    assert!(plan.contains("No changes."), "{plan}");
    // And something else of the same documents changes.
    let mut blobs = arm.get("/acmearchive/blobServices/default")["properties"].clone();
    blobs["changeFeed"] = json!({"enabled": true, "retentionInDays": 9});
    arm.other("PUT", "/acmearchive/blobServices/default", API, &json!({"properties": blobs}));
    arm.other("PATCH", "/acmearchive", API, &json!({"properties": {"supportsHttpsTrafficOnly": false}}));
    arm.run("apply policies --yes").expect(0);
    is_still_stricter(&arm);
    // What is weaker is still drift.
    arm.other("PATCH", "/acmearchive", API, &json!({"properties": {"minimumTlsVersion": "TLS1_1"}}));
    let plan = arm.run("plan policies --detailed-exitcode").expect(2).stdout;
    assert!(plan.contains("TLS1_1 → TLS1_2") && plan.contains("older TLS are refused"), "{plan}");
}
