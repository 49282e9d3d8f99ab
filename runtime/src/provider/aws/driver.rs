//! The driver of a kind: how its objects are observed, created, updated and deleted on AWS.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use holdfast_compiler::observation::{Object, Observation, Unseen, Wanted};
use holdfast_compiler::provider::aws::route53::{hosted_zone, record};
use holdfast_compiler::provider::aws::s3::{self, bucket as s3_bucket, replication as s3_replication};
use holdfast_compiler::resource::{Identity, Kind};
use tokio::sync::OnceCell;

use super::backup_plans::BackupPlans;
use super::bucket_documents::Documents;
use super::clients::{Clients, HOME};
use super::zone::Zone;
use super::{bucket_regions, zone};
use crate::cloud::{Class, CloudError, Command, Done, refuse};

/// How many things of one kind are read concurrently.
pub(super) const AT_A_TIME: usize = 16;

/// Observes and changes the objects of one kind.
#[async_trait]
pub(super) trait Driver: Sync {
    /// The kind.
    fn kind(&self) -> Kind;

    /// Find the wanted objects, in bulk. Objects that do not exist are absent from the result; objects in a silent
    /// region are unseen. If nothing answers at all, an error of silence makes every wanted object of the kind unseen.
    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError>;

    /// Refuse a command that would grant rights that no policy grants.
    fn check(&self, _command: &Command, _account: &str) -> Result<(), CloudError> {
        Ok(())
    }

    /// Execute the commands of one batch. Returns one result per command, in the same order.
    async fn execute(&self, clients: &Clients, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        let mut results = Vec::with_capacity(batch.len());
        for command in batch {
            results.push(self.one(clients, command).await);
        }
        results
    }

    /// Execute one command.
    async fn one(&self, _clients: &Clients, command: &Command) -> Result<Done, CloudError> {
        Err(refuse(command, "Holdfast does not create or change these"))
    }

    /// How many atomic changes a batch is sent as; 0 for kinds without atomic changes.
    fn changes(&self, _batch: &[Command]) -> u32 {
        0
    }
}

/// The driver of a kind whose file has the usual functions: one that observes, a check, and one that executes one command.
macro_rules! driver {
    ($kind:expr, $observe:path, $check:path, $execute:path) => {
        /// The driver of the kind.
        pub(super) struct Driver;

        #[async_trait::async_trait]
        impl $crate::provider::aws::driver::Driver for Driver {
            fn kind(&self) -> holdfast_compiler::resource::Kind {
                $kind
            }

            async fn observe(
                &self,
                look: &$crate::provider::aws::driver::Look<'_>,
            ) -> Result<holdfast_compiler::observation::Observation, $crate::cloud::CloudError> {
                $observe(look).await
            }

            fn check(
                &self,
                command: &$crate::cloud::Command,
                account: &str,
            ) -> Result<(), $crate::cloud::CloudError> {
                $check(command, account)
            }

            async fn one(
                &self,
                clients: &$crate::provider::aws::clients::Clients,
                command: &$crate::cloud::Command,
            ) -> Result<$crate::cloud::Done, $crate::cloud::CloudError> {
                $execute(clients, command).await
            }
        }
    };
}
pub(super) use driver;

/// The region where a command changes something: that of the object, or that of the control plane of a service without
/// regions.
pub(super) fn region(command: &Command) -> &str {
    region_of(command).unwrap_or(HOME)
}

/// The region of the object that a command changes, if it is in one.
pub(super) fn region_of(command: &Command) -> Option<&str> {
    let found = command.object.iter().map(|object| &object.attributes);
    found.chain([&command.values]).find_map(|values| values.get(s3_bucket::REGION)?.as_str())
}

fn unseen(kind: Kind, identity: &Identity, region: Option<&String>, error: &CloudError) -> Unseen {
    let reason = match error.class {
        Class::Denied => error.to_string(),
        _ => why(error),
    };
    Unseen {
        kind,
        identity: identity.clone(),
        region: region.cloned(),
        reason,
        taken: false,
        evacuated: false,
    }
}

/// Whether an account lets nobody in.
fn is_shut(error: &CloudError) -> bool {
    matches!(error.class, Class::Denied | Class::Credentials)
}

/// Why a region is silent, without the operation, which differs from object to object.
pub(super) fn why(error: &CloudError) -> String {
    format!("{} ({})", error.message, error.code)
}

/// What was seen of objects that exist or do not.
pub(super) fn objects(objects: Vec<Object>) -> Observation {
    Observation { objects, ..Observation::default() }
}

/// The name of an object, its region, and what reading it gave: nothing where it does not exist.
pub(super) type Read<'a> = (&'a String, &'a String, Result<Option<Object>, CloudError>);

/// The regions of the wanted buckets that exist, by bucket.
#[derive(Debug, Default)]
struct Buckets {
    ours: BTreeMap<String, String>,
    /// Those of other accounts.
    others: BTreeMap<String, String>,
    /// The account that is ours.
    account: String,
}

/// One observation of AWS. Data that several kinds need is read only once.
pub(super) struct Look<'a> {
    /// The clients.
    pub(super) clients: &'a Clients,
    wanted: &'a [Wanted],
    buckets: OnceCell<Buckets>,
    zones: OnceCell<BTreeMap<String, Zone>>,
    backup_plans: OnceCell<BackupPlans>,
    pub(super) documents: Documents,
}

impl<'a> Look<'a> {
    /// An observation of the wanted objects.
    pub(super) fn new(clients: &'a Clients, wanted: &'a [Wanted]) -> Self {
        let (buckets, zones, backup_plans) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { clients, wanted, buckets, zones, backup_plans, documents: Documents::default() }
    }

    /// What a driver sees. Where all that it would ask is silent, everything that is looked for is unseen.
    pub(super) async fn at(&self, driver: &dyn Driver) -> Result<Observation, CloudError> {
        match driver.observe(self).await {
            Err(error) if error.is_silence() => {
                let wanted = self.wanted(driver.kind());
                let unseen = wanted.map(|identity| unseen(driver.kind(), identity, None, &error));
                Ok(Observation { unseen: unseen.collect(), ..Observation::default() })
            }
            seen => seen,
        }
    }

    /// What is seen of things that each are in a region, by what reading each gave. One that a region or its owner does
    /// not let us see is unseen; if every one of them is refused, that is a missing permission.
    ///
    /// # Errors
    /// Any other error, and a missing permission.
    pub(super) fn seen(
        &self,
        kind: Kind,
        part: &str,
        read: Vec<Read<'_>>,
    ) -> Result<Observation, CloudError> {
        let identities: BTreeMap<&str, &Identity> =
            self.wanted(kind).filter_map(|identity| Some((identity.get(part)?, identity))).collect();
        let (mut seen, mut answers, mut denied) = (Observation::default(), 0, None);
        for (name, region, answer) in read {
            match answer.map_err(|error| self.clients.explained(region, error)) {
                Ok(object) => {
                    answers += 1;
                    seen.objects.extend(object);
                }
                Err(error) if error.is_silence() || self.is_refused(region, &error) => {
                    let identity = identities.get(name.as_str()).copied();
                    seen.unseen.extend(identity.map(|identity| unseen(kind, identity, Some(region), &error)));
                    if error.class == Class::Denied && self.clients.account_of(region).is_none() {
                        denied = Some(error);
                    } else {
                        answers += 1;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        seen.unseen.extend(self.of_others(kind, &identities));
        match denied {
            Some(denied) if answers == 0 => Err(denied),
            _ => Ok(seen),
        }
    }

    /// Whether an account refuses to be looked at: for a site in another one, also if its role cannot be assumed.
    fn is_refused(&self, region: &str, error: &CloudError) -> bool {
        error.class == Class::Denied || (self.clients.account_of(region).is_some() && is_shut(error))
    }

    /// The wanted things that are, or are in, buckets of other accounts.
    fn of_others(&self, kind: Kind, identities: &BTreeMap<&str, &Identity>) -> Vec<Unseen> {
        // What only belongs to such a bucket waits for it.
        let named = [s3_bucket::KIND, s3_replication::KIND].contains(&kind);
        let Some(buckets) = self.buckets.get().filter(|_| named) else { return Vec::new() };
        let taken = |(name, region): (&String, &String)| {
            let identity = (*identities.get(name.as_str())?).clone();
            let reason = s3::of_another_account(name, region, &buckets.account);
            Some(Unseen {
                kind,
                identity,
                region: Some(region.clone()),
                reason,
                taken: true,
                evacuated: false,
            })
        };
        buckets.others.iter().filter_map(taken).collect()
    }

    /// What is seen of things that are only looked at. What is not answered or refused is unseen, with the reason.
    pub(super) fn evidence(
        &self,
        kind: Kind,
        part: &str,
        read: Vec<(String, String, Result<Option<Object>, CloudError>)>,
    ) -> Observation {
        let identities: BTreeMap<&str, &Identity> =
            self.wanted(kind).filter_map(|identity| Some((identity.get(part)?, identity))).collect();
        let mut seen = Observation::default();
        for (name, region, answer) in read {
            match answer.map_err(|error| self.clients.explained(&region, error)) {
                Ok(object) => seen.objects.extend(object),
                Err(error) => {
                    let identity = identities.get(name.as_str()).copied();
                    let unseen = identity.map(|identity| unseen(kind, identity, Some(&region), &error));
                    seen.unseen.extend(unseen);
                }
            }
        }
        seen
    }

    /// The wanted identities of a kind.
    pub(super) fn wanted(&self, kind: Kind) -> impl Iterator<Item = &'a Identity> {
        self.wanted.iter().filter(move |wanted| wanted.kind == kind).map(|wanted| &wanted.identity)
    }

    /// The distinct values of one part of the wanted identities of a kind.
    pub(super) fn names(&self, kind: Kind, part: &str) -> BTreeSet<String> {
        self.wanted(kind).filter_map(|identity| identity.get(part)).map(str::to_owned).collect()
    }

    /// The names of the wanted identities of a kind, by region.
    pub(super) fn by_region(
        &self,
        kind: Kind,
        name: &str,
        region: &str,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for identity in self.wanted(kind) {
            if let (Some(name), Some(region)) = (identity.get(name), identity.get(region)) {
                all.entry(region.to_owned()).or_default().insert(name.to_owned());
            }
        }
        all
    }

    /// The backup plans of the wanted regions.
    pub(super) async fn backup_plans(&self) -> &BackupPlans {
        self.backup_plans.get_or_init(|| BackupPlans::list(self)).await
    }

    /// The regions of our wanted buckets and replication sources that exist, by bucket.
    pub(super) async fn regions(&self) -> Result<&BTreeMap<String, String>, CloudError> {
        Ok(&self.buckets.get_or_try_init(|| self.find_buckets()).await?.ours)
    }

    /// The buckets that a kind's identities name and that exist, each with its region.
    pub(super) async fn buckets_of(
        &self,
        kind: Kind,
        part: &str,
    ) -> Result<Vec<(&String, &String)>, CloudError> {
        let (wanted, regions) = (self.names(kind, part), self.regions().await?);
        Ok(regions.iter().filter(|(name, _)| wanted.contains(*name)).collect())
    }

    async fn find_buckets(&self) -> Result<Buckets, CloudError> {
        let mut names = self.names(s3_bucket::KIND, s3_bucket::NAME);
        names.extend(self.names(s3_replication::KIND, s3_replication::BUCKET));
        if names.is_empty() {
            return Ok(Buckets::default());
        }
        let (clients, names) = (self.clients, &names);
        let find = |region: String| async move {
            bucket_regions::find(clients, &region, |name| names.contains(name)).await
        };
        let mut ours = clients.reach.first_answer(&s3_bucket::LIST, clients.regions(), find).await?;
        let mut others = BTreeMap::new();
        // What the estate's account has in a region whose site is in another account is not what the policy means.
        let strange: Vec<String> = ours
            .iter()
            .filter(|(_, region)| clients.account_of(region).is_some())
            .map(|(name, _)| name.clone())
            .collect();
        others.extend(strange.iter().filter_map(|name| ours.remove_entry(name)));
        for (account, regions) in clients.other_accounts() {
            let theirs = clients.reach.first_answer(&s3_bucket::LIST, &regions, find).await;
            let theirs = match theirs {
                // What is there is found below, and reading it then says why it cannot be seen.
                Err(error) if error.is_silence() || is_shut(&error) => continue,
                theirs => theirs?,
            };
            let (known, strange): (BTreeMap<_, _>, BTreeMap<_, _>) =
                theirs.into_iter().partition(|(_, region)| clients.account_of(region) == Some(account));
            ours.extend(known);
            others.extend(strange);
        }
        let missing: BTreeSet<&str> =
            names.iter().map(String::as_str).filter(|name| !ours.contains_key(*name)).collect();
        if !missing.is_empty() {
            let missing = &missing;
            let ask =
                |region: String| async move { bucket_regions::elsewhere(clients, &region, missing).await };
            for found in clients.reach.first_answer(&s3_bucket::EXISTS, clients.regions(), ask).await? {
                // Only the account of its region can say whether one there is ours.
                let elsewhere = clients.account_of(&found.region).is_some();
                let of = if found.ours || elsewhere { &mut ours } else { &mut others };
                of.insert(found.name, found.region);
            }
        }
        Ok(Buckets { ours, others, account: clients.identity().await?.account.id.clone() })
    }

    /// The wanted hosted zones and the zones of wanted records that exist, by name.
    pub(super) async fn zones(&self) -> Result<&BTreeMap<String, Zone>, CloudError> {
        let ask = || async {
            let mut names = self.names(hosted_zone::KIND, hosted_zone::NAME);
            names.extend(self.names(record::KIND, record::ZONE));
            self.clients.reach.ask(&hosted_zone::FIND, HOME, zone::find(self.clients, &names)).await
        };
        self.zones.get_or_try_init(ask).await
    }
}
