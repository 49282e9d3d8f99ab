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
