//! Several providers as one cloud: every query and every batch goes to the provider of its kind.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::future::try_join_all;
use holdfast_compiler::backups::{BackupPlace, SeenBackups};
use holdfast_compiler::import::Survey;
use holdfast_compiler::observation::{Observation, Wanted};
use holdfast_compiler::resource::Kind;
use holdfast_compiler::signals::{SeenSignals, Signal};

use super::{Callers, Calls, Class, Cloud, CloudError, Command, Cost, Done, Objects, RecoveryPoints, refuse};

/// One cloud per provider.
pub struct Clouds(BTreeMap<&'static str, Box<dyn Cloud>>);

impl Clouds {
    /// Combine clouds, by the names of their providers.
    #[must_use]
    pub fn new(clouds: BTreeMap<&'static str, Box<dyn Cloud>>) -> Self {
        Self(clouds)
    }

    fn of(&self, kind: Kind) -> Option<&dyn Cloud> {
        self.0.get(kind.schema().provider?).map(AsRef::as_ref)
    }

    /// The cloud for a batch, if all its commands belong to one provider.
    fn of_batch(&self, batch: &[Command]) -> Option<&dyn Cloud> {
        let provider = batch.first()?.address.kind().schema().provider?;
        let same = |command: &Command| command.address.kind().schema().provider == Some(provider);
        self.0.get(provider).map(AsRef::as_ref).filter(|_| batch.iter().all(same))
    }
}

#[async_trait]
impl Cloud for Clouds {
    fn name(&self) -> String {
        self.0.keys().copied().collect::<Vec<_>>().join("+")
    }

    fn serves(&self, kind: Kind) -> bool {
        self.of(kind).is_some_and(|cloud| cloud.serves(kind))
    }

    async fn callers(&self) -> Result<Callers, CloudError> {
        let callers = try_join_all(self.0.values().map(|cloud| cloud.callers())).await?;
        Ok(callers.into_iter().flatten().collect())
    }

    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError> {
        if let Some(lost) = scope.iter().find(|wanted| self.of(wanted.kind).is_none()) {
            let message = format!("no cloud is open for resources of kind {}", lost.kind);
            return Err(CloudError::new(Class::Other, "holdfast:observe", "NoCloud", message));
        }
        let looks = self.0.iter().map(|(provider, cloud)| async move {
            let own = scope.iter().filter(|wanted| wanted.kind.schema().provider == Some(provider));
            let own: Vec<Wanted> = own.cloned().collect();
            cloud.observe(&own).await
        });
        let mut all = Observation::default();
        for found in try_join_all(looks).await? {
            all.objects.extend(found.objects);
            all.unseen.extend(found.unseen);
        }
        Ok(all)
    }

    async fn backups(&self, places: &BTreeSet<BackupPlace>) -> SeenBackups {
        let mut all = SeenBackups::new();
        for (provider, cloud) in &self.0 {
            let own = places.iter().filter(|place| place.kind.schema().provider == Some(provider));
            all.extend(cloud.backups(&own.cloned().collect()).await);
        }
        all
    }

    async fn signals(&self, signals: &BTreeSet<Signal>) -> SeenSignals {
        let mut all = SeenSignals::new();
        for (provider, cloud) in &self.0 {
            let own = signals.iter().filter(|signal| signal.provider == *provider);
            all.extend(cloud.signals(&own.cloned().collect()).await);
        }
        all
    }

    async fn survey(&self) -> Result<Survey, CloudError> {
        let mut all = Survey::default();
        for found in try_join_all(self.0.values().map(|cloud| cloud.survey())).await? {
            all.extend(found);
        }
        Ok(all)
    }

    async fn run_begins(&self, run: u64) {
        for cloud in self.0.values() {
            cloud.run_begins(run).await;
        }
    }

    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        match self.of_batch(batch) {
            Some(cloud) => cloud.execute(batch).await,
            None => {
                let refused = |command| {
                    refuse(command, "the batch mixes providers, or the cloud of its provider is not open")
                };
                batch.iter().map(|command| Err(refused(command))).collect()
            }
        }
    }

    fn cost(&self, batch: &[Command]) -> Cost {
        self.of_batch(batch).map_or_else(Cost::new, |cloud| cloud.cost(batch))
    }

    fn objects(&self, provider: &str) -> Option<&dyn Objects> {
        self.0.get(provider)?.objects(provider)
    }

    fn recovery_points(&self, provider: &str) -> Option<&dyn RecoveryPoints> {
        self.0.get(provider)?.recovery_points(provider)
    }

    fn calls(&self) -> Calls {
        let mut all = Calls::default();
        self.0.values().for_each(|cloud| all.add(&cloud.calls()));
        all
    }
}

#[cfg(test)]
mod tests {
    use holdfast_compiler::plan::{Action, StepId};
    use holdfast_compiler::resource::{Address, Named, Values};

    use super::*;
    use crate::local::{Local, Weather};

    fn command(address: &str) -> Command {
        let address = Address::try_from(address.to_owned()).unwrap();
        Command {
            step: StepId::of(&address),
            address,
            action: Action::Create,
            values: Values::from([
                ("name".to_owned(), "acme-docs".into()),
                ("region".to_owned(), "us-east-1".into()),
                ("versioning".to_owned(), "Enabled".into()),
            ]),
            changed: BTreeSet::new(),
            named: Named::default(),
            object: None,
            displaces: Vec::new(),
            token: "0".repeat(16),
        }
    }

    #[tokio::test]
    async fn batch_goes_to_exactly_one_provider() {
        let aws: Box<dyn Cloud> = Box::new(Local::in_memory(Weather::default()));
        let clouds = Clouds::new(BTreeMap::from([("aws", aws)]));
        let bucket = command("aws.bucket.files.docs.one");
        assert!(clouds.execute(std::slice::from_ref(&bucket)).await.iter().all(Result::is_ok));
        let before = clouds.calls();
        let crossing = clouds.execute(&[bucket, command("service.files")]).await;
        assert_eq!(crossing.len(), 2);
        assert!(crossing.iter().all(|result| result.as_ref().is_err_and(|e| e.class == Class::Guarded)));
        assert_eq!(clouds.calls(), before, "no call is made for it");
    }

    #[tokio::test]
    async fn resource_of_a_provider_that_is_not_open_is_not_reported_missing() {
        let none = Clouds::new(BTreeMap::new());
        let kind = command("aws.bucket.files.docs.one").address.kind();
        let identity = holdfast_compiler::resource::Identity::default();
        let error = none.observe(&[Wanted { kind, identity }]).await.unwrap_err();
        assert_eq!(error.code, "NoCloud");
    }
}
