//! A journal in a folder.

use std::path::{Path, PathBuf};

use holdfast::journal::{Journal, JournalError, Place};
use serde_json::Value;

use crate::journal::{policies, said};
use crate::support::Bench;

fn read(folder: &Path) -> Result<usize, JournalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = Journal::open(&Place::Folder(folder.to_owned())).await?;
        journal.read().await.map(|history| history.entries.len())
    })
}

/// A bench whose folder `journal` holds two runs.
fn two_runs() -> Bench<'static> {
    let bench = Bench::local();
    for services in [1, 2] {
        policies(&bench, services, "");
        bench.run("apply . --yes --journal journal").expect(0);
    }
    bench
}

#[test]
fn changing_any_byte_of_a_journal_folder_is_detected() {
    let bench = two_runs();
    let folder = bench.folder.path().join("journal");
    let whole = read(&folder).unwrap();
    let mut before = 0;
    for name in ["000001.jsonl", "000002.jsonl"] {
        let path = folder.join(name);
        let sound = std::fs::read(&path).unwrap();
        let mut line = 1;
        for at in 0..sound.len() {
            let mut changed = sound.clone();
            changed[at] ^= 0x20 >> (at % 6);
            std::fs::write(&path, &changed).unwrap();
            match read(&folder) {
                Err(JournalError::Damaged { file, line: told, entry, .. }) => {
                    assert!(file.ends_with(name), "{file}");
                    assert_eq!((told, entry), (line, before + line as u64), "{name}, byte {at}");
                }
                other => panic!("{name}, byte {at}: {other:?}"),
            }
            if at % 997 == 0 || at + 1 == sound.len() {
                let refused = bench.run("journal verify --journal journal").expect(4);
                assert!(refused.stderr.starts_with("E0703\n"), "{}", refused.stderr);
                let place = format!("{name}, line {line} (entry {})", before + line as u64);
                assert!(said(&refused).contains(&place), "{}", refused.stderr);
            }
            line += usize::from(sound[at] == b'\n');
        }
        before += line as u64 - 1;
        std::fs::write(&path, &sound).unwrap();
    }
    assert_eq!(read(&folder).unwrap(), whole);
}

fn policies_again(folder: &Path, stored: &[(PathBuf, Vec<u8>)]) {
    std::fs::create_dir(folder.join("policies")).unwrap();
    stored.iter().for_each(|(path, text)| std::fs::write(path, text).unwrap());
}

#[test]
fn lost_swapped_renamed_or_emptied_files_are_detected() {
    let bench = two_runs();
    policies(&bench, 3, "");
    bench.run("apply . --yes --journal journal").expect(0);
    let verified = bench.run("journal verify --journal journal").expect(0).stdout;
    let head = verified.lines().last().unwrap().strip_prefix("head ").unwrap().to_owned();
    let folder = bench.folder.path().join("journal");
    let file = |nth: usize| folder.join(format!("{nth:06}.jsonl"));
    let texts: Vec<Vec<u8>> = (1..=3).map(|nth| std::fs::read(file(nth)).unwrap()).collect();
    let stored: Vec<(PathBuf, Vec<u8>)> = std::fs::read_dir(folder.join("policies"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    let damages: [(&str, &dyn Fn()); 6] = [
        ("removed", &|| std::fs::remove_file(file(2)).unwrap()),
        ("first removed", &|| std::fs::remove_file(file(1)).unwrap()),
        ("emptied", &|| std::fs::write(file(3), "").unwrap()),
        ("renamed", &|| std::fs::rename(file(3), file(4)).unwrap()),
        ("misnamed", &|| std::fs::rename(file(3), folder.join("3.jsonl")).unwrap()),
        ("swapped", &|| {
            std::fs::write(file(1), &texts[1]).unwrap();
            std::fs::write(file(2), &texts[0]).unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage();
        let refused = bench.run("journal verify --journal journal").expect(4);
        assert!(refused.stderr.starts_with("E0703\n"), "{what}: {}", refused.stderr);
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir(&folder).unwrap();
        (0..3).for_each(|nth| std::fs::write(file(nth + 1), &texts[nth]).unwrap());
        // The texts of policies are not restored: that is said, and the entries are whole.
        let refused = bench.run("journal verify --journal journal").expect(4);
        assert!(refused.stderr.starts_with("E0744\n") && refused.stdout.contains("complete and in order"));
        policies_again(&folder, &stored);
    }
    // Only a stored head shows that the end is missing, where the note of the last run is missing too.
    bench.run(&format!("journal verify --journal journal --head {head}")).expect(0);
    std::fs::remove_file(file(3)).unwrap();
    bench.run("journal verify --journal journal").expect(0);
    let refused = bench.run(&format!("journal verify --journal journal --head {head}")).expect(4);
    assert!(refused.stderr.starts_with("E0703\n"), "{}", refused.stderr);
}

#[test]
fn emptied_journal_does_not_verify() {
    let bench = two_runs();
    let folder = bench.folder.path().join("journal");
    let refused = |command: &str, what: &str| {
        let refused = bench.run(&format!("{command} --journal journal")).expect(4);
        assert!(refused.stderr.starts_with("E0740\n"), "{command}: {}", refused.stderr);
        assert!(said(&refused).contains(what), "{command}: {}", refused.stderr);
    };
    std::fs::remove_file(folder.join("000002.jsonl")).unwrap();
    for command in ["journal verify", "journal log", "plan .", "apply . --yes"] {
        refused(command, "run 2 was begun here, and the last run that is there is 1");
    }
    for name in ["000001.jsonl", "lock"] {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    for command in ["journal verify", "journal log", "plan .", "apply . --yes"] {
        refused(command, "run 2 was begun here, and no run is there");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    refused("journal verify", "nothing that Holdfast writes is in it");
    // Nothing was applied yet, as far as anybody can know.
    std::fs::remove_dir(&folder).unwrap();
    let empty = bench.run("journal verify --journal journal").expect(0).stdout;
    assert!(empty.contains("journal: empty, nothing to verify\nhead none\n"), "{empty}");
    bench.run(&format!("journal verify --journal journal --head {}", "0".repeat(64))).expect(4);
}

#[test]
fn only_a_partial_last_line_of_a_killed_writer_is_tolerated() {
    let bench = two_runs();
    let folder = bench.folder.path().join("journal");
    let path = folder.join("000002.jsonl");
    let sound = std::fs::read(&path).unwrap();
    let entries = read(&folder).unwrap();
    let start = sound[..sound.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in start..sound.len() {
        std::fs::write(&path, &sound[..end]).unwrap();
        assert_eq!(read(&folder).unwrap(), entries - 1, "cut at byte {end}");
    }
    for end in [&b"}"[..], b" ", b"\r", b"x\n", b"\n"] {
        std::fs::write(&path, [&sound[..sound.len() - 1], end].concat()).unwrap();
        let damaged = end != b"\n";
        assert_eq!(read(&folder).is_err(), damaged, "ends with {end:?}");
    }
    // The run without an end is recognised as dead; the next run reports it and continues.
    std::fs::write(&path, &sound[..start]).unwrap();
    policies(&bench, 3, "");
    let next = bench.run("apply . --yes --journal journal").expect(0);
    let note = said(&next);
    assert!(note.contains("run 2 by ") && note.contains("did not finish"), "{note}");
    assert!(note.contains("6 of 6 steps done, none in progress"), "{note}");
    let log = bench.run("journal log --journal journal").expect(0).stdout;
    assert!(log.contains("died; last entry"), "{log}");
}

#[test]
fn log_lists_runs_and_their_entries() {
    let bench = two_runs();
    let log = bench.run("journal log --journal journal").expect(0).stdout;
    let first = log.lines().next().unwrap();
    assert!(first.starts_with("run 2  20") && first.contains(" UTC  by "), "{log}");
    assert!(log.contains("6 steps: 6 done, 0 failed, 0 not started"), "{log}");
    let json: Value =
        serde_json::from_str(&bench.run("journal log --journal journal --format json").expect(0).stdout)
            .unwrap();
    assert_eq!(json["runs"][1]["number"], 1);
    assert_eq!(json["runs"][0]["ended"], "finished");
    let show = bench.run("journal show 1 --journal journal").expect(0).stdout;
    assert!(show.contains("begin create aws.bucket.files-0.docs"), "{show}");
    assert!(show.trim_end().ends_with("run ends: 6 done, 0 failed, 0 not started"), "{show}");
    let json: Value =
        serde_json::from_str(&bench.run("journal show 2 --journal journal --format json").expect(0).stdout)
            .unwrap();
    assert_eq!(json["entries"][0]["event"], "run-started");
    assert_eq!(json["entries"][0]["number"], 16);
    bench.run("journal show 3 --journal journal").expect(64);
    assert_eq!(bench.run("journal log .").expect(0).stdout, "No runs.\n");
}
