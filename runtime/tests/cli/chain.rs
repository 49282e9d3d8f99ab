//! The chain of a piece of evidence: from the line in git to the plan that was approved.

use std::path::Path;
use std::process::Command;

use super::shipped;
use crate::support::Bench;
use holdfast_compiler::audit::bundle::{Member, pack, statement};
use serde_json::Value;

const AUDIT: &str = "audit policies --as-of 2026-11-30 --offline";

/// Git as somebody, in a folder.
fn git(folder: &Path, who: &str, words: &[&str]) {
    let (name, mail) = (format!("user.name={who}"), format!("user.email={who}@evil.example"));
    let identity = ["-c", &name, "-c", &mail, "-c", "protocol.file.allow=always"];
    let ran = Command::new("git").current_dir(folder).args(identity).args(words).output().unwrap();
    assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn commit(bench: &Bench<'_>, who: &str) {
    let folder = bench.folder.path();
    git(folder, who, &["add", "policies"]);
    git(folder, who, &["commit", "--quiet", "--no-gpg-sign", "-m", "policies"]);
}

/// What an audit says of the commits of clauses in this file, in their order.
fn commits(bench: &Bench<'_>, paths: &str, file: &str) -> Vec<Value> {
    let words = format!("{} --format json", AUDIT.replace("policies", paths));
    let audit: Value = serde_json::from_str(&bench.run(&words).expect(0).stdout).unwrap();
    let kinds = audit["evidence"].as_array().unwrap().iter();
    let items = kinds.flat_map(|kind| kind["items"].as_array().unwrap());
    let of_file = items.filter(|item| item["clause"]["file"].as_str().is_some_and(|one| one.ends_with(file)));
    of_file.map(|item| item["clause-commit"].clone()).collect()
}

#[test]
fn clause_names_the_commit_and_the_author_of_its_line() {
    let bench = shipped();
    assert!(commits(&bench, "policies", "payments.yaml").iter().all(Value::is_null));
    let page = bench.run(&format!("{AUDIT} --format markdown")).expect(0).stdout;
    assert!(page.contains("- **Git:** not read: the policies are in no git repository"), "{page}");
    git(bench.folder.path(), "noor", &["init", "--quiet"]);
    commit(&bench, "noor");
    // Somebody else changes the first clause; a file of names makes no difference.
    let payments = bench.read("policies/payments.yaml");
    let hostile = "=cmd|calc \u{1b}[31m<img src=x> `x` mallory@evil.example";
    bench
        .write("policies/payments.yaml", &payments.replace("ireland]\n\ndata:", "ireland]  # both\n\ndata:"));
    commit(&bench, hostile);
    bench.write(".mailmap", "Nobody <nobody@acme.example> <noor@evil.example>\n");
    let all = commits(&bench, "policies", "payments.yaml");
    assert!(all.iter().all(|one| one["state"] == "committed" && one["id"].as_str().unwrap().len() == 12));
    let authors: Vec<&str> = all.iter().map(|one| one["author"].as_str().unwrap()).collect();
    assert!(authors.contains(&"noor") && authors.iter().any(|one| one.contains("cmd|calc")), "{authors:?}");
    // What is in no commit is in none, and a name is only a text in every format.
    bench.write("policies/payments.yaml", &payments.replace("ireland]\n\ndata:", "ireland]  # all\n\ndata:"));
    let all = commits(&bench, "policies", "payments.yaml");
    assert!(all.iter().any(|one| one["state"] == "not-committed"), "{all:?}");
    bench
        .write("policies/payments.yaml", &payments.replace("ireland]\n\ndata:", "ireland]  # both\n\ndata:"));
    for format in ["text", "markdown", "html", "csv", "json"] {
        let page = bench.run(&format!("{AUDIT} --format {format}")).expect(0).stdout;
        assert!(page.contains("cmd"), "{format}: {page}");
        for bad in ["\u{1b}", "<img", "evil.example", "\"=cmd"] {
            assert!(
                !page.contains(bad) || format == "json" && ["<img", "\"=cmd"].contains(&bad),
                "{format}: {bad}"
            );
        }
    }
}

#[test]
fn shallow_clone_does_not_know_who_wrote_what_was_there_before() {
    let bench = shipped();
    let folder = bench.folder.path();
    git(folder, "noor", &["init", "--quiet"]);
    commit(&bench, "noor");
    let payments = bench.read("policies/payments.yaml");
    bench
        .write("policies/payments.yaml", &payments.replace("ireland]\n\ndata:", "ireland]  # both\n\ndata:"));
    commit(&bench, "omar");
    let origin = format!("file://{}", folder.display());
    git(folder, "noor", &["clone", "--quiet", "--depth", "1", &origin, "shallow"]);
    let all = commits(&bench, "shallow/policies", "payments.yaml");
    assert!(!all.is_empty());
    for one in &all {
        assert_eq!(one["state"], "unknown", "{all:?}");
        assert!(one["why"].as_str().unwrap().contains("shallow"), "{all:?}");
    }
    assert!(commits(&bench, "policies", "payments.yaml").iter().any(|one| one["author"] == "omar"));
}

#[test]
fn policies_behind_links_are_from_the_commits_of_their_files() {
    let bench = shipped();
    let folder = bench.folder.path();
    git(folder, "noor", &["init", "--quiet"]);
    // A link that somebody names is followed, wherever it leads.
    std::fs::rename(folder.join("policies/payments.yaml"), folder.join("real.yaml")).unwrap();
    std::os::unix::fs::symlink("real.yaml", folder.join("payments.yaml")).unwrap();
    git(folder, "omar", &["add", "real.yaml"]);
    commit(&bench, "omar");
    let all = commits(&bench, "policies payments.yaml", "payments.yaml");
    assert!(!all.is_empty() && all.iter().all(|one| one["author"] == "omar"), "{all:?}");
    std::fs::rename(folder.join("real.yaml"), folder.join("policies/payments.yaml")).unwrap();
    // So are those of a folder that is a link.
    std::os::unix::fs::symlink("policies", folder.join("linked")).unwrap();
    let all = commits(&bench, "linked", "archive.yaml");
    assert!(!all.is_empty() && all.iter().all(|one| one["author"] == "omar"), "{all:?}");
}

#[test]
fn lines_that_git_shows_otherwise_than_they_were_loaded_are_of_an_unknown_commit() {
    let bench = shipped();
    let folder = bench.folder.path();
    git(folder, "noor", &["init", "--quiet"]);
    commit(&bench, "noor");
    // A filter of the clone rewrites what git compares: it hides what was loaded.
    bench.write(".gitattributes", "*.yaml filter=hide\n");
    git(folder, "noor", &["config", "filter.hide.clean", "sed s/three/two/"]);
    let payments = bench.read("policies/payments.yaml");
    bench.write(
        "policies/payments.yaml",
        &payments.replace("ireland]\n\ndata:", "ireland]  # three\n\ndata:"),
    );
    let all = commits(&bench, "policies", "payments.yaml");
    assert!(!all.is_empty() && all.iter().all(|one| one["state"] == "unknown"), "{all:?}");
    assert!(all[0]["why"].as_str().unwrap().contains("other lines than those that were loaded"), "{all:?}");
}

#[test]
fn text_of_a_commit_that_is_too_long_leaves_the_other_authors_known() {
    let bench = shipped();
    let folder = bench.folder.path();
    git(folder, "noor", &["init", "--quiet"]);
    commit(&bench, "noor");
    let payments = bench.read("policies/payments.yaml");
    bench.write("policies/payments.yaml", &payments.replace("ireland]\n\ndata:", "ireland]  # all\n\ndata:"));
    bench.write("message", &"long ".repeat(400_000));
    git(folder, "omar", &["add", "policies"]);
    git(folder, "omar", &["commit", "--quiet", "--no-gpg-sign", "-F", "message"]);
    let all = commits(&bench, "policies", "payments.yaml");
    let authors: Vec<&str> = all.iter().filter_map(|one| one["author"].as_str()).collect();
    assert!(authors.contains(&"omar") && authors.contains(&"noor") && authors.len() == all.len(), "{all:?}");
}

/// An estate in which alice has approved the plan that was applied.
fn approved() -> Bench<'static> {
    let bench = Bench::local();
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", "alice"]);
    assert!(keygen.current_dir(bench.folder.path()).status().unwrap().success());
    bench.write("policies/people", &format!("alice@acme.example {}", bench.read("alice.pub")));
    bench.write(
        "policies/estate.yaml",
        "kind: estate\nname: acme\nsites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }\napprovals: { required: 1, signers: \
         people }\ndefaults: { assumptions: { detection: { value: 5m, because: it pages } } }\n---\nkind: service\nname: files\nprimary: virginia\nstandby: [oregon]\nobjectives: { rto: 8h }\ndata:\n  docs: { bucket: \
         acme-docs, backups: [{ strategy: real-time, to: [oregon] }] }\nrecovery: [{ step: read-the-copy, takes: 30m }]\n",
    );
    bench.run("plan policies --author ci@acme.example --out change.plan").expect(0);
    bench.run("approve change.plan --key alice --yes").expect(0);
    bench.run("apply change.plan --yes").expect(0);
    bench
}

fn bytes(bench: &Bench<'_>, name: &str) -> Vec<u8> {
    std::fs::read(bench.folder.path().join(name)).unwrap()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn bundle_has_the_plan_that_was_applied_and_its_approvals() {
    let bench = approved();
    // It is as of today, because that is when the run was.
    let made = "audit policies --as-of today --offline --plan change.plan --bundle";
    bench.run(&format!("{made} whole.tar --with-contacts")).expect(0);
    let whole = bytes(&bench, "whole.tar");
    for name in ["plans/1/change.plan", "alice_acme.example.approval", "alice_acme.example.approval.sig"] {
        assert!(has(&whole, name), "{name}");
    }
    bench.run("audit verify whole.tar").expect(0);
    // Without contacts, only the digests are in it, and no name of an approver as an address.
    let ran = bench.run(&format!("{made} redacted.tar")).expect(0);
    assert!(ran.stderr.contains("change.plan"), "{}", ran.stderr);
    let redacted = bytes(&bench, "redacted.tar");
    assert!(!has(&redacted, "alice@acme.example") && !has(&redacted, "alice_acme.example"));
    let plan: Value = serde_json::from_str(&bench.read("change.plan")).unwrap();
    assert!(has(&redacted, plan["digest"].as_str().unwrap()) && has(&redacted, "\"run\": 1"));
    let verified = bench.run("audit verify redacted.tar").expect(0).stdout;
    let only =
        "Run 1: only the digest of its plan is in the bundle; 1 approval is in it by its digest only.\n";
    assert!(verified.contains(only), "{verified}");
    // A plan that nobody applied is none of the evidence, and a missing approval is said.
    bench.run("plan policies --author ci@acme.example --out other.plan").expect(0);
    let other =
        bench.run(&made.replace("change.plan", "other.plan").replace("--bundle", "--bundle o.tar")).expect(1);
    assert!(
        other.stderr.contains("no run of the journal in this period applied this plan"),
        "{}",
        other.stderr
    );
    std::fs::remove_file(bench.folder.path().join("change.plan.alice@acme.example.approval")).unwrap();
    let lacking = bench.run(&format!("{made} lacking.tar --with-contacts")).expect(0).stderr;
    assert!(lacking.contains("warning: 1 approval that run 1 relied on"), "{lacking}");
    let verified = bench.run("audit verify lacking.tar").expect(0).stdout;
    assert!(verified.contains("1 approval that it relied on is missing"), "{verified}");
    assert!(!has(&bytes(&bench, "lacking.tar"), "\"notFound\": []") && has(&whole, "\"notFound\": []"));
}

#[test]
fn addresses_of_those_who_did_something_are_in_no_document() {
    let bench = approved();
    let folder = bench.folder.path();
    git(folder, "carol@acme.example", &["init", "--quiet"]);
    commit(&bench, "carol@acme.example");
    bench.run("plan policies --author dave@acme.example --out second.plan").expect(0);
    let today = "--as-of today";
    let mut pages = Vec::new();
    for format in ["text", "markdown", "html", "json", "csv"] {
        pages.push(bench.run(&format!("audit policies {today} --format {format}")).expect(0).stdout);
        pages.push(
            bench.run(&format!("changes policies --since 2026-01-01 --format {format}")).expect(0).stdout,
        );
    }
    for format in ["markdown", "html", "json"] {
        pages.push(
            bench.run(&format!("report policies {today} --runs 20 --format {format}")).expect(0).stdout,
        );
        pages.push(bench.run(&format!("bcp policies {today} --format {format}")).expect(0).stdout);
    }
    bench.run(&format!("audit policies {today} --oscal oscal --bundle all.tar")).expect(0);
    for entry in std::fs::read_dir(folder.join("oscal")).unwrap() {
        pages.push(std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    pages.push(String::from_utf8_lossy(&bytes(&bench, "all.tar")).into_owned());
    for page in &pages {
        let at = page.find("@acme.example").map(|at| &page[at.saturating_sub(200)..at + 20]);
        assert_eq!(at, None);
    }
    // Their names stay, so that somebody can be asked.
    assert!(pages[0].contains("alice") && pages[1].contains("alice"), "{}", pages[1]);
}

#[test]
fn bundle_whose_plan_or_approval_belongs_to_another_run_is_named() {
    let bench = approved();
    let read = |name: &str| Member { name: format!("plans/1/{name}"), bytes: bytes(&bench, name) };
    let approval = "change.plan.alice@acme.example.approval";
    let signature = format!("{approval}.sig");
    let plan: Value = serde_json::from_str(&bench.read("change.plan")).unwrap();
    // What somebody packs who can write a statement, and wants a plan to look approved that is not.
    let verify = |digest: &str, changes: &dyn Fn(&mut Member)| {
        let mut members: Vec<Member> = ["change.plan", approval, &signature].map(read).into();
        members.iter_mut().for_each(changes);
        let of = |name: &str| serde_json::json!({ "path": name, "member": format!("plans/1/{name}") });
        let approvals = serde_json::json!([{ "statement": of(approval), "signature": of(&signature) }]);
        let applied = serde_json::json!({ "run": 1, "digest": digest, "plan": of("change.plan"), "approvals": approvals });
        let predicate = serde_json::json!({ "madeBy": concat!("holdfast ", env!("CARGO_PKG_VERSION")), "estate": "acme", "asOf": "2026-11-30", "plans": [applied] });
        let text = statement(&members, predicate).text().unwrap();
        std::fs::write(bench.folder.path().join("made.tar"), pack(members, &text, None).unwrap()).unwrap();
        bench.run("audit verify made.tar")
    };
    let digest = plan["digest"].as_str().unwrap();
    let fits = verify(digest, &|_| ()).expect(0).stdout;
    assert!(
        fits.contains("Run 1 applied the plan in the bundle; 1 approval has a valid signature.\n"),
        "{fits}"
    );
    let other = verify(&"0".repeat(64), &|_| ()).expect(4).stderr;
    assert!(other.contains("plans/1/change.plan: it is not the plan that run 1 applied"), "{other}");
    // The digest that stands in a file proves nothing: what the file says is another plan.
    let content = verify(digest, &|member| {
        if member.name.ends_with("change.plan") {
            member.bytes = bench.read("change.plan").replace("acme-docs", "evil-docs").into_bytes();
        }
    });
    let content = content.expect(4).stderr;
    assert!(content.contains("plans/1/change.plan: it is not the plan that run 1 applied"), "{content}");
    // Of a format that this version does not read nobody knows the content, and it is not said to fit.
    let older = verify(digest, &|member| {
        if member.name.ends_with("change.plan") {
            let at = "\"format\": ";
            let (head, rest) =
                bench.read("change.plan").split_once(at).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            member.bytes =
                format!("{head}{at}2{}", rest.trim_start_matches(|c: char| c.is_ascii_digit())).into_bytes();
        }
    });
    let older = older.expect(0).stdout;
    assert!(older.contains("Run 1: nobody compared its plan with the digest that was approved"), "{older}");
    let other = verify(digest, &|member| {
        if member.name.ends_with(".approval") {
            member.bytes = bench.read(approval).replace(digest, &"0".repeat(64)).into_bytes();
        }
    });
    let other = other.expect(4).stderr;
    assert!(other.contains("it is an approval of another plan"), "{other}");
    let other = verify(digest, &|member| {
        if member.name.ends_with(".approval") {
            member.bytes = bench.read(approval).replace("alice", "carol").into_bytes();
        }
    });
    let other = other.expect(4).stderr;
    assert!(other.contains("its signature does not fit"), "{other}");
}
