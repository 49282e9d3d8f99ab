//! The posture of an estate: which sites are evacuated.
//!
//! An evacuated site answers for no traffic, and nothing there is read or changed, whether its region still answers or
//! not. Once a return to it is prepared, what is there is read and changed again, so that data can come home while users
//! stay elsewhere. The posture is an input of every plan: the journal keeps that of the last run, so that a colleague's
//! fix or a scheduled job plans for the same world and nobody goes back by accident.

use std::collections::BTreeMap;

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

/// The names of the evacuated sites, each with whether a return to it is prepared. Empty if all sites are in use.
///
/// Written as a list: `["oregon", {"prepared": "virginia"}]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Vec<Away>", into = "Vec<Away>")]
pub struct Posture(BTreeMap<String, bool>);

/// An evacuated site as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Away {
    Site(String),
    Prepared { prepared: String },
}

impl From<Vec<Away>> for Posture {
    fn from(sites: Vec<Away>) -> Self {
        let one = |away| match away {
            Away::Site(site) => (site, false),
            Away::Prepared { prepared } => (prepared, true),
        };
        Self(sites.into_iter().map(one).collect())
    }
}

impl From<Posture> for Vec<Away> {
    fn from(posture: Posture) -> Self {
        let one = |(site, prepared)| match prepared {
            true => Away::Prepared { prepared: site },
            false => Away::Site(site),
        };
        posture.0.into_iter().map(one).collect()
    }
}

impl Posture {
    /// Some evacuated sites, to none of which a return is prepared.
    #[must_use]
    pub fn of(sites: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(sites.into_iter().map(|site| (site.into(), false)).collect())
    }

    /// Whether no site is evacuated.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a site is evacuated.
    #[must_use]
    pub fn evacuates(&self, site: &Name) -> bool {
        self.0.contains_key(site.as_str())
    }

    /// Whether a site is evacuated and nothing there is read or changed.
    #[must_use]
    pub fn leaves_alone(&self, site: &Name) -> bool {
        self.0.get(site.as_str()) == Some(&false)
    }

    /// Whether a site is evacuated and a return to it is prepared.
    #[must_use]
    pub fn prepares(&self, site: &Name) -> bool {
        self.0.get(site.as_str()) == Some(&true)
    }

    /// The evacuated sites.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The evacuated sites at which nothing is read or changed.
    pub fn left_alone(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, prepared)| !**prepared).map(|(site, _)| site.as_str())
    }

    /// The evacuated sites to which a return is prepared.
    pub fn prepared(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, prepared)| **prepared).map(|(site, _)| site.as_str())
    }

    /// The sites that are evacuated here or there. Whether a return is prepared is as it is there.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let all = self.0.iter().chain(&other.0);
        Self(all.map(|(site, prepared)| (site.clone(), *prepared)).collect())
    }

    /// The same without these sites: users return to them.
    #[must_use]
    pub fn without(&self, sites: &[String]) -> Self {
        let stays = self.0.iter().filter(|(site, _)| !sites.contains(site));
        Self(stays.map(|(site, prepared)| (site.clone(), *prepared)).collect())
    }

    /// The same with a return prepared to those of these sites that are evacuated.
    #[must_use]
    pub fn preparing(&self, sites: &[String]) -> Self {
        let all = self.0.iter().map(|(site, prepared)| (site.clone(), *prepared || sites.contains(site)));
        Self(all.collect())
    }

    /// The sites that are evacuated here and not there.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Vec<&str> {
        self.sites().filter(|site| !other.0.contains_key(*site)).collect()
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

    /// The regions of the evacuated sites in which nothing is read or changed.
    fn regions<'p>(&self, policy: &'p Policy) -> BTreeMap<&'p Region, &'p Name> {
        policy
            .sites
            .iter()
            .filter(|(name, _)| self.leaves_alone(name))
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
