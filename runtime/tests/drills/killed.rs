//! A drill that is killed (SIGKILL) in each of its phases, while it waits for a person too, on the embedded cloud and on the stand-in for
//! AWS: the next drill, whichever it is, sends users home, removes what was restored, and withdraws what was asked.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::three_services::{RETURN, lag, policies, store, write};
use super::words::{Held, people, run, slips};
use super::{healthy, record};
use crate::support::dns::Dns;
use crate::support::{Bench, Standin};

/// A talk between the other drills, which takes back what they left.
const TALK: &str = "\
---
kind: drill
name: talk
type: tabletop
every: 90d
services: [docs, pay, shop]
disruption: site-loss
site: virginia
lead: alice
success: { criteria: [Everybody knows whom to call.] }
";
const FUNCTIONAL: &str = "drill run restore-everything policies --format json --into acme-drills/NTH/";

/// The phases of a full-scale drill that any cloud has: what it says, and the flags with which it says so.
const FULL_SCALE: [(&str, &str); 6] = [
    ("lose-virginia: ", ""),
    ("evacuating virginia", ""),
    (": done", ""),
    ("holding for 1 h", "--hold 1h"),
    ("waiting for the word of alice on criterion.1", "--wait 1h"),
    ("returning to virginia", ""),
];
/// Those in which it asks resolvers.
const AWAY: (&str, &str) = ("until they answer with the standby", "");
const HOME: (&str, &str) = ("until they answer with virginia again", "");
/// The phases of a functional drill. The last one is only where Holdfast removes objects.
const RESTORES: [(&str, &str); 5] = [
    ("restore-everything: ", ""),
    ("restoring docs.data", ""),
    ("restoring shop.data", ""),
    ("waiting for the word of alice on criterion.1", "--wait 1h"),
    ("objects of s3://acme-drills/", ""),
];

/// The policies, in which a person has to say something at the end of each drill, and the people.
fn prepare(bench: &Bench<'_>) {
    let text = policies(", criteria: [Nobody was charged twice.]") + TALK;
    bench.write("policies/all.yaml", &text);
    people(bench);
    run(bench, "apply policies --yes").expect(0);
    let asked = run(bench, "drill run talk policies --dry-run").expect(0).stdout;
    let answer = |line: &str| {
        line.strip_suffix(':').map(|id| format!("{id}: {}\n", if id == "with" { "alice" } else { "yes" }))
    };
    let questions = asked.lines().filter(|line| !line.starts_with('#'));
    bench.write("answers.txt", &questions.filter_map(answer).collect::<String>());
}

/// In the embedded cloud, with ten objects in each bucket and in its copy.
fn embedded() -> Bench<'static> {
    let bench = Bench::local();
    prepare(&bench);
    store(&bench);
    bench
}

/// On the stand-in, with ten objects of each service.
fn on_aws(standin: &Standin) -> Bench<'_> {
    standin.zone("acme.example");
    let bench = Bench::aws(standin);
    prepare(&bench);
    write(standin, 0..30);
    healthy(standin);
    lag(standin);
    standin.aws("s3api create-bucket --bucket acme-drills --region us-west-2 --create-bucket-configuration LocationConstraint=us-west-2");
    standin.aws("s3api put-bucket-versioning --versioning-configuration Status=Enabled --bucket acme-drills --region us-west-2");
    bench
}

/// Start a drill, and kill it (SIGKILL) as soon as it has said something.
fn killed(bench: &Bench<'_>, words: &str, says: &str) {
    let words = format!("{words} --trust anchor/trust.yaml");
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = lines.any(|line| line.unwrap().contains(says));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said, "it ended before it said `{says}`");
}

/// The first sites of the records, and how many versions are in the bucket for drills.
fn state(bench: &Bench<'_>) -> (Vec<String>, usize) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let Some(standin) = bench.cloud else {
        let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
        let all = cloud["objects"].as_array().unwrap().iter().filter(|one| one["kind"] == "aws.record");
        let first = all.map(|one| &one["attributes"]).filter(|record| record["failover"] == "PRIMARY");
        let stored = cloud["stored"]["acme-drills"].as_array().map_or(0, Vec::len);
        return (first.map(|record| text(&record["set-identifier"])).collect(), stored);
    };
    let zone = text(&standin.aws("route53 list-hosted-zones")["HostedZones"][0]["Id"]);
    let records = standin.aws(&format!("route53 list-resource-record-sets --hosted-zone-id {zone}"));
    let all = records["ResourceRecordSets"].as_array().unwrap().iter();
    let first =
        all.filter(|record| record["Failover"] == "PRIMARY").map(|record| text(&record["SetIdentifier"]));
    let stored = standin.aws("s3api list-object-versions --bucket acme-drills --region us-west-2");
    let count = |what: &str| stored[what].as_array().map_or(0, Vec::len);
    (first.collect(), count("Versions") + count("DeleteMarkers"))
}

/// Kill a drill in each phase. After each, another drill leaves nothing of it, but what was to be kept. Then it is held to its end, and a
/// person's word counts. `NTH` stands for the number of the drill.
fn each_phase(bench: &Bench<'_>, words: &str, phases: &[(&str, &str)]) {
    let drill = words.split(' ').nth(2).unwrap();
    let nth = |nth: usize| words.replace("NTH", &nth.to_string());
    let safe = |at: &str| {
        let (sites, restored) = state(bench);
        assert_eq!(sites, ["virginia"; 3], "{at}");
        assert!(restored == 0 || words.contains("--keep"), "{at}: {restored} versions are left");
        assert_eq!(slips(bench), Vec::<String>::new(), "{at}");
    };
    for (number, (says, flags)) in phases.iter().enumerate() {
        killed(bench, &format!("{} {flags}", nth(number)), says);
        let waited = slips(bench).len();
        assert_eq!(waited, usize::from(flags.contains("--wait")), "{says}");
        let talk = format!("drill run talk policies --format json --answers answers.txt {RETURN}");
        let next = run(bench, &talk);
        let withdrawn = next.stderr.contains("its open questions are withdrawn (1)");
        assert_eq!(withdrawn, waited > 0, "killed at `{says}`: {next:?}");
        assert_eq!(record(next, 0)["outcome"], "passed");
        safe(says);
        let list = run(bench, "drill list policies").expect(0);
        assert!(!list.stderr.contains("did not end") && !list.stderr.contains("left something"), "{list:?}");
    }
    let mut held = Held::begin(bench, &format!("{} --wait 1h", nth(phases.len())));
    held.until("waiting for the word of alice on criterion.1");
    run(bench, &format!("drill confirm {drill} criterion.1 policies --key alice")).expect(0);
    let held = held.record(0);
    assert_eq!((&held["outcome"], &held["words"][0]["assurance"]), (&"passed".into(), &"signed".into()));
    safe("at the end");
    run(bench, "plan policies --detailed-exitcode").expect(0);
    run(bench, "journal verify policies").expect(0);
}

#[test]
fn full_scale_drill_that_is_killed_in_any_phase_leaves_nothing_in_the_embedded_cloud() {
    each_phase(&embedded(), &format!("drill run lose-virginia policies --format json {RETURN}"), &FULL_SCALE);
}

#[test]
fn functional_drill_that_is_killed_in_any_phase_leaves_nothing_in_the_embedded_cloud() {
    each_phase(&embedded(), FUNCTIONAL, &RESTORES);
}

fn full_scale_on_the_stand_in(phases: &[(&str, &str)]) {
    let standin = Standin::start();
    let bench = on_aws(&standin);
    let dns = Dns::of(standin.url());
    let words =
        format!("drill run lose-virginia policies --format json --resolver {} {RETURN}", dns.address());
    each_phase(&bench, &words, phases);
}

#[test]
fn full_scale_drill_that_is_killed_while_users_leave_leaves_nothing_on_the_stand_in() {
    full_scale_on_the_stand_in(&[&FULL_SCALE[..3], &[AWAY]].concat());
}

#[test]
fn full_scale_drill_that_is_killed_while_users_are_away_or_come_back_leaves_nothing_on_the_stand_in() {
    full_scale_on_the_stand_in(&[&FULL_SCALE[3..], &[HOME]].concat());
}

/// On a real cloud Holdfast removes no objects, so what is restored is to be kept.
#[test]
fn functional_drill_that_is_killed_in_any_phase_leaves_only_what_it_was_to_keep_on_the_stand_in() {
    let standin = Standin::start();
    each_phase(&on_aws(&standin), &format!("{FUNCTIONAL} --keep"), &RESTORES[..4]);
}
