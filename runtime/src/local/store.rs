//! What an embedded cloud holds, and its file.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::Kind;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::rules::values;
use crate::cloud::{CloudError, Command};

/// The format of the file.
const FORMAT: u32 = 1;
/// The account of an embedded cloud, unless its file says otherwise.
const ACCOUNT: &str = "000000000000";

/// Something that goes wrong on purpose. A test writes it into the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The address of the resource whose next command fails.
    pub address: String,
    /// How many times it still happens.
    pub times: u32,
    /// The code of the error.
    pub code: String,
    /// Whether the command takes effect all the same, and only its answer is lost.
    #[serde(default)]
    pub after: bool,
}

impl Fault {
    pub(super) fn error(&self, command: &Command) -> CloudError {
        let message = if self.after { "the answer was lost (injected)" } else { "it fails (injected)" };
        CloudError::new(super::rules::operation(command), &self.code, message)
    }
}

/// Everything an embedded cloud holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    format: u32,
    pub(super) account: String,
    /// Whether zones that policies name have to be in the file, as on a real cloud. Otherwise the cloud
    /// has every zone it is asked for: there is nobody else here who could have made it.
    #[serde(default)]
    fixed_zones: bool,
    #[serde(default)]
    last_id: u64,
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
    objects: Vec<Object>,
    #[serde(skip)]
    index: BTreeMap<(Kind, String), Object>,
    #[serde(skip)]
    version: u64,
}

impl State {
    fn fresh() -> Self {
        Self {
            format: FORMAT,
            account: ACCOUNT.to_owned(),
            fixed_zones: false,
            last_id: 0,
            faults: Vec::new(),
            objects: Vec::new(),
            index: BTreeMap::new(),
            version: 0,
        }
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.index.values()
    }

    pub(super) fn get(&self, kind: Kind, id: &str) -> Option<&Object> {
        self.index.get(&(kind, id.to_owned()))
    }

    pub(super) fn put(&mut self, object: Object) {
        self.index.insert((object.kind, object.id.clone()), object);
    }

    pub(super) fn remove(&mut self, kind: Kind, id: &str) {
        self.index.remove(&(kind, id.to_owned()));
    }

    pub(super) fn next_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}-{:06}", self.last_id)
    }

    /// Mark a change; gives its number.
    pub(super) fn touch(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    pub(super) fn provide_zones(&mut self, names: &[&str]) {
        for name in names.iter().filter(|_| !self.fixed_zones) {
            let exists = self.index.values().any(|object| {
                object.kind == Kind::HostedZone && object.attributes.get("name").is_some_and(|n| n == name)
            });
            if !exists {
                let digest = Sha256::digest(name);
                let id: String = digest.iter().take(7).map(|byte| format!("{byte:02X}")).collect();
                let id = format!("Z{id}");
                let zone = Object {
                    kind: Kind::HostedZone,
                    id: id.clone(),
                    attributes: values(json!({"name": name})),
                    outputs: values(json!({"id": id})),
                };
                self.index.insert((zone.kind, zone.id.clone()), zone);
            }
        }
    }

    /// The fault that strikes a command, used up once.
    pub(super) fn fault(&mut self, command: &Command) -> Option<Fault> {
        if command.action == Action::Keep {
            return None;
        }
        let address = command.address.to_string();
        let fault = self.faults.iter_mut().find(|fault| fault.address == address && fault.times > 0)?;
        fault.times -= 1;
        Some(fault.clone())
    }
}

/// The file. Changes that come while it is being written share the next writing.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    written: Mutex<u64>,
}

impl Store {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), written: Mutex::new(0) }
    }

    pub(super) fn load(&self) -> Result<State, CloudError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::fresh()),
            Err(error) => return Err(self.error("open", &error)),
        };
        let mut state: State = serde_json::from_str(&text).map_err(|error| self.error("open", &error))?;
        if state.format != FORMAT {
            return Err(self.error("open", &format!("format {} is not {FORMAT}", state.format)));
        }
        let objects = std::mem::take(&mut state.objects);
        objects.into_iter().for_each(|object| state.put(object));
        Ok(state)
    }

    /// See to it that the file holds a change, and all before it.
    pub(super) fn save(&self, version: u64, state: impl FnOnce() -> State) -> Result<(), CloudError> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written >= version {
            return Ok(());
        }
        let mut state = state();
        state.objects = std::mem::take(&mut state.index).into_values().collect();
        self.replace(&state).map_err(|error| self.error("save", &error))?;
        *written = state.version;
        Ok(())
    }

    /// A reader sees the old file or the new one, never half of it.
    fn replace(&self, state: &State) -> std::io::Result<()> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let temporary = self.path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = std::fs::File::create(&temporary)?;
        serde_json::to_writer_pretty(std::io::BufWriter::new(&file), state)?;
        file.write_all(b"\n")?;
        std::fs::rename(&temporary, &self.path)
    }

    fn error(&self, what: &str, error: &dyn std::fmt::Display) -> CloudError {
        let message = format!("{}: {error}", self.path.display());
        CloudError::new(format!("local:{what}"), "EmbeddedCloud", message)
    }
}
