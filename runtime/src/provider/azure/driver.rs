//! The driver of a kind: how its objects are observed, created, updated and deleted on Azure; and one observation.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use holdfast_compiler::observation::{Object, Observation, Unseen, Wanted};
use holdfast_compiler::provider::azure::group;
use holdfast_compiler::provider::azure::storage::{account, container, destination, source};
use holdfast_compiler::resource::{Identity, Kind};
use tokio::sync::OnceCell;

use super::client::arm::Arm;
use super::client::models::{self, Named, policy};
use super::places::Places;
use super::profiles::Profiles;
use crate::cloud::{Class, CloudError, Command, Done};

/// How many things are read concurrently.
pub(super) const AT_A_TIME: usize = 16;

/// Observes and changes the objects of one kind.
#[async_trait]
pub(super) trait Driver: Sync {
    /// The kind.
    fn kind(&self) -> Kind;

    /// Look at one object.
    ///
    /// # Errors
    /// The answer was an error. Silence and a refusal make the object unseen.
    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError>;

    /// Refuse a command that would open what no policy opens. Called before any API call.
    fn check(&self, _command: &Command) -> Result<(), CloudError> {
        Ok(())
    }

    /// Execute one command.
    async fn one(&self, arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError>;
}

/// One observation of Azure. What several kinds need is read once.
pub(super) struct Look<'a> {
    pub(super) arm: &'a Arm,
    places: &'a Places,
    wanted: &'a [Wanted],
    /// See [`Look::profile`].
    pub(super) profiles: Profiles,
    /// Found once, also if that fails: what failed for one account is not asked again for each of the others.
    accounts: OnceCell<Result<Accounts, CloudError>>,
    policies: OnceCell<BTreeMap<String, Result<Vec<policy::Properties>, CloudError>>>,
}

/// The wanted storage accounts.
#[derive(Debug, Default)]
struct Accounts {
    found: BTreeMap<String, Account>,
    /// Why not everything could be seen, if so.
    unseen: Option<CloudError>,
}

/// A storage account that exists.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// The resource id of its resource group, as the policy writes it.
    pub(super) group: String,
    /// The name of its region.
    pub(super) region: String,
    pub(super) answer: models::account::Account,
}

/// What is known of something.
pub(super) enum Sight<T> {
    Seen(T),
    Absent,
    Unseen(CloudError),
}

impl<'a> Look<'a> {
    pub(super) fn new(arm: &'a Arm, places: &'a Places, wanted: &'a [Wanted]) -> Self {
        let profiles = Profiles::new();
        Self { arm, places, wanted, profiles, accounts: OnceCell::new(), policies: OnceCell::new() }
    }

    /// The wanted identities of a kind.
    pub(super) fn wanted(&self, kind: Kind) -> impl Iterator<Item = &'a Identity> + use<'a> {
        self.wanted.iter().filter(move |wanted| wanted.kind == kind).map(|wanted| &wanted.identity)
    }

    /// Look at every wanted object of a driver. One that does not answer, or may not be seen, is unseen with the reason.
    ///
    /// # Errors
    /// The first other error.
    pub(super) async fn at(&self, driver: &dyn Driver) -> Result<Observation, CloudError> {
        let kind = driver.kind();
        let wanted: Vec<&Identity> = self.wanted(kind).collect();
        let reads: Vec<_> = wanted.iter().map(|identity| driver.read(self, identity)).collect();
        let all: Vec<_> = stream::iter(reads).buffered(AT_A_TIME).collect().await;
        let mut seen = Observation::default();
        for (identity, sight) in wanted.into_iter().zip(all) {
            match sight {
                Ok(Sight::Seen(object)) => seen.objects.push(object),
                Ok(Sight::Absent) => {}
                Ok(Sight::Unseen(error)) => seen.unseen.push(self.unseen(kind, identity, &error)),
                Err(error) if may_be_unseen(&error) => seen.unseen.push(self.unseen(kind, identity, &error)),
                Err(error) => return Err(error),
            }
        }
        Ok(seen)
    }

    fn unseen(&self, kind: Kind, identity: &Identity, error: &CloudError) -> Unseen {
        let account = [account::NAME, container::ACCOUNT].iter().find_map(|part| identity.get(part));
        let found = account.and_then(|name| self.accounts.get()?.as_ref().ok()?.found.get(name));
        let reason = match error.class {
            Class::Denied => error.to_string(),
            // Without the operation, which differs from object to object.
            _ => format!("{} ({})", error.message, error.code),
        };
        let region = found.map(|account| account.region.clone());
        Unseen { kind, identity: identity.clone(), region, reason, taken: false, evacuated: false }
    }

    /// A storage account.
    ///
    /// # Errors
    /// Nothing can be asked at all.
    pub(super) async fn account(&self, name: &str) -> Result<Sight<&Account>, CloudError> {
        let all = self.accounts.get_or_init(|| self.find_accounts()).await.as_ref().map_err(Clone::clone)?;
        Ok(match (all.found.get(name), &all.unseen) {
            (Some(found), _) => Sight::Seen(found),
            (None, Some(error)) => Sight::Unseen(error.clone()),
            (None, None) => Sight::Absent,
        })
    }

    /// One list for each resource group of the policies and of what is owned. If nobody knows any, the accounts are looked for in every
    /// subscription that the credentials can see.
    async fn find_accounts(&self) -> Result<Accounts, CloudError> {
        let names = self.names();
        let mut all = Accounts::default();
        if names.is_empty() {
            return Ok(all);
        }
        let groups = self.wanted(group::KIND).filter_map(|identity| identity.get(group::ID));
        let mut places: Vec<String> = groups.map(str::to_owned).collect();
        let is_group = !places.is_empty();
        if !is_group {
            let list = self.arm.list(&account::GET, &models::subscriptions()).await?;
            let seen: Vec<Named> = list.unwrap_or_default();
            all.unseen = nothing_known(&seen);
            places.extend(seen.into_iter().map(|one| one.id));
        }
        let lists: Vec<_> = places.iter().map(|place| self.accounts_in(place)).collect();
        let lists: Vec<_> = stream::iter(lists).buffered(AT_A_TIME).collect().await;
        for (place, list) in places.iter().zip(lists) {
            let list = match list {
                Ok(list) => list.unwrap_or_default(),
                Err(error) if may_be_unseen(&error) => {
                    all.unseen = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            for answer in list.into_iter().filter(|answer| names.contains(&answer.name)) {
                let theirs = models::group_of(&answer.id).unwrap_or_default();
                let group = if is_group { place.as_str() } else { theirs }.to_owned();
                let region = answer.location.replace(' ', "").to_lowercase();
                self.places.note(&answer.name, &group);
                all.found.insert(answer.name.clone(), Account { group, region, answer });
            }
        }
        Ok(all)
    }

    async fn accounts_in(&self, place: &str) -> Result<Option<Vec<models::account::Account>>, CloudError> {
        self.arm.list(&account::GET, &models::accounts(place)).await
    }

    /// The names of the accounts that wanted things are, or are at.
    fn names(&self) -> BTreeSet<String> {
        let parts = [
            (account::KIND, account::NAME),
            (container::KIND, container::ACCOUNT),
            (destination::KIND, destination::ACCOUNT),
            (source::KIND, source::ACCOUNT),
        ];
        let all = parts.into_iter().flat_map(|(kind, part)| {
            self.wanted(kind).filter_map(move |identity| identity.get(part)).map(str::to_owned)
        });
        all.collect()
    }

    /// The replication policies that stand at an account.
    ///
    /// # Errors
    /// Nothing can be asked at all, or the answer was an error.
    pub(super) async fn policies(&self, name: &str) -> Result<Sight<&[policy::Properties]>, CloudError> {
        let account = match self.account(name).await? {
            Sight::Seen(_) => name,
            Sight::Absent => return Ok(Sight::Absent),
            Sight::Unseen(error) => return Ok(Sight::Unseen(error)),
        };
        let all = self.policies.get_or_init(|| self.list_policies()).await;
        match all.get(account) {
            Some(Ok(policies)) => Ok(Sight::Seen(policies)),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(Sight::Absent),
        }
    }

    async fn list_policies(&self) -> BTreeMap<String, Result<Vec<policy::Properties>, CloudError>> {
        let ends = [(destination::KIND, destination::ACCOUNT), (source::KIND, source::ACCOUNT)];
        let names = ends.into_iter().flat_map(|(kind, part)| {
            self.wanted(kind).filter_map(move |identity| identity.get(part)).map(str::to_owned)
        });
        let names: BTreeSet<String> = names.collect();
        let found = self.accounts.get().and_then(|accounts| Some(&accounts.as_ref().ok()?.found));
        let is_there = |name: &String| found.is_some_and(|found| found.contains_key(name));
        let names: Vec<String> = names.into_iter().filter(is_there).collect();
        let lists: Vec<_> = names.iter().map(|name| super::pair::list(self.arm, self.places, name)).collect();
        let lists: Vec<_> = stream::iter(lists).buffered(AT_A_TIME).collect().await;
        names.into_iter().zip(lists).collect()
    }
}

/// The reason if there is no subscription to look in: whoever sees none sees nothing of what is in one.
pub(super) fn nothing_known(subscriptions: &[Named]) -> Option<CloudError> {
    let message =
        "whoever signs in sees no subscription, so nobody knows what exists: assign the role of a plan";
    let error = || CloudError::new(Class::Denied, account::GET.operation, "NoSubscription", message);
    subscriptions.is_empty().then(error)
}

/// Whether an error says nothing of what exists, and a plan can go on around it.
pub(super) fn may_be_unseen(error: &CloudError) -> bool {
    // Too many calls before it, or a subscription that whoever asks cannot see: nobody has looked.
    let is_unasked = error.class == Class::Throttled || error.code == "SubscriptionNotFound";
    error.is_silence() || error.class == Class::Denied || is_unasked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_sees_no_subscription_knows_that_nothing_exists() {
        let error = nothing_known(&[]).unwrap();
        assert!(may_be_unseen(&error), "{error}");
        assert!(nothing_known(&[Named { id: "/subscriptions/s".to_owned() }]).is_none());
    }

    #[test]
    fn what_nobody_looked_at_is_unseen_and_a_broken_request_is_not() {
        for (class, code, is_unseen) in [
            (Class::Throttled, "TooManyRequests", true),
            (Class::Other, "SubscriptionNotFound", true),
            (Class::Unavailable, "ServerBusy", true),
            (Class::Other, "BadRequest", false),
            (Class::Credentials, "NoCredentials", false),
        ] {
            let error = CloudError::new(class, account::GET.operation, code, "no");
            assert_eq!(may_be_unseen(&error), is_unseen, "{code}");
        }
    }
}
