//! The action that applies after a merge: its script, run as a job for a push runs it.

use std::path::Path;
use std::process::{Command, Output};

use super::server::{BOT, Forge, TOKEN};
use super::{COMMIT, binaries, job, policies, root, said, shell};

/// The commit that merges the pull request, of which `COMMIT` is the last one.
const MERGE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
const MARKER: &str = "<!-- holdfast:apply name=apply -->\n";

/// A folder with policies that ask for one approval, by bob or by carol, and the keys of both and of mallory.
fn asking() -> tempfile::TempDir {
    let folder = policies();
    let keys = "for who in bob carol mallory; do ssh-keygen -q -t ed25519 -N '' -f $who; done
        for who in bob carol; do echo \"$who@acme.example $(cut -d' ' -f1,2 $who.pub)\"; done > people
        echo 'approvals: { required: 1, signers: people, hold: 24h }' >> estate.yaml";
    succeed(folder.path(), keys);
    folder
}

fn succeed(folder: &Path, line: &str) -> String {
    let output = shell(folder, line);
    assert!(output.status.success(), "{line}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The job of the pull request: its plan, as its artifact.
fn planned(folder: &Path, github: &Forge) -> Vec<u8> {
    let output = job(folder, github, TOKEN)
        .envs([("ARTIFACT", "holdfast-plan"), ("PLAN_FLAGS", "--author=ci@acme.example")])
        .envs([("GITHUB_OUTPUT", "outputs"), ("GITHUB_RUN_ID", "500")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(folder.join("outputs")).unwrap(), "plan=true\n");
    std::fs::remove_file(folder.join("outputs")).unwrap();
    archive(folder)
}

/// The plan in the folder, as the archive of an artifact.
fn archive(folder: &Path) -> Vec<u8> {
    succeed(folder, "python3 -m zipfile -c plan.zip change.plan");
    std::fs::read(folder.join("plan.zip")).unwrap()
}

/// The block that a reviewer pastes: all that `approve` prints.
fn approval(folder: &Path, who: &str) -> String {
    let line = format!("holdfast approve change.plan --key {who} --as {who}@acme.example --comment --yes");
    let text = succeed(folder, &line);
    // A reviewer approves on a machine of their own.
    succeed(folder, "rm change.plan.*");
    text
}

/// A pull request that is planned, approved by bob in a comment, and merged.
fn merged() -> (tempfile::TempDir, Forge) {
    let (folder, github) = (asking(), Forge::start(&[]));
    let archive = planned(folder.path(), &github);
    github.say("bob", &approval(folder.path(), "bob"));
    merge(&github, archive);
    (folder, github)
}

fn merge(github: &Forge, archive: Vec<u8>) {
    github.repository(|repository| {
        repository.keep(COMMIT, false, "holdfast-plan", archive);
        repository.merged.push((MERGE.to_owned(), COMMIT.to_owned()));
    });
}

/// Run the action as the job for a push does.
fn apply(folder: &Path, github: &Forge) -> Output {
    apply_of(folder, github, ".")
}

fn apply_of(folder: &Path, github: &Forge, policies: &str) -> Output {
    let _ = std::fs::remove_file(folder.join("summary.md"));
    Command::new("sh")
        .arg(root().join("runtime/action/apply.sh"))
        .current_dir(folder)
        .env("PATH", format!("{}:{}", binaries().display(), std::env::var("PATH").unwrap()))
        .env("HOLDFAST_CLOUD", "local:cloud.json")
        .envs([("POLICIES", policies), ("PLAN_FILE", "change.plan"), ("ARTIFACT", "holdfast-plan")])
        .envs([("COMMENT_NAME", "apply"), ("APPLY_FLAGS", ""), ("COMMENT_AUTHOR", BOT)])
        .envs([("COMMENT_TOKEN", TOKEN), ("GITHUB_API_URL", github.url.as_str()), ("COMMIT", MERGE)])
        .envs([("GITHUB_REPOSITORY", "acme/policies"), ("GITHUB_SERVER_URL", "https://github.example")])
        .envs([("GITHUB_RUN_ID", "501"), ("GITHUB_STEP_SUMMARY", "summary.md")])
        .env_remove("HOLDFAST_TRUST")
        .output()
        .unwrap()
}

/// The result, which must be the only comment of the action.
fn result(github: &Forge) -> String {
    let comments = github.comments().into_iter();
    let mut ours = comments.filter(|(author, text)| author == BOT && text.starts_with(MARKER));
    let (_, text) = ours.next().unwrap();
    assert_eq!(ours.next(), None);
    text
}

/// What no apply has touched.
fn nothing_is_applied(folder: &Path) -> bool {
    !folder.join("cloud.json").exists()
}

#[test]
fn merged_and_approved_plan_is_applied_once_and_the_result_is_a_comment() {
    let (folder, github) = merged();
    let plan = github.comments()[0].1.clone();
    let how = "`gh run download 500 --name holdfast-plan`, `holdfast approve change.plan --comment`";
    assert!(plan.contains(how), "{plan}");
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = result(&github);
    let title = format!(
        "{MARKER}### Applied\n\nCommit `{MERGE}`, [the job](https://github.example/acme/policies/actions/runs/501).\n\n    "
    );
    assert!(text.starts_with(&title), "{text}");
    assert!(text.contains("\n    Applied: ") && !text.contains("/tmp"), "{text}");
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert_eq!(format!("{MARKER}{summary}"), text);
    let log = succeed(folder.path(), "holdfast journal log . && holdfast plan . --detailed-exitcode");
    assert!(log.contains("bob@acme.example"), "{log}");
    // Somebody runs the job again.
    let again = apply(folder.path(), &github);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(said(&again).contains("::notice::this plan was applied before"), "{}", said(&again));
    assert_eq!(result(&github), text);
}

#[test]
fn plan_without_approval_waits_and_the_next_run_edits_the_comment() {
    let (folder, github) = (asking(), Forge::start(&[]));
    let archive = planned(folder.path(), &github);
    let approved = approval(folder.path(), "carol");
    merge(&github, archive);
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let text = result(&github);
    assert!(text.contains("### Not applied\n") && text.contains("    E0709\n"), "{text}");
    assert!(nothing_is_applied(folder.path()));
    // In a review this time, as browsers send it, behind a hundred others.
    let mut reviews = vec![("alice".to_owned(), "hm".to_owned()); 120];
    reviews.push(("carol".to_owned(), approved.replace('\n', "\r\n")));
    github.repository(|repository| repository.reviews = reviews);
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(result(&github).contains("### Applied\n"), "{}", result(&github));
    assert!(github.requests().contains(&"PATCH /repos/acme/policies/issues/comments/1001".to_owned()));
}

#[test]
fn forged_approvals_do_not_count_and_nothing_of_a_comment_is_evaluated() {
    let (folder, github) = (asking(), Forge::start(&[]));
    // An approval of a plan that was there before.
    planned(folder.path(), &github);
    let other = approval(folder.path(), "bob");
    succeed(folder.path(), "sed -i 's/ttl: 60s/ttl: 30s/' web.yaml");
    let archive = planned(folder.path(), &github);
    let own = approval(folder.path(), "bob");
    let statement = own.split("```text\n").nth(1).unwrap().split("-----BEGIN").next().unwrap();
    std::fs::write(folder.path().join("forged"), statement).unwrap();
    let sign =
        "ssh-keygen -q -Y sign -n approval@holdfast -f mallory forged; cat forged forged.sig; rm forged*";
    let forged = succeed(folder.path(), sign);
    let edited = own.replace("approver bob@", "approver carol@");
    let hostile = "-----BEGIN SSH SIGNATURE-----\n$(touch pwned) `touch pwned` '; touch pwned; '\n::add-mask::x\n\u{1b}]0;x\u{7}";
    let cut = own.split("-----END").next().unwrap();
    for text in [hostile, cut, &edited, &forged, &other] {
        github.say("mallory", text);
    }
    merge(&github, archive);
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let text = result(&github);
    // As it was before it was wrapped.
    let text: Vec<&str> = text.split_whitespace().filter(|word| *word != "│").collect();
    let text = text.join(" ");
    for line in [
        "the signature is not valid for this content",
        "does not let this key",
        "it is for a different plan",
        "the plan's rule requires 1 approval, but there are 0",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(nothing_is_applied(folder.path()) && !folder.path().join("pwned").exists());
    assert!(!text.contains("add-mask"), "{text}");
    // The true one counts beside all of them.
    github.say("bob", &own);
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn policies_that_changed_after_the_approval_are_not_applied() {
    let (folder, github) = merged();
    succeed(folder.path(), "sed -i 's/ttl: 60s/ttl: 30s/' web.yaml");
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let text = result(&github);
    assert!(text.contains("    E0795\n") && text.contains("[web.yaml:"), "{text}");
    assert!(nothing_is_applied(folder.path()));
}

#[test]
fn only_the_plan_of_the_merged_pull_request_is_applied() {
    let (folder, github) = (asking(), Forge::start(&[]));
    let archive = planned(folder.path(), &github);
    github.say("bob", &approval(folder.path(), "bob"));
    let refused = |why: &str| {
        let output = apply(folder.path(), &github);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(&format!("::error::{why}")), "{why}: {}", said(&output));
        assert!(nothing_is_applied(folder.path()));
    };
    let no_merge = "this commit is not the merge of one pull request";
    refused(no_merge);
    // The commit is one of a pull request that is merged with another one.
    github.repository(|repository| repository.merged.push((COMMIT.to_owned(), MERGE.to_owned())));
    refused(no_merge);
    github.repository(|repository| {
        repository.merged = vec![(MERGE.to_owned(), COMMIT.to_owned())];
        repository.keep(COMMIT, true, "holdfast-plan", archive.clone());
        repository.keep(COMMIT, false, "other", archive.clone());
        repository.keep(MERGE, false, "holdfast-plan", archive.clone());
    });
    let no_plan = format!("there is no plan of commit {COMMIT}, or its artifact has expired");
    refused(&no_plan);
    assert!(result(&github).contains("### Not applied\n"));
    github.repository(|repository| {
        repository.keep(COMMIT, false, "holdfast-plan", archive.clone());
        repository.expire();
    });
    refused(&no_plan);
    github.repository(|repository| repository.keep(COMMIT, false, "holdfast-plan", b"no archive".to_vec()));
    refused("the artifact has no file change.plan");
    github.fail_next("GET", 500, false);
    github.repository(|repository| repository.keep(COMMIT, false, "holdfast-plan", archive));
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(0), "a server error is asked again: {}", said(&output));
}

#[test]
fn plan_is_not_applied_if_nothing_is_named_to_compare_it_with() {
    let (folder, github) = merged();
    let output = apply_of(folder.path(), &github, " ");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("::error::no policies are named"), "{}", said(&output));
    assert!(nothing_is_applied(folder.path()));
}

#[test]
fn comments_that_cannot_be_read_stop_the_apply() {
    let (folder, github) = merged();
    github.repository(|repository| repository.locked = true);
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("::error::the comments of the pull request cannot be read (HTTP 403)"));
    assert!(nothing_is_applied(folder.path()));
}
