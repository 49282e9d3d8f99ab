//! A plan for a different estate, cloud, account or journal than the approved one. Under an anchor it is refused
//! before any file is created and before any bucket is contacted.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::attacks::world::{TWO, World};
use crate::support::aws_environment;

/// Somebody else's journal.
const STRANGE: &str = "s3://strangers-bucket/journal";

/// An estate after its first run, with an approved plan and an anchor that names the journal's head.
fn approved() -> World {
    let world = World::applied(TWO);
    world.anchor(&world.head());
    world.policies("acme", TWO, &world.changed());
    world.plan("change.plan");
    world.approve("change.plan", &["alice", "bob"]);
    world
}

/// A command without flags except the anchor.
fn bare(world: &World, words: &str) -> Command {
    let mut command = world.command(words);
    command.env_remove("HOLDFAST_CLOUD").env_remove("HOLDFAST_JOURNAL");
    command
}

/// Check that a command is refused with one code without an anchor, with another one under it, and creates nothing.
#[track_caller]
fn refused_twice(world: &World, words: &str, alone: &str, anchored: &str) {
    let before = world.tree();
    world.refused_command(bare(world, words), alone);
    assert!(unlocked(world.tree()) == unlocked(before.clone()), "{words} has made something");
    world.restore(&before);
    let mut command = bare(world, words);
    command.env("HOLDFAST_TRUST", "trust/anchor.yaml");
    world.refused_command(command, anchored);
    assert!(world.tree() == before, "{words} has made something");
}

/// The files without the lock, which has nothing to do with trust.
fn unlocked(mut tree: std::collections::BTreeMap<String, Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    tree.retain(|name, _| !name.ends_with("/lock"));
    tree.into_iter().collect()
}

/// What is forged, how, and the codes without an anchor and under it.
type Forgery = (&'static str, Vec<(&'static str, Value)>, &'static str, &'static str);

#[test]
fn plan_file_for_another_context_is_refused_with_and_without_an_anchor() {
    let world = approved();
    let elsewhere = |name: &str| json!(world.path().join(name).display().to_string());
    let estate = world.policies_with("change.plan", "name: acme", "name: other");
    // Who forges the estate also forges the consents to take over what belongs to the former one.
    let taken = ["bucket.files.docs.virginia", "bucket.files.docs.oregon", "replication.files.docs"];
    let taken = json!(taken.map(|address| format!("adopt:aws.{address}")));
    let cases: Vec<Forgery> = vec![
        (
            "estate",
            vec![
                ("/inputs/context/estate", json!("other")),
                ("/inputs/policies", estate),
                ("/inputs/consents", taken),
            ],
            "E0709",
            "E0721",
        ),
        ("account", vec![("/inputs/context/accounts/aws/id", json!("999999999999"))], "E0604", "E0604"),
        ("partition", vec![("/inputs/context/accounts/aws/partition", json!("aws-cn"))], "E0604", "E0604"),
        ("cloud", vec![("/inputs/context/cloud", json!("aws"))], "E0704", "E0704"),
        ("file of the cloud", vec![("/inputs/context/cloud", json!("local:other.json"))], "E0704", "E0704"),
        ("the cloud's file", vec![("/local", elsewhere("other.json"))], "E0704", "E0704"),
        ("the cloud's folder", vec![("/local", elsewhere("trust/cloud.json"))], "E0709", "E0721"),
        (
            "both",
            vec![("/local", elsewhere("other.json")), ("/inputs/context/cloud", json!("local:other.json"))],
            "E0709",
            "E0721",
        ),
        ("journal", vec![("/journal", elsewhere("other"))], "E0703", "E0722"),
        (
            "journal and head",
            vec![("/journal", elsewhere("o")), ("/journal-head", json!(""))],
            "E0709",
            "E0722",
        ),
        ("no head", vec![("/journal-head", json!(""))], "E0711", "E0711"),
        ("head", vec![("/journal-head", json!("0".repeat(64)))], "E0703", "E0703"),
    ];
    for (what, changes, alone, anchored) in cases {
        println!("{what}");
        world.forge("change.plan", "forged.plan", &changes);
        world.carry_approvals("change.plan", "forged.plan");
        refused_twice(&world, "apply forged.plan", alone, anchored);
    }
}

/// A plan that renames its cloud must still satisfy the rule of the last run.
#[test]
fn cloud_by_another_name_keeps_the_rule_of_the_last_run() {
    let world = approved();
    world.policies("acme", "", &world.changed());
    world.plan("dropped.plan");
    world.refused("apply dropped.plan", "E0709");
    for cloud in ["aws", "local:cloud", "local:/cloud.json"] {
        // The estate owns nothing in a cloud with another name, so the plan would change foreign objects.
        let changes = [("/inputs/context/cloud", json!(cloud)), ("/inputs/owned", json!([]))];
        world.forge("dropped.plan", "forged.plan", &changes);
        world.refused("apply forged.plan", "E0704");
    }
    let whole = world.path().join("cloud.json").display().to_string();
    world.forge("dropped.plan", "forged.plan", &[("/inputs/context/cloud", json!(format!("local:{whole}")))]);
    world.refused("apply forged.plan", "E0709");
    for way in [
        format!("local:{whole}"),
        "local:../cloud.json".to_owned(),
        "local:policies/../cloud.json".to_owned(),
    ] {
        let folder = if way.contains(":../") { "policies" } else { "." };
        let policies = if folder == "." { "policies" } else { "." };
        let mut command = world.command(&format!("apply {policies} --yes --cloud {way}"));
        command.current_dir(world.path().join(folder)).env("HOLDFAST_JOURNAL", world.path().join("journal"));
        world.refused_command(command, "E0709");
    }
}

#[test]
fn journal_at_another_place_is_refused_before_it_is_contacted() {
    let world = approved();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = || match listener.accept() {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            false
        }
    };
    let strange = json!({ "s3": STRANGE, "region": "us-east-1", "lease": 300 });
    world.forge("change.plan", "forged.plan", &[("/journal", strange)]);
    world.carry_approvals("change.plan", "forged.plan");
    let shared = format!("{TWO}journal: {{ site: virginia, s3: {STRANGE} }}\n");
    world.policies("acme", &shared, &world.changed());
    let before = world.tree();
    for words in [
        "plan policies",
        "plan policies --out other.plan",
        "apply policies --yes",
        "apply forged.plan",
        "apply change.plan --journal s3://strangers-bucket/journal",
        "plan policies --journal s3://strangers-bucket/journal",
        "plan policies --journal elsewhere",
        "apply change.plan --journal elsewhere",
    ] {
        let mut command = bare(&world, words);
        aws_environment(&mut command, &url);
        if !words.contains(".plan ") && !words.contains("forged") {
            command.env("HOLDFAST_CLOUD", "local:cloud.json");
        }
        command.env("HOLDFAST_TRUST", "trust/anchor.yaml");
        world.refused_command(command, "E0722");
        assert!(!asked(), "{words} asks a bucket");
        assert!(world.tree() == before, "{words} has made something");
    }
    // The listener works: without an anchor, the same command contacts the bucket.
    let mut command = bare(&world, "apply forged.plan");
    aws_environment(&mut command, &url);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    listener.set_nonblocking(false).unwrap();
    listener.accept().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A plan file cannot name the expected owner of a bucket; otherwise the check would be worthless.
#[test]
fn plan_file_cannot_choose_the_owner_of_the_journal_bucket() {
    let world = approved();
    let place = json!({ "s3": STRANGE, "region": "us-east-1", "lease": 300, "owner": "999999999999" });
    world.forge("change.plan", "forged.plan", &[("/journal", place)]);
    let sealed = world.bench.read("forged.plan");
    assert!(!sealed.contains("999999999999"), "{sealed}");
    let lease = "\"lease\": 300\n";
    assert!(sealed.contains(lease), "{sealed}");
    let owner = format!("{},\n    \"owner\": \"999999999999\"\n", lease.trim_end());
    world.bench.write("forged.plan", &sealed.replace(lease, &owner));
    world.refused_command(bare(&world, "apply forged.plan"), "E0704");
}

#[test]
fn empty_or_missing_anchor_is_refused() {
    let world = approved();
    let before = world.tree();
    std::fs::write(world.path().join("empty.yaml"), "").unwrap();
    for anchor in ["", "nowhere.yaml", "trust", "empty.yaml", "policies/estate.yaml"] {
        for words in [
            "plan policies",
            "plan policies --out other.plan",
            "apply policies --yes",
            "show change.plan",
            "approve change.plan --key carol",
            "apply change.plan",
        ] {
            let mut command = world.command(words);
            command.env("HOLDFAST_TRUST", anchor);
            world.refused_command(command, "E0720");
        }
    }
    std::fs::remove_file(world.path().join("empty.yaml")).unwrap();
    assert!(world.tree() == before, "something was created");
}
