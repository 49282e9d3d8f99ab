//! The document of a restore is enough, and nothing in it is too much.

use std::collections::BTreeSet;

use holdfast::provider::aws::permissions::{Use, calls, of};
use holdfast::provider::aws::permissions_page::policy;
use serde_json::{Value, json};

use crate::permissions::requests::{check, recorded};
use crate::permissions::shapes;
use crate::permissions::user::User;
use crate::support::{Bench, Ran, Standin};

/// What cannot be tried: the stand-in asks neither for the tags of a copy nor for keys, and nothing is given up.
const UNTRIED: [&str; 5] = [
    "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
    "kms:Decrypt",
    "kms:GenerateDataKey",
];

/// A user, two objects, and an empty bucket that is none of the estate's.
fn objects(standin: &Standin) -> User<'_> {
    let user = User::new(standin);
    let orders = "--bucket acme-shop-orders --region eu-central-1";
    let place = "--create-bucket-configuration LocationConstraint=eu-central-1";
    standin.aws(&format!("s3api create-bucket {orders} {place}"));
    standin.aws(&format!("s3api put-bucket-versioning {orders} --versioning-configuration Status=Enabled"));
    standin.aws("s3api create-bucket --bucket rescue --region us-east-1");
    // Without a checksum, so that they are read as well.
    for key in ["order", "secret"] {
        standin.put_bare("acme-shop-orders", "eu-central-1", key, "text");
    }
    user
}

/// The moment that includes all that was written until now.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// Restore them with a document and the statements of `plan` about the journal, which is in a bucket here. Each time to another place, so
/// that everything is done.
fn restore(user: &User<'_>, document: &Value, place: usize) -> Ran {
    let (mut document, plan) = (document.clone(), policy(Use::Plan));
    let of_journal = |one: &&Value| one["Resource"].as_str().is_some_and(|on| on.contains(":::JOURNAL"));
    let journal = plan["Statement"].as_array().unwrap().iter().filter(of_journal).cloned();
    document["Statement"].as_array_mut().unwrap().extend(journal);
    let words = "restore policies --service web-shop --data orders --yes --to-time";
    user.run(&document, &format!("{words} {} --into rescue/{place}/", now()))
}

#[test]
fn every_request_of_a_restore_names_the_owner_and_is_in_the_table() {
    let standin = Standin::start();
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    for bucket in ["acme-payments-ledger", "rescue"] {
        standin.aws(&format!("s3api create-bucket --bucket {bucket} --region us-east-1"));
        let versioning = "put-bucket-versioning --versioning-configuration Status=Enabled";
        standin.aws(&format!("s3api {versioning} --bucket {bucket} --region us-east-1"));
    }
    standin.put_bare("acme-payments-ledger", "us-east-1", "entry", "one");
    standin.put_bare("acme-payments-ledger", "us-east-1", "large", &"more ".repeat(1 << 20 | 1));
    let words =
        "restore policies --service payments --data ledger --into rescue --part-size 5MiB --yes --to-time";
    let (_, requests) = recorded(&bench, &standin, &format!("{words} {}", now()));
    let seen = check(&requests, Use::Restore);
    let wrong = shapes::faults(&requests);
    assert!(wrong.is_empty(), "{wrong:#?}");
    for listed in calls().iter().filter(|listed| listed.is_of_a_restore()) {
        let operation = listed.call.operation;
        let rare = operation == "s3:AbortMultipartUpload";
        assert!(rare || seen.contains(operation), "{operation} was never made");
    }
}

#[test]
fn documented_permissions_of_a_restore_are_sufficient_and_none_is_too_much() {
    let standin = Standin::guarded();
    let user = objects(&standin);
    let whole = policy(Use::Restore);
    restore(&user, &whole, 0).expect(0);
    let actions: BTreeSet<&str> = of(Use::Restore).iter().map(|permission| permission.action).collect();
    for (place, action) in actions.iter().filter(|action| !UNTRIED.contains(action)).enumerate() {
        let mut document = whole.clone();
        for statement in document["Statement"].as_array_mut().unwrap() {
            statement["Action"].as_array_mut().unwrap().retain(|one| one != action);
        }
        document["Statement"].as_array_mut().unwrap().retain(|one| one["Action"] != json!([]));
        let ran = restore(&user, &document, place + 1);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        // Without the rules of the lifecycle, nobody knows what may be gone.
        assert_eq!(ran.code, i32::from(*action != "sts:AssumeRole"), "without {action}: {said}");
    }
}

#[test]
fn object_that_may_not_be_read_is_listed_and_the_others_are_restored() {
    let standin = Standin::guarded();
    let user = objects(&standin);
    let mut document = policy(Use::Restore);
    let secret = json!({"Effect": "Deny", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::acme-shop-orders/secret"});
    document["Statement"].as_array_mut().unwrap().push(secret);
    let ran = restore(&user, &document, 0).expect(1);
    assert!(ran.stdout.contains("Copied and verified: 1 object (4 bytes)."), "{}", ran.stdout);
    assert!(ran.stdout.contains("NOT RESTORED, OR NOT VERIFIED: 1\n  secret  (version "), "{}", ran.stdout);
    assert!(ran.stdout.contains("NOT COMPLETE"), "{}", ran.stdout);
    // Once it may be read, the same command restores what is missing.
    let ran = restore(&user, &policy(Use::Restore), 0).expect(0);
    assert!(ran.stdout.contains("Copied and verified: 1 object (4 bytes)."), "{}", ran.stdout);
    assert!(ran.stdout.contains("There already, and verified: 1 object (4 bytes)."), "{}", ran.stdout);
}
