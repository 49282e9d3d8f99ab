use holdfast_compiler::document::S3Location;
use holdfast_compiler::plan::Accounts;

use super::*;
use crate::journal::History;

const ANCHOR: &str = "kind: trust
estates:
  acme:
    cloud: aws
    accounts: [\"111122223333\"]
    partition: aws
    journal: { at: \"s3://acme-journal/holdfast\", owner: \"111122223333\", head: HEAD }
";

fn trust(text: &str) -> (tempfile::TempDir, Trust) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trust.yaml");
    std::fs::write(&file, text).unwrap();
    let trust = Trust::read(&file).unwrap();
    (folder, trust)
}

fn code<T>(result: Result<T, Diagnostic>) -> Option<&'static str> {
    result.err().map(|finding| finding.code.as_str())
}

#[test]
fn other_estate_cloud_account_or_partition_is_not_allowed() {
    let (_folder, trust) = trust(&ANCHOR.replace("HEAD", "none"));
    assert_eq!(code(trust.anchor("other").map(drop)), Some("E0721"));
    let allows = |cloud: &str, account: &str, partition: &str| {
        let accounts = Accounts::one("aws", account, partition);
        let [estate, cloud] = ["acme", cloud].map(str::to_owned);
        let context = Context { estate, cloud, accounts };
        code(trust.anchor("acme").unwrap().allows(&context, None))
    };
    assert_eq!(allows("aws", "111122223333", "aws"), None);
    for (cloud, account, partition) in [
        ("local:cloud.json", "111122223333", "aws"),
        ("aws", "444455556666", "aws"),
        ("aws", "111122223333", "aws-cn"),
        ("aws", "", "aws"),
    ] {
        assert_eq!(allows(cloud, account, partition), Some("E0721"), "{cloud} {account} {partition}");
    }
}

/// A site in another account gets copies of everything.
#[test]
fn site_in_an_account_that_the_anchor_does_not_name_is_not_allowed() {
    let (_folder, one) = trust(&ANCHOR.replace("HEAD", "none"));
    let anchor = one.anchor("acme").unwrap();
    assert_eq!(code(anchor.allows_account("111122223333")), None);
    assert_eq!(code(anchor.allows_account("444455556666")), Some("E0721"));
    let both =
        ANCHOR.replace("HEAD", "none").replace("[\"111122223333\"]", "[\"111122223333\", \"444455556666\"]");
    let (_folder, both) = trust(&both);
    assert_eq!(code(both.anchor("acme").unwrap().allows_account("444455556666")), None);
}

#[test]
fn journal_place_of_the_anchor_overrides_all_others() {
    let (_folder, trust) = trust(&ANCHOR.replace("HEAD", "none"));
    let anchor = trust.anchor("acme").unwrap();
    let Place::S3 { owner, .. } = anchor.journal(None).unwrap() else { panic!("the anchor names a bucket") };
    assert_eq!(owner.as_deref(), Some("111122223333"), "only the anchor names the owner of the bucket");
    assert_eq!(code(anchor.journal(Some(&"s3://acme-journal/holdfast".parse().unwrap()))), None);
    for other in ["s3://acme-journal/other", "s3://mallory/holdfast", "/tmp/journal", "journal"] {
        assert_eq!(code(anchor.journal(Some(&other.parse().unwrap()))), Some("E0722"), "{other}");
    }
}

#[test]
fn policy_names_no_copy_of_the_journal_that_the_anchor_does_not() {
    let said = |copies: &[&str]| Place::S3 {
        s3: S3Location::parse("s3://acme-journal/holdfast").unwrap(),
        region: Some("us-west-2".to_owned()),
        copies: copies
            .iter()
            .map(|copy| (S3Location::parse(copy).unwrap(), Some("eu-west-1".into())))
            .collect(),
        lease: 60,
        owner: None,
    };
    let (_folder, none) = trust(&ANCHOR.replace("HEAD", "none"));
    let anchor = none.anchor("acme").unwrap();
    assert_eq!(code(anchor.journal(Some(&said(&[])))), None);
    assert_eq!(code(anchor.journal(Some(&said(&["s3://mallory/holdfast"])))), Some("E0722"));
    let copied = ANCHOR.replace("head: HEAD", "copies: [s3://acme-copy/holdfast], head: none");
    let (_folder, copied) = trust(&copied);
    let anchor = copied.anchor("acme").unwrap();
    assert_eq!(
        code(anchor.journal(Some(&said(&["s3://acme-copy/holdfast", "s3://mallory/x"])))),
        Some("E0722")
    );
    for (place, region) in
        [(None, None), (Some(said(&[])), None), (Some(said(&["s3://acme-copy/holdfast"])), Some("eu-west-1"))]
    {
        let Place::S3 { copies, .. } = anchor.journal(place.as_ref()).unwrap() else { panic!("a bucket") };
        let [(s3, found)] = copies.as_slice() else { panic!("the anchor's copy is used: {copies:?}") };
        assert_eq!((s3.as_str(), found.as_deref()), ("s3://acme-copy/holdfast", region));
    }
}

#[test]
fn empty_journal_is_trusted_only_before_the_first_run() {
    let (_folder, first) = trust(&ANCHOR.replace("HEAD", "none"));
    assert_eq!(code(first.anchor("acme").unwrap().trusts_history(&History::default())), None);
    let (_folder, later) = trust(&ANCHOR.replace("HEAD", &"ab".repeat(32)));
    let anchor = later.anchor("acme").unwrap();
    assert_eq!(code(anchor.trusts_history(&History::default())), Some("E0722"));
    let shorter = History { hashes: vec!["cd".repeat(32)], ..History::default() };
    assert_eq!(code(anchor.trusts_history(&shorter)), Some("E0722"));
    let longer = History { hashes: vec!["ab".repeat(32), "cd".repeat(32)], ..History::default() };
    assert_eq!(code(anchor.trusts_history(&longer)), None);
}

#[test]
fn list_outside_of_the_anchors_folder_is_not_read() {
    let text = ANCHOR.replace("HEAD", "none") + "    approvals: { required: 1, signers: ../people }\n";
    let (_folder, trust) = trust(&text);
    assert_eq!(code(trust.anchor("acme").unwrap().demand()), Some("E0720"));
}
