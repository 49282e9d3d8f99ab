//! The scripts of the GitHub Action and of the GitLab template: one comment per estate, whoever else comments.

#![cfg(unix)]

mod apply;
mod github;
mod gitlab;
mod openapi;
mod project;
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use server::{BOT, Forge, TOKEN};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A folder with the policies of the story of a pull request.
fn policies() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["estate.yaml", "files.yaml", "shop.yaml", "web.yaml"] {
        std::fs::copy(root().join("fixtures/scenarios/pull-request").join(name), folder.path().join(name))
            .unwrap();
    }
    folder
}

/// Run the action as a job of pull request 7 does.
fn run(folder: &Path, github: &Forge, token: &str) -> Output {
    job(folder, github, token).output().unwrap()
}

fn binaries() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_holdfast")).parent().unwrap()
}

fn job(folder: &Path, github: &Forge, token: &str) -> Command {
    let mut job = Command::new("sh");
    job.arg(root().join("runtime/action/pull-request.sh"))
        .current_dir(folder)
        .env("PATH", format!("{}:{}", binaries().display(), std::env::var("PATH").unwrap()))
        .env("HOLDFAST_CLOUD", "local:cloud.json")
        .envs([("POLICIES", "."), ("PLAN_FILE", "change.plan"), ("FAIL_ON", "miss weaker")])
        .envs([("COMMENT_NAME", "plan"), ("PLAN_FLAGS", ""), ("COMMENT_AUTHOR", BOT)])
        .envs([("COMMENT_TOKEN", token), ("PULL_REQUEST", "7"), ("GITHUB_API_URL", &github.url)])
        .envs([("GITHUB_REPOSITORY", "acme/policies"), ("GITHUB_STEP_SUMMARY", "summary.md")])
        .env("COMMIT", COMMIT)
        .env_remove("HOLDFAST_TRUST");
    job
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The commit of the pull request.
const COMMIT: &str = "5f3d0c1be2a94e0d8c7b6a5948372615f0e1d2c3";
const MARKER: &str = "<!-- holdfast:plan estate=acme name=plan -->\n";

#[test]
fn second_run_edits_the_comment_of_the_first() {
    let (folder, github) = (policies(), Forge::start(&[("alice", "looks good")]));
    let first = run(folder.path(), &github, TOKEN);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let (author, body) = github.comments().pop().unwrap();
    assert_eq!(author, BOT);
    assert!(body.starts_with(&format!("{MARKER}### Estate acme: ")) && body.contains("14 changes"), "{body}");
    assert!(body.contains(&format!("\n\nPlan of commit `{COMMIT}`.\n\n- **Dangerous:**")), "{body}");
    assert_eq!(std::fs::read_to_string(folder.path().join("summary.md")).unwrap(), body);
    // The author pushes again.
    std::fs::remove_file(folder.path().join("shop.yaml")).unwrap();
    let second = run(folder.path(), &github, TOKEN);
    assert_eq!(second.status.code(), Some(0), "{}", said(&second));
    let comments = github.comments();
    assert_eq!(comments.len(), 2);
    assert_eq!(comments[0].1, "looks good");
    assert!(comments[1].1.contains("10 changes"), "{}", comments[1].1);
}

#[test]
fn only_a_comment_of_the_job_itself_is_edited_wherever_it_is() {
    let forged = format!("{MARKER}all is well");
    let other = "<!-- holdfast:plan estate=acme name=staging -->\n";
    let mut before = vec![("mallory", forged.as_str()), (BOT, other)];
    before.resize(150, ("alice", "hm"));
    let own = format!("{}old", MARKER.replace('\n', "\r\n"));
    before.push((BOT, &own));
    let (folder, github) = (policies(), Forge::start(&before));
    let output = run(folder.path(), &github, TOKEN);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let comments = github.comments();
    assert_eq!(comments.len(), before.len());
    assert_eq!(comments[0].1, forged);
    assert_eq!(comments[1].1, other);
    assert!(comments[150].1.contains("14 changes"), "{}", comments[150].1);
    assert_eq!(github.requests().last().unwrap(), "PATCH /repos/acme/policies/issues/comments/1150");
}

#[test]
fn token_of_a_fork_writes_nothing_and_the_summary_has_the_plan() {
    let (folder, github) = (policies(), Forge::start(&[]));
    let output = run(folder.path(), &github, "read-only");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("::notice::the plan is in the summary of this job"), "{}", said(&output));
    assert!(github.comments().is_empty());
    assert!(std::fs::read_to_string(folder.path().join("summary.md")).unwrap().starts_with(MARKER));
}

#[test]
fn invalid_policies_are_annotated_and_replace_the_verdict_on_an_older_commit() {
    let (old, other) = (format!("{MARKER}old"), "<!-- holdfast:plan estate=acme name=staging -->\nold");
    let (folder, github) = (policies(), Forge::start(&[("mallory", &old), (BOT, other), (BOT, &old)]));
    let web = folder.path().join("web.yaml");
    std::fs::write(
        &web,
        std::fs::read_to_string(&web).unwrap().replace("primary: virginia", "primary: atlantis"),
    )
    .unwrap();
    let output = run(folder.path(), &github, TOKEN);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("::error file="), "{}", said(&output));
    let comments = github.comments();
    assert!(comments.len() == 3 && comments[0].1 == old && comments[1].1 == other, "{comments:?}");
    assert!(
        comments[2].1.starts_with(&format!("{MARKER}### No plan of commit `{COMMIT}`\n")),
        "{comments:?}"
    );
}

#[test]
fn commit_that_cannot_be_planned_replaces_the_verdict_of_any_name_and_writes_no_new_comment() {
    for name in ["plan", "eu--west ~1---é"] {
        let (folder, github) = (policies(), Forge::start(&[]));
        let job = |flags: &str| {
            let mut job = job(folder.path(), &github, TOKEN);
            job.envs([("COMMENT_NAME", name), ("PLAN_FLAGS", flags)]).output().unwrap()
        };
        let broken = job("--no-such-flag");
        assert!(!broken.status.success() && github.comments().is_empty(), "{}", said(&broken));
        assert_eq!(job("").status.code(), Some(0));
        let marker = github.comments()[0].1.split_inclusive('\n').next().unwrap().to_owned();
        let broken = job("--no-such-flag");
        assert!(!broken.status.success(), "{}", said(&broken));
        let comments = github.comments();
        assert_eq!(comments.len(), 1);
        assert!(comments[0].1.starts_with(&format!("{marker}### No plan of commit")), "{comments:?}");
    }
}

#[test]
fn verdict_on_an_older_commit_that_cannot_be_edited_fails_the_job() {
    let old = format!("{MARKER}old");
    let (folder, github) = (policies(), Forge::start(&[(BOT, &old)]));
    // A conversation that is locked.
    github.fail_next("PATCH", 403, false);
    let locked = run(folder.path(), &github, TOKEN);
    let read_only = run(folder.path(), &github, "read-only");
    for output in [locked, read_only] {
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let error = format!("::error::the comment on this pull request is not about commit {COMMIT}");
        assert!(said(&output).contains(&error), "{}", said(&output));
    }
    assert_eq!(github.comments(), [(BOT.to_owned(), old)]);
}

#[test]
fn comment_is_written_once_whether_a_server_error_came_before_or_after_it() {
    for done in [true, false] {
        let (folder, github) = (policies(), Forge::start(&[]));
        github.fail_next("POST", 502, done);
        let output = run(folder.path(), &github, TOKEN);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(github.comments().len(), 1);
        let methods: Vec<String> =
            github.requests().iter().map(|one| one.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(methods, ["GET", "POST", "GET", if done { "PATCH" } else { "POST" }]);
    }
}

/// Run a command line in a folder of policies.
fn shell(folder: &Path, line: &str) -> Output {
    Command::new("sh")
        .args(["-ec", line])
        .current_dir(folder)
        .env("PATH", format!("{}:{}", binaries().display(), std::env::var("PATH").unwrap()))
        .env("HOLDFAST_CLOUD", "local:cloud.json")
        .env_remove("HOLDFAST_TRUST")
        .output()
        .unwrap()
}

#[test]
fn rule_that_a_pull_request_removes_is_asked_for_all_the_same() {
    let (folder, github) = (policies(), Forge::start(&[]));
    let first = "ssh-keygen -q -t ed25519 -N '' -f bob
        echo \"bob@acme.example $(cut -d' ' -f1,2 bob.pub)\" > people
        cp estate.yaml without
        echo 'approvals: { required: 1, signers: people, hold: 24h }' >> estate.yaml
        holdfast plan . --author ci@acme.example --out first.plan
        holdfast approve first.plan --key bob --as bob@acme.example --yes
        holdfast apply first.plan
        cp without estate.yaml; rm without; sed -i 's/ttl: 60s/ttl: 30s/' web.yaml";
    let output = shell(folder.path(), first);
    assert!(output.status.success(), "{}", said(&output));
    let output = run(folder.path(), &github, TOKEN);
    let comment = github.comments().pop().unwrap().1;
    assert!(
        comment.contains("- **Approvals:** 0 of 1 for the rule of the last run: nobody yet\n"),
        "{comment}"
    );
    assert!(comment.contains("to run `holdfast approve change.plan`"), "{comment}");
    assert!(said(&output).contains("Next: holdfast approve change.plan"), "{}", said(&output));
    // The saved plan alone does not know the journal, and says so.
    let shown =
        shell(folder.path(), "holdfast show change.plan --format markdown; holdfast show change.plan");
    let said = said(&shown);
    assert!(said.contains("the policies require none. Not checked here: the rule of the last run"), "{said}");
    assert!(said.contains("the policies require none; not checked here: the rule of the last run"), "{said}");
}

#[test]
fn plan_that_cannot_be_saved_is_not_printed() {
    let folder = policies();
    let output = shell(folder.path(), "holdfast plan . --format markdown --out missing/change.plan");
    assert!(!output.status.success() && output.stdout.is_empty(), "{}", said(&output));
}

#[test]
fn pull_request_of_a_fork_is_validated_and_asks_for_nothing() {
    let (folder, github) = (policies(), Forge::start(&[]));
    let run = || {
        let _ = std::fs::remove_file(folder.path().join("summary.md"));
        let mut job = job(folder.path(), &github, "read-only");
        // A cloud that nobody may use.
        job.envs([("FORK", "true"), ("HOLDFAST_CLOUD", "none"), ("ARTIFACT", "holdfast-plan")]);
        let output = job.envs([("SARIF", "holdfast.sarif"), ("GITHUB_OUTPUT", "outputs")]).output().unwrap();
        (output, std::fs::read_to_string(folder.path().join("summary.md")).unwrap())
    };
    let (output, summary) = run();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(summary.starts_with("### The policies are valid.\n\nThere is no plan: "), "{summary}");
    let web = folder.path().join("web.yaml");
    let broken = std::fs::read_to_string(&web).unwrap().replace("primary: virginia", "primary: atlantis");
    std::fs::write(&web, broken).unwrap();
    let (output, summary) = run();
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("::error file=web.yaml,line="), "{}", said(&output));
    assert!(
        summary.starts_with("### The policies are not valid.") && summary.contains("    E0301\n"),
        "{summary}"
    );
    let sarif = std::fs::read_to_string(folder.path().join("holdfast.sarif")).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif.pointer("/runs/0/results/0/ruleId").unwrap().as_str().unwrap(), &summary_code(&summary));
    assert!(github.requests().is_empty() && !folder.path().join("outputs").exists());
}

/// The first code in a summary.
fn summary_code(summary: &str) -> String {
    summary.lines().map(str::trim).find(|line| line.len() == 5 && line.starts_with('E')).unwrap().to_owned()
}

/// The steps of an action.
fn steps(action: &str) -> Vec<serde_yaml::Value> {
    let text = std::fs::read_to_string(root().join("runtime/action").join(action)).unwrap();
    let action: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    action["runs"]["steps"].as_sequence().unwrap().clone()
}

#[test]
fn actions_pin_what_they_use_and_no_value_is_a_part_of_a_script() {
    for action in ["action.yml", "apply/action.yml", "install/action.yml"] {
        for step in steps(action) {
            if let Some(run) = step["run"].as_str() {
                assert!(!run.contains("${{") && step["shell"] == "bash", "{action}: {run}");
                continue;
            }
            let (_, commit) = step["uses"].as_str().unwrap().split_once('@').unwrap();
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{action}: {commit}"
            );
        }
    }
}

#[test]
fn binary_in_the_cache_is_named_after_the_lock_file_and_all_sources() {
    let tree = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = tree.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let files = [
        "Cargo.toml",
        "Cargo.lock",
        "compiler/src/a b.rs",
        "runtime/Cargo.toml",
        "runtime/src/c.rs",
        "schema/d",
    ];
    files.iter().for_each(|name| write(name, "1"));
    std::fs::create_dir_all(tree.path().join("runtime/action")).unwrap();
    let script = tree.path().join("runtime/action/install.sh");
    std::fs::copy(root().join("runtime/action/install.sh"), &script).unwrap();
    let key = || {
        let output = Command::new("sh").arg(&script).arg("key").output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let mut keys = std::collections::BTreeSet::from([key()]);
    assert!(keys.first().unwrap().starts_with("key=") && !keys.insert(key()));
    for name in files {
        write(name, "2");
        assert!(keys.insert(key()), "{name}");
    }
    write("runtime/tests/e.rs", "no part of the binary");
    assert!(!keys.insert(key()));
}

#[test]
fn weaker_policies_fail_the_job_after_the_comment_is_written() {
    let (folder, github) = (policies(), Forge::start(&[]));
    let apply = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["apply", ".", "--yes", "--quiet", "--cloud", "local:cloud.json"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(apply.status.success(), "{}", said(&apply));
    let web = folder.path().join("web.yaml");
    std::fs::write(&web, std::fs::read_to_string(&web).unwrap().replace("ttl: 60s", "ttl: 300s")).unwrap();
    let output = run(folder.path(), &github, TOKEN);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(github.comments()[0].1.contains("POLICY PROTECTS LESS"), "{:?}", github.comments());
}

#[test]
fn token_is_no_argument_of_curl() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, github) = (policies(), Forge::start(&[]));
    // Every process of the machine can read arguments. This one writes them down, and goes on as curl.
    let shims = tempfile::tempdir().unwrap();
    let curl = shims.path().join("curl");
    let path = std::env::var("PATH").unwrap();
    std::fs::write(&curl, format!("#!/bin/sh\necho \"$@\" >> seen\nPATH='{path}' exec curl \"$@\"\n"))
        .unwrap();
    std::fs::set_permissions(&curl, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = job(folder.path(), &github, TOKEN)
        .env("PATH", format!("{}:{}:{path}", shims.path().display(), binaries().display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let seen = std::fs::read_to_string(folder.path().join("seen")).unwrap();
    assert!(
        seen.lines().count() == 2 && seen.contains("/issues/7/comments") && !seen.contains(TOKEN),
        "{seen}"
    );
}
