//! A journal in a bucket that teams share.

use std::io::Read as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::journal::runner::{Runner, until};
use crate::journal::{policies, run, said, shared};
use crate::support::{Bench, Standin};

const SHARED: &str = "s3://team-journal/acme";

#[test]
fn only_one_of_two_runners_applies_in_fifty_races() {
    let standin = Standin::start();
    standin.aws("s3api create-bucket --bucket team-journal");
    // Every round has a new cloud, in which the buckets of the round before are gone.
    let anew: String =
        (0..3).map(|nth| format!(" --allow empty-primary:aws.bucket.files-{nth}.docs.virginia")).collect();
    let words = format!("apply . --yes --parallelism 1 --journal {SHARED}{anew}");
    for round in 1..=50_u64 {
        let benches = [Bench::aws(&standin), Bench::aws(&standin)];
        let mut runners = benches.each_ref().map(|bench| {
            policies(bench, 3, "");
            shared(bench, &words)
        });
        runners.reverse();
        let [one, other] = runners.map(Runner::start);
        let mut both = [one, other];
        // The first runner is paused at a step until the other one has its answer, so they always overlap.
        // Poll without a pause, because twelve steps take less time than a pause of `until`.
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
    assert!(verified.stdout.contains("1950 entries of 50 runs"), "{}", verified.stdout);
    // Reading costs a list and one request per run, plus requests for the bucket's region and the account.
    let log = run(&Bench::aws(&standin), &format!("journal log -v --journal {SHARED}")).expect(0);
    assert!(log.stderr.contains("s3 52, sts 1)"), "{}", log.stderr);
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
fn killed_run_is_taken_over_after_its_lease() {
    let standin = Standin::start();
    team_bucket(&standin);
    let bench = Bench::aws(&standin);
    policies(&bench, 5, LEASED);
    let mut dead = Runner::start(shared(&bench, "apply . --yes --parallelism 1"));
    assert!((0..3).all(|_| dead.reports_a_step()));
    dead.child.kill().unwrap();
    let process = dead.child.id();
    dead.end();
    // Others cannot know yet that it is dead, so nobody can take it over.
    let refused = run(&bench, "apply . --yes --take-over 1").expect(4);
    assert!(refused.stderr.starts_with("E0702\n"), "{}", refused.stderr);
    let mut refused = refused;
    until("the end of the lease", || {
        refused = run(&bench, "apply . --yes").expect(4);
        refused.stderr.starts_with("E0716\n")
    });
    let told = said(&refused);
    assert!(told.contains("run 1 by ") && told.contains(&format!("process {process} began at 20")), "{told}");
    assert!(told.contains("its last entry is from 20") && told.contains(" of 30 steps done"), "{told}");
    assert!(told.contains("--take-over 1"), "{told}");
    run(&bench, "apply . --yes --take-over 7").expect(64);
    let taken = run(&bench, "apply . --yes --take-over 1").expect(0);
    assert!(said(&taken).contains(" of 30 steps done"), "{}", taken.stderr);
    run(&bench, "plan . --detailed-exitcode").expect(0);
    let log = run(&bench, "journal log").expect(0).stdout;
    assert!(log.contains("\n    taken over 20"), "{log}");
    run(&bench, "journal verify").expect(0);
}

#[test]
fn run_that_was_taken_over_starts_no_further_step() {
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
    assert!(told.contains("E0717 × ") && told.contains("took over run 1 at "), "{told}");
    let show = bench.run("journal show 1").expect(0).stdout;
    assert!(show.lines().last().unwrap().contains("run taken over by "), "{show}");
    bench.run("plan . --detailed-exitcode").expect(0);
    bench.run("journal verify").expect(0);
}

#[test]
fn changes_to_a_journal_bucket_are_detected() {
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
            // A policy is named by its digest, which is its key.
            let (code, named) = match key.strip_prefix("acme/policies/") {
                Some(digest) => ("E0744\n", &digest[..12]),
                None => ("E0703\n", key.as_str()),
            };
            assert!(
                refused.stderr.starts_with(code) && said(&refused).contains(named),
                "{key}: {}",
                refused.stderr
            );
        }
        std::fs::write(&file, &sound).unwrap();
        at("put-object", key, &["--body", path]);
        run(&bench, "journal verify").expect(0);
    }
    let pages: Vec<&String> = keys[1..].iter().filter(|key| !key.starts_with("acme/policies/")).collect();
    at("delete-object", pages[pages.len() - 2], &[]);
    let refused = run(&bench, "journal verify").expect(4);
    assert!(refused.stderr.starts_with("E0703\n"), "{}", refused.stderr);
    // Without the folded object, the pages are read.
    at("delete-object", &keys[0], &[]);
    let refused = run(&bench, "plan .").expect(4);
    assert!(refused.stderr.starts_with("E0703\n"), "{}", refused.stderr);
}

#[test]
fn unwritable_journal_stops_the_run_before_the_step() {
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
fn saved_plan_uses_the_bucket_journal_of_its_estate() {
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
