//! Hostile plan files and approvals. Whether they are accepted or not, their text is printed as data.

use std::collections::BTreeSet;

use crate::hostile::policies::{shipped, text};
use crate::hostile::{hostile, hostile_line, run};
use crate::support::Bench;

#[test]
fn texts_of_an_edited_plan_file_are_escaped() {
    let bench = Bench::local();
    bench.write("a.yaml", &text(&shipped()));
    run(&bench, &["plan", "a.yaml", "--out", "a.plan", "--author", "ci@acme.example"]).expect(0);
    let sound = bench.read("a.plan");
    let hostile = serde_json::to_string(&hostile()).unwrap();
    // The value of the first field of every name, then the name itself.
    let mut seen = BTreeSet::new();
    let mut lines = 0;
    for (nth, line) in sound.lines().enumerate() {
        let Some((key, value)) = line.split_once("\": ") else { continue };
        if !value.starts_with('"') || !seen.insert(key.trim().to_owned()) {
            continue;
        }
        lines += 1;
        let comma = if value.ends_with(',') { "," } else { "" };
        for changed in [format!("{key}\": {hostile}{comma}"), format!("{hostile}: {value}")] {
            let all: Vec<&str> =
                sound.lines().enumerate().map(|(at, line)| if at == nth { &changed } else { line }).collect();
            bench.write("b.plan", &all.join("\n"));
            for command in ["show", "approve"] {
                run(&bench, &[command, "b.plan"]);
            }
        }
    }
    assert!(lines > 10, "{lines}");
    for broken in
        [hostile.clone(), format!("{}{hostile}", &sound[..200]), format!("{{{hostile}: {hostile}}}")]
    {
        bench.write("b.plan", &broken);
        for command in ["show", "approve", "apply"] {
            run(&bench, &[command, "b.plan"]);
        }
    }
}

#[test]
fn text_from_approvals_is_escaped() {
    let bench = Bench::local();
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", "alice"];
    let made =
        std::process::Command::new("ssh-keygen").args(keygen).current_dir(bench.folder.path()).status();
    assert!(made.expect("ssh-keygen is installed (openssh-client)").success());
    bench.write("people", &format!("a@b.example {}", bench.read("alice.pub")));
    let mut documents = shipped();
    documents[0]["approvals"] = serde_json::json!({"required": 1, "signers": "people"});
    bench.write("a.yaml", &text(&documents));
    run(&bench, &["plan", "a.yaml", "--out", "a.plan", "--author", "ci@acme.example"]).expect(0);
    run(&bench, &["approve", "a.plan", "--key", "alice"]).expect(0);
    let statement = bench.read("a.plan.a@b.example.approval");
    for (name, text) in [
        ("a.plan.x.approval", hostile()),
        ("a.plan.y.approval", statement.replace("a@b.example", &hostile_line())),
        ("a.plan.::set-env name=a::b.approval", hostile()),
        ("a.plan.\n::add-mask::a\u{1b}[2J##[x].approval", statement),
    ] {
        bench.write(name, &text);
        bench.write(&format!("{name}.sig"), &hostile());
        run(&bench, &["approve", "a.plan", "--key", name]);
    }
    let because = hostile();
    let words = ["apply", "a.plan", "--break-glass", "--because", &because];
    run(&bench, &words).expect(64);
    run(&bench, &["apply", "a.plan", "--break-glass", "--because", "nobody answers"]).expect(0);
    run(&bench, &["journal", "log", "a.yaml"]).expect(0);
    run(&bench, &["apply", "a.plan"]).expect(4);
}
