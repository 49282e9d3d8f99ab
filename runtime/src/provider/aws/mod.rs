//! AWS as a [`Cloud`].
//!
//! Each kind has its own file, or a few: how to read its objects, and which calls create, update and delete them.
//! Every call goes through `error`, which attaches its name, and `count`, which counts it; calls that may come before
//! an earlier change has propagated go through `retry`.

mod alarm;
mod backfill;
mod backup_jobs;
mod backup_plan;
mod backup_plans;
mod backup_rule;
mod backup_selection;
mod backup_vault;
mod batch;
mod bucket;
mod bucket_access;
mod bucket_documents;
mod bucket_events;
mod bucket_lifecycle;
mod bucket_lock;
mod bucket_notification;
mod bucket_policy;
mod bucket_regions;
mod bucket_settings;
pub(crate) mod clients;
mod count;
mod driver;
mod drivers;
mod embedded;
pub(crate) mod error;
mod event_rule;
mod fields;
mod guard;
mod guard_topics;
mod health_check;
mod health_check_config;
mod health_check_tags;
mod hosted_zone;
mod identity;
pub(crate) mod journal;
mod key;
mod kms_key;
mod kms_lists;
mod metrics;
mod network;
mod objects;
mod objects_parts;
mod other_backups;
mod owner;
pub mod permissions;
pub mod permissions_page;
mod policy_document;
mod reach;
mod record;
mod record_change;
mod record_name;
mod record_refusal;
mod record_set;
mod recovery_points;
mod replication;
mod replication_events;
mod replication_rule;
mod restore_jobs;
mod retry;
mod role;
mod subscription;
mod survey;
mod topic;
mod vault_notifications;
mod zone;

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures::future::try_join_all;
use holdfast_compiler::backups::{BackupPlace, SeenBackups};
use holdfast_compiler::import::Survey;
use holdfast_compiler::observation::{Observation, Wanted};
use holdfast_compiler::provider::aws::AWS;
use holdfast_compiler::resource::{Call, Made, Values};
use holdfast_compiler::signals::{SeenSignals, Signal};

use crate::cloud::{Callers, Calls, Cloud, CloudError, Command, Cost, Done, Objects, RecoveryPoints, cost};
use crate::provider::{Places, Provider};
use clients::Clients;
use driver::Look;
use drivers::DRIVERS;

/// The provider AWS.
pub static PROVIDER: Provider = Provider {
    declared: &holdfast_compiler::provider::aws::PROVIDER,
    check: drivers::check,
    class: error::class,
    partition: "aws",
    connect: |places| Box::pin(async move { Ok(Box::new(Aws::connect(&places).await?) as Box<dyn Cloud>) }),
    is_surveyed: true,
    is_restored: true,
    embedded: embedded::KINDS,
};

/// One AWS account, with configuration and credentials from the SDK's default chain.
#[derive(Debug)]
pub struct Aws {
    clients: Clients,
}

impl Aws {
    /// Read the configuration from environment and profile. Makes no call to AWS. Any region of the estate may be asked what all of them
    /// know.
    ///
    /// # Errors
    /// The environment names a proxy or certificate authorities that cannot be used.
    pub async fn connect(places: &Places) -> Result<Self, CloudError> {
        Ok(Self { clients: Clients::connect(places).await? })
    }
}

#[async_trait]
impl Cloud for Aws {
    fn name(&self) -> String {
        AWS.to_owned()
    }

    async fn callers(&self) -> Result<Callers, CloudError> {
        Ok(Callers::from([(AWS.to_owned(), self.clients.identity().await?.clone())]))
    }

    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError> {
        // The identity comes first, because every request about a bucket names its expected owner.
        self.clients.identity().await?;
        let look = Look::new(&self.clients, scope);
        let found = try_join_all(DRIVERS.iter().map(|driver| look.at(*driver))).await?;
        let mut all = Observation::default();
        for found in found {
            all.objects.extend(found.objects);
            all.unseen.extend(found.unseen);
        }
        all.objects.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
        all.unseen.sort();
        Ok(all)
    }

    async fn backups(&self, places: &BTreeSet<BackupPlace>) -> SeenBackups {
        recovery_points::newest(&self.clients, places).await
    }

    async fn signals(&self, signals: &BTreeSet<Signal>) -> SeenSignals {
        metrics::read(&self.clients, signals).await
    }

    async fn survey(&self) -> Result<Survey, CloudError> {
        self.clients.identity().await?;
        survey::survey(&self.clients).await
    }

    async fn run_begins(&self, run: u64) {
        self.clients.name_sessions(run).await;
    }

    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        let struck = |error: CloudError| batch.iter().map(|_| Err(error.clone())).collect();
        let account = match self.clients.identity().await {
            Ok(caller) => &caller.account.id,
            Err(error) => return struck(error),
        };
        if let Err(refused) = batch.iter().try_for_each(|command| drivers::check(command, account)) {
            return struck(refused);
        }
        if let Err(refused) = batch.iter().try_for_each(|command| self.clients.in_its_account(command)) {
            return struck(refused);
        }
        // All commands of a batch have the same kind.
        let Some((command, driver)) =
            batch.first().and_then(|command| Some((command, drivers::of(command.address.kind())?)))
        else {
            return Vec::new();
        };
        let calls = driver.kind().schema().calls;
        let changes =
            |call: &&&Call| call.made.iter().any(|made| matches!(made, Made::Create | Made::Change));
        // A run is told which change had no answer; of several calls, the first.
        let Some(call) = calls.iter().find(changes) else { return Vec::new() };
        let region = driver::region(command);
        let done = self.clients.reach.change(call, region, driver.execute(&self.clients, batch)).await;
        let done = done.unwrap_or_else(struck);
        done.into_iter().map(|one| one.map_err(|error| self.clients.explained(region, error))).collect()
    }

    fn cost(&self, batch: &[Command]) -> Cost {
        let driver = batch.first().and_then(|command| drivers::of(command.address.kind()));
        cost(batch, driver.map_or(0, |driver| driver.changes(batch)))
    }

    fn objects(&self, _: &str) -> Option<&dyn Objects> {
        Some(self)
    }

    fn recovery_points(&self, _: &str) -> Option<&dyn RecoveryPoints> {
        Some(self)
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
    use holdfast_compiler::plan::{Account, Action, StepId};
    use holdfast_compiler::resource::{Address, Named};
    use serde_json::json;

    use super::*;
    use crate::cloud::Caller;

    /// The checks have their own tests; this one shows that AWS is not called before them.
    #[tokio::test]
    async fn forged_command_is_refused_before_any_call() {
        let account = "111122223333".to_owned();
        let arn = format!("arn:aws:iam::{account}:root");
        let account = Account { id: account, partition: "aws".to_owned() };
        let caller = Caller { account, principal: arn };
        let aws = Aws { clients: Clients::offline(caller) };
        let address = Address::try_from("aws.role.files.docs".to_owned()).unwrap();
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
        assert!(results.into_iter().all(|result| result.unwrap_err().code == crate::cloud::GUARDED));
        assert_eq!(aws.calls(), Calls::default());
    }
}
