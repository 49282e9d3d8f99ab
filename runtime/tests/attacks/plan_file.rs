//! A plan file that an attacker has changed.

use serde_json::{Value, json};

use crate::attacks::world::{TWO, World};

/// An estate after its first run, with a plan that alice and bob have approved.
fn approved() -> World {
    let world = World::applied(TWO);
    world.policies("acme", TWO, &world.changed());
    world.plan("change.plan");
    world.approve("change.plan", &["alice", "bob"]);
    world
}

/// What an attacker changes, and what they would gain.
fn forgeries(world: &World) -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    let says = world.says("change.plan");
    let mut observed = says["inputs"]["observed"].clone();
    for object in observed.as_array_mut().unwrap() {
        if object["kind"] == "aws.bucket" {
            object["attributes"]["versioning"] = "Suspended".into();
        }
    }
    let mut owned = says["inputs"]["owned"].clone();
    let mut applied = owned.clone();
    owned.as_array_mut().unwrap().push(json!({
        "address": "aws.bucket.files.old.virginia", "identity": { "name": "other-team" },
        "needs": [], "run": 1, "applied": {}, "begun": null,
    }));
    for thing in applied.as_array_mut().unwrap() {
        thing["applied"] = json!({});
    }
    let target = "aws.bucket.files.docs.virginia";
    let mut cases = vec![
        ("observed", vec![("/inputs/observed", observed)]),
        ("owned", vec![("/inputs/owned", owned)]),
        ("last applied values", vec![("/inputs/owned", applied)]),
        ("nothing owned", vec![("/inputs/owned", json!([]))]),
        ("consents", vec![("/inputs/consents", json!(["many"]))]),
        ("targets", vec![("/inputs/targets", json!([target]))]),
        ("day", vec![("/inputs/as-of", json!("2027-01-01"))]),
        ("author", vec![("/author", json!("somebody@else.example"))]),
        ("version", vec![("/made-with", json!("99.0.0"))]),
        ("names", vec![("/inputs/policies", world.policies_with("change.plan", "acme-docs", "other-docs"))]),
    ];
    if says["inputs"]["signers"].is_string() {
        let fewer = world.policies_with("change.plan", "required: 2", "required: 1");
        cases.push((
            "signers",
            vec![("/inputs/signers", json!(["alice", "mallory"].map(|who| world.signer(who)).concat()))],
        ));
        cases.push(("rule", vec![("/inputs/policies", fewer)]));
    }
    cases
}

#[test]
fn steps_and_unknown_fields_cannot_be_written_at_any_level() {
    let world = approved();
    let whole = world.bench.read("change.plan");
    let lines: Vec<&str> = whole.lines().collect();
    let mut levels = 0;
    for (nth, line) in lines.iter().enumerate().skip(1).filter(|(_, line)| line.trim_end().ends_with('{')) {
        levels += 1;
        for field in ["\"steps\": [],", "\"plan\": { \"changes\": [] },", "\"x\": null,"] {
            let (before, after) = lines.split_at(nth + 1);
            world.bench.write("forged.plan", &([before, &[field], after].concat().join("\n") + "\n"));
            world.carry_approvals("change.plan", "forged.plan");
            world.refused("apply forged.plan", "E0704");
            if nth > 20 {
                break;
            }
        }
        assert!(!line.is_empty());
    }
    // And at the top, after the lines that identify the file.
    for field in ["steps", "plan", "changes"] {
        let forged = whole.replacen("  \"made-with\"", &format!("  \"{field}\": [],\n  \"made-with\""), 1);
        assert_ne!(forged, whole);
        world.bench.write("forged.plan", &forged);
        world.refused("apply forged.plan", "E0704");
        world.refused("show forged.plan", "E0704");
    }
    assert!(levels > 10, "{levels}");
}

#[test]
fn duplicate_keys_are_refused() {
    let world = approved();
    let whole = world.bench.read("change.plan");
    let lines: Vec<&str> = whole.lines().collect();
    let mut keys = std::collections::BTreeSet::new();
    for (nth, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.split_once("\": ") else { continue };
        if value.ends_with(['{', '[']) || !keys.insert(key.trim().to_owned()) {
            continue;
        }
        let first = format!("{},", line.trim_end_matches(','));
        let (before, after) = lines.split_at(nth);
        world.bench.write("forged.plan", &([before, &[first.as_str()], after].concat().join("\n") + "\n"));
        world.refused("apply forged.plan", "E0704");
    }
    assert!(keys.len() > 12, "{keys:?}");
}

#[test]
fn other_formats_and_versions_are_refused() {
    let world = approved();
    let whole = world.bench.read("change.plan");
    let number = whole.split("\"format\": ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let own: u32 = number.parse().unwrap();
    let of = |other: String| (format!("\"format\": {own}"), format!("\"format\": {other}"));
    let others = (1..own).chain([own + 1, 999_999_999]).map(|other| of(other.to_string()));
    let not_numbers = [of(format!("{own}.0")), of(format!("\"{own}\""))];
    let rest =
        [("\"holdfast\": \"plan\"", "\"holdfast\": \"policy\""), ("\"made-with\": \"", "\"made-with\": \"9")];
    let rest = rest.map(|(from, to)| (from.to_owned(), to.to_owned()));
    for (from, to) in others.chain(not_numbers).chain(rest) {
        assert!(whole.contains(&from), "{from}");
        world.bench.write("change.plan", &whole.replacen(&from, &to, 1));
        world.refused("apply change.plan", "E0704");
        world.refused("approve change.plan --key alice", "E0704");
    }
}

#[test]
fn changed_inputs_under_the_digest_of_the_original_are_refused() {
    let world = approved();
    let mut all = forgeries(&world);
    all.push(("journal", vec![("/journal", json!("/elsewhere"))]));
    all.push(("head", vec![("/journal-head", json!(""))]));
    all.push(("cloud", vec![("/local", json!("/elsewhere.json"))]));
    for (what, changes) in all {
        let forged = world.edited("change.plan", &changes).text().unwrap();
        assert_ne!(forged, world.bench.read("change.plan"), "{what}");
        world.bench.write("forged.plan", &forged);
        world.carry_approvals("change.plan", "forged.plan");
        for command in ["show", "approve --key carol", "apply"] {
            world.refused(&format!("{command} forged.plan"), "E0704");
        }
    }
}

#[test]
fn approvals_of_the_original_never_count_for_a_forgery_whose_digests_fit() {
    let world = approved();
    for (what, changes) in forgeries(&world) {
        world.forge("change.plan", "forged.plan", &changes);
        let digest = |file: &str| world.says(file)["digest"].clone();
        assert_ne!(digest("forged.plan"), digest("change.plan"), "{what}");
        world.carry_approvals("change.plan", "forged.plan");
        world.refused("apply forged.plan", "E0711");
        world.refused("apply forged.plan", "E0709");
    }
    world.run("apply change.plan").expect(0);
}

#[test]
fn forged_plan_without_an_approval_rule_does_only_what_show_prints() {
    let world = World::applied("");
    world.policies("acme", "", &world.changed());
    world.plan("change.plan");
    let before = world.tree();
    let objects = || {
        let cloud: Value = serde_json::from_slice(&world.cloud().unwrap()).unwrap();
        cloud["objects"].as_array().unwrap().clone()
    };
    let (mut applied, mut refused) = (0, 0);
    for (what, changes) in forgeries(&world) {
        world.restore(&before);
        let there = objects();
        world.forge("change.plan", "forged.plan", &changes);
        // The text names resources by address; the JSON also has their identities.
        let shown = world.run("show forged.plan --format json").expect(0).stdout;
        let ran = world.run("apply forged.plan");
        let now = objects();
        let moved: Vec<&Value> = now.iter().filter(|object| !there.contains(object)).collect();
        let gone = there.iter().filter(|old| !now.iter().any(|new| new["id"] == old["id"]));
        if ran.code == 0 {
            applied += 1;
            for object in moved.into_iter().chain(gone) {
                let name = object["attributes"]["name"].as_str().or(object["id"].as_str()).unwrap();
                assert!(shown.contains(name), "{what}: `{name}` is not in what is shown:\n{shown}");
            }
        } else {
            refused += 1;
            assert_eq!(ran.code, 4, "{what}: {}", ran.stderr);
            let told = ["E0701", "E0704", "E0726"];
            assert!(
                told.iter().any(|code| ran.stderr.lines().any(|line| line == *code)),
                "{what}: {}",
                ran.stderr
            );
            assert_eq!(now, there, "{what}");
        }
    }
    assert!(applied > 5 && refused > 0, "{applied} applied, {refused} refused");
}
