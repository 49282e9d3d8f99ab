//! A journal that an attacker has changed, truncated, rolled back or replaced.

use std::collections::BTreeMap;
use std::path::PathBuf;

use holdfast_compiler::digest::sha256;
use serde_json::{Value, json};

use crate::attacks::world::{FILES, TWO, World};
use crate::support::{Standin, aws_environment};

const ANCHORED: &str = "--trust trust/anchor.yaml --runner-key runner";

/// An estate after two signed runs, the head of the first, and an approved plan of the next change: `next.plan`.
fn two_runs() -> (World, String) {
    let world = World::applied(TWO);
    let first = world.head();
    world.policies("acme", TWO, &world.changed());
    world.plan("second.plan");
    world.approve("second.plan", &["alice", "bob"]);
    world.run("apply second.plan --runner-key runner").expect(0);
    world.policies("acme", TWO, FILES);
    world.plan("next.plan");
    world.approve("next.plan", &["alice", "bob"]);
    // Whoever can change the journal can remove the note of its last run.
    std::fs::remove_file(world.path().join("journal/.last")).unwrap();
    (world, first)
}

fn file(world: &World, run: usize) -> PathBuf {
    world.path().join(format!("journal/{run:06}.jsonl"))
}

fn lines(world: &World, run: usize) -> Vec<String> {
    std::fs::read_to_string(file(world, run)).unwrap().lines().map(str::to_owned).collect()
}

fn put(world: &World, run: usize, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(file(world, run), text).unwrap();
}

/// The body of an entry.
fn says(line: &str) -> Value {
    serde_json::from_str(line.split_once(' ').unwrap().1).unwrap()
}

/// Entries with valid numbers and hashes after a line, or at the beginning.
fn chained(behind: Option<&String>, entries: &[Value]) -> Vec<String> {
    let mut previous = behind.map_or("", |line| line.split_once(' ').unwrap().0).to_owned();
    let mut number = behind.map_or(0, |line| says(line)["number"].as_u64().unwrap());
    let mut lines = Vec::new();
    for entry in entries {
        number += 1;
        let mut entry = entry.clone();
        entry["number"] = number.into();
        entry["previous"] = previous.into();
        let body = entry.to_string();
        previous = sha256(&body);
        lines.push(format!("{previous} {body}"));
    }
    lines
}

/// A complete forged run after the second one, made from changed copies of its entries.
fn forge_run(world: &World, change: &dyn Fn(&mut Vec<Value>)) {
    let second = lines(world, 2);
    let mut entries: Vec<Value> = second.iter().map(|line| says(line)).collect();
    change(&mut entries);
    put(world, 3, &chained(second.last(), &entries));
}

type Damage<'a> = (&'a str, Box<dyn Fn(&World) + 'a>, Option<&'a str>, &'a str);

/// Each attack is tried with and without the anchor, with an approved plan and with policies; then all is restored.
fn try_all(world: &World, damages: &[Damage<'_>]) {
    let sound = world.tree();
    for (what, damage, alone, anchored) in damages {
        println!("{what}");
        damage(world);
        assert!(world.tree() != sound, "{what} does nothing");
        if let Some(alone) = alone {
            world.refused("apply next.plan", alone);
        }
        for words in ["apply next.plan", "apply policies --yes", "plan policies"] {
            world.refused(&format!("{words} {ANCHORED}"), anchored);
        }
        world.restore(&sound);
    }
    // Without the attack, the command succeeds.
    world.run(&format!("apply next.plan {ANCHORED}")).expect(0);
}

#[test]
fn journal_that_was_cut_reordered_replaced_or_rolled_back_is_refused() {
    let (world, _) = two_runs();
    world.anchor(&world.head());
    // A valid journal of the same estate on another cloud.
    let sound = world.tree();
    world.policies("acme", "", FILES);
    world.run("apply policies --yes --cloud local:other.json --journal other --runner-key runner").expect(0);
    let other = lines_of(&world.path().join("other/000001.jsonl"));
    std::fs::remove_dir_all(world.path().join("other")).unwrap();
    world.restore(&sound);
    let cut = |run: usize, at: usize| {
        move |world: &World| {
            let mut all = lines(world, run);
            all.remove(if at == usize::MAX { all.len() - 1 } else { at });
            put(world, run, &all);
        }
    };
    let remove = |run: usize| move |world: &World| std::fs::remove_file(file(world, run)).unwrap();
    let damages: Vec<Damage<'_>> = vec![
        ("the end cut off", Box::new(cut(2, usize::MAX)), Some("E0703"), "E0722"),
        ("rolled back by a run", Box::new(remove(2)), Some("E0703"), "E0722"),
        ("the middle cut out", Box::new(cut(2, 2)), Some("E0703"), "E0703"),
        ("the beginning cut off", Box::new(cut(1, 0)), Some("E0703"), "E0703"),
        ("the end of the first run", Box::new(cut(1, usize::MAX)), Some("E0703"), "E0703"),
        ("the first run removed", Box::new(remove(1)), Some("E0703"), "E0703"),
        (
            "entries in another order",
            Box::new(|world| {
                let mut all = lines(world, 2);
                all.swap(1, 2);
                put(world, 2, &all);
            }),
            Some("E0703"),
            "E0703",
        ),
        (
            "runs in another order",
            Box::new(|world| {
                let (one, two) = (lines(world, 1), lines(world, 2));
                put(world, 1, &two);
                put(world, 2, &one);
            }),
            Some("E0703"),
            "E0703",
        ),
        ("an empty file", Box::new(|world| put(world, 2, &[])), Some("E0703"), "E0703"),
        (
            "an empty folder",
            Box::new(|world| {
                [1, 2].map(|run| std::fs::remove_file(file(world, run)).unwrap()).into_iter().collect()
            }),
            Some("E0703"),
            "E0722",
        ),
        (
            "no folder",
            Box::new(|world| std::fs::remove_dir_all(world.path().join("journal")).unwrap()),
            Some("E0703"),
            "E0722",
        ),
        (
            "the journal of another cloud",
            Box::new(|world| {
                std::fs::remove_file(file(world, 2)).unwrap();
                put(world, 1, &other);
            }),
            Some("E0703"),
            "E0722",
        ),
    ];
    try_all(&world, &damages);
}

fn lines_of(path: &std::path::Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// A roll-back to a state after the anchor's head is refused only if the plan's head is then missing.
#[test]
fn journal_rolled_back_to_before_the_head_of_the_plan_is_refused() {
    let (world, first) = two_runs();
    world.anchor(&first);
    std::fs::remove_file(file(&world, 2)).unwrap();
    for words in ["apply next.plan".to_owned(), format!("apply next.plan {ANCHORED}")] {
        world.refused(&words, "E0703");
    }
}

#[test]
fn forged_run_is_refused() {
    let (world, first) = two_runs();
    world.anchor(&first);
    let stolen = says(&lines(&world, 1)[0])["signature"].clone();
    // Runs written by Holdfast itself: signed by an unknown runner, and not signed.
    let sound = world.tree();
    let forged: BTreeMap<&str, Vec<String>> = ["--runner-key mallory", ""]
        .map(|key| {
            world.run("plan policies --author m@acme.example --out theirs.plan").expect(0);
            let words = format!("apply theirs.plan --break-glass {key} --because");
            let mut command = world.command(&words);
            assert!(command.arg("because I am able to").output().unwrap().status.success());
            let run = lines(&world, 3);
            world.restore(&sound);
            (key, run)
        })
        .into();
    let damages: Vec<Damage<'_>> = vec![
        ("by a stranger", Box::new(|world| put(world, 3, &forged["--runner-key mallory"])), None, "E0723"),
        ("by nobody", Box::new(|world| put(world, 3, &forged[""])), None, "E0723"),
        ("copied whole", Box::new(|world| forge_run(world, &|_| ())), None, "E0723"),
        (
            "with the signature of another run",
            Box::new(|world| forge_run(world, &|entries| entries[0]["signature"] = stolen.clone())),
            None,
            "E0723",
        ),
        (
            "signed by the beginning only",
            Box::new(|world| {
                let mut second: Vec<Value> = lines(world, 2).iter().map(|line| says(line)).collect();
                second.last_mut().unwrap().as_object_mut().unwrap().remove("signature");
                put(world, 2, &chained(lines(world, 1).last(), &second));
            }),
            Some("E0703"),
            "E0723",
        ),
        (
            "a step of a signed run changed, all hashes made to fit",
            Box::new(|world| {
                let mut second: Vec<Value> = lines(world, 2).iter().map(|line| says(line)).collect();
                let step = second.iter_mut().find(|entry| entry["event"] == "step-started").unwrap();
                step["identity"] = json!({ "name": "other-team" });
                put(world, 2, &chained(lines(world, 1).last(), &second));
            }),
            Some("E0703"),
            "E0723",
        ),
        (
            "without a rule, behind one with a rule",
            Box::new(|world| {
                forge_run(world, &|entries| drop(entries[0].as_object_mut().unwrap().remove("rule")));
            }),
            Some("E0703"),
            "E0703",
        ),
        (
            "of an older format",
            Box::new(|world| forge_run(world, &|entries| entries[0]["format"] = 1.into())),
            Some("E0703"),
            "E0703",
        ),
        (
            "entries behind the end of a run",
            Box::new(|world| {
                let mut second = lines(world, 2);
                let step =
                    second.iter().map(|line| says(line)).find(|entry| entry["event"] == "step-started");
                second.extend(chained(second.last(), &[step.unwrap()]));
                put(world, 2, &second);
            }),
            Some("E0703"),
            "E0703",
        ),
        (
            "a second end",
            Box::new(|world| {
                let mut second = lines(world, 2);
                second.extend(chained(second.last(), &[says(second.last().unwrap())]));
                put(world, 2, &second);
            }),
            Some("E0703"),
            "E0703",
        ),
        (
            "adopted behind the end of a run",
            Box::new(|world| {
                let mut second = lines(world, 2);
                let adopted = json!({
                    "event": "adopted", "at": "2026-01-01T00:00:00Z", "address": "aws.bucket.files.old.virginia",
                    "identity": { "name": "other-team" }, "attributes": {}, "needs": [],
                });
                second.extend(chained(second.last(), &[adopted]));
                put(world, 2, &second);
            }),
            Some("E0703"),
            "E0703",
        ),
    ];
    try_all(&world, &damages);
}

#[test]
fn stray_objects_in_the_folder_are_refused() {
    let (world, first) = two_runs();
    world.anchor(&first);
    let stray = |name: &'static str| {
        move |world: &World| {
            let text = std::fs::read(file(world, 2)).unwrap();
            std::fs::write(world.path().join("journal").join(name), text).unwrap();
        }
    };
    let damages: Vec<Damage<'_>> = vec![
        ("notes", Box::new(stray("notes.txt")), Some("E0703"), "E0703"),
        ("a short name", Box::new(stray("3.jsonl")), Some("E0703"), "E0703"),
        ("a long name", Box::new(stray("0000003.jsonl")), Some("E0703"), "E0703"),
        ("a copy", Box::new(stray("000003.jsonl")), Some("E0703"), "E0703"),
        ("far behind", Box::new(stray("000009.jsonl")), Some("E0703"), "E0703"),
        ("before the first", Box::new(stray("000000.jsonl")), Some("E0703"), "E0703"),
    ];
    try_all(&world, &damages);
    #[cfg(unix)]
    {
        let target = world.path().join("cloud.json");
        std::os::unix::fs::symlink(target, world.path().join("journal/000009.jsonl")).unwrap();
        world.refused("apply policies --yes", "E0703");
    }
}

/// A runner with an empty journal does not replay an old plan.
#[test]
fn fresh_runner_does_not_replay_an_approved_plan() {
    let world = World::new(TWO);
    world.plan("first.plan");
    world.approve("first.plan", &["alice", "bob"]);
    world.run("apply first.plan --runner-key runner").expect(0);
    world.anchor(&world.head());
    world.policies("acme", TWO, &world.changed());
    world.plan("second.plan");
    world.approve("second.plan", &["alice", "bob"]);
    world.run("apply second.plan --runner-key runner").expect(0);
    // On the original runner.
    for plan in ["first.plan", "second.plan"] {
        world.refused(&format!("apply {plan}"), "E0715");
        world.refused(&format!("apply {plan}"), "E0707");
    }
    // Replay the first plan on a machine with an empty journal.
    world.policies("acme", TWO, FILES);
    world.plan("back.plan");
    world.approve("back.plan", &["alice", "bob"]);
    world.run("apply back.plan --runner-key runner").expect(0);
    world.refused("apply first.plan --journal fresh", "E0704");
    world.refused("apply second.plan --journal fresh", "E0703");
    for plan in ["first.plan", "second.plan"] {
        world.refused(&format!("apply {plan} --journal fresh {ANCHORED}"), "E0722");
    }
    std::fs::rename(world.path().join("journal"), world.path().join("kept")).unwrap();
    world.refused("apply second.plan", "E0703");
    for plan in ["first.plan", "second.plan"] {
        world.refused(&format!("apply {plan} {ANCHORED}"), "E0722");
    }
    assert!(!world.path().join("journal").exists() && !world.path().join("fresh").exists());
}

/// A bucket stores each run twice. Under an anchor both copies are read and compared.
#[test]
fn forged_fold_in_a_bucket_is_refused() {
    let standin = Standin::start();
    standin.aws("s3api create-bucket --bucket team-journal");
    let world = World::new("");
    let anchor =
        world.bench.read("trust/anchor.yaml").replace("at: ../journal", "at: s3://team-journal/acme");
    let unruled = anchor.replace("    approvals: { required: 2, signers: people }\n", "");
    let command = |words: &str| {
        let mut command = world.command(words);
        aws_environment(&mut command, standin.url());
        command.env_remove("HOLDFAST_JOURNAL").env("HOLDFAST_TRUST", "trust/anchor.yaml");
        command.env("HOLDFAST_RUNNER_KEY", "runner");
        command
    };
    world.bench.write("trust/anchor.yaml", &unruled);
    assert!(command("apply policies --yes").output().unwrap().status.success());
    let object = world.path().join("object");
    let path = object.to_str().unwrap();
    let at = |verb: &str, key: &str, more: &[&str]| {
        standin.aws_args(&[&["s3api", verb, "--bucket", "team-journal", "--key", key], more].concat());
    };
    const FOLD: &str = "acme/000001.jsonl";
    at("get-object", FOLD, &[path]);
    let sound = lines_of(&object);
    let mut entries: Vec<Value> = sound.iter().map(|line| says(line)).collect();
    let step = entries.iter_mut().find(|entry| entry["event"] == "step-started").unwrap();
    step["identity"] = json!({ "name": "other-team" });
    let forged: String = chained(None, &entries).iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&object, &forged).unwrap();
    at("put-object", FOLD, &["--body", path]);
    world.policies("acme", "", &world.changed());
    let unsigned = unruled.replace("    runners: runners\n", "");
    for anchor in [&unruled, &unsigned] {
        world.bench.write("trust/anchor.yaml", anchor);
        for words in ["plan policies", "apply policies --yes", "plan policies --out change.plan"] {
            world.refused_command(command(words), "E0703");
        }
    }
    // Without the pages, the folded run cannot be compared, so it is refused too.
    let listed = standin.aws("s3api list-objects-v2 --bucket team-journal --prefix acme/000001/");
    for page in listed["Contents"].as_array().unwrap() {
        at("delete-object", page["Key"].as_str().unwrap(), &[]);
    }
    world.refused_command(command("apply policies --yes"), "E0703");
    // A valid folded run without its pages is refused too.
    std::fs::write(&object, sound.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    at("put-object", FOLD, &["--body", path]);
    world.refused_command(command("apply policies --yes"), "E0703");
}
