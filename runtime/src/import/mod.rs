//! Import of existing resources: those that policies describe are adopted, and those that no policy mentions are
//! written as YAML.
//!
//! The cloud is only read. Adopted resources are recorded in the journal, as a run without steps, so that Holdfast
//! owns them from then on.

mod error;
mod matched;

use std::path::{Path, PathBuf};

use holdfast_compiler::import::{Adoption, Proposal, propose};
use holdfast_compiler::lower::TargetAccounts;
use holdfast_compiler::plan::Context;
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;

pub use error::ImportError;

use crate::cloud::{Calls, principals};
use crate::estate::{EstateError, Findings, Opened, Policies, Selection, Workspace, load};
use crate::files;
use crate::journal::Journal;
use crate::run::NotConfirmed;
use crate::run::runner::runner;
use matched::Matched;

/// What to import.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Policy files and folders of the estate; empty if it has no policies yet.
    pub paths: Vec<PathBuf>,
    /// The new file for the YAML. Without it, resources that no policy mentions are not adopted.
    pub out: Option<PathBuf>,
    /// The date against which the policies are checked.
    pub as_of: Option<Date>,
}

/// The user interface of an import.
pub trait Front: Sync {
    /// Shows what the cloud has and no policy mentions.
    fn proposal(&self, proposal: &Proposal);

    /// Shows what will be adopted and the file that will be written.
    fn adopts(&self, adopted: &[Adoption], out: Option<&Path>);

    /// Asks for confirmation.
    ///
    /// # Errors
    /// Nobody confirms.
    fn confirm(&self) -> Result<(), NotConfirmed>;
}

/// The result of an import.
#[derive(Debug, PartialEq, Eq)]
pub struct Imported {
    /// Whether anything was written or adopted.
    pub changed: bool,
    /// How many resources differ from the policies after the import; `None` if that was not checked.
    pub pending: Option<usize>,
    /// Whether something did not answer, so that a later import may find more.
    pub is_partial: bool,
    /// How many names that the policies declare belong to other accounts.
    pub taken: usize,
    /// The API calls it took.
    pub calls: Calls,
}

impl Import {
    /// Run the import.
    ///
    /// # Errors
    /// See [`ImportError`]. Nothing was written or adopted, unless the file was written and the journal could not be.
    pub async fn run(&self, selection: &Selection, front: &dyn Front) -> Result<Imported, ImportError> {
        if let Some(path) = self.out.as_ref().filter(|path| files::exists(path)) {
            return Err(ImportError::AlreadyThere(path.clone()));
        }
        let workspace = self.workspace(selection)?;
        if self.paths.is_empty() {
            workspace.is_surveyed()?;
        }
        let signer = selection.signer()?;
        workspace.allows_run(signer.as_ref())?;
        let journal = Journal::open(&workspace.journal).await?;
        workspace.history(&journal).await?;
        let claim = journal.claim(&runner(), None).await?;
        workspace.require_trusted(claim.history())?;
        let Opened { cloud, callers, context: here } = workspace.open("").await?;
        let policies = self.policies(&here)?;
        let survey = cloud.survey().await?;
        let accounts =
            here.accounts.iter().map(|(provider, account)| (provider.to_owned(), account.id.clone()));
        let target = TargetAccounts { accounts: accounts.collect() };
        let proposal = propose(&policies, &survey, &target)
            .map_err(|findings| EstateError::Invalid(Findings { findings, sources: self.loaded_again() }))?;
        front.proposal(&proposal);
        let text = self.out.as_ref().map(|path| (path.as_path(), proposal.text.as_str()));
        let text = text.filter(|(_, text)| !text.is_empty());
        let matched = match self.extended(text)? {
            Some(sources) => {
                let policies = Policies::read(sources, self.as_of)?;
                Some(Matched::in_cloud(policies, cloud.as_ref(), here, claim.entries()).await?)
            }
            None => None,
        };
        let adopted: Vec<Adoption> = matched.as_ref().map(Matched::adoptions).unwrap_or_default();
        let is_partial = survey.is_partial || matched.as_ref().is_some_and(Matched::is_partial);
        let taken = matched.as_ref().map_or(0, Matched::taken);
        front.adopts(&adopted, text.map(|(path, _)| path));
        if text.is_none() && adopted.is_empty() {
            return Ok(Imported { changed: false, pending: None, is_partial, taken, calls: cloud.calls() });
        }
        front.confirm()?;
        if let Some((path, text)) = text {
            // `create` does not overwrite a file that appeared in the meantime.
            files::create(path, text.as_bytes())?;
        }
        let pending = match matched {
            Some(matched) => {
                matched.adopt(adopted, &claim, principals(&callers), signer.as_ref()).await?;
                Some(matched.pending()?)
            }
            None => None,
        };
        Ok(Imported { changed: true, pending, is_partial, taken, calls: cloud.calls() })
    }

    /// The cloud and the journal: those of the policies, or beside the output file if there are no policies.
    fn workspace(&self, selection: &Selection) -> Result<Workspace, ImportError> {
        if !self.paths.is_empty() {
            return Ok(Workspace::of(selection, &Policies::load(&self.paths, self.as_of)?)?);
        }
        if selection.trust.is_some() {
            return Err(ImportError::NoEstate);
        }
        let first = self.out.as_deref().unwrap_or(Path::new("."));
        Ok(Workspace::beside(&load::home(&first.to_string_lossy()), selection)?)
    }

    /// The policies, which must be valid in this account before anything is added to them.
    fn policies(&self, here: &Context) -> Result<Sources, ImportError> {
        if self.paths.is_empty() {
            return Ok(Sources::default());
        }
        let policies = Policies::load(&self.paths, self.as_of)?;
        Ok(policies.in_account(here)?.sources)
    }

    fn loaded_again(&self) -> Sources {
        load::load(&self.paths).unwrap_or_default()
    }

    /// The policies with the new file; `None` if there are neither.
    fn extended(&self, new: Option<(&Path, &str)>) -> Result<Option<Sources>, ImportError> {
        if self.paths.is_empty() && new.is_none() {
            return Ok(None);
        }
        let mut sources = if self.paths.is_empty() { Sources::default() } else { load::load(&self.paths)? };
        if let Some((path, text)) = new {
            sources.add(path.display().to_string(), text);
        }
        Ok(Some(sources))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::estate::{PlanOptions, sample};
    use crate::run::apply_policies;
    use crate::run::sample::{Listener, options};

    /// Records what it is shown, and confirms or declines.
    struct Heard(bool, Mutex<Vec<String>>);

    impl Heard {
        fn new(agrees: bool) -> Self {
            Self(agrees, Mutex::default())
        }

        fn adopted(&self) -> Vec<String> {
            self.1.lock().unwrap().clone()
        }
    }

    impl Front for Heard {
        fn proposal(&self, _proposal: &Proposal) {}

        fn adopts(&self, adopted: &[Adoption], _out: Option<&Path>) {
            self.1.lock().unwrap().extend(adopted.iter().map(|one| one.address.to_string()));
        }

        fn confirm(&self) -> Result<(), NotConfirmed> {
            if self.0 { Ok(()) } else { Err(NotConfirmed::Declined) }
        }
    }

    /// A folder with the sample estate, and its resources in a cloud; the journal `journal` does not know them.
    struct World {
        folder: tempfile::TempDir,
        import: Import,
    }

    impl World {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut paths = Vec::new();
            for (_, source) in sample::sources("acme", "").iter() {
                let path = folder.path().join(Path::new(&source.path).file_name().unwrap());
                files::write(&path, source.text.as_bytes()).unwrap();
                paths.push(path);
            }
            let world = Self { folder, import: Import { paths, ..Import::default() } };
            let (others, plan_options) = (world.selection("others"), PlanOptions::default());
            let policies = sample::policies("");
            apply_policies(policies, &others, &plan_options, &options(), &Listener::new()).await.unwrap();
            world
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn selection(&self, journal: &str) -> Selection {
            Selection {
                cloud: Some(format!("local:{}", self.path("cloud.json").display())),
                journal: Some(self.path(journal).display().to_string().parse().unwrap()),
                ..Selection::default()
            }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn described_resources_are_adopted_once_and_then_match() {
        let (world, front) = (World::new().await, Heard::new(true));
        let imported = world.import.run(&world.selection("journal"), &front).await.unwrap();
        assert_eq!((imported.changed, imported.pending), (true, Some(0)));
        assert_eq!(
            front.adopted(),
            [
                "aws.bucket.files.docs.virginia",
                "aws.bucket-policy.files.docs.virginia",
                "aws.bucket.files.docs.oregon",
                "aws.bucket-policy.files.docs.oregon",
                "aws.role.files.docs",
                "aws.replication.files.docs"
            ]
        );
        let again = Heard::new(true);
        let imported = world.import.run(&world.selection("journal"), &again).await.unwrap();
        assert_eq!((imported.changed, imported.pending, again.adopted()), (false, None, Vec::new()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn unconfirmed_import_adopts_nothing() {
        let (world, front) = (World::new().await, Heard::new(false));
        let refused = world.import.run(&world.selection("journal"), &front).await.unwrap_err();
        assert_eq!(refused.refusal().unwrap().findings[0].code.as_str(), "E0705");
        let journal = Journal::open(&world.selection("journal").journal.unwrap()).await.unwrap();
        assert!(journal.read().await.unwrap().runs.is_empty());
    }

    #[tokio::test]
    async fn existing_file_is_not_overwritten() {
        let out = Some(PathBuf::from("Cargo.toml"));
        let import = Import { out, ..Import::default() };
        let refused = import.run(&Selection::default(), &Heard::new(true)).await.unwrap_err();
        assert_eq!(refused.to_string(), "`Cargo.toml` already exists; nothing was written");
    }

    #[tokio::test]
    async fn runner_with_an_anchor_imports_only_into_an_estate_that_it_names() {
        let selection = Selection { trust: Some("anchor.yaml".into()), ..Selection::default() };
        let refused = Import::default().run(&selection, &Heard::new(true)).await.unwrap_err();
        assert_eq!(refused.refusal().unwrap().findings[0].code.as_str(), "E0721");
    }
}
