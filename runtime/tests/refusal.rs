//! Forged commands that no plan contains: a cloud refuses them before it changes anything.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::cloud::{Cloud as _, Command, GUARDED};
use holdfast::local::{Local, Weather};
use holdfast::refusal;
use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::{Action, StepId};
use holdfast_compiler::provider::aws::backup::{
    plan as plan_kind, selection as selection_kind, vault as vault_kind,
};
use holdfast_compiler::provider::aws::iam::role as role_kind;
use holdfast_compiler::provider::aws::s3::bucket as bucket_kind;
use holdfast_compiler::provider::aws::s3::bucket_policy as policy_kind;
use holdfast_compiler::provider::aws::s3::replication as replication_kind;
use holdfast_compiler::provider::aws::s3::replication_events as events_kind;
use holdfast_compiler::provider::aws::sns::topic as topic_kind;
use holdfast_compiler::resource::{Address, Attribute, Kind, Values};
use holdfast_compiler::source::Sources;
use serde_json::{Value, json};

const ACCOUNT: &str = "000000000000";
const OTHER: &str = "222222222222";

const POLICY: &str = r#"
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
  ireland: { aws: eu-west-1, kms-key: "arn:aws:kms:eu-west-1:222222222222:key/mrk-1" }
---
kind: service
name: files
primary: virginia
standby: [oregon]
objectives: { rto: undecided, rpo: undecided }
data:
  docs:
    bucket: acme-docs
    encrypt: aws:kms
    backups:
      - { strategy: real-time, to: [oregon, ireland] }
recovery: [{ step: read-the-copy, takes: 30m }]
"#;

/// A command for every resource of the policy, as an apply makes it.
fn commands() -> BTreeMap<Kind, Command> {
    commands_of(POLICY)
}

/// The same with a scheduled backup instead of the copy.
fn commands_of_a_backup() -> BTreeMap<Kind, Command> {
    let daily = "- { strategy: daily, at: '03:00', keep: 35d, lock: governance, to: [ireland] }";
    commands_of(&POLICY.replace("- { strategy: real-time, to: [oregon, ireland] }", daily))
}

fn commands_of(policy: &str) -> BTreeMap<Kind, Command> {
    let mut sources = Sources::default();
    sources.add("acme.yaml", policy);
    let compiled = compile(&sources, Options::default()).unwrap();
    let graph = lower(&compiled.policy, &TargetAccounts::one("aws", ACCOUNT.to_owned())).unwrap();
    let role = graph.iter().find(|resource| resource.address.kind() == role_kind::KIND).unwrap().identity();
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{}", role.get("name").unwrap());
    let of = |resource: &holdfast_compiler::resource::Resource| {
        let value = |attribute: &Attribute| match attribute {
            Attribute::Known(value) => value.clone(),
            Attribute::Output { .. } => json!(arn),
        };
        Command {
            step: StepId::of(&resource.address),
            address: resource.address.clone(),
            action: Action::Create,
            values: resource.attributes.iter().map(|(name, it)| (name.clone(), value(it))).collect(),
            changed: BTreeSet::new(),
            named: resource.named.clone(),
            object: None,
            displaces: Vec::new(),
            token: "0".repeat(16),
        }
    };
    // The bucket in Ireland uses a key that the policy names.
    let mut all: Vec<_> = graph.iter().collect();
    all.sort_by_key(|resource| resource.address.to_string().contains("ireland"));
    all.into_iter().map(|resource| (resource.address.kind(), of(resource))).collect()
}

/// Check that an empty cloud refuses a command and stays empty.
async fn refused(command: &Command) -> String {
    let cloud = Local::in_memory(Weather::default());
    let results = cloud.execute(std::slice::from_ref(command)).await;
    let error = results.into_iter().next().unwrap().expect_err("a forged command was executed");
    assert_eq!(error.code, GUARDED, "{error}");
    assert_eq!(cloud.calls().services.values().sum::<u64>(), 0, "no call");
    assert_eq!(cloud.objects(), [], "nothing is created");
    error.message
}

fn allowed(command: &Command) {
    refusal::check(std::slice::from_ref(command), ACCOUNT).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn commands_of_the_compiler_are_allowed() {
    let all = commands();
    assert_eq!(all.len(), 4);
    all.values().for_each(allowed);
    let all = commands_of_a_backup();
    assert_eq!(all.len(), 6);
    all.values().for_each(allowed);
}

/// The same with contacts who are told.
fn commands_with_alarms() -> BTreeMap<Kind, Command> {
    let told = "alarms: { critical: { level: 1, tell: [duty] } }\n---\nkind: service";
    let contact = |name: &str, deputy: &str| {
        format!(
            "  {name}: {{ name: the {name}, reach: [{{ mail: {name}@acme.example }}], answers-within: 15m, deputy: {deputy} }}\n"
        )
    };
    let contacts = contact("duty", "chief") + &contact("chief", "duty");
    let level = |level: usize| {
        format!(
            "  - {{ level: {level}, name: level-{level}, means: it happened, declared-by: duty, within: 30m }}\n"
        )
    };
    let levels: String = (1..=5).map(level).collect();
    let continuity = format!("---\nkind: continuity\nname: acme\ncontacts:\n{contacts}levels:\n{levels}");
    let policy = POLICY.replacen("---\nkind: service", told, 1).replace("    encrypt: aws:kms\n", "");
    commands_of(&format!("{policy}{continuity}"))
}

/// S3 sends a message to a topic before it takes it as a receiver of events.
#[tokio::test]
async fn topic_gets_the_events_of_replications_only_if_s3_may_publish_to_it() {
    let all = commands_with_alarms();
    let told = all[&events_kind::KIND].clone();
    let mut forged = told.clone();
    for arn in [
        format!("arn:aws:sns:us-east-1:{OTHER}:holdfast-acme"),
        format!("arn:aws:sns:us-west-2:{ACCOUNT}:holdfast-acme"),
        format!("arn:aws:sns:us-east-1:{ACCOUNT}:theirs"),
    ] {
        forged.values.insert(events_kind::TOPIC.to_owned(), json!(arn));
        assert!(refused(&forged).await.contains("is not a topic that Holdfast makes"), "{arn}");
    }
    let cloud = Local::in_memory(Weather::default());
    let set = |kind: Kind, values: [(&str, Value); 2]| {
        let mut command = all[&kind].clone();
        command.values.extend(values.map(|(name, value)| (name.to_owned(), value)));
        command
    };
    let (region, arn) = (told.values[events_kind::REGION].clone(), told.values[events_kind::TOPIC].clone());
    let name = json!(arn.as_str().unwrap().rsplit(':').next());
    let bucket = told.values[events_kind::BUCKET].clone();
    let bucket = set(bucket_kind::KIND, [(bucket_kind::NAME, bucket), (bucket_kind::REGION, region.clone())]);
    let mut topic = set(topic_kind::KIND, [(topic_kind::NAME, name), (topic_kind::REGION, region)]);
    let policy = topic_kind::policy(ACCOUNT, arn.as_str().unwrap());
    topic.values.insert(topic_kind::POLICY.to_owned(), policy);
    let run = async |command: &Command| cloud.execute(std::slice::from_ref(command)).await.remove(0);
    run(&bucket).await.unwrap();
    assert_eq!(run(&told).await.unwrap_err().code, "InvalidArgument");
    run(&topic).await.unwrap();
    run(&told).await.unwrap();
}

#[tokio::test]
async fn role_that_no_policy_names_is_not_changed() {
    let mut forged = commands()[&role_kind::KIND].clone();
    for name in ["admin", "Holdfast-acme", "holdfast", "holdfast-x/../admin", "holdfast-x\n", ""] {
        forged.values.insert("name".to_owned(), json!(name));
        assert!(refused(&forged).await.contains("was not created by Holdfast"), "{name}");
    }
    // A role that the policy names is allowed.
    forged.values.insert("name".to_owned(), json!("admin"));
    forged.named.acts_as = Some("admin".to_owned());
    allowed(&forged);
    forged.values.insert("name".to_owned(), json!("admin2"));
    refused(&forged).await;
}

/// Deletes and updates apply to the observed object, which may differ from the desired one.
#[tokio::test]
async fn existing_role_settings_are_checked_too() {
    let admin = |attributes: Values| Object {
        kind: role_kind::KIND,
        id: "admin".to_owned(),
        attributes,
        outputs: Values::new(),
    };
    let mut forged = commands()[&role_kind::KIND].clone();
    for action in [Action::Update, Action::Delete] {
        forged.action = action;
        forged.object = Some(admin(Values::new()));
        assert!(refused(&forged).await.contains("`admin`"));
    }
    forged.values.clear();
    assert!(refused(&forged).await.contains("`admin`"));
}

#[tokio::test]
async fn role_with_foreign_rights_is_refused() {
    let mut forged = commands()[&role_kind::KIND].clone();
    let id = forged.values["name"].as_str().unwrap().to_owned();
    forged.action = Action::Update;
    for foreign in [
        json!({"inline-policies": ["everything"]}),
        json!({"attached-policies": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
        json!({"boundary": "arn:aws:iam::000000000000:policy/x"}),
        json!("what is this"),
    ] {
        let attributes = Values::from([("foreign".to_owned(), foreign)]);
        forged.object =
            Some(Object { kind: role_kind::KIND, id: id.clone(), attributes, outputs: Values::new() });
        forged.changed = BTreeSet::from(["policy".to_owned()]);
        assert!(refused(&forged).await.contains("has rights that Holdfast did not grant"));
        forged.changed = BTreeSet::from(["tags".to_owned()]);
        allowed(&forged);
    }
}

/// Every place in a value, with the value there.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(list) => list.iter().enumerate().map(|(nth, value)| (nth.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    parts.into_iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), out));
}

/// Values that an attacker would write.
fn wishes() -> Vec<Value> {
    vec![
        json!("*"),
        json!("s3:*"),
        json!("sts:AssumeRole"),
        json!("iam:PassRole"),
        json!("Deny"),
        json!(["*"]),
        json!([]),
        json!({}),
        Value::Null,
        json!({"AWS": "*"}),
        json!({"AWS": format!("arn:aws:iam::{OTHER}:root")}),
        json!("arn:aws:s3:::*"),
        json!("arn:aws:s3:::*/*"),
        json!("arn:aws:s3:::acme-do?s/*"),
        json!("arn:aws:s3:::acme-${aws:username}/*"),
        json!("arn:aws:kms:*:*:key/*"),
        json!(format!("arn:aws:kms:eu-west-1:{OTHER}:key/*")),
        json!("arn:aws:kms:eu-west-1:333333333333:key/mrk-1"),
        json!("333333333333"),
        json!(["alias/*"]),
    ]
}

/// Change any place of a document: the command is refused, or the document grants no more rights than before.
#[tokio::test]
async fn loosening_any_part_of_a_document_is_refused() {
    for commands in [commands(), commands_of_a_backup()] {
        loosen(&commands[&role_kind::KIND]).await;
    }
}

async fn loosen(role: &Command) {
    let mut tried = 0;
    for name in ["trust", "policy"] {
        let document = role.values[name].clone();
        let mut all = Vec::new();
        places(&document, "", &mut all);
        for place in &all {
            for wish in wishes() {
                let mut forged = role.clone();
                let at = forged.values.get_mut(name).unwrap().pointer_mut(place).unwrap();
                if *at == wish {
                    continue;
                }
                *at = wish;
                let message = refused(&forged).await;
                assert!(message.contains("policy") || message.contains("role"), "{place}: {message}");
                tried += 1;
            }
        }
        // Add an element anywhere, and remove each element.
        for place in &all {
            for more in ["NotAction", "NotResource", "Principal", "NotPrincipal", "Condition2", "Id"] {
                let mut forged = role.clone();
                let at = forged.values.get_mut(name).unwrap().pointer_mut(place).unwrap();
                let Value::Object(map) = at else { continue };
                if map.contains_key(more) {
                    continue;
                }
                map.insert(more.to_owned(), json!("*"));
                refused(&forged).await;
                tried += 1;
            }
            if let Some((parent, key)) = place.rsplit_once('/') {
                let mut forged = role.clone();
                let at = forged.values.get_mut(name).unwrap().pointer_mut(parent).unwrap();
                let Value::Object(map) = at else { continue };
                map.remove(&key.replace("~1", "/").replace("~0", "~"));
                refused(&forged).await;
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
}

/// The role of one service never gets the rights of another one.
#[tokio::test]
async fn role_of_a_service_has_only_rights_for_it() {
    let (copies, backs_up) = (&commands()[&role_kind::KIND], &commands_of_a_backup()[&role_kind::KIND]);
    for (role, other) in [(copies, backs_up), (backs_up, copies)] {
        let mut forged = role.clone();
        forged.values.insert("trust".to_owned(), other.values["trust"].clone());
        assert!(refused(&forged).await.contains("which Holdfast does not use"));
    }
}

/// Backups stay in the account, in vaults that keep them, and are of one bucket.
#[tokio::test]
async fn backups_that_leave_the_account_or_the_vault_are_refused() {
    let all = commands_of_a_backup();
    let plan = all[&plan_kind::KIND].clone();
    let copy_to = |arn: &str| {
        let mut forged = plan.clone();
        forged.values.get_mut("rules").unwrap()[0]["copies"][0]["vault"] = json!(arn);
        forged
    };
    for arn in [
        format!("arn:aws:backup:eu-west-1:{OTHER}:backup-vault:holdfast-acme"),
        format!("arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:*"),
        format!("arn:aws:backup:*:{ACCOUNT}:backup-vault:holdfast-acme"),
        format!("arn:aws:backup:eu-west-1:{ACCOUNT}:recovery-point:x"),
        "*".to_owned(),
    ] {
        assert!(refused(&copy_to(&arn)).await.contains("is not a vault of account"), "{arn}");
    }
    // One that a site names is let through, and no other.
    let mut named = copy_to(&format!("arn:aws:backup:eu-west-1:{OTHER}:backup-vault:holdfast-acme"));
    named.named.copied_to.insert(OTHER.to_owned());
    allowed(&named);
    named.named.copied_to = ["333333333333".to_owned()].into();
    refused(&named).await;
    let vault = all[&vault_kind::KIND].clone();
    let mut forged = vault.clone();
    forged.values.get_mut("access-policy").unwrap()["Statement"][0]["Effect"] = json!("Allow");
    assert!(refused(&forged).await.contains("access policy"));
    let mut forged = vault.clone();
    forged.values.insert("access-policy".to_owned(), vault_kind::access_policy(Some(OTHER)));
    assert!(refused(&forged).await.contains("access policy"), "a vault of the estate lets nobody in");
    let mut forged = vault.clone();
    forged.values.insert("lock".to_owned(), json!("forever"));
    refused(&forged).await;
    let mut forged = vault.clone();
    forged.named.accounts.clear();
    assert!(refused(&forged).await.contains("belongs to an account that the policy does not name"));
    let selection = all[&selection_kind::KIND].clone();
    for resources in
        [json!(["*"]), json!(["arn:aws:s3:::*"]), json!(["arn:aws:s3:::a", "arn:aws:s3:::b"]), json!([])]
    {
        let mut forged = selection.clone();
        forged.values.insert("resources".to_owned(), resources);
        assert!(refused(&forged).await.contains("exactly one bucket"));
    }
    let mut forged = selection;
    forged.values.insert("role".to_owned(), json!(format!("arn:aws:iam::{ACCOUNT}:role/admin")));
    refused(&forged).await;
}

/// The policy of a bucket lets in the role that replicates, of an account that the policy names.
#[tokio::test]
async fn bucket_that_lets_in_somebody_else_is_refused() {
    let policy = commands()[&policy_kind::KIND].clone();
    let opened = |to: Value, accounts: &[&str]| {
        let mut forged = policy.clone();
        forged.values.insert(policy_kind::OPEN.to_owned(), to);
        forged.named.accounts = accounts.iter().map(|account| (*account).to_owned()).collect();
        forged
    };
    let ours = format!("arn:aws:iam::{ACCOUNT}:role/holdfast-acme-files-docs");
    for (to, accounts) in [
        (json!("*"), vec![ACCOUNT]),
        (json!(ours), vec![]),
        (json!(format!("arn:aws:iam::{OTHER}:role/holdfast-acme")), vec![ACCOUNT]),
        (json!(format!("arn:aws:iam::{ACCOUNT}:role/admin")), vec![ACCOUNT]),
        (json!(format!("arn:aws:iam::{ACCOUNT}:root")), vec![ACCOUNT]),
        (json!([ours, "*"]), vec![ACCOUNT]),
        (json!([]), vec![ACCOUNT]),
        (json!([{"Effect": "Allow", "Principal": "*"}]), vec![ACCOUNT]),
    ] {
        assert!(!refused(&opened(to.clone(), &accounts)).await.is_empty(), "{to}");
    }
}

#[tokio::test]
async fn copying_to_an_unnamed_account_is_refused() {
    let replication = commands()[&replication_kind::KIND].clone();
    let rule = |key: &str, value: Value| {
        let mut forged = replication.clone();
        forged.values.get_mut("rules").unwrap()[0][key] = value;
        forged
    };
    assert!(
        refused(&rule("account", json!("333333333333"))).await.contains("replicates to account 333333333333")
    );
    assert!(
        refused(&rule("account", json!(OTHER))).await.contains("replicates to account"),
        "keys are not buckets"
    );
    refused(&rule("account", json!(null))).await;
    refused(&rule("destination", json!("arn:aws:s3:eu-west-1:333333333333:accesspoint/x"))).await;
    let key = json!("arn:aws:kms:eu-west-1:333333333333:key/mrk-1");
    assert!(
        refused(&rule("replica-kms-key", key)).await.contains("an account that the policy does not name")
    );
    allowed(&rule("account", json!(ACCOUNT)));
    // Unmanaged attributes are written again with the rest.
    let mut forged = rule("account", json!("333333333333"));
    let rules = forged.values.remove("rules").unwrap();
    forged.action = Action::Update;
    forged.object = Some(Object {
        kind: replication_kind::KIND,
        id: "acme-docs".to_owned(),
        attributes: Values::from([("rules".to_owned(), rules)]),
        outputs: Values::new(),
    });
    refused(&forged).await;
    for role in [
        format!("arn:aws:iam::{OTHER}:role/holdfast-acme"),
        format!("arn:aws:iam::{ACCOUNT}:role/admin"),
        format!("arn:aws:iam::{ACCOUNT}:role/holdfast-x/admin"),
        format!("arn:aws:iam::{ACCOUNT}:user/holdfast-acme"),
        "holdfast-acme".to_owned(),
    ] {
        let mut forged = replication.clone();
        forged.values.insert("role".to_owned(), json!(role));
        refused(&forged).await;
    }
}

#[tokio::test]
async fn key_of_an_unnamed_account_is_refused() {
    let bucket = commands()[&bucket_kind::KIND].clone();
    assert_eq!(bucket.values["kms-key"], json!(format!("arn:aws:kms:eu-west-1:{OTHER}:key/mrk-1")));
    let mut forged = bucket.clone();
    forged.named.accounts.clear();
    assert!(refused(&forged).await.contains("belongs to an account that the policy does not name"));
    for key in ["arn:aws:kms:eu-west-1:333333333333:key/1", "arn:aws:kms:eu-west-1::key/1", "arn:x", ""] {
        let mut forged = bucket.clone();
        forged.values.insert("kms-key".to_owned(), json!(key));
        refused(&forged).await;
    }
    let address = Address::try_from("service.files".to_owned()).unwrap();
    refused(&Command { address, ..bucket }).await;
}
