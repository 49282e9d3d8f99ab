//! The posture of an estate: which sites are evacuated.
//!
//! An evacuated site answers for no traffic, and nothing there is read or changed, whether its region still answers or
//! not. The posture is an input of every plan: the journal keeps that of the last run, so that a colleague's fix or a
//! scheduled job plans for the same world and nobody goes back by accident.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnostic::did_you_mean;
use crate::document::Name;
use crate::graph::Graph;
use crate::observation::{Owned, Unseen, Wanted};
use crate::policy::Policy;
use crate::provider::Region;
use crate::resource::{Attribute, Identity, Kind};

/// The attribute that says the region of a resource.
const REGION: &str = "region";

/// The names of the evacuated sites. Empty if all sites are in use.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Posture(BTreeSet<String>);

impl Posture {
    /// Some evacuated sites.
    #[must_use]
    pub fn of(sites: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(sites.into_iter().map(Into::into).collect())
    }

    /// Whether no site is evacuated.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a site is evacuated.
    #[must_use]
    pub fn evacuates(&self, site: &Name) -> bool {
        self.0.contains(site.as_str())
    }

    /// The evacuated sites.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The sites that are evacuated here or there.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The sites that are evacuated here and not there.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Vec<&str> {
        self.sites().filter(|site| !other.0.contains(*site)).collect()
    }

    /// The first thing that is wrong with it for a policy, as a message for the user: a site that the policy does not have.
    ///
    /// # Errors
    /// The message.
    pub fn check(&self, policy: &Policy) -> Result<(), String> {
        let names = || policy.sites.keys().map(Name::as_str);
        if let Some(site) = self.sites().find(|site| !names().any(|name| name == *site)) {
            let near = did_you_mean(site, names().chain(policy.shared.keys().map(Name::as_str)))
                .map(|near| format!(": did you mean `{near}`?"));
            return Err(format!("the estate has no site `{site}`{}", near.unwrap_or_default()));
        }
        Ok(())
    }

    /// The regions of the evacuated sites.
    fn regions<'p>(&self, policy: &'p Policy) -> BTreeMap<&'p Region, &'p Name> {
        policy
            .sites
            .iter()
            .filter(|(name, _)| self.evacuates(name))
            .map(|(name, region)| (region, name))
            .collect()
    }

    /// What is still looked up, and what is left alone because it is at an evacuated site.
    #[must_use]
    pub fn split(
        &self,
        policy: &Policy,
        graph: &Graph,
        owned: &[Owned],
        wanted: Vec<Wanted>,
    ) -> (Vec<Wanted>, Vec<Unseen>) {
        let regions: BTreeMap<&str, &Name> =
            self.regions(policy).into_iter().map(|(region, name)| (region.as_str(), name)).collect();
        if regions.is_empty() {
            return (wanted, Vec::new());
        }
        let mut at: BTreeMap<(Kind, Identity), String> = BTreeMap::new();
        for own in owned {
            if let Some(Value::String(region)) = own.applied.as_ref().and_then(|values| values.get(REGION)) {
                at.insert((own.address.kind(), own.identity.clone()), region.clone());
            }
        }
        for resource in graph.iter() {
            if let Some(Attribute::Known(Value::String(region))) = resource.attributes.get(REGION) {
                at.insert((resource.address.kind(), resource.identity()), region.clone());
            }
        }
        let mut left = Vec::new();
        let mut seen = Vec::new();
        for one in wanted {
            let key = (one.kind, one.identity);
            let site = at.get(&key).and_then(|region| Some((region, regions.get(region.as_str())?)));
            match site {
                Some((region, site)) => left.push(Unseen {
                    kind: key.0,
                    identity: key.1.clone(),
                    region: Some(region.clone()),
                    reason: format!("`{site}` is evacuated"),
                    taken: false,
                    evacuated: true,
                }),
                None => seen.push(Wanted { kind: key.0, identity: key.1 }),
            }
        }
        (seen, left)
    }
}
