//! The custom roles of `runtime/PERMISSIONS-AZURE.md`: they are enough, and none of their actions is too many.

use std::collections::BTreeSet;

use holdfast::provider::azure::permissions_page::{actions, page};
use serde_json::json;

use super::applied::{policy, without_copy, world};
use super::arm::Arm;
use super::traffic::{only_other, with_other};
use crate::support::root;

#[test]
fn permissions_page_is_current() {
    let path = root().join("runtime/PERMISSIONS-AZURE.md");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page(), "HOLDFAST_BLESS=1 writes it anew");
}

#[test]
fn role_of_an_apply_is_enough_and_that_of_a_plan_changes_nothing() {
    let arm = world();
    arm.role(&json!(actions(false)));
    arm.run("plan policies --detailed-exitcode").expect(2);
    let failed = arm.run("apply policies --yes").expect(1);
    assert!((failed.stdout + &failed.stderr).contains("AuthorizationFailed"));
    arm.role(&json!(actions(true)));
    arm.run("apply policies --yes").expect(0);
    let less = without_copy(&policy());
    arm.bench.write("policies/all.yaml", &less);
    arm.run("apply policies --yes").expect(0);
    arm.role(&json!(actions(false)));
    arm.run("plan policies --detailed-exitcode").expect(0);
}

/// A command fails with what the role of an apply allows, but for this action.
fn fails_without(arm: &Arm, command: &str, action: &str) {
    let mut fewer = actions(true);
    assert!(fewer.remove(action), "{action}");
    arm.role(&json!(fewer));
    let ran = arm.run(command);
    // Lines are broken.
    let said = (ran.stdout + &ran.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("no role allows the action '{action}'")), "{action}: {said}");
}

/// What Traffic Manager needs, on a server of its own.
fn traffic(needed: &mut BTreeSet<String>) {
    const PROFILES: &str = "Microsoft.Network/trafficManagerProfiles";
    let arm = Arm::start();
    arm.bench.write("policies/all.yaml", &with_other());
    let mut needs = |command: &str, does: &str| {
        fails_without(&arm, command, &format!("{PROFILES}/{does}"));
        needed.insert(format!("{PROFILES}/{does}"));
    };
    needs("apply policies --yes", "write");
    arm.role(&json!(actions(true)));
    arm.run("apply policies --yes").expect(0);
    needs("plan policies", "read");
    arm.bench.write("policies/all.yaml", &only_other());
    needs("apply policies --yes --allow teardown:shop", "delete");
}

#[test]
fn no_action_of_the_roles_is_too_many() {
    const STORAGE: &str = "Microsoft.Storage/storageAccounts";
    let arm = world();
    let less = without_copy(&policy());
    let mut needed = BTreeSet::new();
    let mut needs = |command: &str, action: String| {
        fails_without(&arm, command, &action);
        needed.insert(action);
    };
    // Each apply gets further by what the one before was refused.
    for part in ["", "/blobServices", "/blobServices/containers", "/objectReplicationPolicies"] {
        needs("apply policies --yes", format!("{STORAGE}{part}/write"));
    }
    arm.role(&json!(actions(true)));
    arm.run("apply policies --yes").expect(0);
    for part in ["", "/blobServices", "/blobServices/containers", "/objectReplicationPolicies"] {
        needs("plan policies", format!("{STORAGE}{part}/read"));
    }
    needs("plan policies", "Microsoft.Resources/subscriptions/resourceGroups/read".to_owned());
    arm.bench.write("policies/all.yaml", &less);
    needs("apply policies --yes", format!("{STORAGE}/objectReplicationPolicies/delete"));
    traffic(&mut needed);
    assert!(needed.iter().map(String::as_str).eq(actions(true)), "{needed:?}");
}
