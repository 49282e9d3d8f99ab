//! The template for GitLab: its script, run as a runner does.

use std::path::Path;
use std::process::{Command, Output};

use super::apply::{approval, asking, nothing_is_applied};
use super::server::{BOT, Forge, TOKEN};
use super::{COMMIT, MARKER, binaries, policies, root, said};

/// The commit that merges the merge request.
const MERGE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

/// The script of a job in a template.
fn script(file: &str, job: &str) -> String {
    let text = std::fs::read_to_string(root().join("runtime/action").join(file)).unwrap();
    let template: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    template[job]["script"][0].as_str().unwrap().to_owned()
}

fn run(folder: &Path, forge: &Forge, token: &str) -> Output {
    Command::new("sh")
        .args(["-ec", &script("gitlab.yml", ".holdfast-merge-request")])
        .current_dir(folder)
        .env("PATH", format!("{}:{}", binaries().display(), std::env::var("PATH").unwrap()))
        .env("HOLDFAST_CLOUD", "local:cloud.json")
        .envs([("POLICIES", "."), ("FAIL_ON", "miss weaker"), ("COMMENT_NAME", "plan")])
        .envs([("CI_API_V4_URL", forge.url.as_str()), ("CI_PROJECT_ID", "9"), ("CI_MERGE_REQUEST_IID", "7")])
        .env("CI_COMMIT_SHA", COMMIT)
        .env_remove("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")
        .env("HOLDFAST_NOTE_TOKEN", token)
        .env_remove("HOLDFAST_TRUST")
        .output()
        .unwrap()
}

#[test]
fn second_run_of_the_template_edits_the_note_of_the_first() {
    let forged = format!("{MARKER}all is well");
    let (folder, forge) = (policies(), Forge::start(&[("mallory", &forged)]));
    for _ in 0..2 {
        let output = run(folder.path(), &forge, TOKEN);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let notes = forge.comments();
        assert_eq!(notes.len(), 2);
        assert_eq!(notes[0].1, forged);
        assert!(notes[1].0 == BOT && notes[1].1.starts_with(MARKER), "{notes:?}");
        assert!(notes[1].1.contains(&format!("Plan of commit `{COMMIT}`")), "{notes:?}");
    }
    assert_eq!(forge.requests().last().unwrap(), "PUT /projects/9/merge_requests/7/notes/1001");
}

#[test]
fn note_that_cannot_be_written_fails_the_job_of_the_template() {
    let (folder, forge) = (policies(), Forge::start(&[]));
    let output = run(folder.path(), &forge, "wrong");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let output = run(folder.path(), &forge, "");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(forge.comments().is_empty() && said(&output).contains(MARKER));
}

#[test]
fn commit_without_a_plan_replaces_the_verdict_of_the_note() {
    let (old, other) = (format!("{MARKER}old"), "<!-- holdfast:plan estate=acme name=staging -->\nold");
    let (folder, forge) = (policies(), Forge::start(&[("mallory", &old), (BOT, other), (BOT, &old)]));
    std::fs::write(folder.path().join("web.yaml"), "kind: service\n").unwrap();
    let output = run(folder.path(), &forge, TOKEN);
    assert!(!output.status.success(), "{}", said(&output));
    let notes = forge.comments();
    assert!(notes.len() == 3 && notes[0].1 == old && notes[1].1 == other, "{notes:?}");
    assert!(notes[2].1.starts_with(&format!("{MARKER}### No plan of commit `{COMMIT}`\n")), "{notes:?}");
}

/// The job for a push to the default branch.
fn apply(folder: &Path, forge: &Forge) -> Output {
    Command::new("sh")
        .args(["-ec", &script("gitlab-apply.yml", ".holdfast-apply")])
        .current_dir(folder)
        .env("PATH", format!("{}:{}", binaries().display(), std::env::var("PATH").unwrap()))
        .env("HOLDFAST_CLOUD", "local:cloud.json")
        .envs([("POLICIES", "."), ("PLAN_JOB", "plan"), ("APPLY_FLAGS", ""), ("COMMENT_NAME", "apply")])
        .envs([("CI_API_V4_URL", forge.url.as_str()), ("CI_PROJECT_ID", "9"), ("CI_COMMIT_SHA", MERGE)])
        .envs([("CI_JOB_URL", "https://gitlab.example/jobs/1"), ("HOLDFAST_NOTE_TOKEN", TOKEN)])
        .env_remove("HOLDFAST_TRUST")
        .output()
        .unwrap()
}

/// A merge request that is planned and merged. Its job has kept the plan, in a pipeline of this project.
fn merged(project: u64) -> (tempfile::TempDir, Forge) {
    let (folder, forge) = (asking(), Forge::start(&[]));
    let output = run(folder.path(), &forge, TOKEN);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let plan = std::fs::read(folder.path().join("change.plan")).unwrap();
    forge.project(|gitlab| {
        gitlab.pipelines.extend([(9, b"{}".to_vec()), (project, plan)]);
        gitlab.merged.push(MERGE.to_owned());
    });
    (folder, forge)
}

/// The last note.
fn result(forge: &Forge) -> String {
    let (author, text) = forge.comments().pop().unwrap();
    assert!(author == BOT && text.starts_with("<!-- holdfast:apply name=apply -->\n"), "{author}: {text}");
    text
}

#[test]
fn plan_that_a_note_approves_is_applied_once_after_the_merge() {
    let (folder, forge) = merged(9);
    let output = apply(folder.path(), &forge);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(result(&forge).contains("### Not applied\n") && nothing_is_applied(folder.path()));
    forge.say("bob", &approval(folder.path(), "bob"));
    forge.say("mallory", "-----BEGIN SSH SIGNATURE-----\n$(touch ran) `touch ran`\n");
    let output = apply(folder.path(), &forge);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = result(&forge);
    let job = format!("### Applied\n\nCommit `{MERGE}`, [the job](https://gitlab.example/jobs/1).\n\n    ");
    assert!(text.contains(&job) && text.contains("\n    Applied: ") && !text.contains("/tmp"), "{text}");
    assert!(!folder.path().join("ran").exists());
    let again = apply(folder.path(), &forge);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(result(&forge).contains("### Applied before\n"), "{}", result(&forge));
}

#[test]
fn plan_of_a_fork_or_of_another_author_is_not_applied_after_a_merge() {
    let (folder, forge) = merged(10);
    forge.say("bob", &approval(folder.path(), "bob"));
    let output = apply(folder.path(), &forge);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(result(&forge).contains("is not one of this project"), "{}", result(&forge));
    // A job of the branch names somebody else as the author.
    let plan = "holdfast plan . --cloud local:cloud.json --author=bob@gitlab --out change.plan";
    let planned = super::shell(folder.path(), plan);
    assert!(planned.status.success(), "{}", said(&planned));
    let plan = std::fs::read(folder.path().join("change.plan")).unwrap();
    forge.project(|gitlab| gitlab.pipelines.push((9, plan)));
    let output = apply(folder.path(), &forge);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(result(&forge).contains("does not name alice@gitlab as its author"), "{}", result(&forge));
    assert!(nothing_is_applied(folder.path()));
    // A push that merges nothing has no merge request to note it on.
    forge.project(|gitlab| gitlab.merged.clear());
    let output = apply(folder.path(), &forge);
    assert!(output.status.code() == Some(1) && said(&output).contains("not the merge of one merge request"));
}
