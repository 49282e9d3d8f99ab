//! The content of an embedded cloud, and its file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::Kind;
use serde::{Deserialize, Serialize};

use super::entries::{Backup, Contents, Fault, Figure, Job};
use super::objects::StoredVersion;
use super::recovery::RestoreJob;
use super::weather::Weather;
use crate::cloud::{Class, CloudError, Command};
use crate::files::{self, FileError, absent};

/// The format of the file.
const FORMAT: u32 = 2;
/// The largest file of an embedded cloud that is read, and the largest log beside it, in bytes: about 500,000
/// objects.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// The account of an embedded cloud, unless its file says otherwise.
const ACCOUNT: &str = "000000000000";

/// The content of an embedded cloud.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    format: u32,
    pub(super) account: String,
    /// Whether hosted zones that policies name must be in the file, as on a real cloud. Otherwise the cloud has every
    /// zone it is asked for, because nobody else could have created it here.
    #[serde(default)]
    pub(super) fixed_zones: bool,
    /// Buckets that are not empty and therefore cannot be deleted. A test writes them into the file.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    full_buckets: BTreeSet<String>,
    /// Buckets of other accounts, and their regions. A test writes them into the file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    foreign_buckets: BTreeMap<String, String>,
    /// Complete scheduled backups. The embedded cloud makes none; a test writes them into the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) backups: Vec<Backup>,
    /// Jobs that made backups, or did not. A test writes them into the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) backup_jobs: Vec<Job>,
    /// Jobs that restore backups, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) restore_jobs: Vec<RestoreJob>,
    /// What is in the buckets. A bucket that is not named is empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    contents: BTreeMap<String, Contents>,
    /// The versions of objects in buckets, the oldest first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) stored: BTreeMap<String, Vec<StoredVersion>>,
    /// What is measured. The embedded cloud copies at once and its health checks pass, unless a test writes something else here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) measured: Vec<Figure>,
    #[serde(default)]
    last_id: u64,
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) weather: Option<Weather>,
    objects: Vec<Object>,
    #[serde(skip)]
    index: BTreeMap<(Kind, String), Object>,
    /// Changes that are not saved yet.
    #[serde(skip)]
    changes: Vec<Line>,
    /// The object before each change since [`State::begin`].
    #[serde(skip)]
    undo: Vec<((Kind, String), Option<Object>)>,
}

impl State {
    pub(super) fn fresh() -> Self {
        Self {
            format: FORMAT,
            account: ACCOUNT.to_owned(),
            fixed_zones: false,
            full_buckets: BTreeSet::new(),
            foreign_buckets: BTreeMap::new(),
            backups: Vec::new(),
            backup_jobs: Vec::new(),
            restore_jobs: Vec::new(),
            contents: BTreeMap::new(),
            stored: BTreeMap::new(),
            measured: Vec::new(),
            last_id: 0,
            faults: Vec::new(),
            weather: None,
            objects: Vec::new(),
            index: BTreeMap::new(),
            changes: Vec::new(),
            undo: Vec::new(),
        }
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.index.values()
    }

    /// The objects of a kind whose ids begin with a prefix.
    pub fn beginning(&self, kind: Kind, prefix: String) -> impl Iterator<Item = &Object> {
        let from = self.index.range((kind, prefix.clone())..);
        from.take_while(move |((other, id), _)| *other == kind && id.starts_with(&prefix))
            .map(|(_, object)| object)
    }

    /// The account id, twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether a bucket is not empty.
    #[must_use]
    pub fn is_full(&self, id: &str) -> bool {
        self.full_buckets.contains(id)
    }

    /// The region of a bucket that belongs to another account.
    #[must_use]
    pub fn foreign_bucket(&self, name: &str) -> Option<&str> {
        self.foreign_buckets.get(name).map(String::as_str)
    }

    /// What is in a bucket.
    #[must_use]
    pub fn contents(&self, bucket: &str) -> Option<Contents> {
        self.contents.get(bucket).copied()
    }

    /// A job has copied some objects of a bucket.
    pub fn copy_contents(&mut self, bucket: &str, copied: u64) {
        if let Some(contents) = self.contents.get_mut(bucket) {
            contents.uncopied = contents.uncopied.saturating_sub(copied);
        }
    }

    /// Add a version to a bucket.
    pub(super) fn keep(&mut self, bucket: &str, version: StoredVersion) {
        self.changes.push(Line::Keep(bucket.to_owned(), version.clone()));
        let all = self.stored.entry(bucket.to_owned()).or_default();
        // A log that is folded in already changes nothing.
        if !all.iter().any(|other| (&other.key, &other.version) == (&version.key, &version.version)) {
            all.push(version);
        }
    }

    /// Remove a version from a bucket. The bucket stays, also if nothing is in it.
    pub(super) fn forget(&mut self, bucket: &str, key: &str, version: &str) {
        self.changes.push(Line::Forget(bucket.to_owned(), key.to_owned(), version.to_owned()));
        if let Some(all) = self.stored.get_mut(bucket) {
            all.retain(|one| one.key != key || one.version != version);
        }
    }

    /// A job that restores a backup begins, or goes on.
    pub(super) fn put_restore_job(&mut self, job: RestoreJob) {
        self.changes.push(Line::RestoreJob(job.clone()));
        match self.restore_jobs.iter_mut().find(|one| one.id == job.id) {
            Some(there) => *there = job,
            None => self.restore_jobs.push(job),
        }
    }

    /// Take the last version of a bucket back, which is not saved.
    pub(super) fn unkeep(&mut self, bucket: &str) {
        self.changes.pop();
        self.stored.get_mut(bucket).map(Vec::pop);
    }

    /// An object, by its kind and id.
    #[must_use]
    pub fn get(&self, kind: Kind, id: &str) -> Option<&Object> {
        self.index.get(&(kind, id.to_owned()))
    }

    /// Begin a batch.
    pub(super) fn begin(&mut self) {
        self.undo.clear();
    }

    /// Forget the unsaved changes, because there is no file.
    pub(super) fn forget_changes(&mut self) {
        self.changes.clear();
    }

    /// Undo the batch. Faults that it used up stay used up.
    pub(super) fn roll_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(object) => self.index.insert(key, object),
                None => self.index.remove(&key),
            };
            self.changes.pop();
        }
    }

    pub(super) fn put(&mut self, object: Object) {
        self.changes.push(Line::Put(object.clone()));
        let key = (object.kind, object.id.clone());
        let before = self.index.insert(key.clone(), object);
        self.undo.push((key, before));
    }

    /// Remove an object.
    pub fn remove(&mut self, kind: Kind, id: &str) {
        self.changes.push(Line::Remove(kind, id.to_owned()));
        let key = (kind, id.to_owned());
        let before = self.index.remove(&key);
        self.undo.push((key, before));
    }

    /// A new id, unique in this cloud: `PREFIX-000001`.
    pub fn next_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}-{:06}", self.last_id)
    }

    /// The fault for a command, if there is one; it is then used up once.
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

/// A change, as a line of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// An object was created or updated.
    Put(Object),
    /// An object was deleted.
    Remove(Kind, String),
    /// A version was added to a bucket.
    Keep(String, StoredVersion),
    /// A version was removed from a bucket: bucket, key, version.
    Forget(String, String, String),
    /// A job that restores a backup began, or went on.
    RestoreJob(RestoreJob),
    /// The last id assigned, the faults that remain, the weather, and what is in the buckets.
    Rest(u64, Vec<Fault>, Option<Weather>, BTreeMap<String, Contents>),
}

/// The file of an embedded cloud and, while it is open, a log of changes beside it, so that a change does not rewrite
/// the whole file. Opening reads both; a clean end folds the log into the file.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    log: Mutex<Option<File>>,
}

impl Store {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), log: Mutex::new(None) }
    }

    pub(super) fn load(&self) -> Result<State, CloudError> {
        let mut state = match read(&self.path).map_err(|error| unread(&error))? {
            None => State::fresh(),
            Some(text) => serde_json::from_str(&text).map_err(|error| self.error("open", &error))?,
        };
        if state.format != FORMAT {
            return Err(self.error("open", &format!("format {} is not {FORMAT}", state.format)));
        }
        let objects = std::mem::take(&mut state.objects);
        objects.into_iter().for_each(|object| state.put(object));
        // A log was left by a run that was killed; its last line may be incomplete.
        let log = read(&self.log_path()).map_err(|error| unread(&error))?.unwrap_or_default();
        let complete = log.rfind('\n').map_or("", |end| log.get(..end).unwrap_or_default());
        for line in complete.lines() {
            match serde_json::from_str(line).map_err(|error| self.error("open", &error))? {
                Line::Put(object) => state.put(object),
                Line::Remove(kind, id) => state.remove(kind, &id),
                Line::Keep(bucket, version) => state.keep(&bucket, version),
                Line::Forget(bucket, key, version) => state.forget(&bucket, &key, &version),
                Line::RestoreJob(job) => state.put_restore_job(job),
                Line::Rest(last_id, faults, weather, contents) => {
                    (state.last_id, state.faults, state.weather) = (last_id, faults, weather);
                    state.contents = contents;
                }
            }
        }
        state.changes.clear();
        state.undo.clear();
        Ok(state)
    }

    /// Append the unsaved changes to the log.
    pub(super) fn save(&self, state: &mut State) -> Result<(), CloudError> {
        let mut lines = state.changes.clone();
        let (faults, weather) = (state.faults.clone(), state.weather.clone());
        lines.push(Line::Rest(state.last_id, faults, weather, state.contents.clone()));
        self.append(&lines).map_err(|error| self.error("save", &error))?;
        state.changes.clear();
        Ok(())
    }

    fn append(&self, lines: &[Line]) -> std::io::Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(&serde_json::to_string(line)?);
            text.push('\n');
        }
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = match log.take() {
            Some(file) => file,
            None => {
                if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    files::make_folder(folder)?;
                }
                files::append_private(&self.log_path())?
            }
        };
        // A full disk may leave a partial line, which must not precede the next complete one.
        let length = file.metadata()?.len();
        let written = file.write_all(text.as_bytes()).or_else(|error| file.set_len(length).and(Err(error)));
        *log = Some(file);
        written
    }

    /// Fold the log into the file. A reader sees the old file with its log, or the new file; applying a log that is
    /// already folded in changes nothing.
    pub(super) fn close(&self, state: &mut State) -> std::io::Result<()> {
        if self.log.lock().unwrap_or_else(PoisonError::into_inner).take().is_none() {
            return Ok(());
        }
        state.objects = std::mem::take(&mut state.index).into_values().collect();
        let text = serde_json::to_string_pretty(state)? + "\n";
        files::write_private(&self.path, text.as_bytes())?;
        Ok(files::remove(&self.log_path())?)
    }

    fn log_path(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".log");
        self.path.with_file_name(name)
    }

    fn error(&self, what: &str, error: &dyn std::fmt::Display) -> CloudError {
        let message = format!("{}: {error}", self.path.display());
        CloudError::new(Class::Other, format!("local:{what}"), "EmbeddedCloud", message)
    }
}

/// The text of a file; `None` if it does not exist.
fn read(path: &Path) -> Result<Option<String>, FileError> {
    absent(files::read_own_text(path, MAX_BYTES))
}

fn unread(error: &FileError) -> CloudError {
    CloudError::new(Class::Other, "local:open", "EmbeddedCloud", error.to_string())
}
