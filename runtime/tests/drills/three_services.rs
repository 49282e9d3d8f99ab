//! Three services lose Virginia: users are moved and come back, all data is restored and verified, and a drill that is killed anywhere
//! leaves nothing behind.

#![allow(clippy::disallowed_macros, reason = "a test tells its seed")]

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::process::Stdio;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{figure, healthy, record};
use crate::support::dns::Dns;
use crate::support::{Bench, Standin};

/// The services, with the addresses at Virginia and at Oregon, and how many objects each has: a thousand in all.
pub(super) const SERVICES: [(&str, u8, usize); 3] = [("docs", 10, 200), ("pay", 11, 500), ("shop", 12, 300)];
pub(super) const RETURN: &str =
    "--allow return:docs.data --allow return:pay.data --allow return:shop.data --yes";

/// The policies. `criteria` is added to what makes the two drills succeed.
pub(super) fn policies(criteria: &str) -> String {
    let services = SERVICES.map(|(name, host, _)| {
        format!(
            "\
kind: service
name: {name}
owner: alice
primary: virginia
standby: [oregon]
data:
  data: {{ bucket: acme-{name}, backups: [{{ strategy: real-time, to: [oregon] }}] }}
traffic:
  api:
    zone: acme.example
    record: {name}.acme.example
    ttl: 60s
    probe: {{ https: /healthz, every: 10s, failures: 3 }}
    endpoints: {{ virginia: 192.0.2.{host}, oregon: 198.51.100.{host} }}
assumptions:
  keep-alive: {{ value: 5m, because: client keep-alive is 300 s on all load balancers }}
---
"
        )
    });
    let drill = |name: &str, form: &str| {
        format!(
            "\
---
kind: drill
name: {name}
type: {form}
every: 365d
services: [docs, pay, shop]
disruption: site-loss
site: virginia
lead: alice
success: {{ rto: 4h, rpo: 1h{criteria} }}
"
        )
    };
    format!(
        "\
kind: estate
name: acme
sites:
  virginia: {{ aws: us-east-1 }}
  oregon: {{ aws: us-west-2 }}
---
{}kind: continuity
name: who-calls-whom
contacts:
  alice:
    name: Alice
    reach: [{{ pager: alice@acme.pagerduty.example }}, {{ phone: +1 202 555 0100 }}]
    answers-within: 15m
{}{}",
        services.concat(),
        drill("lose-virginia", "full-scale"),
        drill("restore-everything", "functional")
    )
}

/// A number below `below` for a purpose. `HOLDFAST_SEED=N` draws others; the seed is printed with what it drew.
fn drawn(what: &str, below: usize) -> usize {
    let seed: u64 = std::env::var("HOLDFAST_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut hasher = DefaultHasher::new();
    (seed, what).hash(&mut hasher);
    let number = usize::try_from(hasher.finish() % below as u64).unwrap();
    println!("HOLDFAST_SEED={seed}: {what}: {number} of {below}");
    number
}

/// How many objects there are.
fn count() -> usize {
    SERVICES.iter().map(|(.., count)| count).sum()
}

/// Write some of the objects of all services, one of each in turn.
pub(super) fn write(standin: &Standin, which: Range<usize>) {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(standin.url())
        .force_path_style(true)
        .credentials_provider(Credentials::new("000000000001", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let mut all: Vec<(usize, &str)> =
        SERVICES.iter().flat_map(|(name, _, count)| (0..*count).map(move |nth| (nth, *name))).collect();
    all.sort_unstable();
    let puts = all[which].iter().map(|(nth, name)| {
        let text = format!("object {nth} of {name}");
        client
            .put_object()
            .bucket(format!("acme-{name}"))
            .key(format!("{nth:03}"))
            .body(text.into_bytes().into())
            .send()
    });
    let puts = stream::iter(puts).buffer_unordered(16).for_each(|put| async {
        put.unwrap();
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(puts);
}

/// Replication is a second behind.
pub(super) fn lag(standin: &Standin) {
    for (name, ..) in SERVICES {
        let (from, to) = (format!("acme-{name}"), format!("acme-{name}-us-west-2"));
        let rule = [("SourceBucket", &*from), ("DestinationBucket", &*to), ("RuleId", "holdfast-oregon")];
        figure(standin, "us-west-2", ["AWS/S3", "ReplicationLatency"], &rule, 1);
    }
}

#[test]
fn users_move_to_the_standby_and_back_and_a_thousand_objects_are_restored_and_verified() {
    let standin = Standin::start();
    standin.zone("acme.example");
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", &policies(""));
    bench.run("apply policies --yes").expect(0);
    // Virginia is lost while people write: after so many objects, of each service at least one.
    let lost = 3 + drawn("objects written before the loss", count() - 3);
    write(&standin, 0..lost);
    healthy(&standin);
    lag(&standin);
    standin.aws("s3api create-bucket --bucket acme-drills --region us-west-2 --create-bucket-configuration LocationConstraint=us-west-2");
    standin.aws("s3api put-bucket-versioning --versioning-configuration Status=Enabled --bucket acme-drills --region us-west-2");

    let dns = Dns::of(standin.url());
    let words =
        format!("drill run lose-virginia policies --format json --resolver {} {RETURN}", dns.address());
    let moved = record(bench.run(&words), 0);
    write(&standin, lost..count());
    let words = "drill run restore-everything policies --format json --into acme-drills/all/ --keep";
    let restored = record(bench.run(words), 0);
    for ((name, host, count), asked) in SERVICES.iter().zip(moved["asked"].as_array().unwrap()) {
        let sites: Vec<&str> =
            asked["heard"].as_array().unwrap().iter().map(|one| one["values"][0].as_str().unwrap()).collect();
        let (home, away) = (format!("192.0.2.{host}"), format!("198.51.100.{host}"));
        assert_eq!(
            (asked["record"].as_str().unwrap(), sites),
            (&*format!("{name}.acme.example"), vec![&*home, &*away, &*home])
        );
        let data = restored["restored"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["entry"] == format!("{name}.data"))
            .unwrap();
        let verified: u64 =
            data["verified"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!((&data["objects"], verified), (&json!(count), *count as u64), "{data}");
    }
    for held in [&moved, &restored] {
        let achieved = held["achieved"].as_array().unwrap();
        assert_eq!(achieved.len(), 6, "an RTO and an RPO of each service: {achieved:?}");
        for one in achieved {
            let limit = if one["measure"] == "rto" { 4 * 3600 } else { 3600 };
            assert_eq!(one["objective"], limit);
            assert!(one["seconds"].as_u64().is_some_and(|seconds| seconds <= limit), "{one}");
        }
    }
    assert!(bench.run("plan policies --quiet").expect(0).stdout.contains("No changes."));
    bench.run("journal verify policies").expect(0);
}

/// Ten objects in each bucket of the embedded cloud and in its copy, and an empty bucket for drills.
pub(super) fn store(bench: &Bench<'_>) {
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    let object = |nth: usize| json!({"key": format!("{nth}"), "version": format!("v{nth}"), "written": "2026-11-01T10:00:00Z", "text": "text"});
    let objects: Vec<Value> = (0..10).map(object).collect();
    let mut stored = json!({ "acme-drills": [] });
    for (name, ..) in SERVICES {
        stored[format!("acme-{name}")] = json!(objects);
        stored[format!("acme-{name}-us-west-2")] = json!(objects);
    }
    cloud["stored"] = stored;
    bench.write("cloud.json", &cloud.to_string());
}

/// The policies, applied in the embedded cloud: ten objects in each bucket and in its copy, and an empty bucket for drills.
fn embedded() -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/all.yaml", &policies(""));
    bench.run("apply policies --yes").expect(0);
    store(&bench);
    bench
}

/// Start a drill, and kill it (SIGKILL) as soon as it has said something.
fn killed(bench: &Bench<'_>, words: &str, says: &str) {
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = lines.any(|line| line.unwrap().contains(says));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said, "it ended before it said `{says}`");
}

/// Hold a drill to its end, and count the lines that it says.
fn lines_of(bench: &Bench<'_>, words: &str) -> usize {
    bench.run(words).expect(0).stderr.lines().count()
}

/// Start a drill, and kill it (SIGKILL) as soon as it has said so many lines. It may be over then.
fn killed_after(bench: &Bench<'_>, words: &str, lines: usize) {
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().take(lines).map(Result::unwrap).count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(said, lines, "it says fewer lines than the first one");
}

/// The first sites of the records, by service, and how many versions are in the bucket for drills.
fn state(bench: &Bench<'_>) -> (Vec<String>, usize) {
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    let objects = cloud["objects"].as_array().unwrap().iter();
    let first =
        objects.filter(|one| one["kind"] == "aws.record" && one["attributes"]["failover"] == "PRIMARY");
    let sites = first.map(|one| one["attributes"]["set-identifier"].as_str().unwrap().to_owned()).collect();
    (sites, cloud["stored"]["acme-drills"].as_array().map_or(0, Vec::len))
}

/// After a drill that was killed, the next one is held to its end, and nothing of either is left. Returns what it said.
fn held_after(bench: &Bench<'_>, words: &str) -> String {
    let ran = bench.run(words);
    let said = ran.stderr.clone();
    assert_eq!(record(ran, 0)["outcome"], "passed");
    assert_eq!(state(bench), (vec!["virginia".to_owned(); 3], 0));
    let list = bench.run("drill list policies").expect(0);
    assert!(!list.stderr.contains("did not end") && !list.stderr.contains("left something"), "{list:?}");
    bench.run("plan policies --detailed-exitcode").expect(0);
    bench.run("journal verify policies").expect(0);
    said
}

#[test]
fn full_scale_drill_that_is_killed_anywhere_is_rolled_back_by_the_next_one() {
    let bench = embedded();
    let words = format!("drill run lose-virginia policies --format json {RETURN}");
    for says in ["lose-virginia: ", "evacuating virginia", ": done", "holding for 1 h"] {
        killed(&bench, &format!("{words} --hold 1h"), says);
    }
    // Each of these began by rolling back the one before.
    let lines = lines_of(&bench, &words);
    for moment in ["first", "second", "third"] {
        killed_after(&bench, &words, 1 + drawn(&format!("{moment} moment of a full-scale drill"), lines));
    }
    killed(&bench, &words, "returning to virginia");
    let said = held_after(&bench, &words);
    assert!(said.contains("did not end: it is rolled back"), "{said}");
}

#[test]
fn functional_drill_that_is_killed_anywhere_is_rolled_back_by_the_next_one() {
    let bench = embedded();
    let words = "drill run restore-everything policies --format json --into acme-drills/all/";
    for says in ["restore-everything: ", "restoring docs.data", "removed 30 objects", "restoring shop.data"] {
        killed(&bench, words, says);
    }
    let lines = lines_of(&bench, words);
    for moment in ["first", "second", "third"] {
        killed_after(&bench, words, 1 + drawn(&format!("{moment} moment of a functional drill"), lines));
    }
    killed(&bench, words, "restoring pay.data");
    let said = held_after(&bench, words);
    assert!(said.contains("did not end: it is rolled back"), "{said}");
}
