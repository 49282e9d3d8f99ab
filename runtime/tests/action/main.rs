//! The scripts of the GitHub Action and of the GitLab template: one comment per estate, whoever else comments.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests lay out the files that are read")]

mod gitlab;
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
        .env_remove("HOLDFAST_TRUST");
    job
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const MARKER: &str = "<!-- holdfast:plan estate=acme name=plan -->\n";

#[test]
fn second_run_edits_the_comment_of_the_first() {
    let (folder, github) = (policies(), Forge::start(&[("alice", "looks good")]));
    let first = run(folder.path(), &github, TOKEN);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let (author, body) = github.comments().pop().unwrap();
    assert_eq!(author, BOT);
    assert!(body.starts_with(MARKER) && body.contains("14 changes"), "{body}");
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
fn invalid_policies_are_annotated_and_leave_the_comment_alone() {
    let old = format!("{MARKER}old");
    let (folder, github) = (policies(), Forge::start(&[(BOT, &old)]));
    let web = folder.path().join("web.yaml");
    std::fs::write(
        &web,
        std::fs::read_to_string(&web).unwrap().replace("primary: virginia", "primary: atlantis"),
    )
    .unwrap();
    let output = run(folder.path(), &github, TOKEN);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("::error file="), "{}", said(&output));
    assert_eq!(github.comments(), [(BOT.to_owned(), old)]);
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
