//! The profiles of Traffic Manager in one observation: each is asked for once, and its answer has its endpoints.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};
use holdfast_compiler::provider::azure::group;
use holdfast_compiler::provider::azure::traffic::{endpoint, profile};
use tokio::sync::OnceCell;

use super::client::models::Named;
use super::client::models::traffic::Profile;
use super::client::models::{self, profile_id, profiles};
use super::driver::{AT_A_TIME, Look, may_be_unseen, nothing_known};
use crate::cloud::CloudError;

/// What was found, by the name of the profile.
pub(super) type Profiles = OnceCell<BTreeMap<String, Result<Option<Found>, CloudError>>>;

/// A profile that exists.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The resource id of its resource group, as the policy writes it.
    pub(super) group: String,
    pub(super) answer: Profile,
}

impl Look<'_> {
    /// A wanted profile, or that of a wanted endpoint; `None` if it does not exist.
    ///
    /// # Errors
    /// It could not be seen, or the answer was an error.
    pub(super) async fn profile(&self, name: &str) -> Result<Option<&Found>, CloudError> {
        let all = self.profiles.get_or_init(|| self.find_profiles()).await;
        match all.get(name) {
            Some(Ok(found)) => Ok(found.as_ref()),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        }
    }

    /// The names of the profiles that wanted things are, or are in.
    pub(super) fn profile_names(&self) -> BTreeSet<&str> {
        let parts = [(profile::KIND, profile::NAME), (endpoint::KIND, endpoint::PROFILE)];
        let all = parts
            .into_iter()
            .flat_map(|(kind, part)| self.wanted(kind).filter_map(move |identity| identity.get(part)));
        all.collect()
    }

    async fn find_profiles(&self) -> BTreeMap<String, Result<Option<Found>, CloudError>> {
        let names = self.profile_names();
        let finds: Vec<_> = names.iter().map(|name| self.find_profile(name)).collect();
        let found: Vec<_> = stream::iter(finds).buffered(AT_A_TIME).collect().await;
        names.into_iter().map(str::to_owned).zip(found).collect()
    }

    /// In each resource group of the policies. What is left of a policy without any is looked for in every subscription that the
    /// credentials can see.
    async fn find_profile(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let groups: Vec<&str> =
            self.wanted(group::KIND).filter_map(|identity| identity.get(group::ID)).collect();
        if groups.is_empty() {
            return self.find_anywhere(name).await;
        }
        let mut unseen = None;
        for group in groups {
            match self.arm.get(&profile::GET, &models::profile(&profile_id(group, name))).await {
                Ok(Some(answer)) => return Ok(Some(Found { group: group.to_owned(), answer })),
                Ok(None) => {}
                Err(error) if may_be_unseen(&error) => unseen = Some(error),
                Err(error) => return Err(error),
            }
        }
        unseen.map_or(Ok(None), Err)
    }

    async fn find_anywhere(&self, name: &str) -> Result<Option<Found>, CloudError> {
        let list = self.arm.list(&profile::GET, &models::subscriptions()).await?;
        let all: Vec<Named> = list.unwrap_or_default();
        if let Some(error) = nothing_known(&all) {
            return Err(error);
        }
        for subscription in all {
            let list = self.arm.list::<Profile>(&profile::GET, &profiles(&subscription.id)).await?;
            let found =
                list.unwrap_or_default().into_iter().find(|answer| answer.name.eq_ignore_ascii_case(name));
            if let Some(answer) = found {
                let group = models::group_of(&answer.id).unwrap_or_default().to_owned();
                return Ok(Some(Found { group, answer }));
            }
        }
        Ok(None)
    }
}
