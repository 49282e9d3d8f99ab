//! Estates on Azure, applied to the server, and read back with Microsoft's SDK.

#![allow(clippy::disallowed_macros, reason = "a test tells how many requests it has held")]

use serde_json::{Value, json};

use super::arm::{Arm, GROUP, SUBSCRIPTION};

/// Two data sets of one account; the second has a copy in a third region.
pub(crate) fn policy() -> String {
    let place = format!("subscription: {SUBSCRIPTION}, resource-group: {GROUP}");
    format!(
        "kind: estate\nname: acme\nsites:\n  amsterdam: {{ azure: westeurope, {place} }}\n  dublin: {{ azure: northeurope, {place} }}\n  \
         boydton: {{ azure: eastus, {place} }}\n---\nkind: service\nname: archive\nprimary: amsterdam\nobjectives: {{ rto: undecided }}\n\
         data:\n  invoices:\n    container: {{ account: acmearchive, name: invoices }}\n    backups: [{{ strategy: real-time, to: [dublin] }}]\n  \
         scans:\n    container: {{ account: acmearchive, name: scans }}\n    backups: [{{ strategy: real-time, to: [dublin, {{ site: \
         boydton, container: {{ account: acmearchiveus, name: scans }} }}] }}]\n"
    )
}

/// The policies without the copy in the third region.
pub(crate) fn without_copy(policy: &str) -> String {
    policy.replace(", { site: boydton, container: { account: acmearchiveus, name: scans } }", "")
}

/// A server with the policy, applied or not.
pub(crate) fn world() -> Arm {
    let arm = Arm::start();
    arm.bench.write("policies/all.yaml", &policy());
    arm
}

pub(crate) fn applied() -> Arm {
    let arm = world();
    arm.run("apply policies --yes").expect(0);
    arm
}

/// Everything that is there, without what differs each time.
pub(crate) fn view(arm: &Arm) -> String {
    let mut seen = arm.everything();
    let mut ids: Vec<String> = Vec::new();
    for account in seen.as_object_mut().unwrap().values_mut() {
        for policy in account["policies"].as_array_mut().unwrap() {
            let properties = &policy["properties"];
            ids.push(properties["policyId"].as_str().unwrap().to_owned());
            ids.extend(
                properties["rules"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|rule| rule["ruleId"].as_str().unwrap().to_owned()),
            );
        }
        // In the order of their ids.
        let key = |policy: &Value| policy["properties"]["destinationAccount"].to_string();
        account["policies"].as_array_mut().unwrap().sort_by_key(key);
    }
    let mut text = serde_json::to_string_pretty(&seen).unwrap();
    for id in ids {
        text = text.replace(&id, "ID");
    }
    text
}

#[test]
fn applied_policies_match_what_microsofts_sdk_reads() {
    let arm = world();
    let planned = arm.run("plan policies --detailed-exitcode").expect(2);
    assert!(planned.stdout.contains("Plan: 12 to create"), "{}", planned.stdout);
    let applied = arm.run("apply policies --yes").expect(0);
    assert!(applied.stdout.contains("azure-storage "), "{}", applied.stdout);
    let after = arm.run("plan policies --detailed-exitcode").expect(0);
    assert!(after.stdout.contains("No changes."), "{}", after.stdout);

    let seen = arm.sdk("read");
    assert_eq!(seen.as_object().unwrap().len(), 3);
    for (name, region, feed, containers) in [
        ("acmearchive", "westeurope", true, vec!["invoices", "scans"]),
        ("acmearchivenortheurope", "northeurope", false, vec!["invoices", "scans"]),
        ("acmearchiveus", "eastus", false, vec!["scans"]),
    ] {
        let (account, blobs) = (&seen[name]["account"], &seen[name]["blobs"]["properties"]);
        assert_eq!(account["location"], region);
        assert_eq!(account["tags"]["holdfast:estate"], "acme");
        let properties = &account["properties"];
        assert_eq!(properties["minimumTlsVersion"], "TLS1_2");
        for (setting, value) in [
            ("supportsHttpsTrafficOnly", true),
            ("allowBlobPublicAccess", false),
            ("allowCrossTenantReplication", false),
        ] {
            assert_eq!(properties[setting], value, "{name} {setting}");
        }
        assert_eq!(blobs["isVersioningEnabled"], true);
        assert_eq!(blobs["changeFeed"]["enabled"] == true, feed, "{name}");
        assert_eq!(blobs["deleteRetentionPolicy"]["days"], 7);
        let found: Vec<&str> = seen[name]["containers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(found, containers);
    }
    // The same policy stands at both accounts, with the same ids. Only the copy within Europe has priority.
    let policies = |name: &str| seen[name]["policies"].as_array().unwrap().clone();
    assert_eq!(policies("acmearchive").len(), 2);
    for (name, rules, priority) in [("acmearchivenortheurope", 2, true), ("acmearchiveus", 1, false)] {
        let there = policies(name).remove(0)["properties"].clone();
        let here = policies("acmearchive").into_iter().map(|policy| policy["properties"].clone());
        let here = here.into_iter().find(|policy| policy["policyId"] == there["policyId"]).unwrap();
        assert_eq!(here["rules"], there["rules"]);
        assert_eq!(there["rules"].as_array().unwrap().len(), rules);
        assert_eq!(there["priorityReplication"]["enabled"], priority, "{name}");
        assert_eq!(there["metrics"]["enabled"], true);
    }
}

#[test]
fn every_request_fits_microsofts_mappers_and_names_its_command() {
    let arm = applied();
    // A change of everything that can be changed, and the removal of what can be removed.
    drift(&arm);
    arm.run("apply policies --yes").expect(0);
    let less = without_copy(&policy());
    arm.bench.write("policies/all.yaml", &less);
    arm.run("apply policies --yes").expect(0);
    let (faults, count) = arm.mapped();
    assert!(faults.is_empty(), "{faults:#?}");
    let all = arm.requests();
    println!("{count} requests with a body fit the mappers, of {}", all.len());
    assert!(count >= 12, "{count}");
    let mut commands: Vec<&str> = all.iter().map(|one| one["correlation"].as_str().unwrap()).collect();
    commands.dedup();
    assert_eq!(commands.len(), 3, "one id for each of three commands");
}

/// Somebody changes what policies say.
pub(crate) fn drift(arm: &Arm) {
    const API: &str = "2025-06-01";
    let properties =
        json!({"properties": {"minimumTlsVersion": "TLS1_0", "supportsHttpsTrafficOnly": false}});
    arm.other("PATCH", "/acmearchive", API, &properties);
    let blobs = json!({"properties": {
        "isVersioningEnabled": true, "deleteRetentionPolicy": {"enabled": true, "days": 1, "allowPermanentDelete": true},
        "containerDeleteRetentionPolicy": {"enabled": true, "days": 30},
        "restorePolicy": {"enabled": true, "days": 6, "minRestoreTime": "2026-11-30T12:00:00Z"},
    }});
    arm.other("PUT", "/acmearchiveus/blobServices/default", API, &blobs);
    arm.other("PATCH", "/acmearchiveus", API, &json!({"properties": {"allowBlobPublicAccess": true}}));
    let open = json!({"properties": {"publicAccess": "Blob"}});
    arm.other("PATCH", "/acmearchiveus/blobServices/default/containers/scans", API, &open);
}

#[test]
fn drift_is_found_and_undone_and_what_is_not_managed_stays() {
    let arm = applied();
    drift(&arm);
    let plan = arm.run("plan policies --detailed-exitcode").expect(2).stdout;
    assert!(plan.contains("Plan: 0 to create, 3 to update"), "{plan}");
    for part in
        ["minimum-tls", "secure-transfer", "soft-delete-days", "public-blobs", "public-access", "drift"]
    {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    arm.run("apply policies --yes").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    // Holdfast writes the blob service as a whole, with what others have set in it.
    let kept = arm.get("/acmearchiveus/blobServices/default")["properties"].clone();
    assert_eq!(kept["containerDeleteRetentionPolicy"], json!({"enabled": true, "days": 30}));
    assert_eq!(kept["restorePolicy"], json!({"enabled": true, "days": 6}));
    assert_eq!(
        kept["deleteRetentionPolicy"],
        json!({"enabled": true, "days": 7, "allowPermanentDelete": true})
    );
}

#[test]
fn rule_that_copies_less_is_drift() {
    let arm = applied();
    let there = arm.get("/acmearchiveus/objectReplicationPolicies")["value"][0]["properties"].clone();
    let id = there["policyId"].as_str().unwrap();
    for name in ["acmearchiveus", "acmearchive"] {
        let below = format!("/{name}/objectReplicationPolicies/{id}");
        let mut narrower = arm.get(&below)["properties"].clone();
        narrower["rules"][0]["filters"] = json!({"prefixMatch": ["only/"]});
        arm.other("PUT", &below, "2025-06-01", &json!({"properties": narrower}));
    }
    let plan = arm.run("plan policies --detailed-exitcode").expect(2).stdout;
    assert!(plan.contains("2 to update") && plan.contains("only/"), "{plan}");
    arm.run("apply policies --yes").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    let after =
        arm.get(&format!("/acmearchive/objectReplicationPolicies/{id}"))["properties"]["rules"][0].clone();
    assert_eq!(after["filters"], Value::Null);
    assert_eq!(after["ruleId"], there["rules"][0]["ruleId"], "the rule is the same one");
}

/// Azure copies older blobs too where a rule has an early time. Without the time it no longer does.
#[test]
fn time_that_leaves_nothing_out_stays_and_a_later_one_is_drift() {
    const EARLY: &str = "1601-01-01T00:00:00Z";
    let arm = applied();
    let there =
        arm.get("/acmearchivenortheurope/objectReplicationPolicies")["value"][0]["properties"].clone();
    let id = there["policyId"].as_str().unwrap();
    let ends = ["acmearchivenortheurope", "acmearchive"]
        .map(|name| format!("/{name}/objectReplicationPolicies/{id}"));
    let set = |time: &str| {
        for below in &ends {
            let mut policy = arm.get(below)["properties"].clone();
            for rule in policy["rules"].as_array_mut().unwrap() {
                rule["filters"] = json!({"minCreationTime": time});
            }
            arm.other("PUT", below, "2025-06-01", &json!({"properties": policy}));
        }
    };
    let times = || {
        let rules =
            ends.iter().flat_map(|below| arm.get(below)["properties"]["rules"].as_array().unwrap().clone());
        rules.map(|rule| rule["filters"]["minCreationTime"].clone()).collect::<Vec<_>>()
    };
    set(EARLY);
    arm.run("plan policies --detailed-exitcode").expect(0);
    // Something else of the policy changes, at both ends.
    let metrics = arm.get(&ends[0])["properties"]["metrics"].clone();
    assert_eq!(metrics["enabled"], true);
    for below in &ends {
        let mut policy = arm.get(below)["properties"].clone();
        policy["metrics"] = json!({"enabled": false});
        arm.other("PUT", below, "2025-06-01", &json!({"properties": policy}));
    }
    arm.run("apply policies --yes").expect(0);
    assert_eq!(arm.get(&ends[0])["properties"]["metrics"], metrics);
    assert_eq!(times(), [EARLY; 4], "the time stays at both ends");
    // Blobs that were written before a later time are not copied.
    set("2099-01-01T00:00:00Z");
    let plan = arm.run("plan policies --detailed-exitcode").expect(2).stdout;
    assert!(plan.contains("2 to update") && plan.contains("2099"), "{plan}");
    arm.run("apply policies --yes").expect(0);
    assert_eq!(times(), [const { Value::Null }; 4]);
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn copy_that_goes_is_removed_at_the_source_first_and_its_data_stays() {
    let arm = applied();
    let less = without_copy(&policy());
    arm.bench.write("policies/all.yaml", &less);
    let before = arm.requests().len();
    arm.run("apply policies --yes").expect(0);
    let requests = arm.requests();
    let deleted: Vec<&str> = requests[before..]
        .iter()
        .filter(|one| one["method"] == "DELETE")
        .map(|one| one["path"].as_str().unwrap().split('/').nth(8).unwrap())
        .collect();
    assert_eq!(deleted, ["acmearchive", "acmearchiveus"]);
    assert_eq!(arm.everything()["acmearchiveus"]["containers"][0]["name"], "scans");
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn nothing_is_made_without_the_resource_group() {
    let arm = Arm::start();
    arm.bench.write("policies/all.yaml", &policy().replace(GROUP, "nowhere"));
    let refused = arm.run("apply policies --yes").expect(3);
    assert!(
        refused.stderr.starts_with("E0601\n") || refused.stderr.contains("\nE0601\n"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("/resourceGroups/nowhere`"), "{}", refused.stderr);
    assert_eq!(arm.writes(), 0);
}

#[test]
fn account_that_exists_is_adopted_and_keeps_what_is_not_managed() {
    let arm = world();
    let account = json!({
        "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "westeurope", "tags": {"team": "records"},
    });
    arm.other("PUT", "/acmearchive", "2025-06-01", &account);
    let plan = arm.run("plan policies").expect(0).stdout;
    assert!(plan.contains("~ azure.storage-account.acmearchive update"), "{plan}");
    assert!(
        plan.contains("minimum-tls            none → TLS1_2"),
        "what Azure does not say is not known to be safe: {plan}"
    );
    arm.run("apply policies --yes").expect(0);
    let after = arm.get("/acmearchive");
    assert_eq!(after["tags"]["team"], "records");
    assert_eq!(after["tags"]["holdfast:estate"], "acme");
    assert_eq!(after["sku"]["name"], "Standard_LRS", "how it keeps its data is not managed");
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn account_of_another_estate_is_not_taken_over() {
    let arm = world();
    let account = json!({
        "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "westeurope", "tags": {"holdfast:estate": "other"},
    });
    arm.other("PUT", "/acmearchive", "2025-06-01", &account);
    let refused = arm.run("apply policies --yes");
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    assert!(refused.stderr.contains("other"), "{}", refused.stderr);
    assert_eq!(arm.writes(), 0);
}

#[test]
fn import_adopts_what_a_policy_describes() {
    let arm = applied();
    std::fs::remove_dir_all(arm.file("policies/.holdfast")).unwrap();
    let before = arm.writes();
    let adopted = arm.run("import policies --yes").expect(0);
    let said = adopted.stdout + &adopted.stderr;
    assert!(said.contains("azure.storage-account.acmearchive"), "{said}");
    assert_eq!(arm.writes(), before, "an import changes nothing");
    arm.run("plan policies --detailed-exitcode").expect(0);
}
