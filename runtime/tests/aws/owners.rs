//! Buckets that others have or made: what keeps them from being adopted, and names that are taken.

use serde_json::{Value, json};

use crate::aws::{BUCKETS, applied, zones};
use crate::support::{Bench, Standin};

/// Objects under a key of their own, and Object Lock, are seen before anything is changed.
#[test]
fn bucket_with_another_key_or_a_lock_is_refused_before_any_change() {
    let standin = Standin::start();
    zones(&standin);
    let place = "--region eu-central-1 --create-bucket-configuration LocationConstraint=eu-central-1";
    standin.aws(&format!("s3api create-bucket --bucket acme-shop-orders {place}"));
    let key = "arn:aws:kms:eu-central-1:000000000001:key/1234abcd";
    let rule =
        json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}});
    let rules = json!({"Rules": [rule]}).to_string();
    let put = ["s3api", "put-bucket-encryption", "--bucket", "acme-shop-orders", "--region", "eu-central-1"];
    standin.aws_args(&[&put[..], &["--server-side-encryption-configuration", &rules]].concat());
    standin.aws(&format!(
        "s3api create-bucket --bucket acme-shop-pictures --object-lock-enabled-for-bucket {place}"
    ));
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    let ran = bench.run("apply policies --yes").expect(4);
    let said = ran.stderr.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "E0760",
        "the bucket `acme-shop-orders` exists and encrypts with the KMS key \
         `arn:aws:kms:eu-central-1:000000000001:key/1234abcd`, and the policy would encrypt without KMS",
        "E0761",
        "the bucket `acme-shop-pictures` has Object Lock and its copy `acme-shop-pictures-eu-west-1` would be created \
         without it",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(standin.aws("s3api list-buckets")["Buckets"].as_array().unwrap().len(), 2);
}

/// A name of a bucket is unique in all accounts. One that somebody else has is found by the plan, not by the apply.
#[test]
fn bucket_of_another_account_is_named_and_the_rest_is_made() {
    let standin = Standin::start();
    zones(&standin);
    standin.bucket_of_another_account("acme-shop-orders-standby", "eu-west-1");
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    let why = "the bucket `acme-shop-orders-standby` belongs to another account: it exists in eu-west-1, and S3 does not \
               list it for account 000000000001";
    let json: Value =
        serde_json::from_str(&bench.run("plan policies --format json").expect(0).stdout).unwrap();
    let unknown = json["unknown"].as_array().unwrap();
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert_eq!((&unknown[0]["reason"], &unknown[0]["taken"]), (&json!(why), &json!(true)));
    assert_eq!(unknown[0]["address"], "aws.bucket.web-shop.orders.ireland");
    let shop = json["objectives"].as_array().unwrap().iter().filter(|one| one["service"] == "web-shop");
    for objective in shop.filter(|one| one["measure"] == "rpo" && one["disruption"] != "corruption") {
        assert_eq!(objective["met"], false, "{objective}");
    }
    let applied = bench.run("apply policies --yes").expect(1).stdout;
    assert!(applied.contains("Left, because its name belongs to somebody else (3)"), "{applied}");
    let list = standin.aws("s3api list-buckets");
    assert_eq!(list["Buckets"].as_array().unwrap().len(), BUCKETS.len() - 1);
}

/// Of two copies, the one whose bucket somebody else has now gets nothing more; the other one goes on.
#[test]
fn copy_whose_name_another_account_takes_gets_nothing_more() {
    let standin = Standin::start();
    let bench = applied(&standin);
    let (copy, region) = ("acme-payments-ledger-eu-west-1", "eu-west-1");
    standin.aws(&format!("s3api delete-bucket --bucket {copy} --region {region}"));
    standin.bucket_of_another_account(copy, region);
    let of = |rest: &str| ("update".to_owned(), format!("aws.replication.payments.ledger{rest}"));
    let pending = [of(""), of(".oregon")];
    assert_eq!(bench.pending(), pending);
    let plan = bench.run("plan policies").expect(0).stdout;
    let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "the bucket `acme-payments-ledger-eu-west-1` belongs to another account",
        "! an existing destination receives no further copies",
    ] {
        assert!(plan.contains(said), "{said}: {plan}");
    }
    bench.run("apply policies --yes").expect(1);
    assert_eq!(bench.pending(), []);
    let get = "s3api get-bucket-replication --bucket acme-payments-ledger --region us-east-1";
    let rules = standin.aws(get)["ReplicationConfiguration"]["Rules"].clone();
    let rules = rules.as_array().unwrap();
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert_eq!(rules[0]["Destination"]["Bucket"], "arn:aws:s3:::acme-payments-ledger-us-west-2");
}
