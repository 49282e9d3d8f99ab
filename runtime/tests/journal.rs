//! The journal, on the disk and in a bucket that teams share: one run at a time, nothing changed unseen, and a run
//! that died can be taken over.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use holdfast::journal::{Journal, JournalError, Place};
use serde_json::Value;
use support::{Bench, Ran, Standin};

const SHARED: &str = "s3://team-journal/acme";

/// Policies of so many services of four steps each. `journal` is what the estate says about it.
fn policies(bench: &Bench<'_>, services: usize, journal: &str) {
    let mut text = format!(
        "kind: estate\nname: acme\nsites:\n  virginia: {{ aws: us-east-1 }}\n  oregon: {{ aws: us-west-2 }}\n{journal}\
         defaults:\n  assumptions:\n    detection: {{ value: 5m, because: the monitoring pages }}\n"
    );
    for nth in 0..services {
        let _ = write!(
            text,
            "---\nkind: service\nname: files-{nth}\nprimary: virginia\nstandby: [oregon]\ndata:\n  docs:\n    \
             bucket: acme-docs-{nth}\n    backups:\n      - {{ strategy: real-time, to: [oregon] }}\n\
             recovery: [{{ step: read-the-copy, takes: 30m }}]\n"
        );
    }
    bench.write("estate.yaml", &text);
}

/// A command with the embedded cloud of its folder and the journal of the stand-in.
fn shared(bench: &Bench<'_>, words: &str) -> Command {
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    command.env("HOLDFAST_CLOUD", "local:cloud.json");
    command
}

fn run(bench: &Bench<'_>, words: &str) -> Ran {
    shared(bench, words).output().unwrap().into()
}

/// What was said in one line, without the frame around it.
fn said(ran: &Ran) -> String {
    let words = ran.stderr.replace('│', " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A child whose progress lines are counted by the test; the rest of what it says is kept.
struct Runner {
    child: Child,
    lines: mpsc::Receiver<String>,
    said: String,
}

impl Runner {
    fn start(mut command: Command) -> Self {
        // Verbose, for a line per ended step.
        let mut child = command.arg("-v").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self { child, lines, said: String::new() }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    }

    /// Wait until it has reported a step. Gives whether it did before it ended.
    fn reports_a_step(&mut self) -> bool {
        while let Ok(line) = self.lines.recv() {
            let _ = writeln!(self.said, "{line}");
            if line.starts_with('[') {
                return true;
            }
        }
        false
    }

    /// The same, without waiting for long.
    fn has_reported_a_step(&mut self) -> bool {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(2)) {
            let _ = writeln!(self.said, "{line}");
            if line.starts_with('[') {
                return true;
            }
        }
        false
    }

    fn end(mut self) -> Ran {
        while let Ok(line) = self.lines.recv() {
            let _ = writeln!(self.said, "{line}");
        }
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran { code, stdout: String::new(), stderr: self.said }
    }
}

/// Ask until the answer is another one, for at most a minute.
fn until(what: &str, mut ask: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !ask() {
        assert!(Instant::now() < end, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

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
fn every_changed_byte_of_a_folder_is_found() {
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

#[test]
fn files_that_are_lost_swapped_renamed_or_emptied_are_found() {
    let bench = two_runs();
    policies(&bench, 3, "");
    bench.run("apply . --yes --journal journal").expect(0);
    let verified = bench.run("journal verify --journal journal").expect(0).stdout;
    let head = verified.lines().last().unwrap().strip_prefix("head ").unwrap().to_owned();
    let folder = bench.folder.path().join("journal");
    let file = |nth: usize| folder.join(format!("{nth:06}.jsonl"));
    let texts: Vec<Vec<u8>> = (1..=3).map(|nth| std::fs::read(file(nth)).unwrap()).collect();
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
    }
    // What is cut off at the end is missed by who has kept the head.
    bench.run(&format!("journal verify --journal journal --head {head}")).expect(0);
    std::fs::remove_file(file(3)).unwrap();
    bench.run("journal verify --journal journal").expect(0);
    let refused = bench.run(&format!("journal verify --journal journal --head {head}")).expect(4);
    assert!(refused.stderr.starts_with("E0703\n"), "{}", refused.stderr);
}

#[test]
fn only_what_a_killed_writer_leaves_is_forgiven() {
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
    // The run that lost its end is known to be dead, and the next one says so and goes on.
    std::fs::write(&path, &sound[..start]).unwrap();
    policies(&bench, 3, "");
    let next = bench.run("apply . --yes --journal journal").expect(0);
    let note = said(&next);
    assert!(note.contains("run 2 by ") && note.contains("ended without a word"), "{note}");
    assert!(note.contains("4 of 4 steps done, none under way"), "{note}");
    let log = bench.run("journal log --journal journal").expect(0).stdout;
    assert!(log.contains("ended without a word, last heard of"), "{log}");
}

#[test]
fn the_log_tells_runs_and_their_entries() {
    let bench = two_runs();
    let log = bench.run("journal log --journal journal").expect(0).stdout;
    let first = log.lines().next().unwrap();
    assert!(first.starts_with("run 2  20") && first.contains(" UTC  by "), "{log}");
    assert!(log.contains("4 steps: 4 done, 0 failed, 0 not started"), "{log}");
    let json: Value =
        serde_json::from_str(&bench.run("journal log --journal journal --format json").expect(0).stdout)
            .unwrap();
    assert_eq!(json["runs"][1]["number"], 1);
    assert_eq!(json["runs"][0]["ended"], "finished");
    let show = bench.run("journal show 1 --journal journal").expect(0).stdout;
    assert!(show.contains("begin create bucket.files-0.docs"), "{show}");
    assert!(show.trim_end().ends_with("run ends: 4 done, 0 failed, 0 not started"), "{show}");
    let json: Value =
        serde_json::from_str(&bench.run("journal show 2 --journal journal --format json").expect(0).stdout)
            .unwrap();
    assert_eq!(json["entries"][0]["event"], "run-started");
    assert_eq!(json["entries"][0]["number"], 11);
    bench.run("journal show 3 --journal journal").expect(64);
    assert_eq!(bench.run("journal log .").expect(0).stdout, "No runs.\n");
}

#[test]
fn of_two_runners_one_applies_fifty_times() {
    let standin = Standin::start();
    standin.aws("s3api create-bucket --bucket team-journal");
    let words = format!("apply . --yes --parallelism 1 --journal {SHARED}");
    for round in 1..=50_u64 {
        let benches = [Bench::aws(&standin), Bench::aws(&standin)];
        let mut runners = benches.each_ref().map(|bench| {
            policies(bench, 3, "");
            shared(bench, &words)
        });
        runners.reverse();
        let [one, other] = runners.map(Runner::start);
        let mut both = [one, other];
        // Whoever begins first is held at its step until the other has its answer: they overlap for certain.
        // Nobody pauses between two looks: twelve steps take less than a pause of `until`.
        let (mut first, end) = (None, Instant::now() + Duration::from_secs(60));
        while first.is_none() {
            assert!(Instant::now() < end, "a step does not happen");
            first = (0..2).find(|nth| both[*nth].has_reported_a_step());
        }
        if first == Some(1) {
            both.swap(0, 1);
        }
        let [winner, loser] = both;
        winner.signal("-STOP");
        let process = winner.child.id();
        let refused = loser.end();
        winner.signal("-CONT");
        winner.end().expect(0);
        let told = said(&refused);
        refused.expect(4);
        assert!(told.starts_with("E0702 "), "{told}");
        assert!(told.contains(&format!("run {round} by ")), "{told}");
        assert!(told.contains(&format!("process {process}, since 20")), "{told}");
        assert!(!told.contains("[1/"), "{told}");
    }
    let verified = run(&Bench::aws(&standin), &format!("journal verify --journal {SHARED}")).expect(0);
    assert!(verified.stdout.contains("1300 entries of 50 runs"), "{}", verified.stdout);
    // Reading costs a list and a request per run; besides, the bucket's region is asked for.
    let log = run(&Bench::aws(&standin), &format!("journal log -v --journal {SHARED}")).expect(0);
    assert!(log.stderr.contains("s3 52)"), "{}", log.stderr);
}

const LEASED: &str = "journal: { site: oregon, s3: s3://team-journal/acme, lease: 10s }\n";

fn team_bucket(standin: &Standin) {
    standin.aws_args(&[
        "s3api",
        "create-bucket",
        "--bucket",
        "team-journal",
        "--region",
        "us-west-2",
        "--create-bucket-configuration",
        "LocationConstraint=us-west-2",
    ]);
}

#[test]
fn a_run_that_was_killed_is_taken_over() {
    let standin = Standin::start();
    team_bucket(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 5, LEASED);
    let mut dead = Runner::start(shared(&bench, "apply . --yes --parallelism 1"));
    assert!((0..3).all(|_| dead.reports_a_step()));
    dead.child.kill().unwrap();
    let process = dead.child.id();
    dead.end();
    // It may be alive, for all that others can know; so nobody takes it over yet.
    let refused = run(&bench, "apply . --yes --take-over 1").expect(4);
    assert!(refused.stderr.starts_with("E0702\n"), "{}", refused.stderr);
    let mut refused = refused;
    until("the end of the lease", || {
        refused = run(&bench, "apply . --yes").expect(4);
        refused.stderr.starts_with("E0716\n")
    });
    let told = said(&refused);
    assert!(told.contains("run 1 by ") && told.contains(&format!("process {process} began at 20")), "{told}");
    assert!(told.contains("last heard of at 20") && told.contains(" of 20 steps done"), "{told}");
    assert!(told.contains("--take-over 1"), "{told}");
    run(&bench, "apply . --yes --take-over 7").expect(64);
    let taken = run(&bench, "apply . --yes --take-over 1").expect(0);
    assert!(said(&taken).contains(" of 20 steps done"), "{}", taken.stderr);
    run(&bench, "plan . --detailed-exitcode").expect(0);
    let log = run(&bench, "journal log").expect(0).stdout;
    assert!(log.contains("\n    taken over 20"), "{log}");
    run(&bench, "journal verify").expect(0);
}

#[test]
fn a_run_that_wakes_up_after_it_was_taken_over_starts_no_further_step() {
    let standin = Standin::start();
    team_bucket(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 5, LEASED);
    let mut sleeper = Runner::start(bench.command(&["apply", ".", "--yes", "--parallelism", "1"]));
    assert!((0..3).all(|_| sleeper.reports_a_step()));
    sleeper.signal("-STOP");
    until("the take-over", || bench.run("apply . --yes --take-over 1").code == 0);
    sleeper.signal("-CONT");
    let stopped = sleeper.end().expect(4);
    let told = said(&stopped);
    assert!(told.contains("E0717 × run 1 was taken over by "), "{told}");
    let show = bench.run("journal show 1").expect(0).stdout;
    assert!(show.lines().last().unwrap().contains("run taken over by "), "{show}");
    bench.run("plan . --detailed-exitcode").expect(0);
    bench.run("journal verify").expect(0);
}

#[test]
fn what_was_changed_in_a_bucket_is_found() {
    let standin = Standin::start();
    team_bucket(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 1, LEASED);
    run(&bench, "apply . --yes").expect(0);
    run(&bench, "journal verify").expect(0);
    let listed = standin.aws("s3api list-objects-v2 --bucket team-journal --region us-west-2");
    let keys: Vec<String> = listed["Contents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["Key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(keys[0], "acme/000001.jsonl");
    assert_eq!(keys[1], "acme/000001/00000001");
    let file = bench.folder.path().join("object");
    let path = file.to_str().unwrap();
    let at = |verb: &str, key: &str, more: &[&str]| {
        let begin = ["s3api", verb, "--bucket", "team-journal", "--region", "us-west-2", "--key", key];
        standin.aws_args(&[&begin[..], more].concat());
    };
    for key in &keys {
        at("get-object", key, &[path]);
        let sound = std::fs::read(&file).unwrap();
        for place in [0, 70, sound.len() / 2, sound.len() - 1] {
            let mut changed = sound.clone();
            changed[place] ^= 1;
            std::fs::write(&file, &changed).unwrap();
            at("put-object", key, &["--body", path]);
            let refused = run(&bench, "journal verify").expect(4);
            assert!(
                refused.stderr.starts_with("E0703\n") && said(&refused).contains(key.as_str()),
                "{key}: {}",
                refused.stderr
            );
        }
        std::fs::write(&file, &sound).unwrap();
        at("put-object", key, &["--body", path]);
        run(&bench, "journal verify").expect(0);
    }
    let pages = &keys[1..];
    at("delete-object", &pages[pages.len() - 2], &[]);
    let refused = run(&bench, "journal verify").expect(4);
    assert!(refused.stderr.starts_with("E0703\n"), "{}", refused.stderr);
    // Without the folded one, the pages are the journal.
    at("delete-object", &keys[0], &[]);
    let refused = run(&bench, "plan .").expect(4);
    assert!(refused.stderr.starts_with("E0703\n"), "{}", refused.stderr);
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_run_before_the_step() {
    let standin = Standin::start();
    team_bucket(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 5, LEASED);
    let mut runner = Runner::start(shared(&bench, "apply . --yes --parallelism 1"));
    assert!((0..2).all(|_| runner.reports_a_step()));
    runner.signal("-STOP");
    standin.reset();
    runner.signal("-CONT");
    let stopped = runner.end().expect(1);
    let steps = stopped.stderr.lines().filter(|line| line.starts_with('[')).count();
    assert!(steps < 20, "{}", stopped.stderr);
    assert!(said(&stopped).contains("s3:PutObject: NoSuchBucket"), "{}", stopped.stderr);

    let local = Bench::local();
    policies(&local, 1, "");
    let refused = local.run("apply . --yes --journal estate.yaml/journal").expect(1);
    assert!(refused.stderr.contains("the journal: estate.yaml/journal"), "{}", refused.stderr);
    assert!(!local.folder.path().join("cloud.json").exists());
    local.run("apply . --yes --journal s3://Not_A_Bucket/x").expect(64);
}

#[test]
fn a_journal_in_a_bucket_keeps_a_saved_plan_and_its_estate_together() {
    let standin = Standin::start();
    team_bucket(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 1, LEASED);
    run(&bench, "plan . --out change.plan").expect(0);
    run(&bench, "apply change.plan").expect(0);
    assert!(!bench.folder.path().join(".holdfast/journal").exists());
    let log = run(&bench, "journal log --format json").expect(0).stdout;
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["runs"][0]["run"]["lease"], 10);
    let mut file = String::new();
    std::fs::File::open(bench.folder.path().join("change.plan")).unwrap().read_to_string(&mut file).unwrap();
    assert!(file.contains(r#""s3": "s3://team-journal/acme""#), "{file}");
}
