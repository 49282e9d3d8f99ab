//! The action that applies after a merge: its script, run as a job for a push runs it.

use std::path::Path;
use std::process::{Command, Output};

use super::server::{BOT, Forge, TOKEN};
use super::{COMMIT, binaries, job, policies, root, said, shell};

/// The commit that merges the pull request, of which `COMMIT` is the last one.
const MERGE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
const MARKER: &str = "<!-- holdfast:apply name=apply -->\n";

/// A folder with policies that ask for one approval, by bob or by carol, and the keys of both and of mallory.
pub(super) fn asking() -> tempfile::TempDir {
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
    planned_by(folder, github, "alice@github")
}

fn planned_by(folder: &Path, github: &Forge, author: &str) -> Vec<u8> {
    let flags = format!("--author={author}");
    let output = job(folder, github, TOKEN)
        .envs([("ARTIFACT", "holdfast-plan"), ("PLAN_FLAGS", flags.as_str())])
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
pub(super) fn approval(folder: &Path, who: &str) -> String {
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
    applying(folder, github).output().unwrap()
}

fn applying(folder: &Path, github: &Forge) -> Command {
    let _ = std::fs::remove_file(folder.join("summary.md"));
    let mut job = Command::new("sh");
    job.arg(root().join("runtime/action/apply.sh"))
        .current_dir(folder)
        .env("PATH", format!("{}:{}", binaries().display(), std::env::var("PATH").unwrap()))
        .env("HOLDFAST_CLOUD", "local:cloud.json")
        .envs([("POLICIES", "."), ("PLAN_FILE", "change.plan"), ("ARTIFACT", "holdfast-plan")])
        .envs([("COMMENT_NAME", "apply"), ("APPLY_FLAGS", ""), ("COMMENT_AUTHOR", BOT)])
        .envs([("COMMENT_TOKEN", TOKEN), ("GITHUB_API_URL", github.url.as_str()), ("COMMIT", MERGE)])
        .envs([("GITHUB_REPOSITORY", "acme/policies"), ("GITHUB_SERVER_URL", "https://github.example")])
        .envs([("GITHUB_RUN_ID", "501"), ("GITHUB_STEP_SUMMARY", "summary.md")])
        .env_remove("HOLDFAST_TRUST");
    job
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
pub(super) fn nothing_is_applied(folder: &Path) -> bool {
    !folder.join("cloud.json").exists()
}

#[test]
fn merged_and_approved_plan_is_applied_once_and_the_result_is_a_comment() {
    let (folder, github) = merged();
    let plan = github.comments()[0].1.clone();
    let how = "`gh run download 500 --name holdfast-plan --dir plan-500`, `holdfast approve plan-500/change.plan --comment`";
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
    let text = result(&github);
    assert!(text.contains("### Applied before\n") && text.contains("in run 1"), "{text}");
}

#[test]
fn plan_for_another_cloud_than_that_of_the_job_is_not_applied() {
    let (folder, github) = merged();
    let output = applying(folder.path(), &github).env_remove("HOLDFAST_CLOUD").output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let text = result(&github);
    assert!(text.contains("### Not applied\n") && text.contains("    E0704\n"), "{text}");
    assert!(nothing_is_applied(folder.path()));
}

#[test]
fn plan_with_another_author_than_the_opener_of_the_pull_request_is_not_applied() {
    let (folder, github) = (asking(), Forge::start(&[]));
    // The branch has changed the workflow.
    let archive = planned_by(folder.path(), &github, "alice@github.example");
    github.say("bob", &approval(folder.path(), "bob"));
    merge(&github, archive);
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let why = "::error::the plan does not name alice@github as its author, who opened the pull request";
    assert!(said(&output).contains(why), "{}", said(&output));
    assert!(result(&github).contains("### Not applied\n") && nothing_is_applied(folder.path()));
}

#[test]
fn title_says_what_was_done_and_a_log_that_is_cut_says_so() {
    let (folder, github) = merged();
    let dry = applying(folder.path(), &github).env("APPLY_FLAGS", "--quiet --dry-run").output().unwrap();
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    assert!(result(&github).contains("### Would be applied\n"), "{}", result(&github));
    assert!(nothing_is_applied(folder.path()));
    // One that ends as a test wants, after this many lines.
    let shims = tempfile::tempdir().unwrap();
    succeed(
        shims.path(),
        "printf '#!/bin/sh\\nseq \"$LINES_SAID\"; exit \"$ENDS\"\\n' > holdfast; chmod +x holdfast",
    );
    let path = format!("{}:{}", shims.path().display(), std::env::var("PATH").unwrap());
    for (ends, lines, title) in [
        ("0", "200", "Applied"),
        ("1", "201", "Failed: look below and at `holdfast journal log` for what was done"),
        ("3", "2", "Not applied"),
        ("64", "2", "Not applied"),
        ("130", "2", "Failed: look below and at `holdfast journal log` for what was done"),
    ] {
        let output = applying(folder.path(), &github)
            .envs([("PATH", path.as_str()), ("ENDS", ends), ("LINES_SAID", lines)])
            .output()
            .unwrap();
        assert_eq!(output.status.code().unwrap().to_string(), ends, "{}", said(&output));
        let text = result(&github);
        assert!(text.contains(&format!("### {title}\n")), "{ends}: {text}");
        let cut = text.contains("\n\n(The beginning is in the log of the job.)\n\n    2\n");
        assert!(cut == (lines == "201") && text.contains(&format!("    {lines}\n")), "{lines}: {text}");
    }
}

#[test]
fn comments_of_anybody_do_not_block_the_apply() {
    let (folder, github) = merged();
    let true_one = github.comments()[1].1.clone();
    let statement = true_one.split("```text\n").nth(1).unwrap().split("-----BEGIN").next().unwrap();
    // As many as fit into each comment.
    for nth in 0..20 {
        let spam = |block: usize| {
            let forged = statement.replace("approver bob", &format!("approver m{nth}-{block}"));
            format!("{forged}-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n")
        };
        github.say("mallory", &(0..100).map(spam).collect::<String>());
        let short = |block: usize| {
            format!(
                "holdfast approval 3\n{nth} {block}\n-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n"
            )
        };
        github.say("mallory", &(0..600).map(short).collect::<String>());
    }
    let output = apply(folder.path(), &github);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = result(&github);
    assert!(text.contains("### Applied\n"), "{text}");
    assert!(said(&output).contains("more approvals do not count"), "{}", said(&output));
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
    let output = applying(folder.path(), &github).env("POLICIES", " ").output().unwrap();
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
