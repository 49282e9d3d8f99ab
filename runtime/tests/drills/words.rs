//! A person's signed word: waited for, timed, and counted only where it was asked for.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Stdio};

use super::{causes, record};
use crate::support::terminal::on_a_terminal;
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
assumptions:
  detection: { value: 5m, because: people call within minutes }
  noticed: { value: 5m, because: people call within minutes }
recovery:
  - { step: declare, does: declare, by: alice, takes: 15m }
  - { step: restore-it, does: restore data.docs, by: alice, takes: 30m, after: [declare] }
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
name: talk
type: tabletop
every: 90d
services: [files]
disruption: site-loss
lead: alice
success: { criteria: [Everybody knows whom to call.] }
";
const DRILL: &str = "drill run talk policies --format json --wait 1h";

/// The policies; alice, whose word the trust anchor accepts, and mallory.
fn bench() -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/all.yaml", ESTATE);
    people(&bench);
    bench
}

/// Keys of alice and mallory, and a trust anchor that accepts the word of alice.
pub(super) fn people(bench: &Bench<'_>) {
    for who in ["alice", "mallory"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", who, "-f", who])
            .current_dir(bench.folder.path())
            .status();
        assert!(made.unwrap().success());
    }
    let public = bench.read("alice.pub");
    bench.write("anchor/people", &format!("alice@acme.example namespaces=\"drill@holdfast\" {public}"));
    anchor(bench, "    confirmers: people\n");
}

fn anchor(bench: &Bench<'_>, rest: &str) {
    let (cloud, account) = match bench.cloud {
        Some(_) => ("aws", "000000000001"),
        None => ("local:../cloud.json", "000000000000"),
    };
    let text = format!(
        "kind: trust\nestates:\n  acme:\n    cloud: {cloud}\n    accounts: [\"{account}\"]\n    journal: {{ at: ../policies/.holdfast/journal, head: none }}\n{rest}"
    );
    bench.write("anchor/trust.yaml", &text);
}

fn command(bench: &Bench<'_>, words: &str) -> Command {
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    command.args(["--trust", "anchor/trust.yaml"]).env_remove("SSH_AUTH_SOCK");
    command
}

pub(super) fn run(bench: &Bench<'_>, words: &str) -> Ran {
    command(bench, words).output().unwrap().into()
}

fn confirm(bench: &Bench<'_>, question: &str, flags: &str) -> Ran {
    run(bench, &format!("drill confirm talk {question} policies --key alice {flags}"))
}

/// A drill that is being held. It is killed when this value is dropped.
pub(super) struct Held {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
}

impl Held {
    pub(super) fn begin(bench: &Bench<'_>, words: &str) -> Self {
        let mut child = command(bench, words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said }
    }

    /// Wait until it says something.
    #[track_caller]
    pub(super) fn until(&mut self, says: &str) -> String {
        let line = self.said.find_map(|line| Some(line.unwrap()).filter(|line| line.contains(says)));
        line.unwrap_or_else(|| panic!("it ended before it said `{says}`"))
    }

    /// Wait until it ends, and read its record.
    pub(super) fn record(mut self, code: i32) -> Value {
        let stderr: Vec<String> = self.said.by_ref().map(Result::unwrap).collect();
        let stdout = std::io::read_to_string(self.child.stdout.take().unwrap()).unwrap();
        let code_found = self.child.wait().unwrap().code().unwrap();
        record(Ran { code: code_found, stdout, stderr: stderr.join("\n") }, code)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn slips(bench: &Bench<'_>) -> Vec<String> {
    let folder = std::fs::read_dir(bench.folder.path().join("policies/.holdfast/drill-words"));
    folder.map_or_else(
        |_| Vec::new(),
        |all| all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect(),
    )
}

#[test]
fn signed_words_are_waited_for_in_order_and_noted_with_signature_and_time() {
    let bench = bench();
    let mut held = Held::begin(&bench, DRILL);
    held.until("waiting for the word of alice on criterion.1: Everybody knows whom to call.");
    assert!(!slips(&bench).contains(&"acme.talk.files.restore-it.asked".to_owned()), "its turn is later");
    let early = confirm(&bench, "files.restore-it", "").expect(4).stderr;
    assert!(early.contains("E0782") && early.contains("no drill asks `files.restore-it` now"), "{early}");
    for question in ["files.declare", "contact.alice"] {
        confirm(&bench, question, "").expect(0);
    }
    held.until("waiting for the word of alice on files.restore-it");
    let signed =
        run(&bench, "drill confirm talk files.restore-it policies --key alice --note by_hand").expect(0);
    assert!(
        signed.stdout.contains("  asked alice, for files: can you restore the data set docs"),
        "{signed:?}"
    );
    held.until("files.restore-it: yes, signed by alice@acme.example, a key of the trust anchor");
    confirm(&bench, "criterion.1", "--no two_of_five_do").expect(0);
    let held = held.record(1);
    assert_eq!(causes(&held), ["a criterion is not met: Everybody knows whom to call.: two_of_five_do"]);
    assert_eq!(held["deviations"][0], "files.restore-it: by_hand");
    let words = held["words"].as_array().unwrap();
    assert_eq!(words.len(), 4);
    for word in words {
        assert!(word["seconds"].as_u64().is_some() && word["asked"].as_str().is_some(), "{word}");
        assert_eq!((&word["assurance"], &word["list"]), (&"signed".into(), &"anchor".into()));
        // What the record keeps is what OpenSSH accepts.
        bench.write("said", word["statement"].as_str().unwrap());
        bench.write("said.sig", word["signature"].as_str().unwrap());
        let accepted = Command::new("ssh-keygen")
            .args([
                "-Y",
                "verify",
                "-f",
                "anchor/people",
                "-I",
                "alice@acme.example",
                "-n",
                "drill@holdfast",
                "-s",
                "said.sig",
            ])
            .current_dir(bench.folder.path())
            .stdin(std::fs::File::open(bench.folder.path().join("said")).unwrap())
            .output();
        assert!(accepted.unwrap().status.success(), "{word}");
        assert!(bench.read("said").contains(held["occasion"].as_str().unwrap()));
    }
    assert_eq!(slips(&bench), Vec::<String>::new());
    let report = run(&bench, "drill report talk policies --format markdown").expect(0).stdout;
    assert!(report.contains("a key of the trust anchor"), "{report}");
}

#[test]
fn word_of_another_run_question_text_or_key_does_not_count() {
    let bench = bench();
    bench.write("answers.txt", "contact.alice: yes\nfiles.declare: yes\nfiles.restore-it: yes\n");
    let words = format!("{DRILL} --answers answers.txt");
    let folder = "policies/.holdfast/drill-words/acme.talk.";
    let kept =
        |of: &str| [bench.read(&format!("{folder}{of}.word")), bench.read(&format!("{folder}{of}.word.sig"))];
    let put = |of: &str, [word, signature]: &[String; 2]| {
        // The drill must see neither half of a file nor the statement without its signature.
        let place = |name: &str| bench.folder.path().join(format!("{folder}{of}.{name}"));
        let _ = std::fs::remove_file(place("word"));
        for (name, text) in [("word.sig", signature), ("word", word)] {
            bench.write("half", text);
            std::fs::rename(bench.folder.path().join("half"), place(name)).unwrap();
        }
    };
    // An earlier run, of which somebody has kept the word.
    let mut before = Held::begin(&bench, DRILL);
    before.until("on criterion.1");
    // The drill must not take the word away before it is copied.
    crate::support::signal(before.child.id(), "STOP");
    confirm(&bench, "criterion.1", "").expect(0);
    let old = kept("criterion.1");
    confirm(&bench, "contact.alice", "").expect(0);
    drop(before);
    let mut held = Held::begin(&bench, &words);
    held.until("an earlier drill did not end");
    held.until("on criterion.1");
    put("criterion.1", &old);
    held.until(
        "a word on criterion.1 does not count (E0782): it is for another run of the drill (answer what",
    );
    // The word about something else in this run.
    crate::support::signal(held.child.id(), "STOP");
    confirm(&bench, "criterion.1", "").expect(0);
    let [word, signature] = kept("criterion.1");
    let changed = |from: &str, to: &str| [word.replace(from, to), signature.clone()];
    put("criterion.1", &changed("question criterion.1", "question contact.alice"));
    crate::support::signal(held.child.id(), "CONT");
    held.until("it is for another question");
    for (from, to, says) in [
        ("answer yes", "answer no", "the signature is not valid for this content"),
        ("asked Everybody", "asked Somebody", "it is about another text than was asked"),
        ("drill talk", "drill walk", "it is for another drill"),
        ("estate acme", "estate emca", "it is for another estate"),
        ("answer yes", "answer maybe", "the statement is not in its exact form"),
    ] {
        put("criterion.1", &changed(from, to));
        held.until(says);
    }
    // Somebody whom the anchor does not name.
    let refused =
        run(&bench, "drill confirm talk criterion.1 policies --key mallory --as alice@acme.example");
    assert!(refused.expect(4).stderr.contains("E0782"));
    let keys = ["-Y", "sign", "-n", "drill@holdfast", "-f", "mallory", "forged"];
    bench.write("forged", &word);
    let made = Command::new("ssh-keygen").arg("-q").args(keys).current_dir(bench.folder.path()).status();
    assert!(made.unwrap().success());
    put("criterion.1", &[word.clone(), bench.read("forged.sig")]);
    held.until("sign as `alice@acme.example`: it is not in the list");
    confirm(&bench, "criterion.1", "").expect(0);
    let held = held.record(0);
    assert_eq!(held["deviations"].as_array().unwrap().len(), 8, "{held}");
    let how: Vec<&Value> = held["words"].as_array().unwrap().iter().map(|word| &word["assurance"]).collect();
    assert_eq!(how, ["witnessed", "witnessed", "witnessed", "signed"]);
}

#[test]
fn word_that_is_not_there_in_time_is_a_finding() {
    let bench = bench();
    let held = record(run(&bench, "drill run talk policies --format json --wait 1s"), 1);
    let found = causes(&held);
    assert_eq!(found[0], "3 questions were not answered");
    assert_eq!(found[1], "nobody said whether a criterion is met: Everybody knows whom to call.");
    let restore = &held["words"][2];
    assert_eq!((&restore["question"], &restore["asked"]), (&"files.restore-it".into(), &Value::Null));
    assert_eq!(slips(&bench), Vec::<String>::new());
    let report = run(&bench, "drill report talk policies --format markdown").expect(0).stdout;
    assert!(report.contains("it was not asked: what it comes after was not answered"), "{report}");
}

#[test]
fn changed_question_is_not_signed_and_an_anchor_without_a_list_accepts_nobody() {
    let bench = bench();
    let mut held = Held::begin(&bench, DRILL);
    held.until("on criterion.1");
    let slip = "policies/.holdfast/drill-words/acme.talk.criterion.1.asked";
    bench.write(slip, &bench.read(slip).replace("Everybody", "Nobody"));
    let refused = confirm(&bench, "criterion.1", "").expect(4).stderr;
    assert!(refused.contains("E0782") && refused.contains("is not what these policies ask"), "{refused}");
    drop(held);
    anchor(&bench, "");
    let refused = run(&bench, DRILL).expect(4).stderr;
    assert!(refused.contains("E0782") && refused.contains("`confirmers`"), "{refused}");
}

#[test]
fn two_estates_ask_in_one_folder() {
    let (acme, other) = (bench(), bench());
    other.write("policies/all.yaml", &ESTATE.replace("name: acme", "name: umbrella"));
    other.write("anchor/trust.yaml", &other.read("anchor/trust.yaml").replace("  acme:", "  umbrella:"));
    let folder = acme.folder.path().join("shared");
    let flags = format!("--words {}", folder.display());
    let words = format!("{DRILL} {flags}");
    let mut first = Held::begin(&acme, &words);
    first.until("on criterion.1");
    // The second one does not withdraw what the first one asks.
    let mut second = Held::begin(&other, &words);
    second.until("on criterion.1");
    for bench in [&other, &acme] {
        for question in ["files.declare", "contact.alice", "criterion.1"] {
            confirm(bench, question, &flags).expect(0);
        }
    }
    for (bench, mut held, estate) in [(&acme, first, "acme"), (&other, second, "umbrella")] {
        held.until("on files.restore-it");
        confirm(bench, "files.restore-it", &flags).expect(0);
        let held = held.record(0);
        for word in held["words"].as_array().unwrap() {
            let of = format!("\nestate {estate}\n");
            assert!(word["statement"].as_str().unwrap().contains(&of), "{word}");
        }
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing is left of either");
}

#[test]
fn person_who_declines_signs_nothing_and_is_told_so() {
    let bench = bench();
    let mut held = Held::begin(&bench, DRILL);
    held.until("on criterion.1");
    let words = "drill confirm talk criterion.1 policies --key alice --trust anchor/trust.yaml";
    let declined = on_a_terminal(&bench, "no", words).expect(4).stdout;
    assert!(declined.contains("Sign this? Only `yes` is accepted"), "{declined}");
    assert!(declined.contains("E0705") && declined.contains("you did not confirm your answer"), "{declined}");
    assert!(declined.contains("nothing was signed") && !declined.contains("plan"), "{declined}");
    assert!(!slips(&bench).contains(&"acme.talk.criterion.1.word".to_owned()));
    on_a_terminal(&bench, "yes", words).expect(0);
    held.until("criterion.1: yes, signed by alice@acme.example");
}

/// A talk is in the journal only once it has ended.
#[test]
fn questions_of_a_talk_that_was_killed_are_withdrawn_by_the_next_one_even_if_it_waits_for_nobody() {
    let bench = bench();
    let mut held = Held::begin(&bench, DRILL);
    held.until("on criterion.1");
    drop(held);
    assert_eq!(slips(&bench).len(), 3, "a process that is killed takes nothing away");
    bench.write(
        "answers.txt",
        "contact.alice: yes\nfiles.declare: yes\nfiles.restore-it: yes\ncriterion.1: yes\n",
    );
    let next = run(&bench, "drill run talk policies --format json --answers answers.txt");
    assert!(next.stderr.contains("its open questions are withdrawn (3)"), "{next:?}");
    record(next, 0);
    assert_eq!(slips(&bench), Vec::<String>::new());
}
