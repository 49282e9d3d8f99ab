//! Criteria that are commands: what a pull request writes runs only from an approved plan and where the trust anchor lists it.

use std::process::Command;

use super::{causes, record};
use crate::support::{Bench, Ran};
use serde_json::Value;

const ESTATE: &str = "\
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  ireland: { aws: eu-west-1 }
---
kind: service
name: files
primary: virginia
data:
  docs: { bucket: acme-docs, backups: [{ strategy: daily, at: \"03:00\", to: [ireland], keep: 35d }] }
objectives: { rto: undecided, rpo: undecided }
---
kind: continuity
name: who-calls-whom
contacts:
  alice:
    name: Alice
    answers-within: 15m
    reach: [{ pager: alice@acme.pagerduty.example }, { phone: +1 202 555 0100 }]
---
kind: drill
name: try
type: simulation
every: 90d
services: [files]
disruption: site-loss
lead: alice
success: { criteria: [CRITERIA] }
";

/// The policies with these commands, and an anchor by which bob approves.
struct Case {
    bench: Bench<'static>,
    trap: String,
}

impl Case {
    fn new() -> Self {
        let bench = Bench::local();
        for who in ["bob", "mallory"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", who, "-f", who])
                .current_dir(bench.folder.path())
                .status();
            assert!(made.unwrap().success());
        }
        bench.write("anchor/people", &format!("bob@acme.example {}", bench.read("bob.pub")));
        let trap = bench.folder.path().join("ran").display().to_string();
        let case = Self { bench, trap };
        case.anchor("");
        case
    }

    /// The command that shows that something ran.
    fn touch(&self) -> Vec<&str> {
        vec!["/usr/bin/touch", &self.trap]
    }

    fn has_run(&self) -> bool {
        self.bench.folder.path().join("ran").exists()
    }

    fn criteria(&self, commands: &[&[&str]]) {
        let of =
            |argv: &&[&str]| format!("{{ command: {}, within: 20s }}", serde_json::to_string(argv).unwrap());
        let all: Vec<String> = commands.iter().map(of).collect();
        self.bench.write("policies/all.yaml", &ESTATE.replace("CRITERIA", &all.join(", ")));
    }

    fn anchor(&self, rest: &str) {
        let text = format!(
            "kind: trust\nestates:\n  acme:\n    cloud: local:../cloud.json\n    accounts: [\"000000000000\"]\n    \
             journal: {{ at: ../policies/.holdfast/journal, head: none }}\n    approvals: {{ required: 1, signers: people }}\n{rest}"
        );
        self.bench.write("anchor/trust.yaml", &text);
    }

    /// The anchor lists these commands.
    fn list(&self, commands: &[&[&str]]) {
        self.anchor(&format!("    commands: {}\n", serde_json::to_string(commands).unwrap()));
    }

    fn run(&self, words: &str) -> Ran {
        let mut command = self.bench.command(&words.split_whitespace().collect::<Vec<_>>());
        command.args(["--trust", "anchor/trust.yaml"]).env_remove("SSH_AUTH_SOCK");
        command.env("AWS_SECRET_ACCESS_KEY", "hush-hush").env("AZURE_CLIENT_SECRET", "hush-hush");
        command.output().unwrap().into()
    }

    /// A plan of the policies as they are, approved by bob.
    fn approve(&self) {
        self.run("plan policies --author ci@acme.example --out drill.plan").expect(0);
        self.run("approve drill.plan --key bob").expect(0);
    }

    fn drill(&self, flags: &str) -> Ran {
        self.run(&format!("drill run try policies --format json {flags}"))
    }
}

#[test]
fn command_of_a_pull_request_is_run_by_nothing_without_approval_and_list() {
    let case = Case::new();
    case.criteria(&[&["touch", &case.trap]]);
    let relative = case.run("validate policies").expect(3).stderr;
    assert!(relative.contains("E0209") && relative.contains("the full path of a program"), "{relative}");
    let touch = case.touch();
    case.criteria(&[&touch]);
    case.run("validate policies").expect(0);
    // Whoever approves a plan reads what it lets run.
    let plan = case.run("plan policies --author ci@acme.example --out read.plan").expect(0).stdout;
    let shown = case.run("show read.plan").expect(0).stdout;
    for text in [plan, shown] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("Commands that drills run drill `try`: [\"/usr/bin/touch\""), "{text}");
    }
    for words in [
        "plan policies",
        "apply policies --yes",
        "status policies",
        "rehearse policies --lose virginia",
        "bcp policies",
        "report policies --offline --runs 20",
        "drill list policies",
        "drill run try policies --dry-run",
    ] {
        case.run(words);
        assert!(!case.has_run(), "{words}");
    }
    let cause =
        |held: &Value| causes(held).into_iter().find(|cause| cause.contains("/usr/bin/touch")).unwrap();
    let neither = cause(&record(case.drill(""), 1));
    assert!(neither.contains("it was not run: the drill does not run from an approved plan"), "{neither}");
    assert!(neither.contains("and the trust anchor does not list exactly this command"), "{neither}");
    // The list alone, the approval alone, and another command in the list.
    case.list(&[&touch]);
    let unapproved = cause(&record(case.drill(""), 1));
    assert!(unapproved.contains("--approved FILE") && !unapproved.contains("anchor"), "{unapproved}");
    case.approve();
    for others in [&[][..], &[&["/usr/bin/touch", "/elsewhere"][..], &["/usr/bin/touch"][..]][..]] {
        case.list(others);
        let unlisted = cause(&record(case.drill("--approved drill.plan"), 1));
        assert!(
            unlisted.contains("does not list exactly") && !unlisted.contains("approved plan"),
            "{unlisted}"
        );
    }
    let unanchored = record(case.bench.run("drill run try policies --format json"), 1);
    assert!(cause(&unanchored).contains("there is no trust anchor that lists it"), "{unanchored}");
    assert!(!case.has_run());
    // Both.
    case.list(&[&touch]);
    let held = record(case.drill("--approved drill.plan"), 1);
    assert!(case.has_run());
    let criterion = &held["criteria"][0];
    assert_eq!((&criterion["met"], &criterion["output"]), (&true.into(), &"it exited with 0".into()));
    assert_eq!(held["plan"]["approvers"][0], "bob@acme.example");
    assert!(causes(&held).iter().all(|cause| !cause.contains("touch")), "{held}");
}

#[test]
fn forged_approval_and_a_plan_of_other_policies_keep_the_drill_from_beginning() {
    let case = Case::new();
    let touch = case.touch();
    case.list(&[&touch]);
    case.criteria(&[]);
    case.approve();
    // The command comes after the approval.
    case.criteria(&[&touch]);
    let refused = |flags: &str, code: &str| {
        let said = case.drill(flags).expect(4).stderr;
        assert!(said.contains(code), "{said}");
        assert!(!case.has_run());
    };
    refused("--approved drill.plan", "E0795");
    // Somebody whom the anchor does not name approves, by name and by changing bob's approval.
    case.run("plan policies --author ci@acme.example --out drill.plan").expect(0);
    refused("--approved drill.plan", "E0709");
    for ending in ["approval", "approval.sig"] {
        let old = case.bench.folder.path().join(format!("drill.plan.bob@acme.example.{ending}"));
        assert!(old.exists());
        std::fs::remove_file(old).unwrap();
    }
    let statement = "drill.plan.bob@acme.example.approval";
    case.bench.run("approve drill.plan --key mallory --as bob@acme.example").expect(0);
    assert!(case.bench.folder.path().join(statement).exists());
    refused("--approved drill.plan", "E0712");
    case.run("approve drill.plan --key bob").expect(0);
    let whole = case.bench.read(statement);
    let digest = whole.lines().find(|line| line.starts_with("plan ")).unwrap();
    case.bench.write(statement, &whole.replace(digest, &format!("plan sha256:{}", "0".repeat(64))));
    refused("--approved drill.plan", "E0710");
    case.bench.write(statement, &whole);
    // The plan file itself.
    case.bench.write("other.plan", &case.bench.read("drill.plan").replace("within: 20s", "within: 10s"));
    refused("--approved other.plan", "E0704");
    record(case.drill("--approved drill.plan"), 1);
    assert!(case.has_run());
}

#[test]
fn words_of_a_command_are_no_shell_and_it_sees_no_secrets() {
    let case = Case::new();
    let trap = &case.trap;
    let inert = [
        "/bin/echo".to_owned(),
        format!("$(touch {trap})"),
        format!("`touch {trap}`"),
        format!("; touch {trap} | touch {trap} && touch {trap} > {trap}"),
    ];
    let inert: Vec<&str> = inert.iter().map(String::as_str).collect();
    let hostile = ["/bin/echo", "\u{1b}[2J::error::gone\u{202e}"];
    let all: [&[&str]; 4] = [&inert, &["/usr/bin/env"], &["/bin/sh", "-c", "exit 7"], &hostile];
    case.criteria(&all);
    case.list(&all);
    case.approve();
    let held = record(case.drill("--approved drill.plan"), 1);
    let output = |nth: usize| held["criteria"][nth]["output"].as_str().unwrap().to_owned();
    assert_eq!(output(0), format!("it exited with 0: {}", inert[1..].join(" ")));
    assert!(!case.has_run());
    assert!(output(1).contains("PATH=/usr/bin:/bin") && !output(1).contains("hush-hush"), "{held}");
    assert!(
        !output(1).contains("AWS_") && !output(1).contains("AZURE_") && !output(1).contains("HOLDFAST_"),
        "{held}"
    );
    assert_eq!((&held["criteria"][2]["met"], output(2)), (&false.into(), "it exited with 7".to_owned()));
    let found = causes(&held);
    assert!(
        found.iter().any(|cause| cause.ends_with("exits with 0 within 20 s: it exited with 7")),
        "{found:?}"
    );
    let report = case.run("drill report try policies --format text").expect(0).stdout;
    assert!(!report.contains('\u{1b}') && !report.contains('\u{202e}'), "{report}");
}
