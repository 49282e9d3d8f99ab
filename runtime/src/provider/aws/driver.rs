//! What a driver of a kind is: how AWS is asked for its things, and how they are made, changed and removed.

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

/// What AWS does with the things of one kind.
#[async_trait]
pub(super) trait Driver: Sync {
    /// The kind.
    fn kind(&self) -> Kind;

    /// Find the things that are looked for, in bulk. What does not exist is not in the answer.
    async fn observe(&self, look: &Look<'_>) -> Result<Vec<Object>, CloudError>;

    /// Whether a command gives away rights that no policy gives.
    fn check(&self, _command: &Command, _account: &str) -> Result<(), CloudError> {
        Ok(())
    }

    /// Execute commands of one batch. One result per command, in their order.
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

    /// In how many atomic changes a batch is sent.
    fn changes(&self, _batch: &[Command]) -> u32 {
        0
    }
}

/// One look at AWS. What several kinds have to know is asked once.
pub(super) struct Look<'a> {
    /// The clients.
    pub(super) clients: &'a Clients,
    wanted: &'a [Wanted],
    regions: OnceCell<BTreeMap<String, String>>,
    zones: OnceCell<BTreeMap<String, Zone>>,
}

impl<'a> Look<'a> {
    /// For these things.
    pub(super) fn new(clients: &'a Clients, wanted: &'a [Wanted]) -> Self {
        Self { clients, wanted, regions: OnceCell::new(), zones: OnceCell::new() }
    }

    /// The identities of a kind that are looked for.
    pub(super) fn wanted(&self, kind: Kind) -> impl Iterator<Item = &'a Identity> {
        self.wanted.iter().filter(move |wanted| wanted.kind == kind).map(|wanted| &wanted.identity)
    }

    /// One part of the identities of a kind, each once.
    pub(super) fn names(&self, kind: Kind, part: &str) -> BTreeSet<String> {
        self.wanted(kind).filter_map(|identity| identity.get(part)).map(str::to_owned).collect()
    }

    /// The region of every bucket that is looked for and exists, as itself or as the source of a replication.
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

    /// The zones that are looked for, as themselves or as those of records, as far as there are any.
    pub(super) async fn zones(&self) -> Result<&BTreeMap<String, Zone>, CloudError> {
        let ask = || async {
            let mut names = self.names(hosted_zone::KIND, hosted_zone::NAME);
            names.extend(self.names(record::KIND, record::ZONE));
            zone::find(self.clients, &names).await
        };
        self.zones.get_or_try_init(ask).await
    }
}
