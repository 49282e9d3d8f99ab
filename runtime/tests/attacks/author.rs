//! Authors who approve their own plan under another name, and plans with a wrong author's signature.

use std::process::Command;

use crate::attacks::world::{TWO, World, keygen};

/// A world before its first run; the anchor names the authors too.
fn authored() -> World {
    let world = World::new(TWO);
    let anchor = world.bench.read("trust/anchor.yaml");
    world.bench.write("trust/anchor.yaml", &format!("{anchor}    authors: people\n"));
    world
}

/// A command under the anchor.
fn anchored(world: &World, words: &str) -> Command {
    let mut command = world.command(words);
    command.env("HOLDFAST_TRUST", "trust/anchor.yaml").env("HOLDFAST_RUNNER_KEY", "runner");
    command
}

#[test]
fn author_does_not_count_under_any_spelling_or_name() {
    let world = World::new(TWO);
    let alias = world.signer("alice").replace("alice@acme", "ally@acme");
    for list in ["policies/people", "trust/people"] {
        world.bench.write(list, &format!("{}{alias}", world.bench.read(list)));
    }
    for (author, key) in [
        ("ALICE@acme.example", ""),
        ("Alice@Acme.Example", ""),
        ("alice@acme.example", ""),
        ("ci@acme.example", "--key alice"),
    ] {
        world.run(&format!("plan policies --author {author} {key} --out change.plan")).expect(0);
        world.refused("approve change.plan --key alice --as alice@acme.example", "E0714");
        world.refused("approve change.plan --key alice --as ally@acme.example", "E0714");
        // Signed with OpenSSH.
        for name in ["alice", "ally"] {
            world.run(&format!("approve change.plan --as {name}@acme.example --statement-only")).expect(0);
            let file = format!("change.plan.{name}@acme.example.approval");
            keygen(world.path(), &["-q", "-Y", "sign", "-n", "approval@holdfast", "-f", "alice", &file]);
        }
        world.approve("change.plan", &["bob"]);
        world.refused("apply change.plan", "E0714");
        world.refused_command(anchored(&world, "apply change.plan"), "E0714");
        world.refused_command(anchored(&world, "apply change.plan"), "E0709");
    }
}

#[test]
fn plan_without_its_authors_signature_is_refused() {
    let world = authored();
    world
        .run("plan policies --author alice@acme.example --key alice --out other.plan --as-of 2026-11-01")
        .expect(0);
    world.run("plan policies --author alice@acme.example --key alice --out change.plan").expect(0);
    world.approve("change.plan", &["bob", "carol"]);
    let sound = world.bench.read("change.plan.sig");
    let other = world.bench.read("other.plan.sig");
    let middle = sound.lines().nth(2).unwrap();
    let flipped: String = middle.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
    for (what, signature) in [
        ("of another plan", other),
        ("broken", sound.replace(middle, &flipped)),
        ("cut", sound[..sound.len() / 2].to_owned()),
        ("empty", String::new()),
        ("an approval's", world.bench.read("change.plan.bob@acme.example.approval.sig")),
    ] {
        println!("{what}");
        world.bench.write("change.plan.sig", &signature);
        for words in ["show change.plan", "approve change.plan --key bob", "apply change.plan"] {
            world.refused(words, "E0725");
            world.refused_command(anchored(&world, words), "E0725");
        }
    }
    // Signed by somebody else, under the author's name.
    std::fs::remove_file(world.path().join("change.plan.sig")).unwrap();
    world.refused_command(anchored(&world, "apply change.plan"), "E0725");
    for key in ["mallory", "bob"] {
        let _ = std::fs::remove_file(world.path().join("change.plan.sig"));
        keygen(world.path(), &["-q", "-Y", "sign", "-n", "plan@holdfast", "-f", key, "change.plan"]);
        world.refused_command(anchored(&world, "apply change.plan"), "E0725");
    }
    // An author's name that does not belong to the key.
    world.forge("change.plan", "change.plan", &[("/author", "bob@acme.example".into())]);
    std::fs::remove_file(world.path().join("change.plan.sig")).unwrap();
    keygen(world.path(), &["-q", "-Y", "sign", "-n", "plan@holdfast", "-f", "alice", "change.plan"]);
    world.refused_command(anchored(&world, "apply change.plan"), "E0725");
    world.run("plan policies --author alice@acme.example --key alice --out change.plan").expect(0);
    world.approve("change.plan", &["bob", "carol"]);
    let mut command = anchored(&world, "apply change.plan");
    assert!(command.output().unwrap().status.success());
}
