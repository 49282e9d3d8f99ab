//! Hostile responses of a cloud: names, tags and settings of foreign resources, and errors.

use serde_json::{Value, json};

use crate::hostile::policies::{shipped, text};
use crate::hostile::{holds, hostile, run, run_in_colours, strings, variants};
use crate::support::Bench;

/// Applied policies, and the resulting cloud.
fn applied() -> (Bench<'static>, Value) {
    let bench = Bench::local();
    bench.write("a.yaml", &text(&shipped()));
    run(&bench, &["apply", "a.yaml", "--yes", "--quiet"]).expect(0);
    let cloud = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    (bench, cloud)
}

/// Replace every string attribute, except those of identities.
fn stained(value: &mut Value, hostile: &str) {
    match value {
        Value::String(text) => *text = hostile.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| stained(item, hostile)),
        Value::Object(map) => {
            map.values_mut().for_each(|value| stained(value, hostile));
            map.insert(hostile.to_owned(), hostile.into());
        }
        _ => {}
    }
}

#[test]
fn foreign_settings_and_tags_are_escaped() {
    for hostile in variants() {
        let (bench, mut cloud) = applied();
        let known =
            ["name", "region", "zone", "zone-id", "type", "set-identifier", "reference", "bucket", "routing"];
        for object in cloud["objects"].as_array_mut().unwrap() {
            for (name, value) in object["attributes"].as_object_mut().unwrap() {
                if !known.contains(&name.as_str()) {
                    stained(value, &hostile);
                }
            }
        }
        bench.write("cloud.json", &cloud.to_string());
        for words in ["plan a.yaml", "plan a.yaml --drift", "import a.yaml"] {
            let words: Vec<&str> = words.split(' ').collect();
            run(&bench, &words);
            run_in_colours(&bench, &words);
        }
        // The stained tags name another estate. Paste the consents that the refusals print: each lists only so many.
        let mut consents: Vec<String> = Vec::new();
        loop {
            let words = ["plan", "a.yaml"].into_iter().chain(consents.iter().map(String::as_str));
            let refused = run(&bench, &words.collect::<Vec<_>>()).stderr;
            let asked =
                refused.split('`').filter(|word| word.starts_with("--allow=adopt:")).map(str::to_owned);
            let before = consents.len();
            consents.extend(asked);
            if consents.len() == before {
                break;
            }
        }
        let with = |words: &[&'static str]| {
            let words = words.iter().copied().chain(consents.iter().map(String::as_str));
            run(&bench, &words.collect::<Vec<_>>())
        };
        holds(&with(&["plan", "a.yaml", "--format", "json"]).expect(0).stdout, &hostile);
        with(&["plan", "a.yaml", "--drift", "--format", "json"]).expect(0);
        with(&["plan", "a.yaml", "--out", "a.plan"]).expect(0);
        run(&bench, &["show", "a.plan"]).expect(0);
        with(&["apply", "a.yaml", "--yes", "--allow", "many"]);
        run(&bench, &["journal", "show", "2", "a.yaml"]);
    }
}

#[test]
fn names_of_imported_resources_are_escaped() {
    for hostile in variants() {
        let (bench, mut cloud) = applied();
        let bucket = |name: &str, region: &str| {
            json!({"kind": "aws.bucket", "id": name, "attributes": {
                "name": name, "region": region, "versioning": "Enabled", "encryption": "aws:kms:dsse",
                "kms-key": hostile, "bucket-key": false, "tags": {"service": hostile, hostile.as_str(): "x"},
            }, "outputs": {"arn": format!("arn:aws:s3:::{name}")}})
        };
        let arn = "arn:aws:iam::000000000000:role/path/x";
        let theirs = json!([
            bucket("data", "us-east-1"), bucket("copy", "us-west-2"), bucket("alone", "us-west-2"),
            bucket(&hostile, "us-west-2"), bucket("far", &hostile),
            {"kind": "aws.role", "id": "x", "attributes": {"name": hostile, "trust": {}, "policy": null, "tags": {}},
                "outputs": {"arn": arn}},
            {"kind": "aws.replication", "id": "data", "attributes": {
                "bucket": "data", "region": "us-east-1", "role": arn, "rules": [{"id": hostile, "priority": 1,
                "status": "Enabled", "filter": {"prefix": ""}, "delete-markers": "Disabled",
                "destination": "arn:aws:s3:::copy"}]}},
            {"kind": "aws.replication", "id": hostile, "attributes": {"bucket": hostile, "region": "us-west-2",
                "role": hostile, "rules": []}},
            {"kind": "aws.hosted-zone", "id": hostile, "attributes": {"name": hostile}, "outputs": {"id": hostile}},
            {"kind": "aws.health-check", "id": hostile, "attributes": {"reference": hostile, "type": hostile,
                "domain": hostile, "tags": {}}, "outputs": {"id": hostile}},
            {"kind": "aws.record", "id": hostile, "attributes": {"zone": hostile, "name": hostile, "type": hostile,
                "routing": "failover", "set-identifier": hostile, "failover": "PRIMARY", "zone-id": hostile,
                "ttl": 60, "values": [hostile], "health-check": hostile}},
        ]);
        cloud["objects"].as_array_mut().unwrap().extend(theirs.as_array().unwrap().iter().cloned());
        bench.write("cloud.json", &cloud.to_string());
        let ran = run(&bench, &["import", "a.yaml"]);
        assert!(ran.stderr.contains("Left out"), "{}", ran.stderr);
        // Stdout has the same content as the file, which holds the original names.
        assert!(ran.stdout.contains("kind: service"), "{}", ran.stdout);
        let read: Value = serde_yaml::from_str(&ran.stdout).unwrap();
        let mut all = Vec::new();
        crate::hostile::collect(&read, &mut all);
        assert!(all.contains(&hostile), "{hostile:?} is not in\n{}", ran.stdout);
        run(&bench, &["import", "a.yaml", "--out", "b.yaml", "--yes"]);
        run(&bench, &["journal", "show", "2", "a.yaml"]);
    }
}

#[test]
fn cloud_errors_are_escaped() {
    let hostile = hostile();
    let (bench, mut cloud) = applied();
    let bucket =
        cloud["objects"].as_array().unwrap().iter().position(|one| one["kind"] == "aws.bucket").unwrap();
    let name = cloud["objects"][bucket]["id"].as_str().unwrap().to_owned();
    cloud["objects"][bucket]["attributes"]["versioning"] = "Suspended".into();
    let plan = |bench: &Bench<'_>| {
        let plan = run(bench, &["plan", "a.yaml", "--format", "json"]).expect(0).stdout;
        serde_json::from_str::<Value>(&plan).unwrap()
    };
    bench.write("cloud.json", &cloud.to_string());
    let changes = plan(&bench)["resource_changes"].clone();
    let changes = changes.as_array().unwrap().iter();
    let pending: Vec<&Value> = changes.filter(|change| change["change"]["actions"][0] != "no-op").collect();
    assert_eq!(pending.len(), 1, "only the bucket {name}");
    cloud["faults"] = json!([{"address": pending[0]["address"], "times": 9, "code": hostile}]);
    cloud["account"] = hostile.as_str().into();
    bench.write("cloud.json", &cloud.to_string());
    let again = run(&bench, &["apply", "a.yaml", "--yes", "-v"]);
    assert_ne!(again.code, 0);
    // An invalid account makes some commands fail, so the rest uses a valid one.
    cloud["account"] = "000000000000".into();
    bench.write("cloud.json", &cloud.to_string());
    let failed = run(&bench, &["apply", "a.yaml", "--yes", "-v"]).expect(1);
    assert!(failed.stdout.contains("Failed (1):"), "{}", failed.stdout);
    let failure = failed.stdout.lines().filter(|line| line.contains("\\u{1b}[2J")).count();
    assert_eq!(failure, 1, "an error is one line: {}", failed.stdout);
    let events = run(&bench, &["apply", "a.yaml", "--yes", "--events", "json", "--quiet"]).expect(1);
    holds(&events.stdout, &hostile);
    for run_of in ["2", "3"] {
        run(&bench, &["journal", "show", run_of, "a.yaml"]).expect(0);
        let shown = run(&bench, &["journal", "show", run_of, "a.yaml", "--format", "json"]).expect(0);
        holds(&shown.stdout, &hostile);
    }
    // A file that is not a cloud is named and quoted in the error.
    for broken in ["\u{1b}[2J".to_owned(), json!({ hostile.as_str(): 1 }).to_string()] {
        bench.write("cloud.json", &broken);
        run(&bench, &["plan", "a.yaml"]).expect(1);
    }
    assert!(strings(&events.stdout).len() > 4);
}
