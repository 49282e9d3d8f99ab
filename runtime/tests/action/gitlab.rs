//! The template for GitLab: its script, run as a runner does.

use std::path::Path;
use std::process::{Command, Output};

use super::server::{BOT, Forge, TOKEN};
use super::{COMMIT, MARKER, binaries, policies, root, said};

/// The script of the job in the template.
fn script() -> String {
    let text = std::fs::read_to_string(root().join("runtime/action/gitlab.yml")).unwrap();
    let template: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    template[".holdfast-merge-request"]["script"][0].as_str().unwrap().to_owned()
}

fn run(folder: &Path, forge: &Forge, token: &str) -> Output {
    Command::new("sh")
        .args(["-ec", &script()])
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
