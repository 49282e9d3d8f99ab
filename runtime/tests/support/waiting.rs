//! Plans made by hand and a cloud that only waits, to test the scheduler alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use holdfast::apply::{Outcome, Settings, Stopped, Watcher, apply};
use holdfast::cloud::{Caller, Callers, Calls, Class, Cloud, CloudError, Command, Cost, Done};
use holdfast::journal::{Journal, Place, Run, Writer};
use holdfast_compiler::import::Survey;
use holdfast_compiler::observation::{Observation, Wanted};
use holdfast_compiler::plan::{Account, Accounts, Action, Context, Plan, Step, StepId};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::resource::{Address, Attribute, Named};

/// A create step, from its address and its needs.
pub fn step(address: &str, needs: &[&str]) -> Step {
    let at = |text: &str| Address::try_from(text.to_owned()).expect("an address");
    Step {
        id: StepId::of(&at(address)),
        address: at(address),
        action: Action::Create,
        purpose: String::new(),
        reason: String::new(),
        unfinished: false,
        cause: None,
        place: None,
        changes: Vec::new(),
        cautions: Vec::new(),
        attributes: BTreeMap::new(),
        named: Named::default(),
        object: None,
        displaces: Vec::new(),
        superseded: false,
        needs: needs.iter().map(|need| StepId::of(&at(need))).collect(),
        follows: BTreeSet::new(),
        batch: None,
    }
}

/// A step for a record of a zone, in a batch.
pub fn record(address: &str, zone: &str, batch: &str) -> Step {
    let attributes = BTreeMap::from([("zone".to_owned(), Attribute::Known(zone.into()))]);
    Step { attributes, batch: Some(batch.to_owned()), ..step(address, &[]) }
}

/// A plan of steps.
pub fn plan(steps: Vec<Step>) -> Plan {
    let [estate, cloud] = ["t", "waiting"].map(str::to_owned);
    let accounts = Accounts::one("aws", "000000000000", "waiting");
    Plan {
        foreign: Vec::new(),
        was: Posture::default(),
        posture: Posture::default(),
        turns: Vec::new(),
        copies: Vec::new(),
        assumed: Vec::new(),
        policy_changes: None,
        lost: Vec::new(),
        behind: Vec::new(),
        awaited: Vec::new(),
        context: Context { estate, cloud, accounts },
        policy: String::new(),
        observed: Vec::new(),
        scope: Vec::new(),
        objectives: Vec::new(),
        commands: Vec::new(),
        waived: Vec::new(),
        unmade: Vec::new(),
        billed: Vec::new(),
        backups: Vec::new(),
        lags: Vec::new(),
        ways_home: Vec::new(),
        checks: Vec::new(),
        steps,
        left: Vec::new(),
        unknown: Vec::new(),
        waiting: Vec::new(),
        moved: Vec::new(),
        confirmed: Vec::new(),
        leaving: BTreeSet::new(),
        consents: BTreeSet::new(),
        targets: Vec::new(),
    }
}

/// A cloud in which every call takes some time.
#[derive(Default)]
pub struct Waiting {
    /// How long a call takes; in milliseconds for some addresses.
    pub latency: Duration,
    pub longer: BTreeMap<&'static str, Duration>,
    /// The calls of a step, by its kind.
    pub costs: BTreeMap<&'static str, &'static str>,
    /// When each step began and ended, in the order in which they began.
    pub spans: Mutex<Vec<(String, Instant, Option<Instant>)>>,
    pub running: AtomicUsize,
    /// The maximum number of steps that ran concurrently.
    pub most: AtomicUsize,
}

impl Waiting {
    /// The steps in the order in which they began.
    pub fn order(&self) -> Vec<String> {
        self.spans.lock().expect("spans").iter().map(|(step, ..)| step.clone()).collect()
    }
}

#[async_trait]
impl Cloud for Waiting {
    fn name(&self) -> String {
        "waiting".to_owned()
    }

    async fn callers(&self) -> Result<Callers, CloudError> {
        let account = Account { id: "000000000000".to_owned(), partition: "waiting".to_owned() };
        let caller = Caller { account, principal: "waiting:user/t".to_owned() };
        Ok(Callers::from([("aws".to_owned(), caller)]))
    }

    async fn observe(&self, _: &[Wanted]) -> Result<Observation, CloudError> {
        Ok(Observation::default())
    }

    async fn survey(&self) -> Result<Survey, CloudError> {
        Err(CloudError::new(Class::Other, "waiting:Survey", "NotImplemented", "there is nothing to survey"))
    }

    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let steps = || batch.iter().map(|command| command.address.to_string());
        self.spans.lock().expect("spans").extend(steps().map(|step| (step, Instant::now(), None)));
        let longest = steps().filter_map(|step| self.longer.get(step.as_str()).copied()).max();
        tokio::time::sleep(longest.unwrap_or(self.latency)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        let names: Vec<String> = steps().collect();
        for (step, _, end) in self.spans.lock().expect("spans").iter_mut() {
            if names.contains(step) {
                *end = Some(Instant::now());
            }
        }
        let done = |command: &Command| Done { id: command.address.to_string(), outputs: BTreeMap::new() };
        batch.iter().map(|command| Ok(done(command))).collect()
    }

    fn cost(&self, batch: &[Command]) -> Cost {
        let kinds = batch.iter().map(|command| command.address.kind().to_string());
        kinds.filter_map(|kind| Some((*self.costs.get(kind.as_str())?, 1))).collect()
    }

    fn calls(&self) -> Calls {
        Calls::default()
    }
}

struct Nobody;

impl Watcher for Nobody {
    fn started(&self, _: &Step) {}
    fn ended(&self, _: &Step, _: Result<(), &CloudError>) {}
}

/// Execute a plan with a real journal, and return how long it took.
pub async fn run(
    plan: &Plan,
    cloud: &Waiting,
    settings: &Settings,
    stop: impl Future<Output = Stopped>,
) -> (Outcome, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::Folder(folder.path().to_owned());
    let claim = Journal::open(&place).await.expect("a journal").claim("nobody", None).await.expect("a claim");
    let run = Run::new(
        plan.context.clone(),
        plan.posture.clone(),
        plan.digest().expect("a digest"),
        plan.steps.len(),
        "nobody".to_owned(),
    );
    let journal = Writer::begin(&claim, run, None).await.expect("a run");
    let began = Instant::now();
    let outcome = apply(plan, cloud, &journal, settings, &Nobody, stop).await;
    (outcome, began.elapsed())
}
