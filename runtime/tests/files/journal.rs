//! The folder of a journal, and the files that are created beside the policies.

use crate::files::{Lay, bench, link, names, path, pipe, refused, run, sparse};
use crate::support::Bench;

fn applied() -> Bench<'static> {
    let bench = bench();
    run(&bench, "apply policies --yes --journal journal").expect(0);
    bench
}

#[test]
fn reading_a_journal_creates_no_files() {
    let bench = bench();
    for command in [
        "validate policies",
        "plan policies",
        "plan policies --journal elsewhere/journal",
        "journal log policies",
        "journal verify policies",
        "journal log --journal elsewhere/journal",
        "journal verify --journal elsewhere/journal",
        "objectives policies",
        "graph policies",
    ] {
        run(&bench, command).expect(0);
        assert_eq!(names(&bench, "."), ["policies"], "{command}");
        assert_eq!(names(&bench, "policies"), ["estate.yaml", "files.yaml"], "{command}");
    }
}

#[test]
fn foreign_files_in_a_journal_are_refused_by_name() {
    let lay: [Lay; 9] = [
        ("journal/notes: it is not a journal file", |bench| bench.write("journal/notes", "")),
        ("journal/2.jsonl: it is not a journal file", |bench| bench.write("journal/2.jsonl", "")),
        ("journal/000001.jsonl.old: it is not a journal file", |bench| {
            bench.write("journal/000001.jsonl.old", "")
        }),
        ("journal/000002: it is not a journal file", |bench| {
            std::fs::create_dir(path(bench, "journal/000002")).unwrap()
        }),
        ("journal/000002.jsonl: this is a folder", |bench| {
            std::fs::create_dir(path(bench, "journal/000002.jsonl")).unwrap();
        }),
        ("journal/000002.jsonl: this is a link", |bench| link(bench, "/dev/zero", "journal/000002.jsonl")),
        ("journal/000002.jsonl: this is a link", |bench| link(bench, "000001.jsonl", "journal/000002.jsonl")),
        ("journal/000002.jsonl: this is a named pipe", |bench| pipe(bench, "journal/000002.jsonl")),
        ("journal/000002.jsonl: it is larger than 256 MiB", |bench| {
            sparse(bench, "journal/000002.jsonl", 64 << 30);
        }),
    ];
    for (said, lay) in lay {
        let bench = applied();
        lay(&bench);
        for command in ["journal verify", "journal log", "plan policies", "apply policies --yes"] {
            refused(&bench, &format!("{command} --journal journal"), 4, said);
            let ran = run(&bench, &format!("{command} --journal journal"));
            assert!(ran.stderr.starts_with("E0703\n"), "{command}: {}", ran.stderr);
        }
    }
}

#[test]
fn hidden_files_in_a_journal_are_ignored() {
    let bench = applied();
    pipe(&bench, "journal/.pipe");
    link(&bench, "/", "journal/.git");
    bench.write("journal/.DS_Store", "");
    run(&bench, "journal verify --journal journal").expect(0);
    run(&bench, "apply policies --yes --journal journal").expect(0);
}

#[test]
fn lock_that_is_a_link_or_a_pipe_is_refused_and_its_target_is_unchanged() {
    let bench = bench();
    bench.write("precious", "text");
    std::fs::create_dir(path(&bench, "journal")).unwrap();
    link(&bench, "../precious", "journal/lock");
    refused(&bench, "apply policies --yes --journal journal", 4, "journal/lock: this is a link");
    assert_eq!(bench.read("precious"), "text");
    std::fs::remove_file(path(&bench, "journal/lock")).unwrap();
    link(&bench, "../new", "journal/lock");
    refused(&bench, "apply policies --yes --journal journal", 4, "journal/lock: this is a link");
    assert!(!path(&bench, "new").exists());
    std::fs::remove_file(path(&bench, "journal/lock")).unwrap();
    pipe(&bench, "journal/lock");
    refused(&bench, "apply policies --yes --journal journal", 4, "journal/lock: this is a named pipe");
}
