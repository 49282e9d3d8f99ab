//! What flags and environment select: the cloud, the journal, the trust anchor and the runner's key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::{EstateError, Findings};
use crate::approval::SigningKey;
use crate::cloud::{Cloud, Clouds};
use crate::journal::{self, Signer};
use crate::local::Local;
use crate::provider;
use crate::trust::Trust;

/// What flags and environment select. Nothing is opened before it is needed.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The cloud: `aws`, `local` or `local:FILE`. If `None`, the providers that the policies use.
    pub cloud: Option<String>,
    /// Where the journal is. If `None`, where the policies say, or beside them.
    pub journal: Option<journal::Place>,
    /// The file of the trust anchor.
    pub trust: Option<PathBuf>,
    /// The key that runs are signed with.
    pub runner_key: Option<SigningKey>,
}

impl Selection {
    /// The selected cloud. `home` is the `.holdfast` folder beside the policies, `providers` are those that the
    /// policies use.
    ///
    /// # Errors
    /// There is no such cloud.
    pub fn cloud(&self, home: &Path, providers: &BTreeSet<&'static str>) -> Result<CloudChoice, EstateError> {
        match &self.cloud {
            Some(text) => CloudChoice::parse(text, home),
            None => Ok(CloudChoice::Real(providers.clone())),
        }
    }

    /// Read the trust anchor, if one was named.
    ///
    /// # Errors
    /// It is missing, empty or invalid.
    pub fn trust(&self) -> Result<Option<Trust>, Findings> {
        self.trust.as_deref().map(Trust::read).transpose()
    }

    /// The signer of runs, if there is a key.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn signer(&self) -> Result<Option<Signer>, EstateError> {
        self.runner_key.clone().map(Signer::new).transpose().map_err(EstateError::RunnerKey)
    }
}

/// Where an estate is, by the name of the provider.
pub(super) type Regions = BTreeMap<&'static str, provider::Places>;

/// A selected cloud, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloudChoice {
    /// Real providers, by name, such as `aws`.
    Real(BTreeSet<&'static str>),
    /// The embedded cloud in a file.
    Local(PathBuf),
}

impl CloudChoice {
    /// Parse what the user writes. `home` is the `.holdfast` folder beside the policies.
    ///
    /// # Errors
    /// There is no such cloud.
    pub fn parse(text: &str, home: &Path) -> Result<Self, EstateError> {
        match text.split_once(':') {
            None if text == "local" => Ok(Self::Local(home.join("cloud.json"))),
            Some(("local", file)) if !file.is_empty() => Ok(Self::Local(plain(Path::new(file)))),
            _ => match provider::named(text) {
                Some(names) => Ok(Self::Real(names)),
                None => Err(EstateError::NoSuchCloud(text.to_owned())),
            },
        }
    }

    /// Open the cloud. A real cloud is not called yet.
    ///
    /// # Errors
    /// The file of an embedded cloud cannot be read, or the configuration of a provider cannot be used.
    pub async fn open(&self, regions: &Regions) -> Result<Box<dyn Cloud>, EstateError> {
        Ok(match self {
            Self::Real(names) => {
                let mut clouds: BTreeMap<&'static str, Box<dyn Cloud>> = BTreeMap::new();
                for provider in names.iter().filter_map(|name| provider::find(name)) {
                    let name = provider.declared.name;
                    let regions = regions.get(name).cloned().unwrap_or_default();
                    clouds.insert(name, (provider.connect)(regions).await?);
                }
                Box::new(Clouds::new(clouds))
            }
            Self::Local(file) => Box::new(Local::open(file)?),
        })
    }

    /// The provider that was selected, if none of those that were is looked at by an import.
    pub(crate) fn not_surveyed(&self) -> Option<&'static str> {
        let Self::Real(names) = self else { return None };
        let is_surveyed = |name: &&str| provider::find(name).is_some_and(|one| one.is_surveyed);
        if names.iter().any(is_surveyed) { None } else { names.first().copied() }
    }

    /// The absolute path of an embedded cloud's file; `None` for a real cloud.
    ///
    /// # Errors
    /// There is no current folder.
    pub fn local(&self) -> Result<Option<PathBuf>, EstateError> {
        match self {
            Self::Real(_) => Ok(None),
            Self::Local(file) => absolute(file).map(Some),
        }
    }

    /// The name by which the user selects it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Real(names) => names.iter().copied().collect::<Vec<_>>().join("+"),
            Self::Local(file) => format!("local:{}", file.display()),
        }
    }

    /// Whether two choices are the same cloud. Files are compared by their absolute paths.
    ///
    /// # Errors
    /// There is no current folder.
    pub fn is_same(&self, other: &Self) -> Result<bool, EstateError> {
        Ok(match (self, other) {
            (Self::Local(one), Self::Local(other)) => absolute(one)? == absolute(other)?,
            _ => self == other,
        })
    }
}

/// A path without its `.` parts, so that `./a` and `a` have the same name.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// The absolute path.
fn absolute(path: &Path) -> Result<PathBuf, EstateError> {
    std::path::absolute(path).map_err(EstateError::CurrentFolder)
}

/// A journal's place with an absolute path.
///
/// # Errors
/// There is no current folder.
pub fn absolute_journal(place: &journal::Place) -> Result<journal::Place, EstateError> {
    Ok(match place {
        journal::Place::Folder(folder) => journal::Place::Folder(absolute(folder)?),
        shared @ journal::Place::S3 { .. } => shared.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_cloud_without_a_file_is_kept_beside_the_policies() {
        let choose = |text: &str| CloudChoice::parse(text, Path::new("policies/.holdfast"));
        assert_eq!(choose("aws").unwrap().name(), "aws");
        assert_eq!(choose("local").unwrap().name(), "local:policies/.holdfast/cloud.json");
        assert_eq!(choose("local:./a.json").unwrap().name(), "local:a.json");
    }

    #[test]
    fn unknown_cloud_is_refused_with_the_valid_choices() {
        for text in ["gcp", "local:", "aws:eu", ""] {
            let refused = CloudChoice::parse(text, Path::new(".")).unwrap_err().to_string();
            let expected = format!("there is no cloud `{text}`: use `aws`, `local` or `local:FILE`");
            assert_eq!(refused, expected);
        }
    }

    #[test]
    fn same_file_by_another_path_is_the_same_cloud() {
        let choose = |text: &str| CloudChoice::parse(text, Path::new(".")).unwrap();
        let whole = std::path::absolute("a.json").unwrap();
        let whole = choose(&format!("local:{}", whole.display()));
        assert!(choose("local:a.json").is_same(&whole).unwrap());
        assert!(!choose("local:b.json").is_same(&whole).unwrap());
        assert!(!choose("aws").is_same(&whole).unwrap());
    }
}
