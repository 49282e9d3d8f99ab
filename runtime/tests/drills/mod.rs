//! `drill`: what is held is recorded, and nothing passes that was not seen.

mod commands;
mod from_outside;
mod full_scale;
mod functional;
mod killed;
mod outdated;
mod three_services;
mod words;

use crate::support::{Bench, Ran, Standin};
use serde_json::{Value, json};

/// A figure of CloudWatch in the stand-in, which measures nothing itself.
fn figure(standin: &Standin, region: &str, name: [&str; 2], dimensions: &[(&str, &str)], value: u64) {
    let dimensions: Vec<Value> =
        dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    let data = json!([{"MetricName": name[1], "Dimensions": dimensions, "Value": value}]).to_string();
    let words =
        ["cloudwatch", "put-metric-data", "--region", region, "--namespace", name[0], "--metric-data", &data];
    standin.aws_args(&words);
}

/// All health checks of the stand-in find their endpoints healthy.
fn healthy(standin: &Standin) {
    let checks = standin.aws("route53 list-health-checks")["HealthChecks"].clone();
    for check in checks.as_array().unwrap() {
        let id = [("HealthCheckId", check["Id"].as_str().unwrap())];
        figure(standin, "us-east-1", ["AWS/Route53", "HealthCheckStatus"], &id, 1);
    }
}

/// The shipped policies in the embedded cloud.
fn shipped() -> Bench<'static> {
    let bench = Bench::local();
    bench.shipped_policies();
    bench
}

/// The questions of the shipped tabletop, all of them answered with yes, or as `change` says.
fn answers(bench: &Bench<'_>, change: &[(&str, &str)]) {
    let asked = bench.run("drill run talk-it-through policies --dry-run").expect(0).stdout;
    let answer = |line: &str| match line.strip_suffix(':') {
        Some("with") => "with: alice, bob".to_owned(),
        Some(id) if !line.starts_with('#') => {
            let said = change.iter().find(|(of, _)| *of == id).map_or("yes", |(_, said)| said);
            if said.is_empty() { String::new() } else { format!("{id}: {said}") }
        }
        _ => line.to_owned(),
    };
    let lines: Vec<String> = asked.lines().map(answer).collect();
    bench.write("answers.txt", &lines.join("\n"));
}

fn talk(bench: &Bench<'_>) -> Ran {
    bench.run("drill run talk-it-through policies --answers answers.txt --format json")
}

fn record(ran: Ran, code: i32) -> Value {
    let document: Value = serde_json::from_str(&ran.expect(code).stdout).unwrap();
    assert_eq!(document["format_version"], "1.2");
    document["record"].clone()
}

fn causes(record: &Value) -> Vec<String> {
    let all = record["findings"].as_array().unwrap().iter();
    all.map(|finding| finding["cause"].as_str().unwrap().to_owned()).collect()
}

fn state(bench: &Bench<'_>, drill: &str) -> (String, String) {
    let list = bench.run("drill list policies --format json").expect(0).stdout;
    let list: Value = serde_json::from_str(&list).unwrap();
    let all = list["drills"].as_array().unwrap().iter();
    let one = all.clone().find(|one| one["name"] == drill).unwrap();
    (one["state"].as_str().unwrap().to_owned(), one["last"].as_str().unwrap_or("never").to_owned())
}

#[test]
fn tabletop_passes_if_everybody_can_do_their_part_and_the_journal_keeps_it() {
    let bench = shipped();
    answers(&bench, &[]);
    assert!(!bench.folder.path().join("policies/.holdfast/journal").exists(), "a dry run writes nothing");
    assert_eq!(state(&bench, "talk-it-through"), ("unknown".to_owned(), "2026-10-20".to_owned()));
    let held = record(talk(&bench), 0);
    assert_eq!((&held["outcome"], &held["participants"][1]), (&"passed".into(), &"bob".into()));
    assert_eq!(held["criteria"][0]["met"], true);
    let today = held["ended"].as_str().unwrap()[..10].to_owned();
    assert_eq!(state(&bench, "talk-it-through"), ("passed".to_owned(), today.clone()));
    let report = bench.run("drill report talk-it-through policies --format json").expect(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&report).unwrap()["record"], held);
    let page = bench.run("drill report talk-it-through policies --format html").expect(0).stdout;
    assert!(page.contains("does not show that a recovery works"), "{page}");
    // The others are told by the journal too, and the chain holds.
    let status = bench.run("status policies --format json").expect(3).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    let due = status["due"].as_array().unwrap().iter().find(|due| due["what"] == "drill talk-it-through");
    assert_eq!((&due.unwrap()["last"], &status["last_run"]), (&today.clone().into(), &Value::Null));
    let told = bench.run("report policies --offline --format markdown --runs 20").expect(0).stdout;
    assert!(told.contains(&format!("| {today} | **passed** |")), "{told}");
    bench.run("journal verify policies").expect(0);
    assert!(bench.run("journal show 1 policies").expect(0).stdout.contains("drill talk-it-through: passed"));
    // It is no drill of another cloud.
    let other = bench.run("drill list policies --cloud local:other.json").expect(0).stdout;
    assert!(other.contains("talk-it-through (tabletop): unknown"), "{other}");
}

#[test]
fn contact_that_does_not_answer_makes_the_drill_fail() {
    let bench = shipped();
    answers(&bench, &[("contact.payments-oncall", "no, voicemail")]);
    let held = record(talk(&bench), 1);
    assert_eq!(causes(&held), ["the contact `payments-oncall` did not answer: voicemail"]);
    assert_eq!(
        (&held["outcome"], &held["findings"][0]["owner"]),
        (&"failed".into(), &"deputy-commander".into())
    );
    let ended: jiff::civil::Date = held["ended"].as_str().unwrap()[..10].parse().unwrap();
    let due = ended.saturating_add(jiff::ToSpan::days(30)).to_string();
    assert_eq!(held["findings"][0]["due"], due);
    let list = bench.run("drill list policies").expect(0).stdout;
    let list = list.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = format!("! 1 finding, the first due on {due} (deputy-commander): the contact");
    assert!(list.contains(&says), "{list}");
    let later = bench.run("drill list policies --as-of 2100-01-01").expect(0).stdout;
    let later = later.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(later.contains(&format!("due since {due}, and the drill was not held again")), "{later}");
    assert_eq!(state(&bench, "talk-it-through").0, "failed");
}

#[test]
fn step_that_cannot_be_done_and_a_criterion_that_is_not_met_make_the_drill_fail() {
    let bench = shipped();
    answers(&bench, &[("payments.declare", "no, nobody may"), ("criterion.1", "no")]);
    let found = causes(&record(talk(&bench), 1));
    assert_eq!(found[0], "the step `payments.declare` cannot be done as the policy says: nobody may");
    assert!(found[1].starts_with("a criterion is not met: Everybody knows"), "{found:?}");
}

#[test]
fn question_without_an_answer_is_no_yes() {
    let bench = shipped();
    answers(&bench, &[("payments.verify", ""), ("criterion.1", "")]);
    let found = causes(&record(talk(&bench), 1));
    assert_eq!(found[0], "1 question was not answered");
    assert!(found[1].starts_with("nobody said whether a criterion is met"), "{found:?}");
    // Without a terminal and without a file, nobody answers at all.
    let silent = bench.run("drill run talk-it-through policies --format json");
    assert_eq!(record(silent, 1)["outcome"], "failed");
}

#[test]
fn simulation_records_the_worst_run_beside_objective_and_bound() {
    let bench = shipped();
    let drills = bench.read("policies/drills.yaml");
    bench.write("policies/drills.yaml", &drills.replace("type: full-scale", "type: simulation"));
    bench.write("answers.txt", "criterion.1: yes\ncriterion.2: yes\n");
    let held = record(bench.run("drill run lose-virginia policies --answers answers.txt --format json"), 0);
    let achieved = held["achieved"].as_array().unwrap();
    let rto = achieved.iter().find(|one| one["service"] == "payments" && one["measure"] == "rto").unwrap();
    let [seconds, objective, bound] = ["seconds", "objective", "bound"].map(|of| rto[of].as_u64().unwrap());
    assert!(0 < seconds && seconds <= bound && bound <= objective, "{rto}");
    // A limit of the drill below the worst run makes it fail.
    let strict =
        drills.replace("type: full-scale", "type: simulation").replacen("success:", "success:\n  rto: 1m", 1);
    bench.write("policies/drills.yaml", &strict);
    let held = record(bench.run("drill run lose-virginia policies --answers answers.txt --format json"), 1);
    assert!(causes(&held)[0].starts_with("the RTO of `payments` was "), "{held}");
}

#[test]
fn drill_without_a_lead_or_during_an_evacuation_does_not_begin() {
    let bench = shipped();
    let drills = bench.read("policies/drills.yaml");
    bench.write("policies/drills.yaml", &drills.replace("lead: deputy-commander\n", ""));
    let refused = bench.run("drill run talk-it-through policies").expect(4);
    assert!(
        refused.stderr.contains("E0780") && refused.stderr.contains("nobody leads the drill"),
        "{refused:?}"
    );
    bench.write("policies/drills.yaml", &drills);
    bench.run("apply policies --yes").expect(0);
    bench.run("apply policies --yes --evacuate virginia").expect(0);
    let refused = bench.run("drill run talk-it-through policies").expect(4);
    assert!(refused.stderr.contains("virginia is evacuated"), "{refused:?}");
    let log = bench.run("journal log policies").expect(0).stdout;
    assert!(log.starts_with("run 2 "), "a drill that does not begin is not recorded: {log}");
}

#[test]
fn drills_and_records_that_do_not_exist_are_wrong_usage() {
    let bench = shipped();
    let said = |words: &str, code: i32| bench.run(words).expect(code).stderr;
    assert!(said("drill run talk-it-throug policies", 64).contains("did you mean `talk-it-through`?"));
    assert!(said("drill report talk-it-throug policies", 64).contains("did you mean `talk-it-through`?"));
    assert!(said("drill report talk-it-through policies", 1).contains("the journal has no record"));
    bench.write("answers.txt", "criterio.1: yes\n");
    let wrong = said("drill run talk-it-through policies --answers answers.txt", 64);
    assert!(
        wrong.contains("line 1: there is no question `criterio.1`: did you mean `criterion.1`?"),
        "{wrong}"
    );
    let calendar = bench.run("drill list policies --as-of 2026-11-30 --format ics").expect(0).stdout;
    assert!(calendar.contains("SUMMARY:Drill lose-virginia (full-scale)\r\n"), "{calendar}");
}
