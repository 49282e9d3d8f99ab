//! The cloud and the journal of an estate, as far as the trust anchor allows them.
//!
//! No cloud and no journal is contacted before the trust anchor has allowed it, and no content of a journal is used
//! before the anchor's checks have passed.

use std::path::Path;

use holdfast_compiler::plan::Context;
use holdfast_compiler::policy::Policy;
use jiff::Timestamp;

use super::selection::{Regions, absolute_journal};
use super::{CloudChoice, EstateError, Policies, Selection, load};
use crate::cloud::{Callers, Cloud, accounts};
use crate::journal::{self, History, Journal, Signer};
use crate::provider::{self, PROVIDERS};
use crate::trust::{Anchor, Trust};

/// The cloud and the journal of an estate.
#[derive(Debug)]
pub struct Workspace {
    /// The cloud.
    pub cloud: CloudChoice,
    /// Where the journal is.
    pub journal: journal::Place,
    /// The trust anchor, and the name of the estate.
    trust: Option<(Trust, String)>,
    /// Where the estate is: what all regions of a provider know may be asked of any of these.
    regions: Regions,
}

/// An open cloud, and the identity of the credentials.
pub struct Opened {
    /// The cloud.
    pub cloud: Box<dyn Cloud>,
    /// The identity of the credentials, by provider.
    pub callers: Callers,
    /// The context of plans for this estate and cloud.
    pub context: Context,
}

impl Workspace {
    /// The workspace of an estate: the flags, then the policies, as far as the trust anchor allows them.
    ///
    /// # Errors
    /// There is no such cloud, or the anchor refuses it or the journal.
    pub fn of(selection: &Selection, policies: &Policies) -> Result<Self, EstateError> {
        let policy = &policies.compiled.policy;
        let home = load::home(&policies.sources.place(policy.estate_span).file);
        let cloud = selection.cloud(&home, &policy.providers)?;
        let said = said(selection.journal.as_ref(), policies);
        let beside = journal::Place::Folder(home.join("journal"));
        Ok(Self::trusted(selection, policy.estate.as_str(), cloud, said, beside)?.around(policy))
    }

    /// The same for the regions of these policies.
    #[must_use]
    pub fn around(mut self, policy: &Policy) -> Self {
        for site in policy.services.values().flat_map(|service| &service.sites) {
            let places = self.regions.entry(site.region.provider.name).or_default();
            if !places.regions.iter().any(|region| region == site.region.as_str()) {
                places.regions.push(site.region.as_str().to_owned());
            }
        }
        // Names that fail over are at their own provider, which need not have a site.
        for provider in &policy.providers {
            self.regions.entry(provider).or_default();
        }
        for (region, account) in &policy.elsewhere {
            let places = self.regions.entry(region.provider.name).or_default();
            places.estate = policy.estate.as_str().to_owned();
            places.accounts.insert(region.as_str().to_owned(), account.clone());
        }
        self
    }

    /// The workspace of an estate that has no policies yet, with `home` as its `.holdfast` folder. No trust anchor
    /// can name it.
    ///
    /// # Errors
    /// There is no such cloud.
    pub fn beside(home: &Path, selection: &Selection) -> Result<Self, EstateError> {
        let all = PROVIDERS.iter().filter(|provider| provider.is_surveyed);
        let all = all.map(|provider| provider.declared.name).collect();
        let cloud = selection.cloud(home, &all)?;
        let beside = journal::Place::Folder(home.join("journal"));
        Ok(Self {
            cloud,
            journal: selection.journal.clone().unwrap_or(beside),
            trust: None,
            regions: Regions::new(),
        })
    }

    /// A workspace that the trust anchor allows. `said` is the journal's place that a flag or a policy names,
    /// `beside` the default.
    ///
    /// # Errors
    /// The anchor cannot be read, or refuses the estate, the cloud or the journal.
    pub fn trusted(
        selection: &Selection,
        estate: &str,
        cloud: CloudChoice,
        said: Option<journal::Place>,
        beside: journal::Place,
    ) -> Result<Self, EstateError> {
        let Some(trust) = selection.trust()? else {
            return Ok(Self { cloud, journal: said.unwrap_or(beside), trust: None, regions: Regions::new() });
        };
        let anchor = trust.anchor(estate)?;
        anchor.allows_cloud(&cloud.name(), cloud.local()?.as_deref())?;
        let said = said.as_ref().map(absolute_journal).transpose()?;
        let journal = anchor.journal(said.as_ref())?;
        Ok(Self { cloud, journal, trust: Some((trust, estate.to_owned())), regions: Regions::new() })
    }

    /// The trust anchor, if there is one.
    #[must_use]
    pub fn trust(&self) -> Option<&Trust> {
        self.trust.as_ref().map(|(trust, _)| trust)
    }

    /// The trust anchor's part for the estate, if there is an anchor.
    fn anchor(&self) -> Result<Option<Anchor<'_>>, EstateError> {
        Ok(self.trust.as_ref().map(|(trust, estate)| trust.anchor(estate)).transpose()?)
    }

    /// Open the cloud and check the identity of the credentials before any other call.
    ///
    /// # Errors
    /// The identity cannot be read, or the anchor does not allow the account.
    pub async fn open(&self, estate: &str) -> Result<Opened, EstateError> {
        let cloud = self.cloud.open(&self.regions).await?;
        let mut callers = cloud.callers().await?;
        // An embedded cloud answers for every provider. One that no import looks at is an estate's only if it has sites there.
        callers.retain(|name, _| {
            self.regions.contains_key(name.as_str()) || provider::find(name).is_none_or(|one| one.is_surveyed)
        });
        let context =
            Context { estate: estate.to_owned(), cloud: cloud.name(), accounts: accounts(&callers) };
        if let Some(anchor) = self.anchor()? {
            anchor.allows(&context, self.cloud.local()?.as_deref())?;
            let others = self.regions.values().flat_map(|places| places.accounts.values());
            others
                .map(|account| account.id.as_str())
                .try_for_each(|account| anchor.allows_account(account))?;
        }
        Ok(Opened { cloud, callers, context })
    }

    /// Refuse an import that has nothing to look at.
    ///
    /// # Errors
    /// None of the selected providers is surveyed.
    pub(crate) fn is_surveyed(&self) -> Result<(), EstateError> {
        match self.cloud.not_surveyed() {
            Some(provider) => Err(EstateError::NoClient {
                what: format!("an import of what no policy describes from `{provider}`"),
                cure: "write what is there into a policy, and import that: `holdfast import PATH`",
            }),
            None => Ok(()),
        }
    }

    /// Reopen the cloud in its current state. An embedded cloud reads its file only when it is opened.
    ///
    /// # Errors
    /// The file of an embedded cloud cannot be read.
    pub async fn reopen(&self, cloud: Box<dyn Cloud>) -> Result<Box<dyn Cloud>, EstateError> {
        match &self.cloud {
            CloudChoice::Real(_) => Ok(cloud),
            CloudChoice::Local(_) => {
                drop(cloud);
                self.cloud.open(&self.regions).await
            }
        }
    }

    /// Refuse a run that the trust anchor would not accept.
    ///
    /// # Errors
    /// The anchor requires signed runs, and the runner has no key that it names.
    pub fn allows_run(&self, signer: Option<&Signer>) -> Result<(), EstateError> {
        let Some(anchor) = self.anchor()? else { return Ok(()) };
        Ok(anchor.allows_runner(signer, Timestamp::now())?)
    }

    /// Refuse to apply policies without a saved plan if the trust anchor requires signed plans.
    ///
    /// # Errors
    /// The anchor names authors.
    pub fn allows_unsaved(&self) -> Result<(), EstateError> {
        let Some(anchor) = self.anchor()? else { return Ok(()) };
        Ok(anchor.allows_unsaved()?)
    }

    /// Whether the trust anchor requires approvals.
    ///
    /// # Errors
    /// The anchor has no part for the estate, or its list of signers cannot be read.
    pub fn requires_approvals(&self) -> Result<bool, EstateError> {
        let Some(anchor) = self.anchor()? else { return Ok(false) };
        Ok(anchor.demand()?.is_some_and(|demand| demand.rule.required > 0))
    }

    /// Read the journal and check it against the anchor. Creates nothing.
    ///
    /// # Errors
    /// The journal is damaged or cannot be read, or the anchor does not trust it.
    pub async fn history(&self, journal: &Journal) -> Result<History, EstateError> {
        let history = match self.trust {
            // `verify` also compares what is stored twice, so that a forged copy is found.
            Some(_) => journal.verify().await?,
            None => journal.read().await?,
        };
        self.require_trusted(&history)?;
        Ok(history)
    }

    /// Refuse a journal that the trust anchor does not trust.
    ///
    /// # Errors
    /// It lacks the anchor's head, or has runs that no trusted runner has signed.
    pub fn require_trusted(&self, history: &History) -> Result<(), EstateError> {
        let Some(anchor) = self.anchor()? else { return Ok(()) };
        Ok(anchor.trusts_history(history)?)
    }
}

/// The journal's place that the user or the estate names.
fn said(selected: Option<&journal::Place>, policies: &Policies) -> Option<journal::Place> {
    let journal = policies.compiled.policy.journal.as_ref();
    let shared = journal.and_then(|journal| {
        let (s3, region) = journal.s3.as_ref()?;
        let (region, lease) = (Some(region.to_string()), journal.lease.as_seconds());
        let copies =
            journal.copied_to.iter().map(|(s3, region)| (s3.clone(), Some(region.to_string()))).collect();
        Some((s3, journal::Place::S3 { s3: s3.clone(), region, copies, lease, owner: None }))
    });
    match (selected, shared) {
        // The same place: use the estate's, which has region and lease.
        (Some(journal::Place::S3 { s3, .. }), Some((same, shared))) if s3 == same => Some(shared),
        (None, Some((_, shared))) => Some(shared),
        (selected, _) => selected.cloned(),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test lays out the anchor that is read")]
mod tests {
    use super::*;
    use crate::estate::sample;

    const ANCHOR: &str = "kind: trust
estates:
  acme: { cloud: aws, accounts: [\"111122223333\"], journal: { at: ../journal, head: none } }
";

    fn local() -> Selection {
        Selection { cloud: Some("local".to_owned()), ..Selection::default() }
    }

    fn refusal(error: EstateError) -> &'static str {
        error.refusal().unwrap().findings.remove(0).code.as_str()
    }

    #[test]
    fn cloud_and_journal_default_to_the_folder_of_the_estate() {
        let workspace = Workspace::of(&local(), &sample::policies("")).unwrap();
        assert_eq!(workspace.cloud.name(), "local:policies/.holdfast/cloud.json");
        assert_eq!(workspace.journal.to_string(), "policies/.holdfast/journal");
        let elsewhere = Selection { journal: Some("runs".parse().unwrap()), ..local() };
        let workspace = Workspace::of(&elsewhere, &sample::policies("")).unwrap();
        assert_eq!(workspace.journal.to_string(), "runs");
    }

    #[test]
    fn shared_journal_of_the_estate_keeps_its_lease_when_the_same_place_is_selected() {
        let shared = "journal: { site: oregon, s3: s3://acme-journal/holdfast, lease: 10m }\n";
        let place = |selected: &str| {
            let selection = Selection { journal: Some(selected.parse().unwrap()), ..local() };
            Workspace::of(&selection, &sample::policies(shared)).unwrap().journal
        };
        let lease = |place| match place {
            journal::Place::S3 { lease, .. } => Some(lease),
            journal::Place::Folder(_) => None,
        };
        assert_eq!(lease(place("s3://acme-journal/holdfast")), Some(600));
        assert_eq!(place("runs").to_string(), "runs");
    }

    #[test]
    fn cloud_that_the_anchor_does_not_name_is_refused_before_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchor.yaml");
        std::fs::write(&file, ANCHOR).unwrap();
        let selection = Selection { trust: Some(file.clone()), ..local() };
        let refused = Workspace::of(&selection, &sample::policies("")).unwrap_err();
        assert_eq!(refusal(refused), "E0721");
        let (selection, renamed) =
            (Selection { trust: Some(file), ..Selection::default() }, sample::named("other"));
        assert_eq!(refusal(Workspace::of(&selection, &renamed).unwrap_err()), "E0721");
    }

    #[test]
    fn missing_anchor_file_is_refused() {
        let selection = Selection { trust: Some("no-such-anchor.yaml".into()), ..local() };
        let EstateError::Invalid(refused) = Workspace::of(&selection, &sample::policies("")).unwrap_err()
        else {
            panic!("the workspace was opened without its anchor");
        };
        assert_eq!(refused.findings[0].code.as_str(), "E0720");
    }
}
