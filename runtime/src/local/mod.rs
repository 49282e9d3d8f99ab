//! The embedded cloud: a file, driven by the same schemas as the real cloud. It is not a mock: it enforces the
//! preconditions of the real cloud (`rules.rs`), and it can be told to fail ([`Fault`], [`Weather`]).

pub mod embedded;
pub mod entries;
mod objects;
mod recovery;
mod rules;
pub mod store;
mod weather;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_compiler::backups::{BackupPlace, SeenBackup, SeenBackups};
use holdfast_compiler::import::Survey;
use holdfast_compiler::observation::{Object, Observation, Unseen, Wanted};
use holdfast_compiler::plan::{Account, Action};
use holdfast_compiler::resource::{Identity, Kind, Lifecycle, Values};
use holdfast_compiler::signals::{SeenSignals, Signal};

use crate::cloud::{
    Caller, Callers, Calls, Class, Cloud, CloudError, Command, Done, Objects, RecoveryPoints,
};
use crate::provider::{self, PROVIDERS};
use crate::refusal;
pub use embedded::{Checked, Embedded, Look};
pub use entries::Fault;
pub use store::State;
use store::Store;
use weather::Fate;
pub use weather::Weather;

/// An embedded cloud in a file. The first change creates the file.
#[derive(Debug)]
pub struct Local {
    path: PathBuf,
    /// `None` for a cloud in memory.
    store: Option<Store>,
    state: Mutex<State>,
    /// The objects before the last change, which a stale read shows.
    earlier: Mutex<Option<Vec<Object>>>,
    calls: Mutex<Calls>,
}

impl Local {
    /// Open the cloud in a file; an empty one if there is no file.
    ///
    /// # Errors
    /// The file cannot be read or is not an embedded cloud.
    pub fn open(path: &Path) -> Result<Self, CloudError> {
        let store = Store::new(path);
        let state = store.load()?;
        Ok(Self::new(path, Some(store), state))
    }

    /// An empty cloud in memory.
    #[must_use]
    pub fn in_memory(weather: Weather) -> Self {
        let mut state = State::fresh();
        state.weather = Some(weather);
        Self::new(Path::new("memory"), None, state)
    }

    fn new(path: &Path, store: Option<Store>, state: State) -> Self {
        let (state, earlier) = (Mutex::new(state), Mutex::default());
        Self { path: path.to_owned(), store, state, earlier, calls: Mutex::default() }
    }

    /// Change the weather from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.state().weather = Some(weather);
    }

    /// All objects in the cloud.
    #[must_use]
    pub fn objects(&self) -> Vec<Object> {
        self.state().objects().cloned().collect()
    }

    /// What is seen of these objects while regions are lost.
    fn observation<'a>(objects: impl Iterator<Item = &'a Object>, lost: &BTreeSet<String>) -> Observation {
        let mut all = Observation::default();
        for object in objects {
            let region = provider::embedded(object.kind).and_then(|kind| kind.region(&object.attributes));
            match region.filter(|region| lost.contains(region)) {
                None => all.objects.push(object.clone()),
                Some(region) => all.unseen.push(Unseen {
                    kind: object.kind,
                    identity: object.identity(),
                    reason: format!("{region} does not answer (weather)"),
                    region: Some(region),
                    taken: false,
                    evacuated: false,
                }),
            }
        }
        all
    }

    /// What the weather does to the next call; `None` if no weather is set.
    fn fate<T>(&self, ask: impl FnOnce(&mut Weather) -> T) -> Option<T> {
        self.state().weather.as_mut().map(ask)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).count("local");
    }
}

#[async_trait]
impl Cloud for Local {
    fn name(&self) -> String {
        format!("local:{}", self.path.display())
    }

    /// It has all providers, and one account at each.
    async fn callers(&self) -> Result<Callers, CloudError> {
        let id = self.state().account.clone();
        let callers = PROVIDERS.iter().map(|provider| {
            let account = Account { id: id.clone(), partition: provider.partition.to_owned() };
            let caller = Caller { account, principal: format!("local:user/{id}") };
            (provider.declared.name.to_owned(), caller)
        });
        Ok(callers.collect())
    }

    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError> {
        self.count();
        let (stale, wait) = self.fate(Weather::observation).unwrap_or_default();
        tokio::time::sleep(wait).await;
        let mut state = self.state();
        rules::provide(&mut state, scope);
        // Objects in the same place as a wanted one are seen too, as a listing of that place would show them.
        let places: BTreeSet<(Kind, Vec<String>)> = scope.iter().filter_map(Wanted::place).collect();
        let identities: BTreeSet<(Kind, &Identity)> =
            scope.iter().map(|wanted| (wanted.kind, &wanted.identity)).collect();
        let seen = |object: &&Object| match &object.kind.schema().coexist {
            _ if is_evidence(object.kind) => false,
            Some(coexist) => places.contains(&(object.kind, coexist.place(&object.attributes))),
            None => identities.contains(&(object.kind, &object.identity())),
        };
        let evidence: Vec<Object> = scope.iter().filter_map(|wanted| evidence(&state, wanted)).collect();
        let taken = scope.iter().filter_map(|wanted| taken(&state, wanted));
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = earlier.as_ref().filter(|_| stale) {
            return Ok(Self::observation(earlier.iter().filter(seen).chain(&evidence), &BTreeSet::new()));
        }
        let lost = state.weather.as_ref().map(|weather| weather.lost.clone()).unwrap_or_default();
        let mut all = Self::observation(state.objects().filter(seen).chain(&evidence), &lost);
        all.unseen.extend(taken);
        Ok(all)
    }

    async fn backups(&self, places: &BTreeSet<BackupPlace>) -> SeenBackups {
        self.count();
        let state = self.state();
        let lost = state.weather.as_ref().map(|weather| weather.lost.clone()).unwrap_or_default();
        let now = jiff::Timestamp::now();
        let seen = places.iter().map(|place| {
            let region = provider::embedded(place.kind).and_then(|kind| kind.region(&place.vault.values()));
            let silent = |region: &str| format!("{region} does not answer (weather)");
            let newest = match region.filter(|region| lost.contains(region)) {
                Some(region) => Err(silent(&region)),
                None => Ok(state.newest_backup(place, now)),
            };
            let jobs = match lost.contains(&place.source) {
                true => Err(silent(&place.source)),
                false => Ok(state.backup_jobs(place, now)),
            };
            (place.clone(), SeenBackup { newest, jobs })
        });
        seen.collect()
    }

    async fn signals(&self, signals: &BTreeSet<Signal>) -> SeenSignals {
        self.count();
        let state = self.state();
        let lost = state.weather.as_ref().map(|weather| weather.lost.clone()).unwrap_or_default();
        let seen = signals.iter().map(|signal| {
            let figure = match lost.contains(&signal.region) {
                true => Err(format!("{} does not answer (weather)", signal.region)),
                false => Ok(state.measured(signal)),
            };
            (signal.clone(), figure)
        });
        seen.collect()
    }

    async fn survey(&self) -> Result<Survey, CloudError> {
        self.count();
        let state = self.state();
        let lost = state.weather.as_ref().map(|weather| weather.lost.clone()).unwrap_or_default();
        let Observation { objects, unseen, .. } = Self::observation(state.objects(), &lost);
        let mut survey = Survey { objects, ..Survey::default() };
        for unseen in unseen {
            let name: Vec<&str> = unseen.identity.parts().collect();
            survey.unseen(format!("{} {}", unseen.kind.name(), name.join(" ")), unseen.reason);
        }
        Ok(survey)
    }

    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        let account = self.state().account.clone();
        if let Err(refused) = refusal::check(batch, &account) {
            return batch.iter().map(|_| Err(refused.clone())).collect();
        }
        self.count();
        let (fate, wait) =
            self.fate(|weather| weather.change(&subject(batch))).unwrap_or((Fate::Fine, Duration::ZERO));
        tokio::time::sleep(wait).await;
        let mut state = self.state();
        if state.weather.as_ref().is_some_and(|weather| weather.stale > 0) {
            *self.earlier.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(state.objects().cloned().collect());
        }
        let struck = |error: CloudError| batch.iter().map(|_| Err(error.clone())).collect();
        let lost = state.weather.as_ref().and_then(|weather| batch.iter().find_map(|one| lost(weather, one)));
        if let Some(error) = lost {
            return struck(error);
        }
        let results = match fate {
            Fate::Throttled | Fate::Before => fate.error().map_or_else(Vec::new, struck),
            Fate::Fine | Fate::After => {
                let results = run(&mut state, batch);
                match fate.error().filter(|_| results.iter().all(Result::is_ok)) {
                    Some(error) => struck(error),
                    None => results,
                }
            }
        };
        let Some(store) = &self.store else {
            state.forget_changes();
            return results;
        };
        match store.save(&mut state) {
            Ok(()) => results,
            Err(error) => {
                // A change that cannot be saved has not happened.
                state.roll_back();
                batch.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    fn objects(&self, _: &str) -> Option<&dyn Objects> {
        Some(self)
    }

    fn recovery_points(&self, _: &str) -> Option<&dyn RecoveryPoints> {
        Some(self)
    }

    fn calls(&self) -> Calls {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &self.store {
            // If this fails, the changes stay in the log, which the next process that opens the file reads.
            let _ = store.close(state);
        }
    }
}

fn is_evidence(kind: Kind) -> bool {
    kind.schema().lifecycle == Lifecycle::Evidence
}

/// What is seen of something that is only looked at.
fn evidence(state: &State, wanted: &Wanted) -> Option<Object> {
    let kind = provider::embedded(wanted.kind).filter(|kind| is_evidence(kind.kind()))?;
    kind.evidence(state, &wanted.identity)
}

/// A wanted object whose name somebody else has.
fn taken(state: &State, wanted: &Wanted) -> Option<Unseen> {
    let (region, reason) = provider::embedded(wanted.kind)?.taken(state, &wanted.identity)?;
    let (kind, identity) = (wanted.kind, wanted.identity.clone());
    Some(Unseen { kind, identity, region: Some(region), reason, taken: true, evacuated: false })
}

/// Why a command cannot be carried out while a region is lost.
fn lost(weather: &Weather, command: &Command) -> Option<CloudError> {
    let of = command.object.as_ref().map_or(&command.values, |object| &object.attributes);
    let values = if command.values.is_empty() { of } else { &command.values };
    let region = provider::embedded(command.address.kind())?.control_plane(values)?;
    let message = format!("{region} does not answer (weather)");
    let error = || CloudError::new(Class::Unanswered, "local:execute", "NoAnswer", message);
    weather.lost.contains(&region).then(error)
}

/// The name under which the weather counts a batch: the address of its first command.
fn subject(batch: &[Command]) -> String {
    batch.first().map(|command| command.address.to_string()).unwrap_or_default()
}

/// Run a batch: all of it or, if one command is refused, none of it. Deletes come first, because an atomic change is
/// checked as a whole.
fn run(state: &mut State, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
    state.begin();
    let faults: Vec<Option<Fault>> = batch.iter().map(|command| state.fault(command)).collect();
    let all = remove(state, batch).and_then(|()| {
        let before = faults.iter().zip(batch).find(|(fault, _)| fault.as_ref().is_some_and(|f| !f.after));
        if let Some((Some(fault), command)) = before {
            return Err(rules::injected(fault, command));
        }
        batch.iter().map(|command| put(state, command)).collect::<Result<Vec<Done>, CloudError>>()
    });
    match all {
        Ok(done) => {
            let answers = done.into_iter().zip(faults).zip(batch);
            let answer = |((done, fault), command): ((Done, Option<Fault>), &Command)| match fault {
                Some(fault) => Err(rules::injected(&fault, command)),
                None => Ok(done),
            };
            answers.map(answer).collect()
        }
        Err(error) => {
            state.roll_back();
            batch.iter().map(|_| Err(error.clone())).collect()
        }
    }
}

/// Delete the objects that the commands delete or displace.
fn remove(state: &mut State, batch: &[Command]) -> Result<(), CloudError> {
    for command in batch {
        for object in &command.displaces {
            state.remove(object.kind, &object.id);
        }
        if let (Action::Delete, Some(object)) = (command.action, &command.object) {
            rules::delete(state, command)?;
            state.remove(object.kind, &object.id);
            // Settings have the id of what they belong to.
            let settings = provider::embedded(object.kind).map_or(&[][..], Embedded::settings);
            for kind in settings {
                if state.get(*kind, &object.id).is_some() {
                    state.remove(*kind, &object.id);
                }
            }
        }
    }
    Ok(())
}

/// Create or update the object of a command.
fn put(state: &mut State, command: &Command) -> Result<Done, CloudError> {
    let kind = command.address.kind();
    let id = command.object.as_ref().map(|object| object.id.clone()).unwrap_or_default();
    let object = match command.action {
        Action::Keep => return Err(rules::refuse(command, "InvalidRequest", "nothing to execute")),
        Action::Delete => return Ok(Done { id, outputs: Values::new() }),
        Action::Update => {
            let missing = || rules::refuse(command, "NotFound", &format!("`{id}` does not exist"));
            let mut object = state.get(kind, &id).cloned().ok_or_else(missing)?;
            for name in &command.changed {
                let value = command.values.get(name).cloned().unwrap_or_default();
                object.attributes.insert(name.clone(), value);
            }
            object
        }
        Action::Create | Action::Replace => create(state, command)?,
    };
    rules::check(state, command, &object)?;
    let done = Done { id: object.id.clone(), outputs: object.outputs.clone() };
    state.put(object);
    Ok(done)
}

/// A new object, with the cloud's defaults for attributes that are not set.
fn create(state: &mut State, command: &Command) -> Result<Object, CloudError> {
    let kind = command.address.kind();
    let none = || rules::refuse(command, "InvalidRequest", "there is no such kind in this cloud");
    let embedded = provider::embedded(kind).ok_or_else(none)?;
    let mut attributes = kind.schema().unset();
    attributes.extend(command.values.clone());
    let (id, outputs) = embedded.made(state, &command.values);
    Ok(Object { kind, id, attributes, outputs })
}
