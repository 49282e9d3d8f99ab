//! Microsoft Azure as a [`Cloud`].
//!
//! Each kind has its own file: how to read its objects, and which calls create, update and delete them. Every call goes through
//! `client::arm`, which signs, counts and repeats it. Holdfast has never been run against Azure itself: a server of the tests that
//! follows Microsoft's documentation answers, and Microsoft's own descriptions are held against every request.

mod account;
mod changes;
mod client;
mod container;
mod destination;
mod driver;
mod drivers;
mod embedded;
mod fields;
mod group;
mod pair;
pub mod permissions_page;
mod places;
mod profiles;
mod source;
mod traffic_endpoint;
mod traffic_profile;

use async_trait::async_trait;
use futures::future::try_join_all;
use holdfast_compiler::import::{LeftOut, Survey};
use holdfast_compiler::observation::{Observation, Wanted};
use holdfast_compiler::provider::azure::{AZURE, traffic};
use holdfast_compiler::resource::Kind;

use crate::cloud::{Callers, Calls, Cloud, CloudError, Command, Cost, Done, cost};
use crate::provider::Provider;
use client::arm::Arm;
use client::error::{NO_CLIENT, class};
use driver::Look;
use drivers::DRIVERS;
use places::Places;

/// The provider Azure.
pub static PROVIDER: Provider = Provider {
    declared: &holdfast_compiler::provider::azure::PROVIDER,
    check: drivers::check,
    partition: "AzureCloud",
    connect: |_| Box::pin(async move { Ok(Box::new(Azure::connect()?) as Box<dyn Cloud>) }),
    is_surveyed: false,
    is_restored: false,
    class,
    embedded: embedded::KINDS,
};

/// What one principal can see and change of Azure.
#[derive(Debug)]
struct Azure {
    arm: Arm,
    places: Places,
}

impl Azure {
    /// Read the configuration from the environment. Makes no call.
    fn connect() -> Result<Self, CloudError> {
        Ok(Self { arm: Arm::connect()?, places: Places::default() })
    }
}

/// The error for a kind without a driver.
fn no_client(operation: &str, kind: Kind) -> CloudError {
    let message = format!(
        "Holdfast has no client for {} yet: plan with `--cloud local`, or take it out of the policies; no cloud was called",
        kind.name()
    );
    CloudError::new(class(NO_CLIENT), operation, NO_CLIENT, message)
}

#[async_trait]
impl Cloud for Azure {
    fn name(&self) -> String {
        AZURE.to_owned()
    }

    fn serves(&self, kind: Kind) -> bool {
        drivers::of(kind).is_some()
    }

    async fn callers(&self) -> Result<Callers, CloudError> {
        Ok(Callers::from([(AZURE.to_owned(), self.arm.caller().await?.clone())]))
    }

    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError> {
        // Half an estate is not looked at: what the other half needs would look as if it did not exist.
        if let Some(wanted) = scope.iter().find(|wanted| drivers::of(wanted.kind).is_none()) {
            return Err(no_client("holdfast:observe", wanted.kind));
        }
        let look = Look::new(&self.arm, &self.places, scope);
        let found = try_join_all(DRIVERS.iter().map(|driver| look.at(*driver))).await?;
        let mut all =
            Observation { objects: traffic_endpoint::undeclared(&look).await, ..Observation::default() };
        for found in found {
            all.objects.extend(found.objects);
            all.unseen.extend(found.unseen);
        }
        all.objects.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
        all.unseen.sort();
        Ok(all)
    }

    /// Nothing is looked for yet, and the import says so.
    async fn survey(&self) -> Result<Survey, CloudError> {
        let why = "an import proposes nothing for Azure yet: write it into a policy, and import that";
        let what = "what is on Azure and in no policy";
        Ok(Survey { left_out: vec![LeftOut::new(what, why)], ..Survey::default() })
    }

    async fn run_begins(&self, run: u64) {
        self.arm.run_begins(run);
    }

    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>> {
        let struck = |error: CloudError| batch.iter().map(|_| Err(error.clone())).collect();
        if let Err(refused) = batch.iter().try_for_each(|command| drivers::check(command, "")) {
            return struck(refused);
        }
        // Only they are batched.
        if batch.iter().all(|command| command.address.kind() == traffic::endpoint::KIND) {
            return traffic_endpoint::write(&self.arm, batch).await;
        }
        let mut done = Vec::with_capacity(batch.len());
        for command in batch {
            let kind = command.address.kind();
            done.push(match drivers::of(kind) {
                Some(driver) => driver.one(&self.arm, &self.places, command).await,
                None => Err(no_client("holdfast:execute", kind)),
            });
        }
        done
    }

    fn cost(&self, batch: &[Command]) -> Cost {
        cost(batch, 0)
    }

    fn calls(&self) -> Calls {
        self.arm.calls()
    }
}
