//! Some of the same breakages over the wire: what Holdfast reads is what AWS calls it.

use serde_json::json;

use crate::breakages::{Which, is_met, today};
use crate::support::{Bench, Standin};

const SOURCE: &str = "--bucket acme-archive-contracts --region ap-northeast-1";
const COPY: &str = "--bucket acme-archive-contracts-ap-southeast-1 --region ap-southeast-1";
const WHICH: Which<'static> = ("archive", "site-loss", "rpo");

/// The shipped policies with keys of their own, applied.
fn applied(standin: &Standin) -> (Bench<'_>, [String; 2]) {
    standin.zone("acme.example");
    standin.zone("shop.example");
    let keys = [("tokyo", "ap-northeast-1"), ("singapore", "ap-southeast-1")].map(|(site, region)| {
        let made = standin.aws(&format!("kms create-key --region {region}"));
        let id = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
        standin.aws(&format!(
            "kms create-alias --region {region} --alias-name alias/acme-{site} --target-key-id {id}"
        ));
        id
    });
    let bench = Bench::aws(standin);
    bench.shipped_policies();
    crate::breakages::own_keys(&bench);
    bench.run("apply policies --yes").expect(0);
    (bench, keys)
}

#[test]
fn breakages_are_seen_over_the_wire() {
    let standin = Standin::start();
    let (bench, [source_key, copy_key]) = applied(&standin);
    let whole = today(&bench, WHICH);
    assert!(is_met(&whole), "unbroken: {whole:?}");
    let check = |name: &str, broken: &str, mended: &str| {
        standin.aws_args(&broken.split('\t').collect::<Vec<_>>());
        let said = today(&bench, WHICH);
        assert!(!is_met(&said), "{name}, and the plan says {said:?}");
        standin.aws_args(&mended.split('\t').collect::<Vec<_>>());
        let said = today(&bench, WHICH);
        assert!(is_met(&said), "{name} is mended, and the plan says {said:?}");
    };
    let words = |text: String| text.replace(' ', "\t");
    let with = |text: String, option: &str, document: &serde_json::Value| {
        format!("{}\t{option}\t{document}", text.replace(' ', "\t"))
    };
    let deny = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:Replicate*",
        "Resource": "arn:aws:s3:::acme-archive-contracts-ap-southeast-1/*",
    }});
    let ours = standin.aws(&format!("s3api get-bucket-policy {COPY}"))["Policy"].clone();
    let ours: serde_json::Value = serde_json::from_str(ours.as_str().unwrap()).unwrap();
    let put =
        |policy: &serde_json::Value| with(format!("s3api put-bucket-policy {COPY}"), "--policy", policy);
    check("copy's policy denies copying", &put(&deny), &put(&ours));
    let rule = |status: &str| json!({"Rules": [{"ID": "tidy", "Status": status, "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]});
    check(
        "copy expires objects",
        &with(
            format!("s3api put-bucket-lifecycle-configuration {COPY}"),
            "--lifecycle-configuration",
            &rule("Enabled"),
        ),
        &with(
            format!("s3api put-bucket-lifecycle-configuration {COPY}"),
            "--lifecycle-configuration",
            &rule("Disabled"),
        ),
    );
    let payer = |payer: &str| {
        words(format!(
            "s3api put-bucket-request-payment {COPY} --request-payment-configuration Payer={payer}"
        ))
    };
    check("copy is paid for by requesters", &payer("Requester"), &payer("BucketOwner"));
    let key =
        |does: &str, region: &str, id: &str| words(format!("kms {does} --region {region} --key-id {id}"));
    for (name, region, id) in
        [("source's key", "ap-northeast-1", &source_key), ("copy's key", "ap-southeast-1", &copy_key)]
    {
        check(
            &format!("{name} is disabled"),
            &key("disable-key", region, id),
            &key("enable-key", region, id),
        );
    }
    let drift = bench.run("plan policies --drift").expect(0);
    assert_eq!(drift.stdout, "");
    standin.aws(&format!(
        "s3api put-object-lock-configuration {SOURCE} --object-lock-configuration ObjectLockEnabled=Enabled"
    ));
    let said = today(&bench, WHICH);
    assert!(!is_met(&said), "source has object lock, and the plan says {said:?}");
    let drift = bench.run("plan policies --drift").expect(0).stdout;
    let drift = drift.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        drift.contains(
            "! the bucket `acme-archive-contracts` has Object Lock: the policy does not manage that, and it decides"
        ),
        "{drift}"
    );
}
