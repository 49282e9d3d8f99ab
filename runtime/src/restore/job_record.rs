//! Which job restores a recovery point, in a file: `.holdfast/restore/ID.job.jsonl`. It is written before the job is asked for, with the
//! token of the job, so that a run that was killed at any time finds its job again and starts no second one.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use holdfast_compiler::digest::sha256;
use serde::{Deserialize, Serialize};

use super::record::BusyOrBroken;
use crate::files::{self, absent};

/// The largest record that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// The first line of a record.
const FORMAT: &str = "{\"format\":\"holdfast-restore-job/1\"}";

/// What makes two restores the same one.
#[derive(Debug, Clone, Copy)]
pub struct JobKey<'k> {
    /// The cloud.
    pub cloud: &'k str,
    /// The bucket whose recovery point is restored.
    pub source: &'k str,
    /// The site of the vault.
    pub site: &'k str,
    /// The moment, in milliseconds since 1970-01-01 UTC.
    pub moment: i64,
    /// The recovery point, if the user names one.
    pub point: Option<&'k str>,
    /// The bucket that is written to.
    pub into: &'k str,
}

/// A job that was about to be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The recovery point.
    pub point: String,
    /// The name of its vault.
    pub vault: String,
    /// The id of its region.
    pub region: String,
    /// When the recovery point was made, in milliseconds since 1970-01-01 UTC.
    pub made: i64,
    /// The moment that it restores, if it is continuous.
    pub moment: Option<i64>,
    /// The token of the job.
    pub token: String,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// A job is about to be asked for.
    Asked(Asked),
    /// It has this id.
    Job(String),
    /// It is over, and the next one is another job.
    Over(bool),
}

/// The record of a restore job.
#[derive(Debug)]
pub struct JobRecord {
    path: PathBuf,
    id: String,
    asked: Option<Asked>,
    job: Option<String>,
    /// How many jobs are over.
    over: u64,
    _lock: Option<File>,
}

impl JobRecord {
    /// Read the record of a restore, without writing anything. `home` is the `.holdfast` folder.
    ///
    /// # Errors
    /// It cannot be read, or is something else.
    pub fn read(home: &Path, key: JobKey<'_>) -> Result<Self, BusyOrBroken> {
        let id = id(key);
        let path = home.join("restore").join(format!("{id}.job.jsonl"));
        let text = absent(files::read_own_text(&path, MAX_BYTES))?.unwrap_or_default();
        let mut record = Self { path, id, asked: None, job: None, over: 0, _lock: None };
        for (number, line) in text.lines().enumerate() {
            if number == 0 {
                if line != FORMAT && !FORMAT.starts_with(line) {
                    return Err(BusyOrBroken::Foreign(record.path));
                }
                continue;
            }
            // A line that a crash cut off is none: what it says had not begun.
            match serde_json::from_str(line) {
                Ok(Line::Asked(asked)) => (record.asked, record.job) = (Some(asked), None),
                Ok(Line::Job(job)) => record.job = Some(job),
                Ok(Line::Over(_)) => {
                    (record.asked, record.job, record.over) = (None, None, record.over + 1);
                }
                Err(_) => {}
            }
        }
        Ok(record)
    }

    /// The same, to be written to by this process alone.
    ///
    /// # Errors
    /// Another process is at the same restore, or it cannot be read or written.
    pub fn open(home: &Path, key: JobKey<'_>) -> Result<Self, BusyOrBroken> {
        files::make_folder(&home.join("restore"))?;
        let path = home.join("restore").join(format!("{}.job.lock", id(key)));
        let lock = files::lock_file(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(lock), ..Self::read(home, key)? }),
            Err(TryLockError::WouldBlock) => Err(BusyOrBroken::Busy(path)),
            Err(TryLockError::Error(error)) => Err(BusyOrBroken::System(path, error)),
        }
    }

    /// The job that was asked for and is not over.
    #[must_use]
    pub fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }

    /// Its id, if the answer arrived.
    #[must_use]
    pub fn job(&self) -> Option<&str> {
        self.job.as_deref()
    }

    /// The token of the next job: the same for every attempt, until the job is over.
    #[must_use]
    pub fn token(&self) -> String {
        sha256(format!("{} {}", self.id, self.over)).chars().take(32).collect()
    }

    /// Record that a job is about to be asked for, durably.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn ask(&mut self, asked: Asked) -> Result<(), BusyOrBroken> {
        self.write(&Line::Asked(asked.clone()))?;
        (self.asked, self.job) = (Some(asked), None);
        Ok(())
    }

    /// Record the id of the job, durably.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn began(&mut self, job: &str) -> Result<(), BusyOrBroken> {
        self.write(&Line::Job(job.to_owned()))?;
        self.job = Some(job.to_owned());
        Ok(())
    }

    /// Record that the job is over, durably. The next one has another token.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn end(&mut self) -> Result<(), BusyOrBroken> {
        self.write(&Line::Over(true))?;
        (self.asked, self.job, self.over) = (None, None, self.over + 1);
        Ok(())
    }

    fn write(&self, line: &Line) -> Result<(), BusyOrBroken> {
        let failed = |error: std::io::Error| BusyOrBroken::System(self.path.clone(), error);
        let line = serde_json::to_string(line).map_err(|error| failed(error.into()))?;
        let mut file = files::append_private(&self.path)?;
        // Whatever a crash has left of the last line ends here.
        let head = match file.metadata().map_err(failed)?.len() {
            0 => format!("{FORMAT}\n"),
            _ => "\n".to_owned(),
        };
        file.write_all(format!("{head}{line}\n").as_bytes()).and_then(|()| file.sync_data()).map_err(failed)
    }
}

/// The id of a restore: 16 hexadecimal digits.
fn id(key: JobKey<'_>) -> String {
    let moment = key.moment.to_string();
    let parts = [key.cloud, key.source, key.site, &moment, key.point.unwrap_or_default(), key.into];
    // Lengths keep parts apart, whatever is in them.
    let text: String = parts.iter().map(|part| format!("{} {part}\n", part.len())).collect();
    sha256(text).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests lay out files")]

    use super::*;

    const KEY: JobKey<'_> = JobKey {
        cloud: "test",
        source: "acme-docs",
        site: "ireland",
        moment: 1_793_530_800_000,
        point: None,
        into: "acme-restored",
    };

    fn asked(token: &str) -> Asked {
        Asked {
            point: "point".to_owned(),
            vault: "vault".to_owned(),
            region: "eu-west-1".to_owned(),
            made: 1_793_530_000_000,
            moment: None,
            token: token.to_owned(),
        }
    }

    /// A crash may cut the file off anywhere: the token stays the same until a job is over, so that no second one begins.
    #[test]
    fn token_is_the_same_until_the_job_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = JobRecord::open(folder.path(), KEY).unwrap();
        assert!(matches!(JobRecord::open(folder.path(), KEY), Err(BusyOrBroken::Busy(_))));
        let token = record.token();
        record.ask(asked(&token)).unwrap();
        record.began("job-1").unwrap();
        let whole = std::fs::read(&record.path).unwrap();
        for length in 0..=whole.len() {
            std::fs::write(&record.path, &whole[..length]).unwrap();
            let found = JobRecord::read(folder.path(), KEY).unwrap();
            assert_eq!(found.token(), token, "{length}");
            assert!(found.asked().is_none_or(|asked| asked.token == token), "{length}");
            assert!(found.job().is_none() || found.asked().is_some(), "{length}");
        }
        let found = JobRecord::read(folder.path(), KEY).unwrap();
        assert_eq!((found.job(), found.asked()), (Some("job-1"), Some(&asked(&token))));
        record.end().unwrap();
        let found = JobRecord::read(folder.path(), KEY).unwrap();
        assert_eq!((found.job(), found.asked()), (None, None));
        assert_ne!(found.token(), token, "the next job is another one");
        let other = JobKey { point: Some("point"), ..KEY };
        assert_ne!(JobRecord::read(folder.path(), other).unwrap().token(), found.token());
        std::fs::write(&record.path, "something else\n").unwrap();
        assert!(matches!(JobRecord::read(folder.path(), KEY), Err(BusyOrBroken::Foreign(_))));
    }
}
