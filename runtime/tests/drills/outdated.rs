//! What the record of a drill no longer shows is said where people decide.

use super::functional::{drill, estate};
use crate::support::Bench;
use serde_json::Value;

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn outdated(bench: &Bench<'_>) -> Value {
    let list: Value =
        serde_json::from_str(&bench.run("drill list policies --format json").expect(0).stdout).unwrap();
    list["drills"][0]["outdated"].clone()
}

#[test]
fn drill_that_is_older_than_a_change_or_a_longer_bound_is_told() {
    let bench = estate(3);
    drill(&bench, "").expect(0);
    assert_eq!(outdated(&bench), Value::Array(Vec::new()));
    assert!(!bench.run("plan policies").stderr.contains("no longer shows"));

    // A longer way to the decision, and a setting that has to be applied.
    let policy = bench.read("policies/all.yaml").replace("takes: 15m", "takes: 45m");
    bench.write(
        "policies/all.yaml",
        &policy.replace("bucket: acme-docs\n", "bucket: acme-docs\n    keep-versions: 30d\n"),
    );
    let planned = one_line(&bench.run("plan policies").expect(0).stderr);
    let longer = "the RTO bound of `docs` was ";
    assert!(planned.contains("warning: the drill `read-the-copy` no longer shows what it did"), "{planned}");
    assert!(planned.contains(longer) && !planned.contains("older estate"), "{planned}");

    bench.run("apply policies --yes").expect(0);
    let list = one_line(&bench.run("drill list policies").expect(0).stdout);
    let changed = "runs after it (run 2) changed, or tried to change, `docs` (run 3 on ";
    let older = "so it shows an older estate: hold it again";
    assert!(list.contains(changed) && list.contains(older) && list.contains(longer), "{list}");
    let status: Value = serde_json::from_str(&bench.run("status policies --format json").stdout).unwrap();
    let said = status["drills_outdated"][0].as_str().unwrap();
    assert!(said.starts_with("Drill read-the-copy: ") && said.contains(older), "{said}");
    assert!(one_line(&bench.run("status policies").stdout).contains(older));

    // Held again, it shows the estate as it is.
    drill(&bench, "").expect(0);
    assert_eq!(outdated(&bench), Value::Array(Vec::new()));
}
