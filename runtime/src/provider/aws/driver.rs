//! The driver of a kind: how its objects are observed, created, updated and deleted on AWS.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use holdfast_compiler::observation::{Object, Wanted};
use holdfast_compiler::provider::aws::route53::{hosted_zone, record};
use holdfast_compiler::provider::aws::s3::{bucket as s3_bucket, replication as s3_replication};
use holdfast_compiler::resource::{Identity, Kind};
use tokio::sync::OnceCell;

use super::clients::Clients;
use super::zone::Zone;
use super::{bucket_regions, zone};
use crate::cloud::{CloudError, Command, Done, refuse};

/// Observes and changes the objects of one kind.
#[async_trait]
pub(super) trait Driver: Sync {
    /// The kind.
    fn kind(&self) -> Kind;

    /// Find the wanted objects, in bulk. Objects that do not exist are absent from the result.
    async fn observe(&self, look: &Look<'_>) -> Result<Vec<Object>, CloudError>;

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

/// One observation of AWS. Data that several kinds need is read only once.
pub(super) struct Look<'a> {
    /// The clients.
    pub(super) clients: &'a Clients,
    wanted: &'a [Wanted],
    regions: OnceCell<BTreeMap<String, String>>,
    zones: OnceCell<BTreeMap<String, Zone>>,
}

impl<'a> Look<'a> {
    /// An observation of the wanted objects.
    pub(super) fn new(clients: &'a Clients, wanted: &'a [Wanted]) -> Self {
        Self { clients, wanted, regions: OnceCell::new(), zones: OnceCell::new() }
    }

    /// The wanted identities of a kind.
    pub(super) fn wanted(&self, kind: Kind) -> impl Iterator<Item = &'a Identity> {
        self.wanted.iter().filter(move |wanted| wanted.kind == kind).map(|wanted| &wanted.identity)
    }

    /// The distinct values of one part of the wanted identities of a kind.
    pub(super) fn names(&self, kind: Kind, part: &str) -> BTreeSet<String> {
        self.wanted(kind).filter_map(|identity| identity.get(part)).map(str::to_owned).collect()
    }

    /// The regions of the wanted buckets and replication sources that exist, by bucket.
    pub(super) async fn regions(&self) -> Result<&BTreeMap<String, String>, CloudError> {
        let ask = || async {
            let mut names = self.names(s3_bucket::KIND, s3_bucket::NAME);
            names.extend(self.names(s3_replication::KIND, s3_replication::BUCKET));
            if names.is_empty() {
                return Ok(BTreeMap::new());
            }
            bucket_regions::find(self.clients, |name| names.contains(name)).await
        };
        self.regions.get_or_try_init(ask).await
    }

    /// The wanted hosted zones and the zones of wanted records that exist, by name.
    pub(super) async fn zones(&self) -> Result<&BTreeMap<String, Zone>, CloudError> {
        let ask = || async {
            let mut names = self.names(hosted_zone::KIND, hosted_zone::NAME);
            names.extend(self.names(record::KIND, record::ZONE));
            zone::find(self.clients, &names).await
        };
        self.zones.get_or_try_init(ask).await
    }
}
