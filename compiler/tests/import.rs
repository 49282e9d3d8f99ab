//! Surveys of clouds with names chosen by other people: the written policy describes what exists, and nothing
//! else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::format::{Formatted, format};
use holdfast_compiler::import::{Survey, propose};
use holdfast_compiler::lower::TargetAccounts;
use holdfast_compiler::observation::Object;
use holdfast_compiler::printable::printable;
use holdfast_compiler::source::Sources;
use serde_json::{Value, json};

fn objects(hostile: &str) -> Vec<Object> {
    let bucket = |name: &str, region: &str| {
        json!({"kind": "aws.bucket", "id": name, "attributes": {
            "name": name, "region": region, "versioning": "Enabled", "encryption": "aws:kms:dsse", "kms-key": hostile,
            "bucket-key": false, "public-access-block": null, "ownership": null, "tags": {"service": hostile},
        }, "outputs": {"arn": format!("arn:aws:s3:::{name}")}})
    };
    let check = |id: &str| {
        json!({"kind": "aws.health-check", "id": id, "attributes": {
            "reference": format!("{hostile}{id}"), "type": "HTTPS_STR_MATCH", "interval": 30, "failures": 3, "ip": null,
            "domain": hostile, "port": 8443, "path": "/", "search": hostile, "sni": false, "inverted": false,
            "disabled": false, "tags": {},
        }, "outputs": {"id": id}})
    };
    let record = |role: &str, region: &str, id: &str| {
        json!({"kind": "aws.record", "id": id, "attributes": {
            "zone": "acme.example", "name": "www.acme.example", "type": "CNAME", "routing": "failover",
            "set-identifier": format!("{hostile}{role}"), "failover": role, "zone-id": "Z1", "ttl": 60,
            "values": [format!("lb.{region}.cdn.example")], "alias-name": null, "alias-zone-id": null,
            "evaluate-target-health": null, "health-check": id,
        }})
    };
    let rule = json!({"id": hostile, "priority": 1, "status": "Enabled", "filter": {"prefix": ""},
        "delete-markers": "Disabled", "destination": "arn:aws:s3:::copy"});
    let arn = "arn:aws:iam::000000000000:role/path/x";
    let all = json!([
        bucket("data", "us-east-1"), bucket("copy", "us-west-2"), bucket("alone", "us-west-2"),
        {"kind": "aws.role", "id": "x", "attributes": {"name": hostile, "trust": {}, "policy": null, "tags": {}},
            "outputs": {"arn": arn}},
        {"kind": "aws.replication", "id": "data", "attributes": {
            "bucket": "data", "region": "us-east-1", "role": arn, "rules": [rule]}},
        {"kind": "aws.hosted-zone", "id": "Z1", "attributes": {"name": "acme.example"}, "outputs": {"id": "Z1"}},
        {"kind": "aws.backup-plan", "id": "p1", "attributes": {"name": hostile, "region": "us-east-1", "tags": {}, "rules": [
            {"name": "daily", "vault": hostile, "schedule": "cron(0 5 * * ? *)", "zone": "Etc/UTC", "start-minutes": 60,
                "complete-minutes": 480, "delete-after-days": 35, "copies": []},
            {"name": hostile, "vault": hostile, "schedule": hostile, "copies": []},
        ]}, "outputs": {"id": "p1"}},
        {"kind": "aws.backup-vault", "id": "v", "attributes": {"name": hostile, "region": "us-east-1", "lock": "governance"}},
        {"kind": "aws.backup-selection", "id": "s1", "attributes": {"name": hostile, "region": "us-east-1", "plan": "p1",
            "role": hostile, "resources": ["arn:aws:s3:::data"], "more": null}},
        check("one"), check("two"), record("PRIMARY", "us-east-1", "one"), record("SECONDARY", "us-west-2", "two"),
    ]);
    serde_json::from_value::<Vec<Value>>(all)
        .unwrap()
        .into_iter()
        .map(|o| serde_json::from_value(o).unwrap())
        .collect()
}

#[test]
fn imported_yaml_compiles_for_any_resource_names() {
    let target = TargetAccounts::one("aws", "000000000000".to_owned());
    for hostile in [
        "no",
        "~",
        "a: b",
        "x }\n---\nkind: estate\nname: mine\n",
        "\"",
        "'",
        "\\",
        "#",
        "&a *a",
        "\u{202e}",
        "\t\r\u{1b}[2J",
        "{{ x }}",
        "ünï",
        "\u{0}\u{85}\u{2028}\u{feff}",
        "##vso[task.setvariable variable=a]b",
        "::add-mask::a",
    ] {
        let mut survey = Survey { objects: objects(hostile), ..Survey::default() };
        let proposal = propose(&Sources::default(), &survey, &target).unwrap();
        assert_eq!(proposal.services.len(), 2, "{hostile:?}: {:?}", proposal.left_out);
        let mut sources = Sources::default();
        let id = sources.add("imported.yaml", proposal.text.as_str());
        let compiled = compile(&sources, Options::default()).unwrap();
        assert_eq!(compiled.policy.estate.as_str(), "imported", "{hostile:?}");
        assert!(proposal.text.is_ascii() && !proposal.text.contains('\u{1b}'), "{}", proposal.text);
        // The printed text equals the written one: the printing layer has nothing to escape.
        assert_eq!(printable(&proposal.text, None), proposal.text);
        assert_eq!(format(id, &proposal.text), Ok(Formatted::Text(proposal.text.clone())));
        let (left, _) = (&proposal.left_out, survey.objects.reverse());
        assert_eq!(left.len(), 2, "{left:?}");
        assert_eq!(proposal.text.matches("strategy: daily").count(), 1, "{}", proposal.text);
        assert_eq!(propose(&Sources::default(), &survey, &target).unwrap().text, proposal.text);
    }
}
