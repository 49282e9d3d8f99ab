//! The order of changes, from every case of the contract to every other one, in process: after each call, what worked before
//! and is to work afterwards works. What works is decided here, from the documentation of AWS, not by the compiler.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use holdfast::apply::{Limits, STEP_TIMEOUT, Settings, Watcher, apply};
use holdfast::cloud::{Callers, Calls, Cloud, CloudError, Command, Done};
use holdfast::journal::{self, Journal, JournalError, Memory, Run, Writer};
use holdfast::local::{Local, Weather};
use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::import::Survey;
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::observation::{Object, Observation, Wanted, scope};
use holdfast_compiler::plan::{Accounts, Consent, Context, Inputs, Plan, Step, confirm, diff, resume};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::source::Sources;
use serde_json::Value;

use crate::contract::cases::{CASES, Case, ESTATE, changed};

/// A pair of buckets, of which S3 copies the first to the second.
type Pair = (String, String);

/// The objects of a cloud at one moment.
struct Moment(Vec<Object>);

impl Moment {
    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.0.iter().filter(move |object| object.kind.to_string() == kind)
    }

    fn bucket(&self, name: &str) -> Option<&Object> {
        self.of("aws.bucket").find(|bucket| bucket.attributes["name"] == name)
    }

    /// The enabled rules, each with its source and destination, and what S3 lacks to copy by it.
    ///
    /// Sources: Amazon S3 User Guide, "Requirements and considerations for replication", "Setting up permissions for live
    /// replication", "Replicating encrypted objects".
    fn rules(&self) -> Vec<(Pair, Option<String>)> {
        let mut rules = Vec::new();
        for replication in self.of("aws.replication") {
            let from = replication.attributes["bucket"].as_str().unwrap().to_owned();
            for rule in replication.attributes["rules"].as_array().unwrap() {
                let to = rule["destination"].as_str().unwrap().trim_start_matches("arn:aws:s3:::").to_owned();
                if rule["status"] == "Enabled" {
                    let lack = self.lack(replication, rule, &from, &to);
                    rules.push(((from.clone(), to), lack));
                }
            }
        }
        rules
    }

    fn lack(&self, replication: &Object, rule: &Value, from: &str, to: &str) -> Option<String> {
        let (Some(source), Some(copy)) = (self.bucket(from), self.bucket(to)) else {
            return Some("a bucket".to_owned());
        };
        if [source, copy].iter().any(|bucket| bucket.attributes["versioning"] != "Enabled") {
            return Some("versioning".to_owned());
        }
        let arn = &replication.attributes["role"];
        let Some(role) = self.of("aws.role").find(|role| role.outputs.get("arn") == Some(arn)) else {
            return Some("its role".to_owned());
        };
        let locked =
            |bucket: &str| self.of("aws.bucket-lock").any(|lock| lock.attributes["bucket"] == bucket);
        if locked(from) && !locked(to) {
            return Some("Object Lock of the copy".to_owned());
        }
        let policy = self.of("aws.bucket-policy").find(|policy| policy.attributes["bucket"] == to);
        let only =
            policy.and_then(|policy| policy.attributes.get("replicated-only-by")).filter(|by| !by.is_null());
        let spares = |by: &Value| by == arn || by.as_array().is_some_and(|all| all.contains(arn));
        if only.is_some_and(|by| !spares(by)) {
            return Some("the policy of the copy".to_owned());
        }
        let mut needed = vec![
            ("s3:GetReplicationConfiguration", format!("arn:aws:s3:::{from}")),
            ("s3:ListBucket", format!("arn:aws:s3:::{from}")),
            ("s3:GetObjectVersionForReplication", format!("arn:aws:s3:::{from}/*")),
            ("s3:ReplicateObject", format!("arn:aws:s3:::{to}/*")),
        ];
        let encrypted = source.attributes["encryption"] == "aws:kms";
        if encrypted && rule.get("sse-kms-objects").is_none_or(|on| on != "Enabled") {
            return Some("the selection of objects under KMS".to_owned());
        }
        if encrypted {
            needed.push(("kms:Decrypt", format!("arn:aws:s3:::{from}")));
            needed.push(("kms:Encrypt", format!("arn:aws:s3:::{to}")));
        }
        needed
            .into_iter()
            .find(|(action, on)| !allows(role, action, on))
            .map(|(action, on)| format!("{action} on {on}"))
    }

    fn works(&self) -> BTreeSet<Pair> {
        self.rules().into_iter().filter(|(_, lack)| lack.is_none()).map(|(pair, _)| pair).collect()
    }

    /// The site that the PRIMARY record of a name sends users to: its set identifier.
    fn answers(&self, name: &str) -> Option<Value> {
        let mut primary = self
            .of("aws.record")
            .filter(|record| record.attributes["name"] == name && record.attributes["failover"] == "PRIMARY");
        let first = primary.next()?;
        assert!(primary.next().is_none(), "two PRIMARY records of {name}");
        Some(first.attributes["set-identifier"].clone())
    }

    /// Names with one half of a failover pair. A SECONDARY without its PRIMARY gets all users.
    fn halves(&self) -> Vec<String> {
        let half = |role: &str| -> BTreeSet<&str> {
            let records = self.of("aws.record").filter(|record| record.attributes["failover"] == role);
            records.map(|record| record.attributes["name"].as_str().unwrap()).collect()
        };
        half("PRIMARY").symmetric_difference(&half("SECONDARY")).map(|name| (*name).to_owned()).collect()
    }
}

/// Whether a statement of the role's policy names the action and the resource. For keys, the resource is the bucket in the
/// encryption context.
fn allows(role: &Object, action: &str, on: &str) -> bool {
    let names = |value: &Value, name: &str| match value {
        Value::Array(all) => all.iter().any(|one| one == name),
        one => one == name,
    };
    let statements = role.attributes["policy"]["Statement"].as_array().unwrap();
    statements.iter().filter(|statement| names(&statement["Action"], action)).any(|statement| {
        let context = &statement["Condition"]["StringLike"]["kms:EncryptionContext:aws:s3:arn"];
        names(if action.starts_with("kms:") { context } else { &statement["Resource"] }, on)
    })
}

/// What has to be allowed for the cases.
fn consents(graph: &Graph) -> BTreeSet<Consent> {
    let locks = graph.iter().filter(|resource| resource.address.kind().name() == "aws.bucket-lock");
    let locks = locks.map(|resource| Consent::Lock(resource.address.clone()));
    let services = ["s", "renamed"].map(|service| Consent::Teardown(service.to_owned()));
    locks.chain(services).chain([Consent::Many]).collect()
}

/// A cloud that is looked at after every call.
struct Watched<'a> {
    cloud: &'a Local,
    moments: Mutex<Vec<(String, Moment)>>,
}

#[async_trait]
impl Cloud for Watched<'_> {
    fn name(&self) -> String {
        self.cloud.name()
    }
    async fn callers(&self) -> Result<Callers, CloudError> {
        self.cloud.callers().await
    }
    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError> {
        self.cloud.observe(scope).await
    }
    async fn survey(&self) -> Result<Survey, CloudError> {
        self.cloud.survey().await
    }
    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        let done = self.cloud.execute(batch).await;
        let steps: Vec<String> =
            batch.iter().map(|command| format!("{} {}", command.action, command.step)).collect();
        self.moments.lock().unwrap().push((steps.join(", "), Moment(self.cloud.objects())));
        done
    }
    fn calls(&self) -> Calls {
        self.cloud.calls()
    }
}

struct Nobody;

impl Watcher for Nobody {
    fn started(&self, _: &Step) {}
    fn ended(&self, _: &Step, _: Result<(), &CloudError>) {}
}

/// An estate in the embedded cloud.
struct World {
    cloud: Local,
    memory: Memory,
}

impl World {
    /// Apply a policy. Returns its plan and the moments after each call.
    async fn apply(&self, policy: &str) -> Result<(Plan, Vec<(String, Moment)>), String> {
        let plan = self.plan(policy, &[]).await?;
        let digest = plan.digest().unwrap();
        let moments = self.run(&plan, &digest).await.map_err(|error| error.to_string())?;
        Ok((plan, moments))
    }

    /// Plan a policy, and observe what `more` names besides.
    async fn plan(&self, policy: &str, more: &[Wanted]) -> Result<Plan, String> {
        let mut sources = Sources::default();
        sources.add("policy.yaml", format!("{ESTATE}---\n{policy}"));
        let compiled = compile(&sources, Options::default()).map_err(|error| format!("{error:?}"))?;
        let account = "000000000000".to_owned();
        let graph = lower(&compiled.policy, &TargetAccounts::one("aws", account.clone())).unwrap();
        let accounts = Accounts::one("aws", account, "aws");
        let context = Context { estate: "t".to_owned(), cloud: "local:memory".to_owned(), accounts };
        let entries = Journal::in_memory(&self.memory).read().await.unwrap().entries;
        let owned = journal::owned(&entries, &context);
        let copies = journal::copies(&entries, &context);
        let wanted: BTreeSet<Wanted> =
            scope(&graph, &owned).into_iter().chain(more.iter().cloned()).collect();
        let observation = self.cloud.observe(&wanted.into_iter().collect::<Vec<_>>()).await.unwrap();
        diff(Inputs {
            context,
            sources: &sources,
            compiled: &compiled,
            graph: &graph,
            owned: &owned,
            copies: &copies,
            observation: &observation,
            was: &Posture::default(),
            posture: &Posture::default(),
            consents: consents(&graph),
        })
        .map_err(|errors| errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join("; "))
    }

    /// Apply a plan or the rest of it, under the digest of the whole.
    async fn run(&self, plan: &Plan, digest: &str) -> Result<Vec<(String, Moment)>, JournalError> {
        let claim = Journal::in_memory(&self.memory).claim("it", None).await?;
        let run = Run::new(
            plan.context.clone(),
            plan.posture.clone(),
            digest.to_owned(),
            plan.pending().count(),
            "it".to_owned(),
        );
        let writer = Writer::begin(&claim, run, None).await?;
        let settings = Settings { parallelism: 1, limits: Limits::none(), step_timeout: STEP_TIMEOUT };
        let watched = Watched { cloud: &self.cloud, moments: Mutex::default() };
        let outcome = apply(plan, &watched, &writer, &settings, &Nobody, std::future::pending()).await;
        drop(writer);
        if let Some(error) = outcome.journal {
            return Err(error);
        }
        assert!(outcome.failed.is_empty() && outcome.not_started.is_empty(), "{:?}", outcome.failed);
        Ok(watched.moments.into_inner().unwrap())
    }
}

/// Go from one case to another and check every moment. Returns why that cannot be done.
async fn transition(from: &Case, to: &Case) -> Result<(), String> {
    let world = World { cloud: Local::in_memory(Weather::default()), memory: Memory::new(None) };
    world.apply(&changed(from)).await.unwrap();
    let before = Moment(world.cloud.objects());
    let (plan, moments) = world.apply(&changed(to)).await?;
    let after = Moment(world.cloud.objects());
    let what = format!("from `{}` to `{}`", from.name, to.name);
    let kept: BTreeSet<Pair> = before.works().intersection(&after.works()).cloned().collect();
    let (old, new) = (before.answers("www.t.example"), after.answers("www.t.example"));
    let told: Vec<&str> = moments.iter().map(|(step, _)| step.as_str()).collect();
    for (step, moment) in &moments {
        let at = || format!("{what}, after {step}; all: {told:#?}");
        for (pair, lack) in moment.rules() {
            assert_eq!(lack, None, "{pair:?} does not work {}", at());
        }
        let works = moment.works();
        assert!(kept.is_subset(&works), "{:?} is off {}", kept.difference(&works), at());
        assert_eq!(moment.halves(), Vec::<String>::new(), "{}", at());
        let now = moment.answers("www.t.example");
        if old != new && now == new && new.is_some() {
            assert!(after.works().is_subset(&works), "users are sent before the data {}", at());
        }
        if old != new && now == old && old.is_some() && new.is_some() {
            assert!(before.works().is_subset(&works), "data is given up before the users are moved {}", at());
        }
    }
    // The records of one name change in one batch.
    let name = |step: &Step| {
        let wanted = holdfast_compiler::resource::known(&step.attributes);
        let values = if wanted.is_empty() { step.before().cloned().unwrap_or_default() } else { wanted };
        values["name"].as_str().unwrap().to_owned()
    };
    let records = plan.pending().filter(|step| step.address.kind().to_string() == "aws.record");
    let batches: BTreeSet<(String, Option<String>)> =
        records.map(|step| (name(step), step.batch.clone())).collect();
    let names: BTreeSet<&String> = batches.iter().map(|(name, _)| name).collect();
    assert_eq!(batches.len(), names.len(), "{what}: {batches:?}");
    let (rest, _) = world.apply(&changed(to)).await?;
    assert!(rest.is_empty(), "{what}: something is left");
    Ok(())
}

/// Pairs that contradict each other, with the reason.
const IMPOSSIBLE: &[(&str, &str, &str)] = &[
    (
        "copies that go both ways",
        "versions that are locked",
        "aws.bucket-lock.s.d.two would stop the replication `t-contract-d-us-west-2`, which this plan removes; \
         aws.bucket-lock.s.d.three would stop the replication `t-contract-d-eu-west-1`, which this plan removes",
    ),
    (
        "a copy becomes the original",
        "versions that are locked",
        "aws.bucket-lock.s.d.two would stop the replication `t-contract-d-us-west-2`, which this plan removes",
    ),
];

#[test]
fn no_moment_of_any_change_breaks_what_works() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut impossible = Vec::new();
    for from in CASES {
        for to in CASES.iter().filter(|to| to.name != from.name) {
            if let Err(why) = runtime.block_on(transition(from, to)) {
                impossible.push((from.name, to.name, why));
            }
        }
    }
    let listed: Vec<(&str, &str, String)> =
        IMPOSSIBLE.iter().map(|(from, to, why)| (*from, *to, (*why).to_owned())).collect();
    assert_eq!(impossible, listed);
}

/// A saved plan, interrupted after an entry of the journal, is resumed as it was approved. Returns whether it was interrupted.
async fn interrupted(from: &Case, to: &Case, after: u64) -> bool {
    let world = World { cloud: Local::in_memory(Weather::default()), memory: Memory::new(None) };
    world.apply(&changed(from)).await.unwrap();
    let before = Moment(world.cloud.objects());
    let plan = world.plan(&changed(to), &[]).await.unwrap();
    let digest = plan.digest().unwrap();
    world.memory.break_after(Some(world.memory.entries() + after));
    let broken = world.run(&plan, &digest).await.is_err();
    world.memory.break_after(None);
    let what = format!("from `{}` to `{}`, interrupted after entry {after}", from.name, to.name);
    if broken {
        let entries = Journal::in_memory(&world.memory).read().await.unwrap().entries;
        let begun = journal::begun(&entries, &plan.context, &digest);
        let now = world.cloud.observe(&plan.scope).await.unwrap();
        let (rest, _) = resume(&plan, &begun, &now);
        let fresh = world.plan(&changed(to), &plan.scope).await.unwrap();
        let rest = confirm(&rest, &fresh, !begun.is_empty()).unwrap_or_else(|why| panic!("{what}: {why:?}"));
        for (step, moment) in world.run(&rest, &digest).await.unwrap() {
            let kept: BTreeSet<Pair> = before.works();
            let lost = moment.rules().into_iter().find(|(pair, lack)| kept.contains(pair) && lack.is_some());
            assert_eq!(lost, None, "{what}, after {step}");
        }
    }
    assert!(world.plan(&changed(to), &[]).await.unwrap().is_empty(), "{what}: something is left");
    broken
}

#[test]
fn interrupted_change_is_resumed_as_it_was_approved() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let case = |name: &str| CASES.iter().find(|case| case.name == name).unwrap();
    let changes = [
        ("nothing", "primary and standby swap"),
        ("nothing", "a copy becomes the original"),
        ("nothing", "encryption with KMS"),
        ("encryption with KMS", "one copy less"),
        ("a copy becomes the original", "encryption with KMS"),
    ];
    for (from, to) in changes {
        let mut after = 1;
        while runtime.block_on(interrupted(case(from), case(to), after)) {
            after += 1;
        }
        assert!(after > 8, "from `{from}` to `{to}`: only {after} entries");
    }
}
