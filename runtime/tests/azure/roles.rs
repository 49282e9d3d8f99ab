//! The custom roles of `runtime/PERMISSIONS-AZURE.md`: they are enough, and none of their actions is too many.

use std::collections::BTreeSet;

use holdfast::provider::azure::permissions_page::{actions, page};
use serde_json::json;

use super::applied::{policy, without_copy, world};
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

#[test]
fn no_action_of_the_roles_is_too_many() {
    const STORAGE: &str = "Microsoft.Storage/storageAccounts";
    let arm = world();
    let less = without_copy(&policy());
    let mut needed = BTreeSet::new();
    let mut needs = |command: &str, action: String| {
        let mut fewer = actions(true);
        assert!(fewer.remove(action.as_str()), "{action}");
        arm.role(&json!(fewer));
        let ran = arm.run(command);
        // Lines are broken.
        let said = (ran.stdout + &ran.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("no role allows the action '{action}'")), "{action}: {said}");
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
    assert!(needed.iter().map(String::as_str).eq(actions(true)), "{needed:?}");
}
