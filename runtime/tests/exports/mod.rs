//! That an engine does what an export says: the state machine is valid, and recovers on the stand-in.

mod asl;

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Bench, Standin, packages, root};

const EXPORT: &str = "export policies --to step-functions --lose one --as-of 2026-11-30";
const REGION: &str = "us-west-2";

/// The policies of the story of the runbook, applied.
fn applied(bench: Bench<'_>) -> Bench<'_> {
    edited(bench, &str::to_owned)
}

/// The same, with each file edited before.
fn edited<'b>(bench: Bench<'b>, edit: &dyn Fn(&str) -> String) -> Bench<'b> {
    for name in ["estate.yaml", "services.yaml"] {
        let text =
            std::fs::read_to_string(root().join("fixtures/scenarios/export-runbook").join(name)).unwrap();
        bench.write(&format!("policies/{name}"), &edit(&text));
    }
    bench.run("apply policies --yes").expect(0);
    bench
}

fn exported(bench: &Bench<'_>) -> Value {
    serde_json::from_str(&bench.run(EXPORT).expect(0).stdout).unwrap()
}

#[test]
fn state_machine_is_valid_and_the_same_each_time() {
    let bench = applied(Bench::local());
    let made = exported(&bench);
    assert_eq!(asl::faults(&made["definition"]), Vec::<String>::new());
    assert_eq!(exported(&bench), made);
    assert_eq!(made["region"], REGION);
    // The role changes these records and asks people, and nothing else.
    let actions: Vec<&str> = made["policy"]["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["Action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["route53:ChangeResourceRecordSets", "sns:Publish"]);
    let conditions = &made["policy"]["Statement"][0]["Condition"]["ForAllValues:StringEquals"];
    assert_eq!(
        conditions["route53:ChangeResourceRecordSetsNormalizedRecordNames"],
        json!(["api.acme.example"])
    );
}

/// The JSON pointer of a state.
fn found(value: &Value, name: &str, at: &str) -> Option<String> {
    let inner = |(key, value): (String, &Value)| {
        if key == name { Some(format!("{at}/{key}")) } else { found(value, name, &format!("{at}/{key}")) }
    };
    match value {
        Value::Object(all) => all.iter().find_map(|(key, value)| inner((key.clone(), value))),
        Value::Array(all) => all.iter().enumerate().find_map(|(nth, value)| inner((nth.to_string(), value))),
        _ => None,
    }
}

#[test]
fn validator_finds_what_is_wrong() {
    let valid = exported(&applied(Bench::local()))["definition"].clone();
    let shift = found(&valid, "ledger.shift", "").unwrap();
    let at = |field: &str| format!("{shift}/{field}");
    let edits: [(&str, String, Value); 9] = [
        ("is no state", "/StartAt".to_owned(), json!("nowhere")),
        ("is never reached", "/States/alone".to_owned(), json!({"Type": "Succeed"})),
        ("no field `Then`", at("Then"), json!("x")),
        ("exactly one of Next and End", at("End"), json!(true)),
        ("TimeoutSeconds", at("TimeoutSeconds"), json!(0)),
        ("Catch", at("Catch"), json!([])),
        ("Retry", at("Retry/0/BackoffRate"), json!(0.5)),
        ("is no path", at("Parameters/HostedZoneId.$"), json!("Z1")),
        (
            "two states are called",
            format!("{}/recovered", shift.rsplit_once('/').unwrap().0),
            json!({"Type": "Succeed"}),
        ),
    ];
    for (says, place, value) in edits {
        let mut edited = valid.clone();
        let (parent, field) = place.rsplit_once('/').unwrap();
        edited.pointer_mut(parent).unwrap()[field] = value;
        let faults = asl::faults(&edited);
        assert!(faults.iter().any(|fault| fault.contains(says)), "{says}: {faults:?}");
    }
}

/// A machine that runs on the stand-in, and the people whom it asks.
struct Execution<'a> {
    standin: &'a Standin,
    arn: String,
    queue: String,
    asked: Vec<String>,
}

impl<'a> Execution<'a> {
    /// Waits are shortened: how long they are is not what is tried here.
    fn start(standin: &'a Standin, mut definition: Value) -> Self {
        fn shorten(value: &mut Value) {
            match value {
                Value::Object(all) => {
                    if all.get("Type").is_some_and(|kind| kind == "Wait") {
                        all.insert("Seconds".to_owned(), 0.into());
                    }
                    all.values_mut().for_each(shorten);
                }
                Value::Array(all) => all.iter_mut().for_each(shorten),
                _ => {}
            }
        }
        shorten(&mut definition);
        let topic = standin.aws(&format!("sns create-topic --name people --region {REGION}"));
        let topic = topic["TopicArn"].as_str().unwrap().to_owned();
        let account = topic.split(':').nth(4).unwrap();
        let url = standin.url();
        let made = standin
            .aws(&format!("sqs create-queue --queue-name people --region {REGION} --endpoint-url {url}"));
        let queue = made["QueueUrl"].as_str().unwrap().to_owned();
        standin.aws(&format!(
            "sns subscribe --topic-arn {topic} --protocol sqs --region {REGION} --attributes RawMessageDelivery=true \
             --notification-endpoint arn:aws:sqs:{REGION}:{account}:people"
        ));
        let role = &format!("arn:aws:iam::{account}:role/recovery");
        let definition = definition.to_string();
        let made = standin.aws_args(&[
            "stepfunctions",
            "create-state-machine",
            "--name",
            "recovery",
            "--role-arn",
            role,
            "--region",
            REGION,
            "--definition",
            &definition,
        ]);
        let machine = made["stateMachineArn"].as_str().unwrap().to_owned();
        let input = json!({"topic": topic}).to_string();
        let begun = standin.aws_args(&[
            "stepfunctions",
            "start-execution",
            "--state-machine-arn",
            &machine,
            "--region",
            REGION,
            "--input",
            &input,
        ]);
        let arn = begun["executionArn"].as_str().unwrap().to_owned();
        Self { standin, arn, queue, asked: Vec::new() }
    }

    /// Answers for everybody until the machine ends, and gives its status. Whoever is asked for `fails` reports that it failed.
    fn answered(&mut self, fails: &str) -> String {
        for _ in 0..60 {
            let status = self.standin.aws(&format!(
                "stepfunctions describe-execution --execution-arn {} --region {REGION}",
                self.arn
            ));
            let status = status["status"].as_str().unwrap().to_owned();
            if status != "RUNNING" {
                return status;
            }
            let got = self.standin.aws(&format!(
                "sqs receive-message --queue-url {} --region {REGION} --wait-time-seconds 1 --max-number-of-messages 10 --endpoint-url {}",
                self.queue,
                self.standin.url()
            ));
            for message in got["Messages"].as_array().into_iter().flatten() {
                let receipt = message["ReceiptHandle"].as_str().unwrap();
                self.standin.aws(&format!(
                    "sqs delete-message --queue-url {} --region {REGION} --receipt-handle {receipt} --endpoint-url {}",
                    self.queue,
                    self.standin.url()
                ));
                self.answer(message["Body"].as_str().unwrap(), fails);
            }
        }
        panic!("the execution did not end; asked: {:?}", self.asked);
    }

    /// Types the command that the message says.
    fn answer(&mut self, message: &str, fails: &str) {
        let step = message.strip_prefix("Step ").and_then(|rest| rest.split(". ").next()).unwrap().to_owned();
        let (done, refused) = message.split_once(" IF IT CANNOT BE DONE: ").unwrap();
        let (_, done) = done.split_once(" WHEN IT IS DONE: ").unwrap();
        let command = if step == fails { refused } else { done };
        let words: Vec<&str> = command.split(' ').skip(1).map(|word| word.trim_matches('"')).collect();
        self.standin.aws_args(&words);
        self.asked.push(step);
    }
}

#[test]
fn state_machine_asks_everybody_and_moves_traffic_as_an_evacuation_would() {
    let standin = Standin::start();
    let zone = standin.zone("acme.example");
    let bench = applied(Bench::aws(&standin));
    let made = exported(&bench);
    let mut execution = Execution::start(&standin, made["definition"].clone());
    assert_eq!(execution.answered("nothing"), "SUCCEEDED");
    let place = |name: &str| execution.asked.iter().position(|step| step == name).unwrap();
    assert!(
        place("declare") < place("ledger.check-books") && place("shop.start-shop") < place("shop.test-order")
    );
    assert_eq!(execution.asked.len(), 5, "{:?}", execution.asked);
    let sets = standin.aws(&format!("route53 list-resource-record-sets --hosted-zone-id {zone}"));
    let sets = sets["ResourceRecordSets"].as_array().unwrap().iter();
    let answers: Vec<&Value> = sets.filter(|set| set["Name"] == "api.acme.example.").collect();
    let [only] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(
        (&only["SetIdentifier"], &only["Failover"], &only["TTL"]),
        (&json!("two"), &json!("PRIMARY"), &json!(60))
    );
    // The records are those of an evacuation, so that one has nothing left to do.
    let plan = bench.run("plan policies --evacuate one").expect(0).stdout;
    assert!(plan.contains("No other changes."), "{plan}");
}

#[test]
fn what_fails_stops_what_waits_for_it_and_nothing_else() {
    let standin = Standin::start();
    standin.zone("acme.example");
    let bench = applied(Bench::aws(&standin));
    let mut execution = Execution::start(&standin, exported(&bench)["definition"].clone());
    assert_eq!(execution.answered("ledger.check-books"), "FAILED");
    let asked = |name: &str| execution.asked.iter().any(|step| step == name);
    assert!(asked("shop.bring-orders") && asked("shop.start-shop"), "{:?}", execution.asked);
    assert!(!asked("shop.test-order"), "{:?}", execution.asked);
}

#[test]
fn person_has_the_time_of_their_deputies_to_answer() {
    let made = exported(&applied(Bench::local()));
    let seconds = |name: &str| {
        let at = found(&made["definition"], name, "").unwrap();
        made["definition"].pointer(&at).unwrap()["TimeoutSeconds"].as_u64().unwrap()
    };
    // `boss` declares within 45 minutes; if they do not answer, `ops` is called, who has 15 minutes.
    assert_eq!(seconds("declare"), (45 + 15) * 60);
    // `boss` has 30 minutes to answer, then `ops` 15; the work of `boss` is 15 minutes.
    assert!(seconds("shop.test-order") >= (30 + 15 + 15) * 60);
}

#[test]
fn names_that_holdfast_adds_are_no_names_of_steps() {
    let bench = edited(Bench::local(), &|text| text.replace("check-books", "api-clients-arrive"));
    let definition = exported(&bench)["definition"].clone();
    assert_eq!(asl::faults(&definition), Vec::<String>::new());
    for name in ["ledger.api-clients-arrive", "ledger.api clients arrive"] {
        assert!(found(&definition, name, "").is_some(), "{name}: {definition}");
    }
}

#[test]
fn people_are_asked_through_the_topic_of_critical_alarms() {
    let alarms = "alarms:\n  critical: { level: 1, tell: [ops] }\nsites:\n";
    let made = exported(&edited(Bench::local(), &|text| text.replace("sites:\n", alarms)));
    let text = made["definition"].to_string();
    assert!(
        text.contains("\"TopicArn\":\"arn:aws:sns:us-west-2:000000000000:holdfast-acme-critical-us-west-2-"),
        "{text}"
    );
    assert_eq!(made["input"], json!({}));
    let notes = made["notes"].to_string();
    for says in [
        "`boss` has a step and gets no critical alarms",
        "`ops` has to confirm that critical alarms of us-west-2 come by mail",
        "gets the token of every step",
        "before anybody has declared",
    ] {
        assert!(notes.contains(says), "{says}: {notes}");
    }
    assert!(!notes.contains("`ops` has a step"), "{notes}");
}

/// The ledger alone, whose traffic moves without anybody.
fn without_people(text: &str) -> String {
    let ledger = text.split("\n---\nkind: service\nname: shop\n").next().unwrap_or_default();
    let lines: Vec<&str> = ledger.lines().filter(|line| !line.contains("check-books")).collect();
    lines.join("\n") + "\n"
}

#[test]
fn traffic_that_nobody_looks_at_is_not_reported_as_recovered_if_its_records_did_not_change() {
    let standin = Standin::start();
    let zone = standin.zone("acme.example");
    let bench = edited(Bench::aws(&standin), &without_people);
    let definition = exported(&bench)["definition"].clone();
    assert_eq!(asl::faults(&definition), Vec::<String>::new());
    let unreachable = definition.to_string().replace(&zone, "Z00000000000000000000");
    assert_ne!(unreachable, definition.to_string());
    let mut execution = Execution::start(&standin, serde_json::from_str(&unreachable).unwrap());
    assert_eq!(execution.answered("nothing"), "FAILED");
}

#[test]
fn traffic_that_a_person_moves_is_left_to_them() {
    let by_ops = "failover traffic.api, by: ops, takes: 5m }";
    let edit = |text: &str| {
        let later = text.replace("rto: 4h", "rto: 12h").replace("rto: 8h", "rto: 12h");
        later.replace("failover traffic.api }", by_ops)
    };
    let bench = edited(Bench::local(), &edit);
    let made = exported(&bench);
    assert!(
        made["notes"]
            .to_string()
            .contains("ledger.api is moved by ops: the machine does not change its records.")
    );
    assert!(!made["definition"].to_string().contains("changeResourceRecordSets"));
}

/// What botocore's model of Region switch says about a request of `CreatePlan`.
fn unfit(request: &Value) -> Vec<String> {
    let script = "import json, sys; sys.path.insert(0, sys.argv[1]); import shapes; \
                  model = shapes.model('arc-region-switch').operation_model('CreatePlan'); \
                  print(json.dumps(shapes.faults(model.input_shape, json.loads(sys.argv[2]), 'request')))";
    let mut python = Command::new(packages::python());
    python.args(["-c", script]).arg(root().join("fixtures/standin")).arg(request.to_string());
    serde_json::from_slice(&python.stdin(Stdio::null()).output().unwrap().stdout).unwrap()
}

#[test]
fn plan_of_region_switch_fits_the_model_of_the_api() {
    let bench = applied(Bench::local());
    // One row after the other takes longer than these objectives allow.
    let late =
        bench.read("policies/services.yaml").replace("rto: 4h", "rto: 8h").replace("rto: 8h", "rto: 12h");
    bench.write("policies/services.yaml", &late);
    let roles = "--execution-role arn:aws:iam::123456789012:role/switch --approval-role arn:aws:iam::123456789012:role/approve";
    let export = format!("export policies --to arc-region-switch --lose one --as-of 2026-11-30 {roles}");
    let mut request: Value = serde_json::from_str(&bench.run(&export).expect(0).stdout).unwrap();
    assert_eq!(unfit(&request), Vec::<String>::new());
    assert_eq!(
        (&request["regions"], &request["primaryRegion"]),
        (&json!(["us-east-1", "us-west-2"]), &json!("us-east-1"))
    );
    // Every step of a person is in it, once.
    let text = request["workflows"][0].to_string();
    for step in ["declare", "ledger.check-books", "shop.bring-orders", "shop.start-shop", "shop.test-order"] {
        assert_eq!(text.matches(&format!("\"name\":\"{step}\"")).count(), 1, "{step}: {text}");
    }
    // Who looks at traffic is not delayed by caches, and `boss` has the 30 minutes in which they answer.
    assert!(text.contains("when the name servers of its zone answer"), "{text}");
    for minutes in 1..=30 {
        assert!(!text.contains(&format!("\"timeoutMinutes\":{minutes}}}")), "{text}");
    }
    request["regions"] = json!(["us-east-1"]);
    request["recoveryTimeObjectiveMinutes"] = json!(0);
    let wrong = unfit(&request);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}
