//! Simulation on the embedded cloud, in process: thousands of applies in bad weather, interrupted at any entry of the
//! journal, and with two runners at once. In every case, the final cloud is the same.
//!
//! A failure prints its seed; `HOLDFAST_SEED=N` runs that one alone.

#[path = "../../fixtures/estate.rs"]
#[allow(dead_code, reason = "the example's own main")]
mod estate;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use holdfast::apply::{Limits, STEP_TIMEOUT, Settings, Watcher, apply};
use holdfast::cloud::{Callers, Calls, Class, Cloud, CloudError, Command, Done};
use holdfast::journal::{self, End, Event, Journal, JournalError, Memory, Progress, Run, Writer};
use holdfast::local::{Local, Weather};
use holdfast_compiler::compile::{Compiled, Options, compile};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::import::Survey;
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::observation::{Observation, Wanted, scope};
use holdfast_compiler::plan::{Accounts, Consents, Context, Inputs, Plan, Step, diff};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::resource::{Kind, Lifecycle};
use holdfast_compiler::source::Sources;
use tokio::time::timeout;

/// An estate, compiled once.
struct Estate {
    sources: Sources,
    compiled: Compiled,
    graph: Graph,
    context: Context,
}

impl Estate {
    fn new(services: usize) -> Self {
        let mut sources = Sources::default();
        sources.add("estate.yaml", estate::documents(services).join("---\n"));
        let compiled = compile(&sources, Options::default()).unwrap();
        let account = "000000000000".to_owned();
        let graph = lower(&compiled.policy, &TargetAccounts::one("aws", account.clone())).unwrap();
        let context = Context {
            estate: "acme".to_owned(),
            cloud: "local:memory".to_owned(),
            accounts: Accounts::one("aws", account, "aws"),
        };
        Self { sources, compiled, graph, context }
    }
}

/// An estate on a cloud with a journal.
#[derive(Clone)]
struct World {
    estate: Arc<Estate>,
    cloud: Arc<Local>,
    memory: Memory,
}

impl World {
    fn new(estate: &Arc<Estate>, weather: Weather, lease: Option<u64>) -> Self {
        let cloud = Arc::new(Local::in_memory(weather));
        Self { estate: estate.clone(), cloud, memory: Memory::new(lease) }
    }

    fn plan(&self, observation: &Observation, entries: &[journal::Entry]) -> Plan {
        let Estate { sources, compiled, graph, context } = &*self.estate;
        let (owned, copies) = (journal::owned(entries, context), journal::copies(entries, context));
        let (context, consents) = (context.clone(), Consents::default());
        diff(Inputs {
            context,
            sources,
            compiled,
            graph,
            owned: &owned,
            copies: &copies,
            observation,
            was: &Posture::default(),
            posture: &Posture::default(),
            consents,
        })
        .unwrap()
    }

    /// Plan and apply, as `holdfast apply` does. Returns whether everything is done.
    async fn attempt(
        &self,
        runner: &str,
        parallelism: usize,
        over: Option<u64>,
    ) -> Result<bool, JournalError> {
        let journal = Journal::in_memory(&self.memory);
        let claim = journal.claim(runner, over).await?;
        let owned = journal::owned(claim.entries(), &self.estate.context);
        let observation = self.cloud.observe(&scope(&self.estate.graph, &owned)).await.unwrap();
        let plan = self.plan(&observation, claim.entries());
        if plan.is_empty() {
            return Ok(true);
        }
        let run = Run::new(
            plan.context.clone(),
            plan.posture.clone(),
            plan.digest().unwrap(),
            plan.pending().count(),
            runner.to_owned(),
        );
        let writer = Writer::begin(&claim, run, None).await?;
        let settings = Settings { parallelism, limits: Limits::none(), step_timeout: STEP_TIMEOUT };
        let cloud = Mortal { cloud: &self.cloud, memory: &self.memory };
        let never = std::future::pending();
        let outcome = apply(&plan, &cloud, &writer, &settings, &Nobody, never).await;
        drop(writer);
        match outcome.journal {
            Some(error) => Err(error),
            None => Ok(outcome.failed.is_empty() && outcome.not_started.is_empty()),
        }
    }

    /// Apply until there is nothing left to do, in good weather.
    async fn settle(&self, what: &str) {
        self.cloud.set_weather(Weather::default());
        self.memory.break_after(None);
        for _ in 0..6 {
            if self.attempt("the last one", 8, None).await.unwrap() && self.is_settled().await {
                return;
            }
        }
        panic!("{what}: it does not converge");
    }

    async fn is_settled(&self) -> bool {
        let history = Journal::in_memory(&self.memory).read().await.unwrap();
        let owned = journal::owned(&history.entries, &self.estate.context);
        let observation = self.cloud.observe(&scope(&self.estate.graph, &owned)).await.unwrap();
        self.plan(&observation, &history.entries).is_empty()
    }

    /// The objects, without the ids that the cloud assigns.
    fn view(&self) -> BTreeMap<String, usize> {
        let mut view = BTreeMap::new();
        for object in self.cloud.objects() {
            let mut attributes = object.attributes;
            attributes.remove("health-check");
            let line = format!("{} {}", object.kind, serde_json::to_string(&attributes).unwrap());
            *view.entry(line).or_default() += 1;
        }
        view
    }

    /// Check the end: the same cloud as after an undisturbed apply, a valid journal, no unknown results, and the
    /// estate owns everything.
    async fn is_as_it_should_be(&self, calm: &BTreeMap<String, usize>, what: &str) {
        assert_eq!(&self.view(), calm, "{what}");
        let history =
            Journal::in_memory(&self.memory).verify().await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let ended = history.runs.iter().filter(|run| matches!(run.end, End::Finished { .. }));
        let unknown: usize = ended.map(|run| run.count(Progress::InProgress)).sum();
        assert_eq!(unknown, 0, "{what}: a run that ended leaves nothing unknown");
        let owned = journal::owned(&history.entries, &self.estate.context);
        let managed = |kind: Kind| kind.schema().lifecycle == Lifecycle::Managed;
        let made = self.cloud.objects().iter().filter(|object| managed(object.kind)).count();
        assert_eq!(owned.len(), made, "{what}: what is there is ours, once");
    }
}

/// A cloud that ignores a runner whose journal is broken, because that runner is dead.
struct Mortal<'a> {
    cloud: &'a Local,
    memory: &'a Memory,
}

#[async_trait]
impl Cloud for Mortal<'_> {
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
        // Half of the calls that were in flight when the runner died arrive.
        let lost = self.memory.is_broken() && self.memory.entries().is_multiple_of(2);
        if lost {
            let error = CloudError::new(Class::Other, "local:execute", "Dead", "the runner is dead");
            return batch.iter().map(|_| Err(error.clone())).collect();
        }
        self.cloud.execute(batch).await
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

/// The cloud after an undisturbed apply, and the number of entries in its journal.
async fn calm(estate: &Arc<Estate>) -> (BTreeMap<String, usize>, u64) {
    let world = World::new(estate, Weather::default(), None);
    assert!(world.attempt("calm", 8, None).await.unwrap());
    (world.view(), world.memory.entries())
}

/// The timeout of a case, which is ample even on the slowest machine.
const HANGS: Duration = Duration::from_secs(300);

/// Run a case for every seed, on all cores. The panic of a failed case names its seed.
fn for_every<F>(seeds: std::ops::Range<u64>, case: impl Fn(u64) -> F + Send + Sync)
where
    F: Future<Output = ()>,
{
    let only: Option<u64> = std::env::var("HOLDFAST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = only.map_or_else(|| seeds.collect(), |seed| vec![seed]);
    // A case spends half of its time waiting for its journal.
    let workers = 2 * std::thread::available_parallelism().map_or(1, usize::from).min(4);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (seeds, case) = (&seeds, &case);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                for seed in seeds.iter().skip(worker).step_by(workers) {
                    // A case takes a second. Without a timeout, a case that hangs would not print its seed.
                    let ended = runtime.block_on(async { timeout(HANGS, case(*seed)).await });
                    ended.unwrap_or_else(|_| panic!("seed {seed}: it hangs"));
                }
            });
        }
    });
}

/// Pseudorandom numbers from a seed.
fn number(seed: u64, nth: u64, below: u64) -> u64 {
    let mut z =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(nth.wrapping_mul(0xbf58_476d_1ce4_e5b9));
    z = (z ^ (z >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn faults_and_crashes_of_two_thousand_seeds_end_in_the_same_cloud() {
    let estate = Arc::new(Estate::new(2));
    let (wanted, entries) = runtime().block_on(calm(&estate));
    for_every(0..2000, |seed| {
        let (estate, wanted) = (&estate, &wanted);
        async move {
            let percent = |nth: u64| u8::try_from(number(seed, nth, 40)).unwrap();
            let weather = Weather {
                seed,
                before: percent(1),
                after: percent(2),
                throttle: percent(3),
                stale: percent(4),
                ..Weather::default()
            };
            let world = World::new(estate, weather, None);
            let parallelism = usize::try_from(1 + number(seed, 5, 8)).unwrap();
            for attempt in 0..number(seed, 6, 5) {
                let more = 1 + number(seed, 10 + attempt, entries);
                world.memory.break_after(Some(world.memory.entries() + more));
                // It may fail, be interrupted or succeed.
                let _ = world.attempt("in bad weather", parallelism, None).await;
                world.memory.break_after(None);
            }
            let what = format!("seed {seed}");
            world.settle(&what).await;
            world.is_as_it_should_be(wanted, &what).await;
        }
    });
}

/// The crash matrix: the estate of twenty services, interrupted after every entry of the journal.
#[test]
fn apply_killed_after_any_journal_entry_can_be_resumed() {
    let estate = Arc::new(Estate::new(20));
    let (wanted, entries) = runtime().block_on(calm(&estate));
    assert!(entries > 360, "there are only {entries} entries");
    for_every(1..entries, |after| {
        let (estate, wanted) = (&estate, &wanted);
        async move {
            let what = format!("interrupted after entry {after}");
            let world = World::new(estate, Weather::default(), None);
            world.memory.break_after(Some(after));
            let error = world.attempt("the first one", 16, None).await.expect_err(&what);
            assert!(error.to_string().contains("it breaks here"), "{what}: {error}");
            world.memory.break_after(None);
            // One more apply completes it.
            assert!(world.attempt("the second one", 16, None).await.unwrap(), "{what}");
            assert!(world.is_settled().await, "{what}");
            world.is_as_it_should_be(wanted, &what).await;
        }
    });
}

/// Every write to a journal that breaks gets an error, at any moment: no writer waits forever.
#[test]
fn write_to_a_broken_journal_returns_an_error() {
    let context = Estate::new(1).context;
    for_every(0..20_000, |seed| {
        let context = context.clone();
        async move {
            let memory = Memory::new(None);
            let claim = Journal::in_memory(&memory).claim("it", None).await.unwrap();
            let run = Run::new(context, Posture::default(), String::new(), 1, "it".to_owned());
            let writer = Writer::begin(&claim, run, None).await.unwrap();
            memory.break_after(Some(memory.entries()));
            let many = async {
                for _ in 0..number(seed, 1, 40) {
                    tokio::task::yield_now().await;
                }
                for _ in 0..20 {
                    let error = writer.append(Event::Alive).await.unwrap_err();
                    assert!(error.to_string().contains("it breaks here"), "seed {seed}: {error}");
                }
            };
            let (first, ()) = futures::join!(writer.append(Event::Alive), many);
            assert!(first.is_err(), "seed {seed}");
        }
    });
}

/// Two runners on a shared journal: the first is paused in the middle of its run until the second has taken over and
/// ended, or has been refused. After that, the first cannot do anything.
#[test]
fn only_one_of_two_runners_on_a_shared_journal_continues() {
    const LEASE: u64 = 10;
    let estate = Arc::new(Estate::new(2));
    let (wanted, entries) = runtime().block_on(calm(&estate));
    for_every(0..300, |seed| {
        let (estate, wanted) = (&estate, &wanted);
        async move {
            let what = format!("seed {seed}");
            let world = World::new(estate, Weather::default(), Some(LEASE));
            world.memory.hold(1, 1 + number(seed, 1, entries - 8));
            let first = world.clone();
            let parallelism = usize::try_from(1 + number(seed, 2, 8)).unwrap();
            let held = async { first.attempt("the first one", parallelism, None).await };
            let second = async {
                while !world.memory.is_holding() {
                    tokio::task::yield_now().await;
                }
                let locked = world.attempt("the second one", 8, None).await.expect_err(&what);
                assert!(matches!(locked, JournalError::Locked { .. }), "{what}: {locked}");
                assert!(locked.to_string().contains("the first one"), "{what}: {locked}");
                world.memory.age(Duration::from_secs(LEASE + 1));
                let dead = world.attempt("the second one", 8, None).await.expect_err(&what);
                assert!(matches!(dead, JournalError::Abandoned(_)), "{what}: {dead}");
                let over = world.attempt("the second one", 8, Some(1)).await;
                over.unwrap_or_else(|error| panic!("{what}: {error}"));
                world.memory.release();
            };
            let (first, ()) = futures::join!(held, second);
            let fenced = first.expect_err(&what);
            assert!(fenced.to_string().contains("the second one"), "{what}: {fenced}");
            world.settle(&what).await;
            world.is_as_it_should_be(wanted, &what).await;
        }
    });
}
