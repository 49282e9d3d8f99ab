//! Approvals with real keys, through the command line: OpenSSH accepts Holdfast's signatures, Holdfast accepts those
//! of OpenSSH, and every refusal.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::terminal::on_a_terminal;
use crate::support::{Bench, Ran};

const FILES: &str = "kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs: { bucket: acme-docs, backups: [{ strategy: real-time, to: [oregon] }] }
recovery: [{ step: read-the-copy, takes: 30m }]
";

/// An estate on the embedded cloud that requires this many approvals of alice, bob and carol. `ci` plans.
fn estate(required: usize) -> Bench<'static> {
    let bench = Bench::local();
    let signers: String = ["alice", "bob", "carol"]
        .map(|who| format!("{who}@acme.example {}", key(&bench, who, "ed25519")))
        .concat();
    bench.write("policies/people", &signers);
    rule(&bench, &format!("approvals: {{ required: {required}, signers: people }}\n"));
    bench.write("policies/files.yaml", FILES);
    bench
}

fn rule(bench: &Bench<'_>, approvals: &str) {
    let sites = "sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
defaults: { assumptions: { detection: { value: 5m, because: the monitoring pages after five minutes } } }\n";
    bench.write("policies/estate.yaml", &format!("kind: estate\nname: acme\n{sites}{approvals}"));
}

/// Make a key in a file with this name, and return its public half.
fn key(bench: &Bench<'_>, name: &str, kind: &str) -> String {
    keygen(bench, &["-q", "-t", kind, "-N", "", "-C", name, "-f", name], None).expect(0);
    bench.read(&format!("{name}.pub"))
}

fn keygen(bench: &Bench<'_>, arguments: &[&str], input: Option<&str>) -> Ran {
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).current_dir(bench.folder.path()).env_remove("SSH_AUTH_SOCK");
    match input {
        Some(file) => command.stdin(std::fs::File::open(bench.folder.path().join(file)).unwrap()),
        None => command.stdin(Stdio::null()),
    };
    command.output().expect("ssh-keygen is installed (openssh-client)").into()
}

fn plan(bench: &Bench<'_>) {
    bench.run("plan policies --author ci@acme.example --out change.plan").expect(0);
}

/// An approval, made with `holdfast approve`.
fn approve(bench: &Bench<'_>, who: &str) {
    bench.run(&format!("approve change.plan --key {who}")).expect(0);
}

fn statement(who: &str) -> String {
    format!("change.plan.{who}@acme.example.approval")
}

/// A statement with any text, signed by ssh-keygen.
fn sign(bench: &Bench<'_>, file: &str, text: &str, key: &str) {
    bench.write(file, text);
    let _ = std::fs::remove_file(bench.folder.path().join(format!("{file}.sig")));
    keygen(bench, &["-q", "-Y", "sign", "-n", "approval@holdfast", "-f", key, file], None).expect(0);
}

/// Check that the apply is refused, and that the first finding has this code and text.
#[track_caller]
fn refused(bench: &Bench<'_>, code: &str, says: &str) {
    let ran = bench.run("apply change.plan").expect(4);
    // Reports are wrapped for the terminal.
    let words = ran.stderr.replace("│", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(ran.stderr.starts_with(&format!("{code}\n")) && words.contains(says), "{}", ran.stderr);
    assert!(!ran.stdout.contains("Applied"), "{}", ran.stdout);
}

/// An agent; it ends when this value is dropped.
struct Agent(Child, String);

impl Agent {
    fn start(bench: &Bench<'_>) -> Self {
        let socket = bench.folder.path().join("agent.sock").display().to_string();
        let mut command = Command::new("ssh-agent");
        let mut child = command.args(["-D", "-a", &socket]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains(&socket), "{line}");
        Self(child, socket)
    }

    fn add(&self, bench: &Bench<'_>, key: &str) {
        let mut command = Command::new("ssh-add");
        command.args(["-q", key]).current_dir(bench.folder.path()).env("SSH_AUTH_SOCK", &self.1);
        assert!(command.status().unwrap().success());
    }

    fn run(&self, bench: &Bench<'_>, words: &str) -> Ran {
        let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
        command.env("SSH_AUTH_SOCK", &self.1).output().unwrap().into()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether ssh-keygen accepts an approval of somebody.
fn openssh_accepts(bench: &Bench<'_>, who: &str) -> bool {
    let (file, name) = (statement(who), format!("{who}@acme.example"));
    let signature = format!("{file}.sig");
    let verify =
        ["-Y", "verify", "-f", "policies/people", "-I", &name, "-n", "approval@holdfast", "-s", &signature];
    keygen(bench, &verify, Some(&file)).code == 0
}

#[test]
fn signatures_work_both_ways_with_openssh() {
    let bench = estate(1);
    let agent = Agent::start(&bench);
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let name = format!("dave-{kind}");
        let public = key(&bench, &name, kind);
        bench.write("policies/people", &format!("dave@acme.example {public}"));
        agent.add(&bench, &name);
        let signature = format!("{}.sig", statement("dave"));
        let accepted = |how: &str| {
            assert!(openssh_accepts(&bench, "dave"), "{kind}: {how}");
            plan(&bench);
            bench.run("approve change.plan --as dave@acme.example --statement-only").expect(0);
        };
        plan(&bench);
        if kind == "rsa" {
            let ran = bench.run(&format!("approve change.plan --key {name}")).expect(1);
            assert!(ran.stderr.contains("an RSA key signs only in ssh-agent"), "{}", ran.stderr);
            agent.run(&bench, "approve change.plan").expect(0);
        } else {
            bench.run(&format!("approve change.plan --key {name}")).expect(0);
        }
        accepted("a key file");
        assert!(!bench.folder.path().join(&signature).exists(), "the old signature is gone");
        agent.run(&bench, "approve change.plan").expect(0);
        accepted("the agent");
        agent.run(&bench, &format!("approve change.plan --key {name}.pub")).expect(0);
        accepted("the agent, by the public half");
        let words = bench.run("approve change.plan --as dave@acme.example --statement-only").expect(0).stdout;
        let command = words.lines().last().unwrap().trim().replace("'KEY'", &format!("'{name}'"));
        assert!(command.starts_with("ssh-keygen -Y sign -n approval@holdfast -f '"), "{command}");
        let signed =
            Command::new("sh").args(["-c", &command]).current_dir(bench.folder.path()).output().unwrap();
        assert!(signed.status.success(), "{signed:?}");
        assert!(openssh_accepts(&bench, "dave"));
        bench.run("apply change.plan").expect(0);
        std::fs::remove_dir_all(bench.folder.path().join("policies/.holdfast")).unwrap();
        std::fs::remove_file(bench.folder.path().join("cloud.json")).unwrap();
    }
}

/// Who may approve with a list, according to OpenSSH and to Holdfast.
#[test]
fn lists_of_signers_are_read_like_openssh() {
    let bench = estate(1);
    let alice = bench.read("alice.pub");
    let bob = bench.read("bob.pub");
    for (names, options, accepted) in [
        ("alice@acme.example", "", true),
        ("ALICE@acme.example", "", false),
        ("*@acme.example", "", true),
        ("?lice@acme.example", "", true),
        ("*@acme.example,!alice@acme.example", "", false),
        ("\"bob@acme.example,alice@acme.example\"", "", true),
        ("alice", "", false),
        ("alice@acme.example", "namespaces=\"approval@holdfast\"", true),
        ("alice@acme.example", "namespaces=\"git,approval@*\"", true),
        ("alice@acme.example", "NAMESPACES=\"git\"", false),
        ("alice@acme.example", "valid-after=\"20200101Z\"", true),
        ("alice@acme.example", "valid-after=\"20990101Z\"", false),
        ("alice@acme.example", "valid-before=\"209901010000Z\",namespaces=\"approval@holdfast\"", true),
        ("alice@acme.example", "valid-before=\"20200101000000Z\"", false),
    ] {
        // Bob makes the list long enough for the rule.
        bench.write(
            "policies/people",
            &format!("# people\n\nbob@acme.example {bob}{names} {options} {alice}"),
        );
        // A key listed for a whole domain may be the author's, if the author belongs to that domain.
        bench.run("plan policies --author ci@robots.example --out change.plan").expect(0);
        bench.run("approve change.plan --as alice@acme.example --statement-only").expect(0);
        sign(&bench, &statement("alice"), &bench.read(&statement("alice")), "alice");
        let theirs = openssh_accepts(&bench, "alice");
        assert_eq!(theirs, accepted, "ssh-keygen: {names} {options}");
        if accepted {
            bench.run("approve change.plan --key alice --as alice@acme.example").expect(0);
        } else {
            refused(&bench, "E0712", "does not let this key");
        }
    }
}

#[test]
fn two_approvals_are_required_and_each_person_counts_once() {
    let bench = estate(2);
    let shown = || bench.run("show change.plan").expect(0).stdout;
    plan(&bench);
    assert!(
        shown().starts_with("Digest:    sha256:")
            && shown().contains("\nAuthor:    ci@acme.example (not signed)\nMade with: holdfast "),
        "{}",
        shown()
    );
    assert!(
        shown().contains("Approvals: 2 people, not the author; each approval is valid for at most 24 h\n"),
        "{}",
        shown()
    );
    refused(&bench, "E0709", "the plan's rule requires 2 approvals, but there are 0");
    approve(&bench, "alice");
    refused(&bench, "E0709", "requires 2 approvals, but there is 1: `alice@acme.example`");
    // The same person twice.
    let again = statement("alice").replace("alice", "again");
    for end in ["", ".sig"] {
        bench.write(&format!("{again}{end}"), &bench.read(&format!("{}{end}", statement("alice"))));
    }
    refused(&bench, "E0709", "requires 2 approvals, but there is 1: `alice@acme.example`");
    approve(&bench, "bob");
    bench.run("apply change.plan").expect(0);
    let journal = bench.read("policies/.holdfast/journal/000001.jsonl");
    let first = journal.lines().next().unwrap();
    assert!(
        first.contains("\"approver\":\"alice@acme.example\"")
            && first.contains("\"approver\":\"bob@acme.example\"")
    );
}

#[test]
fn approvals_can_be_given_from_another_folder() {
    let bench = estate(1);
    plan(&bench);
    approve(&bench, "alice");
    for end in ["", ".sig"] {
        let (from, to) = (format!("{}{end}", statement("alice")), format!("elsewhere{end}"));
        bench.write(&to, &bench.read(&from));
        std::fs::remove_file(bench.folder.path().join(from)).unwrap();
    }
    refused(&bench, "E0709", "there are 0");
    bench.run("apply change.plan --approval elsewhere").expect(0);
}

#[test]
fn changing_any_byte_of_an_approval_invalidates_it() {
    let bench = estate(1);
    plan(&bench);
    approve(&bench, "alice");
    for file in [statement("alice"), format!("{}.sig", statement("alice"))] {
        let whole = bench.read(&file).into_bytes();
        let path = bench.folder.path().join(&file);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            // Change letter case or insert blanks, so that the file stays text.
            changed[at] ^= if whole[at].is_ascii_alphabetic() { 0x20 } else { 0x01 };
            std::fs::write(&path, &changed).unwrap();
            let ran = bench.run("apply change.plan").expect(4);
            assert!(ran.stderr.starts_with("E0710\n"), "byte {at} of {file}: {}", ran.stderr);
        }
        for changed in
            [[&whole[..], b"\n"].concat(), whole[..whole.len() - 1].to_vec(), [b" ", &whole[..]].concat()]
        {
            std::fs::write(&path, &changed).unwrap();
            refused(&bench, "E0710", "not in its exact form");
        }
        std::fs::write(&path, &whole).unwrap();
    }
    bench.run("apply change.plan").expect(0);
}

#[test]
fn each_refusal_has_its_code_and_message() {
    let bench = estate(1);
    plan(&bench);
    approve(&bench, "alice");
    let (file, text) = (statement("alice"), bench.read(&statement("alice")));
    let date = |key: &str, value: &str| {
        let lines = text
            .lines()
            .map(|line| if line.starts_with(key) { format!("{key} {value}") } else { line.to_owned() });
        lines.map(|line| line + "\n").collect::<String>()
    };
    let resign = |text: &str, key: &str| sign(&bench, &file, text, key);

    std::fs::remove_file(bench.folder.path().join(format!("{file}.sig"))).unwrap();
    refused(&bench, "E0710", "the signature cannot be read");
    keygen(&bench, &["-q", "-Y", "sign", "-n", "git", "-f", "alice", &file], None).expect(0);
    refused(&bench, "E0710", "made for another purpose");

    resign(&text.replace("estate acme", "estate other"), "alice");
    refused(&bench, "E0711", "it is for a different estate");
    resign(&date("plan", &format!("sha256:{}", "0".repeat(64))), "alice");
    refused(&bench, "E0711", "it is for a different plan");

    resign(&text, "bob");
    refused(&bench, "E0712", "approve as `alice@acme.example`: it belongs to somebody else");
    key(&bench, "mallory", "ed25519");
    resign(&text, "mallory");
    refused(&bench, "E0712", "it is not in the list");

    resign(&date("expires-at", "2020-01-02T00:00:00Z").replace("approved-at 2", "approved-at 1"), "alice");
    refused(&bench, "E0713", "it expired at 2020-01-02T00:00:00Z");
    resign(&date("expires-at", "2990-01-01T00:00:00Z"), "alice");
    refused(&bench, "E0713", "longer than the 24 h that the estate allows");
    let future = date("approved-at", "2989-12-31T12:00:00Z")
        .lines()
        .take(7)
        .map(|l| format!("{l}\n"))
        .collect::<String>();
    resign(&format!("{future}expires-at 2990-01-01T00:00:00Z\n"), "alice");
    refused(&bench, "E0713", "it is dated 2989-12-31T12:00:00Z, which is in the future");

    resign(&text, "alice");
    bench.run("apply change.plan").expect(0);
    refused(&bench, "E0715", "it was used in run 1, at 2");
    let ran = bench.run("apply change.plan").expect(4);
    assert!(
        ran.stderr.contains("\nE0707\n") && ran.stderr.contains("already applied, in run 1 by"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("E0709"), "{}", ran.stderr);
}

#[test]
fn author_cannot_approve_under_any_name() {
    let bench = estate(1);
    bench.run("plan policies --author Alice@ACME.example --out change.plan").expect(0);
    let refusal = bench.run("approve change.plan --key alice").expect(4);
    assert!(refusal.stderr.contains("\nE0714\n"), "{}", refusal.stderr);
    // If OpenSSH signs it, the apply refuses it.
    bench.run("approve change.plan --as alice@acme.example --statement-only").expect(0);
    sign(&bench, &statement("alice"), &bench.read(&statement("alice")), "alice");
    refused(&bench, "E0714", "`alice@acme.example` made this plan");
    // The same key under another name.
    let people = bench.read("policies/people");
    let alice = people.lines().next().unwrap().replace("alice@acme.example ", "ally@acme.example ");
    bench.write("policies/people", &format!("{people}{alice}\n"));
    bench.run("plan policies --author alice@acme.example --out change.plan").expect(0);
    let refusal = bench.run("approve change.plan --key alice --as ally@acme.example").expect(4);
    assert!(
        refusal.stderr.contains("\nE0714\n") && refusal.stderr.contains("list of signers"),
        "{}",
        refusal.stderr
    );
}

#[test]
fn plan_that_drops_the_rule_needs_approvals_under_the_old_one() {
    let bench = estate(1);
    plan(&bench);
    approve(&bench, "alice");
    bench.run("apply change.plan").expect(0);
    std::fs::remove_file(bench.folder.path().join(statement("alice"))).unwrap();
    let mallory = key(&bench, "mallory", "ed25519");
    for (weaker, who) in
        [("", "--as mallory@acme.example"), ("approvals: { required: 1, signers: theirs }\n", "")]
    {
        bench.write("policies/theirs", &format!("mallory@acme.example {mallory}"));
        rule(&bench, weaker);
        bench.write("policies/files.yaml", &FILES.replace("acme-docs", "acme-papers"));
        plan(&bench);
        bench.run(&format!("approve change.plan --key mallory {who}")).expect(0);
        refused(&bench, "E0712", "it is not in the list");
        let ran = bench.run("apply change.plan").expect(4);
        assert!(ran.stderr.contains("the rule of the last run requires 1 approval"), "{}", ran.stderr);
        if weaker.is_empty() {
            let ran = bench.run("apply policies --yes").expect(4);
            assert!(ran.stderr.starts_with("E0709\n") && ran.stderr.contains("last run"), "{}", ran.stderr);
        }
    }
    rule(&bench, "");
    plan(&bench);
    bench.run("approve change.plan --key bob --as bob@acme.example").expect(0);
    bench.run("apply change.plan").expect(0);
    bench.write("policies/files.yaml", FILES);
    bench.run("apply policies --yes").expect(0);
}

#[test]
fn break_glass_is_announced_and_recorded() {
    let bench = estate(2);
    plan(&bench);
    bench.run("apply change.plan --break-glass").expect(64);
    let short =
        bench.command(&["apply", "change.plan", "--break-glass", "--because", "hurry"]).output().unwrap();
    Ran::from(short).expect(64);
    let reason = "virginia is lost and nobody answers";
    let arguments = ["apply", "change.plan", "--quiet", "--break-glass", "--because", reason];
    let ran = Ran::from(bench.command(&arguments).output().unwrap()).expect(0);
    assert!(
        ran.stderr
            .contains(&format!("BREAK GLASS: applying without the required approvals, because: {reason}")),
        "{}",
        ran.stderr
    );
    assert!(
        bench
            .read("policies/.holdfast/journal/000001.jsonl")
            .contains(&format!("\"break_glass\":\"{reason}\""))
    );
    refused(&bench, "E0707", "this plan was already applied, in run 1");
}

#[test]
fn plan_made_on_a_journal_that_lost_entries_is_refused() {
    let bench = estate(1);
    plan(&bench);
    approve(&bench, "alice");
    bench.run("apply change.plan").expect(0);
    bench.write("policies/files.yaml", &FILES.replace("acme-docs", "acme-papers"));
    plan(&bench);
    approve(&bench, "alice");
    let journal = bench.folder.path().join("policies/.holdfast/journal");
    std::fs::remove_file(journal.join("000001.jsonl")).unwrap();
    refused(&bench, "E0740", "run 1 was begun here");
    // Without the note of the last run, the plan still knows the head it was made on.
    std::fs::remove_file(journal.join(".last")).unwrap();
    refused(&bench, "E0703", "entries are missing");
}

#[test]
fn unusable_keys_are_refused_with_a_cure() {
    let bench = estate(1);
    plan(&bench);
    keygen(&bench, &["-q", "-t", "ed25519", "-N", "secret", "-f", "locked"], None).expect(0);
    for (words, says) in [
        ("--key locked", "this key has a passphrase: add it with `ssh-add`"),
        ("--key policies/estate.yaml", "this is not an SSH key"),
        ("--key nowhere", "No such file"),
        ("", "no ssh-agent is running"),
    ] {
        let arguments = format!("approve change.plan {words}");
        let mut command = bench.command(&arguments.split_whitespace().collect::<Vec<_>>());
        let ran = Ran::from(command.env_remove("SSH_AUTH_SOCK").output().unwrap()).expect(1);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
}

#[test]
fn approve_shows_the_verdict_and_asks_on_a_terminal() {
    let bench = estate(1);
    plan(&bench);
    let declined = on_a_terminal(&bench, "no", "approve change.plan --key alice").expect(4);
    assert!(declined.stdout.contains("Approve this? Only `yes` is accepted"), "{}", declined.stdout);
    assert!(
        declined.stdout.contains("E0705") && !declined.stdout.contains("Signs, for"),
        "{}",
        declined.stdout
    );
    assert!(!bench.folder.path().join(statement("alice")).exists());
    let agreed = on_a_terminal(&bench, "yes", "approve change.plan --key alice").expect(0);
    assert!(agreed.stdout.contains("objectives are met, none becomes weaker"), "{}", agreed.stdout);
    assert!(agreed.stdout.contains("files, the loss of the primary site"), "{}", agreed.stdout);
    assert!(agreed.stdout.contains("Approved by alice@acme.example"), "{}", agreed.stdout);
    bench.run("apply change.plan").expect(0);

    bench.write("policies/files.yaml", &FILES.replace("acme-docs", "acme-papers"));
    plan(&bench);
    let quick = on_a_terminal(&bench, "no", "approve change.plan --key alice --yes").expect(0);
    assert!(!quick.stdout.contains("Approve this?"), "{}", quick.stdout);
}

#[test]
fn show_tells_how_many_approvals_there_are_and_whose() {
    let bench = estate(2);
    plan(&bench);
    let shown = || bench.run("show change.plan").expect(0).stdout;
    assert!(shown().contains("0 of 2 for the plan: nobody yet\n"), "{}", shown());
    approve(&bench, "bob");
    assert!(shown().contains("1 of 2 for the plan: bob@acme.example\n"), "{}", shown());
    assert!(shown().contains("not checked here: the rule of the last run, and whether"), "{}", shown());
    approve(&bench, "alice");
    assert!(shown().contains("2 of 2 for the plan: alice@acme.example, bob@acme.example\n"), "{}", shown());
    // An approval that does not verify does not count, and says why.
    let forged = bench.read(&statement("bob")).replace("bob@", "carol@");
    bench.write(&statement("carol"), &forged);
    bench.write(&format!("{}.sig", statement("carol")), &bench.read(&format!("{}.sig", statement("bob"))));
    let carol = shown();
    assert!(carol.contains("2 of 2 for the plan: alice@acme.example, bob@acme.example\n"), "{carol}");
    assert!(carol.contains(&format!("not counted: {}", statement("carol"))), "{carol}");
}

/// A restore cannot be approved, so live data is written over only where nobody has to approve anything: by the policies, or by the last
/// run, which policies of today cannot undo.
#[test]
fn restore_over_live_data_is_refused_where_approvals_are_required() {
    let bench = estate(1);
    let words =
        "restore policies --service files --data docs --to-time 2026-11-01T12:00:00Z --yes --into acme-docs";
    let over = format!("{words} --over-live acme-docs");
    let refused = |bench: &Bench<'_>| {
        let ran = bench.run(&over).expect(4);
        let said = ran.stderr.replace("│", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("E0770 × a restore over live data cannot be approved"), "{}", ran.stderr);
    };
    refused(&bench);
    plan(&bench);
    approve(&bench, "alice");
    bench.run("apply change.plan").expect(0);
    rule(&bench, "");
    refused(&bench);
    // A list that cannot be read is no way around it.
    rule(&bench, "approvals: { required: 1, signers: nobody }\n");
    refused(&bench);
    // Without approvals in the last run either, it is possible: the bucket is only empty.
    let open = estate(0);
    rule(&open, "");
    open.run("apply policies --yes").expect(0);
    let ran = open.run(&over).expect(1);
    assert!(ran.stdout.contains("NOTHING WAS RESTORED"), "{}", ran.stdout);
}
