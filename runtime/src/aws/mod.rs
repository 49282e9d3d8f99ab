//! AWS: the [`Cloud`] that estates are really kept in.
//!
//! A kind is a file (or a few): what it asks AWS for, what it makes of the answer, which calls make, change
//! and remove a thing. Every call goes through `error`, which names it, and `count`, which counts it; calls
//! whose success other calls have to catch up with go through `retry`.

mod batch;
mod bucket;
mod bucket_settings;
pub(crate) mod clients;
mod cost;
mod count;
pub(crate) mod error;
mod fields;
mod health_check;
mod health_check_config;
mod health_check_tags;
mod identity;
mod owner;
pub mod permissions;
pub mod permissions_page;
mod policy_document;
mod record;
mod record_change;
mod record_name;
mod record_refusal;
mod record_set;
mod replication;
mod replication_rule;
mod retry;
mod role;
mod scope;
mod survey;
mod zone;

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures::try_join;
use holdfast_compiler::import::Survey;
use holdfast_compiler::observation::{Object, Observation, Wanted};
use holdfast_compiler::resource::{Kind, Values};

use crate::cloud::{Caller, Calls, Cloud, CloudError, Command, Cost, Done};
use crate::refusal;
use clients::Clients;
pub use cost::OPERATIONS;
use scope::Scope;

/// One AWS account, through the SDK's ordinary chain of configuration and credentials.
#[derive(Debug)]
pub struct Aws {
    clients: Clients,
}

impl Aws {
    /// Read configuration from environment and profile. The first call to AWS comes later.
    pub async fn connect() -> Self {
        Self { clients: Clients::connect().await }
    }

    async fn storage(&self, scope: &Scope) -> Result<Vec<Object>, CloudError> {
        let clients = &self.clients;
        let names: BTreeSet<&String> = scope.buckets.union(&scope.replications).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let regions = bucket::regions(clients, |name| names.contains(&name.to_owned())).await?;
        let (buckets, replications) = try_join!(
            bucket::observe(clients, &scope.buckets, &regions),
            replication::observe(clients, &scope.replications, &regions),
        )?;
        Ok([buckets, replications].concat())
    }

    async fn names(&self, scope: &Scope) -> Result<Vec<Object>, CloudError> {
        let wanted = scope.zones.iter().chain(scope.records.keys()).cloned().collect();
        let zones = zone::find(&self.clients, &wanted).await?;
        let mut objects = record::observe(&self.clients, &scope.records, &zones).await?;
        objects.extend(scope.zones.iter().filter_map(|name| zones.get(name)).map(zone::object));
        Ok(objects)
    }

    async fn one(&self, command: &Command) -> Result<Done, CloudError> {
        let clients = &self.clients;
        match command.address.kind() {
            Kind::Bucket => bucket::execute(clients, command).await,
            Kind::Replication => replication::execute(clients, command).await,
            Kind::Role => role::execute(clients, command).await,
            Kind::HealthCheck => health_check::execute(clients, command).await,
            Kind::Record => {
                let done = record_change::execute(clients, std::slice::from_ref(command)).await;
                done.into_iter().next().unwrap_or_else(|| Err(fields::lacks("route53:Change", "record")))
            }
            // Refused before.
            kind @ (Kind::HostedZone | Kind::Service) => {
                let message = format!("Holdfast makes and changes no {kind}");
                Err(CloudError::new("holdfast:Execute", refusal::CODE, message))
            }
        }
    }
}

#[async_trait]
impl Cloud for Aws {
    fn name(&self) -> String {
        "aws".to_owned()
    }

    async fn identity(&self) -> Result<Caller, CloudError> {
        self.clients.identity().await.cloned()
    }

    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError> {
        // First of all: every question about a bucket says whose it has to be.
        self.clients.identity().await?;
        let scope = Scope::of(scope);
        let (storage, roles, names, checks) = try_join!(
            self.storage(&scope),
            role::observe(&self.clients, &scope.roles),
            self.names(&scope),
            health_check::observe(&self.clients, &scope.references),
        )?;
        let mut objects = [storage, roles, names, checks].concat();
        objects.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
        Ok(Observation { objects })
    }

    async fn survey(&self) -> Result<Survey, CloudError> {
        self.clients.identity().await?;
        survey::survey(&self.clients).await
    }

    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        let struck = |error: CloudError| batch.iter().map(|_| Err(error.clone())).collect();
        let account = match self.clients.identity().await {
            Ok(caller) => &caller.account,
            Err(error) => return struck(error),
        };
        if let Err(refused) = refusal::check(batch, account) {
            return struck(refused);
        }
        if batch.iter().all(|command| command.address.kind() == Kind::Record) {
            return record_change::execute(&self.clients, batch).await;
        }
        let mut results = Vec::with_capacity(batch.len());
        for command in batch {
            results.push(self.one(command).await);
        }
        results
    }

    fn cost(&self, batch: &[Command]) -> Cost {
        cost::of(batch)
    }

    fn calls(&self) -> Calls {
        self.clients.counter.calls()
    }
}

fn done(id: &str, outputs: Values) -> Done {
    Done { id: id.to_owned(), outputs }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use holdfast_compiler::plan::{Action, StepId};
    use holdfast_compiler::resource::{Address, Named};
    use serde_json::json;

    use super::*;

    /// The checks themselves have their own tests; here is that AWS is not called before them.
    #[tokio::test]
    async fn a_forged_command_reaches_no_call() {
        let account = "111122223333".to_owned();
        let arn = format!("arn:aws:iam::{account}:root");
        let caller = Caller { account, partition: "aws".to_owned(), arn };
        let aws = Aws { clients: Clients::offline(caller) };
        let address = Address::try_from("role.files.docs".to_owned()).unwrap();
        let command = Command {
            step: StepId::of(&address),
            address,
            action: Action::Create,
            values: Values::from([("name".to_owned(), json!("admin"))]),
            changed: BTreeSet::new(),
            named: Named::default(),
            object: None,
            displaces: Vec::new(),
            token: "0".repeat(16),
        };
        let results = aws.execute(&[command.clone(), command]).await;
        assert_eq!(results.len(), 2);
        assert!(results.into_iter().all(|result| result.unwrap_err().code == refusal::CODE));
        assert_eq!(aws.calls(), Calls::default());
    }
}
