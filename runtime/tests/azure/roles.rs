//! The custom roles of `runtime/PERMISSIONS-AZURE.md`: they are enough, and none of their actions is too many.

use holdfast::provider::azure::permissions_page::{actions, page};
use serde_json::json;

use super::applied::{policy, world};
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
    let less =
        policy().replace(", { site: boydton, container: { account: acmearchiveus, name: scans } }", "");
    arm.bench.write("policies/all.yaml", &less);
    arm.run("apply policies --yes").expect(0);
    arm.role(&json!(actions(false)));
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn no_action_of_the_roles_is_too_many() {
    for action in actions(true) {
        let arm = world();
        let mut fewer = actions(true);
        fewer.remove(action);
        arm.role(&json!(fewer));
        let less =
            policy().replace(", { site: boydton, container: { account: acmearchiveus, name: scans } }", "");
        let applied = arm.run("apply policies --yes");
        arm.bench.write("policies/all.yaml", &less);
        let removed = arm.run("apply policies --yes");
        let said = applied.stdout + &applied.stderr + &removed.stdout + &removed.stderr;
        // Lines are broken.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("no role allows the action '{action}'")), "{action}: {said}");
    }
}
