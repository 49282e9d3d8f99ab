//! Alarms: what AWS's own command line shows of topics, subscriptions, alarms, rules and notifications after an apply.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Bench, Standin, packages, root};

const POLICY: &str = r#"
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
alarms:
  critical: { level: 1, tell: [manager] }
  warning: { level: 4, tell: [on-call] }
---
kind: service
name: shop
primary: virginia
standby: [oregon]
data:
  orders:
    bucket: acme-watched-orders
    backups:
      - { strategy: real-time, to: [oregon] }
      - { strategy: daily, at: "03:00", keep: 35d, to: [oregon] }
traffic:
  web:
    zone: acme.example
    record: shop.acme.example
    probe: { https: /healthz, every: 10s, failures: 3 }
    endpoints: { virginia: 192.0.2.10, oregon: 198.51.100.10 }
assumptions:
  backup-copy: { value: 1h, because: the test is about alarms }
  detection: { value: 5m, because: the same }
recovery: [{ step: read-the-copy, takes: 30m }]
---
kind: continuity
name: acme
reviewed: 2026-09-01
contacts:
  on-call:
    name: the on-call rota
    reach: [{ https: "https://127.0.0.1:9/hooks/acme" }, { phone: "+1 555 0100" }]
    answers-within: 15m
    deputy: manager
  manager:
    name: the duty manager
    reach: [{ phone: "+1 555 0101" }, { mail: duty@acme.example }]
    answers-within: 30m
    deputy: on-call
levels:
  - { level: 1, name: disaster, means: a site is lost, declared-by: manager, within: 30m }
  - { level: 2, name: critical, means: customers cannot pay, declared-by: manager, within: 30m }
  - { level: 3, name: major, means: a standby is lost, declared-by: manager, within: 1h }
  - { level: 4, name: minor, means: few are affected, declared-by: manager, within: 4h }
  - { level: 5, name: cosmetic, means: nobody waits, declared-by: manager, within: 1d }
"#;

/// The items of a list that the command line prints.
fn list(standin: &Standin, words: &str, name: &str, region: &str) -> Vec<Value> {
    standin.aws(&format!("{words} --region {region}"))[name].as_array().unwrap().clone()
}

fn texts(items: &[Value], name: &str) -> Vec<String> {
    let mut all: Vec<String> = items.iter().map(|item| item[name].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

/// The ARN of the topic of a severity in a region.
fn topic(standin: &Standin, severity: &str, region: &str) -> String {
    let topics = texts(&list(standin, "sns list-topics", "Topics", region), "TopicArn");
    let found = topics.into_iter().find(|arn| arn.contains(&format!(":holdfast-acme-{severity}-{region}-")));
    found.unwrap_or_else(|| panic!("no topic {severity} in {region}"))
}

fn subscriptions(standin: &Standin, topic: &str, region: &str) -> Vec<Value> {
    list(standin, &format!("sns list-subscriptions-by-topic --topic-arn {topic}"), "Subscriptions", region)
}

#[test]
fn alarms_are_where_their_metrics_are_and_tell_the_contacts() {
    let standin = Standin::start();
    standin.zone("acme.example");
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    let applied = bench.run("apply policies --yes").expect(0).stdout;
    let waits = "`manager` has to confirm that critical alarms of us-east-1 and us-west-2 come by mail.";
    assert!(applied.contains(&format!("\nWaiting for a person: {waits}\n")), "{applied}");

    let critical = topic(&standin, "critical", "us-west-2");
    let warning = topic(&standin, "warning", "us-west-2");
    let policy = standin.aws(&format!("sns get-topic-attributes --topic-arn {critical} --region us-west-2"));
    let policy: Value = serde_json::from_str(policy["Attributes"]["Policy"].as_str().unwrap()).unwrap();
    let services = &policy["Statement"][0];
    assert_eq!(services["Principal"]["Service"], json!(["cloudwatch.amazonaws.com", "events.amazonaws.com"]));
    assert_eq!(services["Condition"]["StringEquals"]["aws:SourceAccount"], "000000000001");
    alarms(&standin, &critical, &warning);
    backups(&standin);
    replication_events(&standin, &bench);
    heartbeats(&standin, &bench);
    people(&standin, &bench, &critical, &warning);
    drift(&standin, &bench);

    // Without `alarms`, nothing of it stays. What nobody has confirmed goes with its topic.
    let (before, rest) = POLICY.split_once("alarms:").unwrap();
    let rest = rest.split_once("---").unwrap().1;
    bench.write("policies/all.yaml", &format!("{before}---{rest}"));
    bench.run("apply policies --yes --allow many").expect(0);
    for region in ["us-east-1", "us-west-2"] {
        assert_eq!(list(&standin, "sns list-topics", "Topics", region), Vec::<Value>::new());
        assert_eq!(list(&standin, "cloudwatch describe-alarms", "MetricAlarms", region), Vec::<Value>::new());
        assert_eq!(list(&standin, "events list-rules", "Rules", region), Vec::<Value>::new());
    }
    let roles = texts(standin.aws("iam list-roles")["Roles"].as_array().unwrap(), "RoleName");
    assert!(!roles.iter().any(|name| name.contains("heartbeat")), "{roles:?}");
    assert_eq!(receivers(&standin), [theirs()]);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

fn alarms(standin: &Standin, critical: &str, warning: &str) {
    let there = list(standin, "cloudwatch describe-alarms", "MetricAlarms", "us-west-2");
    assert_eq!(
        texts(&there, "MetricName"),
        ["BytesPendingReplication", "MatchedEvents", "OperationsPendingReplication", "ReplicationLatency"]
    );
    for alarm in there.iter().filter(|alarm| alarm["Namespace"] == "AWS/S3") {
        let is_late = alarm["MetricName"] == "ReplicationLatency";
        let (level, topic) =
            if is_late { ("Level 1 (disaster): ", critical) } else { ("Level 4 (minor): ", warning) };
        assert!(alarm["AlarmDescription"].as_str().unwrap().starts_with(level), "{alarm}");
        assert_eq!((&alarm["AlarmActions"], &alarm["OKActions"]), (&json!([topic]), &json!([topic])));
        let named = |name: &str, value: &str| json!({"Name": name, "Value": value});
        assert_eq!(
            alarm["Dimensions"],
            json!([
                named("DestinationBucket", "acme-watched-orders-us-west-2"),
                named("RuleId", "holdfast-oregon"),
                named("SourceBucket", "acme-watched-orders"),
            ])
        );
    }
    // What could not be copied is counted at the source, and the metrics of Route 53 are in us-east-1.
    let here = list(standin, "cloudwatch describe-alarms", "MetricAlarms", "us-east-1");
    assert_eq!(
        texts(&here, "MetricName"),
        ["HealthCheckStatus", "HealthCheckStatus", "MatchedEvents", "OperationsFailedReplication"]
    );
    let checks = standin.aws("route53 list-health-checks")["HealthChecks"].clone();
    let mut asked: Vec<String> = here
        .iter()
        .filter(|alarm| alarm["MetricName"] == "HealthCheckStatus")
        .map(|alarm| alarm["Dimensions"][0]["Value"].as_str().unwrap().to_owned())
        .collect();
    asked.sort();
    assert_eq!(asked, texts(checks.as_array().unwrap(), "Id"));
    let arn = here[0]["AlarmArn"].as_str().unwrap();
    let tags =
        standin.aws(&format!("cloudwatch list-tags-for-resource --resource-arn {arn} --region us-east-1"));
    assert!(tags["Tags"].as_array().unwrap().contains(&json!({"Key": "holdfast:estate", "Value": "acme"})));
}

/// Jobs are told by a rule in each region with a vault, and objects by the vault.
fn backups(standin: &Standin) {
    for region in ["us-east-1", "us-west-2"] {
        let topic = topic(standin, "critical", region);
        let mut rules =
            list(standin, "events list-rules --name-prefix holdfast-acme-backup", "Rules", region);
        let rule = rules.remove(0);
        assert_eq!(rules, Vec::<Value>::new());
        assert_eq!(rule["State"], "ENABLED");
        let pattern: Value = serde_json::from_str(rule["EventPattern"].as_str().unwrap()).unwrap();
        assert_eq!(pattern["source"], json!(["aws.backup"]));
        let name = rule["Name"].as_str().unwrap();
        let targets = list(standin, &format!("events list-targets-by-rule --rule {name}"), "Targets", region);
        assert_eq!(texts(&targets, "Arn"), [topic.as_str()]);
        let [vault] =
            list(standin, "backup list-backup-vaults", "BackupVaultList", region).try_into().unwrap();
        let vault = vault["BackupVaultName"].as_str().unwrap();
        let get =
            format!("backup get-backup-vault-notifications --backup-vault-name {vault} --region {region}");
        let told = standin.aws(&get);
        assert_eq!(told["SNSTopicArn"], topic.as_str());
        assert!(told["BackupVaultEvents"].as_array().unwrap().contains(&json!("S3_BACKUP_OBJECT_FAILED")));
    }
}

/// The topics that get events of the bucket that is copied.
fn receivers(standin: &Standin) -> Vec<Value> {
    let get = "s3api get-bucket-notification-configuration --bucket acme-watched-orders --region us-east-1";
    standin.aws(get)["TopicConfigurations"].as_array().unwrap().clone()
}

/// Somebody else who gets events of the bucket.
fn theirs() -> Value {
    let topic = "arn:aws:sns:us-east-1:000000000001:theirs";
    json!({"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]})
}

/// What S3 does not copy in time is told to a topic of the bucket's region, where S3 may publish for this account. Others keep theirs.
fn replication_events(standin: &Standin, bench: &Bench<'_>) {
    let topic = topic(standin, "warning", "us-east-1");
    let [ours] = receivers(standin).try_into().unwrap();
    assert_eq!(ours["TopicArn"], topic.as_str());
    let mut events: Vec<&str> =
        ours["Events"].as_array().unwrap().iter().map(|event| event.as_str().unwrap()).collect();
    events.sort_unstable();
    let named = ["FailedReplication", "MissedThreshold", "NotTracked", "ReplicatedAfterThreshold"];
    assert_eq!(events, named.map(|name| format!("s3:Replication:Operation{name}")));
    let policy = standin.aws(&format!("sns get-topic-attributes --topic-arn {topic} --region us-east-1"));
    let policy: Value = serde_json::from_str(policy["Attributes"]["Policy"].as_str().unwrap()).unwrap();
    let of_s3 = |one: &&Value| one["Principal"]["Service"] == "s3.amazonaws.com";
    let allowed = policy["Statement"].as_array().unwrap().iter().find(of_s3).unwrap();
    assert_eq!(
        (&allowed["Resource"], &allowed["Condition"]),
        (&json!(topic), &json!({"StringEquals": {"aws:SourceAccount": "000000000001"}}))
    );
    // Somebody takes an event out, and adds a receiver.
    let fewer = json!({"Id": ours["Id"], "TopicArn": topic, "Events": [events[0]]});
    let document = json!({"TopicConfigurations": [theirs(), fewer]}).to_string();
    let put = ["s3api", "put-bucket-notification-configuration", "--bucket", "acme-watched-orders"];
    let how = ["--notification-configuration", &document, "--skip-destination-validation"];
    standin.aws_args(&[&put[..], &how, &["--region", "us-east-1"]].concat());
    let plan = bench.run("plan policies").expect(0).stdout;
    assert!(plan.contains("~ aws.replication-events.shop.orders update (drift)"), "{plan}");
    assert!(plan.contains("0 to create, 1 to update, 0 to replace, 0 to delete"), "{plan}");
    bench.run("apply policies --yes").expect(0);
    let there = receivers(standin);
    assert_eq!(there.len(), 2, "{there:?}");
    assert!(there.contains(&theirs()), "{there:?}");
    let ours = there.iter().find(|one| one["Id"] == ours["Id"]).unwrap();
    assert_eq!(ours["Events"].as_array().unwrap().len(), 4);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

/// Each region sends a heartbeat to the other one, which alarms when it hears nothing.
fn heartbeats(standin: &Standin, bench: &Bench<'_>) {
    let rule = |name: &str, region: &str| {
        let all =
            list(standin, &format!("events list-rules --name-prefix holdfast-acme-{name}-"), "Rules", region);
        let [rule] = all.try_into().unwrap();
        rule
    };
    let name = |rule: &Value| rule["Name"].as_str().unwrap().to_owned();
    let targets = |rule: &Value, region: &str| {
        list(standin, &format!("events list-targets-by-rule --rule {}", name(rule)), "Targets", region)
    };
    for (region, listens) in [("us-east-1", "us-west-2"), ("us-west-2", "us-east-1")] {
        let (sends, hears) = (rule("heartbeat", region), rule("hears", listens));
        assert_eq!(sends["ScheduleExpression"], "rate(1 minute)");
        let [target] = targets(&sends, region).try_into().unwrap();
        assert_eq!(target["Arn"], format!("arn:aws:events:{listens}:000000000001:event-bus/default"));
        let role = target["RoleArn"].as_str().unwrap().rsplit('/').next().unwrap();
        let read = format!("iam get-role-policy --role-name {role} --policy-name holdfast-replication");
        let policy = standin.aws(&read)["PolicyDocument"].clone();
        let policy = policy.as_str().map_or(policy.clone(), |text| serde_json::from_str(text).unwrap());
        assert_eq!(policy["Statement"][0]["Action"], json!(["events:PutEvents"]));
        assert!(policy["Statement"][0]["Resource"].as_array().unwrap().contains(&target["Arn"]));
        // The events that it sends are those that the other one takes.
        let pattern: Value = serde_json::from_str(hears["EventPattern"].as_str().unwrap()).unwrap();
        assert_eq!(pattern["resources"], json!([sends["Arn"]]));
        assert_eq!(targets(&hears, listens), Vec::<Value>::new());
        let alarms = list(standin, "cloudwatch describe-alarms", "MetricAlarms", listens);
        let alarm = alarms.iter().find(|alarm| alarm["MetricName"] == "MatchedEvents").unwrap();
        assert_eq!(alarm["Dimensions"], json!([{"Name": "RuleName", "Value": name(&hears)}]));
        assert_eq!(alarm["TreatMissingData"], "breaching");
        assert_eq!(alarm["AlarmActions"], json!([topic(standin, "critical", listens)]));
        let says = alarm["AlarmDescription"].as_str().unwrap();
        assert!(says.contains(region) && says.contains("the apply that made this alarm"), "{alarm}");
    }
    // Somebody slows it down.
    let slow = name(&rule("heartbeat", "us-west-2"));
    standin.aws_args(&[
        "events",
        "put-rule",
        "--name",
        &slow,
        "--schedule-expression",
        "rate(1 hour)",
        "--region",
        "us-west-2",
    ]);
    let plan = bench.run("plan policies").expect(0).stdout;
    assert!(plan.contains("~ aws.event-rule.heartbeat.us-west-2 update (drift)"), "{plan}");
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

/// Until somebody confirms, the plan is empty and says who has to.
fn people(standin: &Standin, bench: &Bench<'_>, critical: &str, warning: &str) {
    let ask = |words: &str| {
        let said = bench.run(words).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!said.contains("duty@") && !said.contains("127.0.0.1:9"), "{said}");
        said
    };
    let https = |regions| format!("`on-call` has to confirm that warning alarms of {regions} come by HTTPS");
    let regions = [
        ("plan policies", "us-east-1 and us-west-2"),
        ("status policies", "us-east-1 and us-west-2"),
        ("plan policies --format json", "us-west-2"),
    ];
    for (command, regions) in regions {
        let said = ask(command);
        let mail = format!("`manager` has to confirm that critical alarms of {regions} come by mail");
        assert!(said.contains(&mail) && said.contains(&https(regions)), "{said}");
    }
    bench.run("plan policies --detailed-exitcode").expect(0);
    let [pending] = subscriptions(standin, critical, "us-west-2").try_into().unwrap();
    assert_eq!(
        (&pending["SubscriptionArn"], &pending["Protocol"]),
        (&json!("PendingConfirmation"), &json!("email"))
    );
    assert_eq!(pending["Endpoint"], "duty@acme.example");
    let [other] = subscriptions(standin, warning, "us-west-2").try_into().unwrap();
    assert_eq!(other["Endpoint"], "https://127.0.0.1:9/hooks/acme");
    standin.aws(&format!(
        "sns confirm-subscription --topic-arn {critical} --token token-of-duty@acme.example --region us-west-2"
    ));
    let said = ask("plan policies");
    let critical = "critical alarms of us-east-1 come by mail";
    let https = https("us-east-1 and us-west-2");
    assert!(said.contains(critical) && said.contains(&https) && said.contains("No changes."), "{said}");
    // The journal remembers who confirmed: SNS forgets only what nobody confirms.
    bench.run("apply policies --yes").expect(0);
}

/// What others change is drift: an alarm that tells nobody, and somebody who unsubscribes.
fn drift(standin: &Standin, bench: &Bench<'_>) {
    let [alarm] = list(standin, "cloudwatch describe-alarms", "MetricAlarms", "us-east-1")
        .into_iter()
        .filter(|alarm| alarm["MetricName"] == "OperationsFailedReplication")
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let name = alarm["AlarmName"].as_str().unwrap();
    standin.aws(&format!("cloudwatch disable-alarm-actions --alarm-names {name} --region us-east-1"));
    let critical = topic(standin, "critical", "us-west-2");
    let [confirmed] = subscriptions(standin, &critical, "us-west-2").try_into().unwrap();
    let arn = confirmed["SubscriptionArn"].as_str().unwrap();
    standin.aws(&format!("sns unsubscribe --subscription-arn {arn} --region us-west-2"));
    let plan = bench.run("plan policies").expect(0).stdout;
    assert!(plan.contains("~ aws.alarm.shop.orders.oregon.failed update (drift)"), "{plan}");
    assert!(plan.contains("+ aws.subscription.critical.us-west-2.manager.mail create (drift)"), "{plan}");
    assert!(plan.contains("1 to create, 1 to update, 0 to replace, 0 to delete"), "{plan}");
    // Only of what it made: the plan above says what others wait for.
    let applied = bench.run("apply policies --yes").expect(0).stdout;
    let summary = applied.split_once("\nApplied: ").unwrap().1;
    let waits = "`manager` has to confirm that critical alarms of us-west-2 come by mail.";
    assert!(summary.contains(&format!("\nWaiting for a person: {waits}\n")), "{applied}");
    assert_eq!(summary.matches("Waiting for a person").count(), 1, "{applied}");
    bench.run("plan policies --detailed-exitcode").expect(0);
}

/// An on-call service on this machine that takes messages and confirms subscriptions.
struct Subscriber {
    url: String,
    process: Child,
}

impl Subscriber {
    /// Start one in a folder, where `authority.pem` is the authority of its certificate and `messages` what it got.
    fn start(folder: &Path) -> Self {
        let openssl = |words: &str| {
            let made = Command::new("openssl").args(words.split(' ')).current_dir(folder).output().unwrap();
            assert!(made.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&made.stderr));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(&format!("req -x509 {key} -keyout ca.key -out authority.pem -days 2 -subj /CN=authority"));
        openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=on-call"));
        std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
        openssl(
            "x509 -req -in server.csr -CA authority.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
        );
        let mut process = Command::new(packages::python())
            .arg(root().join("fixtures/standin/subscriber.py"))
            .args(["server.pem", "server.key", "messages"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        assert!(url.starts_with("https://"), "the subscriber did not start: {line:?}");
        Self { url, process }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Ask until there is an answer, for up to half a minute.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn message_of_each_alarm_reaches_a_contact_over_https() {
    let folder = tempfile::tempdir().unwrap();
    let subscriber = Subscriber::start(folder.path());
    let standin = Standin::trusting(&folder.path().join("authority.pem"));
    standin.zone("acme.example");
    let bench = Bench::aws(&standin);
    let hook = format!("{}/hooks/acme", subscriber.url);
    let policy =
        POLICY.replace("https://127.0.0.1:9/hooks/acme", &hook).replace("[manager] }", "[on-call] }");
    bench.write("policies/all.yaml", &policy);
    bench.run("apply policies --yes").expect(0);
    until("somebody confirms every subscription", || {
        let said = bench.run("plan policies").expect(0).stdout;
        (!said.contains("Waiting for a person") && said.contains("No changes.")).then_some(())
    });
    let mut raised = Vec::new();
    for region in ["us-east-1", "us-west-2"] {
        for alarm in list(&standin, "cloudwatch describe-alarms", "MetricAlarms", region) {
            let name = alarm["AlarmName"].as_str().unwrap();
            standin.aws(&format!(
                "cloudwatch set-alarm-state --alarm-name {name} --state-value ALARM --state-reason test --region {region}"
            ));
            raised.push((name.to_owned(), alarm["AlarmDescription"].clone()));
        }
    }
    assert_eq!(raised.len(), 8);
    for (name, description) in raised {
        let message = until(&format!("a message of {name}"), || {
            let got = std::fs::read_to_string(folder.path().join("messages")).unwrap_or_default();
            let bodies = got.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let messages = bodies.filter_map(|body| serde_json::from_str(body["Message"].as_str()?).ok());
            messages.into_iter().find(|message: &Value| message["AlarmName"] == name.as_str())
        });
        assert_eq!(message["AlarmDescription"], description);
        assert!(description.as_str().unwrap().starts_with("Level "), "{description}");
    }
}
