//! What a change board reads.

use super::shipped;
use serde_json::Value;

#[test]
fn changes_have_old_and_new_values_and_who_approved_them() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    let payments = bench.read("policies/payments.yaml");
    bench.write("policies/payments.yaml", &payments.replace("ttl: 60s", "ttl: 30s"));
    bench.run("apply policies --yes").expect(0);
    let printed = bench.run("changes policies --since 2026-01-01 --format json").expect(0).stdout;
    let all: Value = serde_json::from_str(&printed).unwrap();
    let (second, first) = (&all["runs"][0], &all["runs"][1]);
    assert_eq!((&second["number"], &first["number"]), (&2.into(), &1.into()));
    let mut changed = second["changes"].as_array().unwrap().iter();
    let record = changed.find(|one| one["resource"] == "aws.record.payments.api.virginia").unwrap();
    assert_eq!(record["settings"][0], serde_json::json!({ "name": "ttl", "before": "60", "after": "30" }));
    assert_eq!((&record["action"], &record["done"]), (&"update".into(), &true.into()));
    assert_eq!(second["approvals_required"], Value::Null);
    assert!(first["changes"].as_array().unwrap().len() > 50);
    let text = bench.run("changes policies --since 2026-01-01").expect(0).stdout;
    assert!(text.contains("no rule required an approval"), "{text}");
    let none = bench.run("changes policies --since 2020-01-01 --until 2020-02-01").expect(0).stdout;
    assert!(none.contains("The journal has no run in this period."), "{none}");
    bench.run("changes policies --since 2026-01-01 --out changes.csv").expect(0);
    let row = bench.read("changes.csv");
    let row = row
        .lines()
        .find(|row| row.contains("aws.record.payments.api.virginia") && row.contains("\"ttl\""))
        .unwrap();
    assert!(row.ends_with("\"ttl\",\"60\",\"30\""), "{row}");
    bench.run("changes policies --since 2026-02-01 --until 2026-01-01").expect(64);
}

#[test]
fn journal_that_cannot_be_read_is_an_error_and_no_empty_list() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    let file = "policies/.holdfast/journal/000001.jsonl";
    bench.write(file, &bench.read(file).replacen("acme-payments-ledger", "acme-payments-ledges", 1));
    let ran = bench.run("changes policies --since 2026-01-01 --format markdown").expect(1);
    assert!(ran.stdout.contains("Unknown: the journal could not be read"), "{}", ran.stdout);
    assert!(ran.stderr.contains("error: the journal could not be read"), "{}", ran.stderr);
    let sheet = bench.run("changes policies --since 2026-01-01 --format csv").expect(1).stdout;
    assert!(sheet.lines().nth(1).unwrap().starts_with("\"unknown: the journal could not be read"), "{sheet}");
}

#[test]
fn journal_that_is_not_there_is_an_error_and_no_empty_list() {
    let bench = shipped();
    bench.run("apply policies --yes").expect(0);
    let ran = bench.run("changes policies --since 2026-01-01 --journal elsewhere").expect(1);
    assert!(ran.stdout.contains("there is no journal"), "{}", ran.stdout);
    assert!(ran.stderr.contains("there is no journal"), "{}", ran.stderr);
}
