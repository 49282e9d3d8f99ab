//! What the embedded cloud refuses of Azure: each rule of Azure that a wrong program would break, and that nothing changes then.

use std::collections::BTreeSet;

use holdfast::cloud::{Cloud as _, CloudError, Command, Done};
use holdfast::local::{Local, Weather};
use holdfast_compiler::plan::{Action, StepId};
use holdfast_compiler::resource::{Address, Named, Values};
use serde_json::{Value, json};

/// A cloud with four accounts, each with two containers. The first one is a source.
struct World(Local);

const REGIONS: [(&str, &str); 4] =
    [("one", "westeurope"), ("two", "northeurope"), ("three", "uksouth"), ("four", "eastus")];

fn account(name: &str) -> Value {
    let region = REGIONS.iter().find(|(account, _)| *account == name).unwrap().1;
    json!({
        "name": name, "region": region, "resource-group": "/subscriptions/s/resourceGroups/g", "versioning": true,
        "change-feed": name == "one", "secure-transfer": true, "minimum-tls": "TLS1_2", "public-blobs": false,
        "cross-tenant-replication": false, "soft-delete-days": 7, "tags": {},
    })
}

/// A policy from the account `one` to another one, for the container `docs`, as it stands at the destination.
fn there(to: &str, priority: bool) -> Value {
    json!({
        "account": to, "source-account": "one", "region": "northeurope", "priority": priority, "metrics": true,
        "rules": [{"source": "docs", "destination": "docs"}],
    })
}

/// The same as it stands at the source.
fn here(to: &str, priority: bool, policy: &str) -> Value {
    json!({
        "account": "one", "destination-account": to, "region": "westeurope", "policy": policy,
        "priority": priority, "metrics": true, "rules": [{"source": "docs", "destination": "docs"}],
    })
}

fn with(mut values: Value, name: &str, value: Value) -> Value {
    values[name] = value;
    values
}

impl World {
    async fn new() -> Self {
        let world = Self(Local::in_memory(Weather::default()));
        for (name, region) in REGIONS {
            world.create(&format!("azure.storage-account.{name}"), account(name)).await.unwrap();
            for container in ["docs", "scans"] {
                let values =
                    json!({"account": name, "name": container, "region": region, "public-access": "None"});
                world
                    .create(&format!("azure.blob-container.files.{container}.{name}"), values)
                    .await
                    .unwrap();
            }
        }
        world
    }

    async fn run(&self, action: Action, address: &str, values: Value) -> Result<Done, CloudError> {
        let address = Address::try_from(address.to_owned()).unwrap();
        let values: Values = serde_json::from_value(values).unwrap();
        let mut objects = self.0.objects().into_iter();
        let wanted = holdfast_compiler::resource::Identity::of(address.kind(), &values);
        let object = objects.find(|one| one.kind == address.kind() && one.identity() == wanted);
        let command = Command {
            step: StepId::of(&address),
            changed: values.keys().cloned().collect::<BTreeSet<String>>(),
            object: object.filter(|_| action != Action::Create),
            address,
            action,
            values,
            named: Named::default(),
            displaces: Vec::new(),
            token: "0".repeat(16),
        };
        self.0.execute(&[command]).await.remove(0)
    }

    async fn create(&self, address: &str, values: Value) -> Result<Done, CloudError> {
        self.run(Action::Create, address, values).await
    }

    /// The policy to an account, at both ends.
    async fn replicate(&self, to: &str, priority: bool) -> Result<Done, CloudError> {
        let at = |end: &str| format!("azure.replication-{end}.one.{to}");
        let done = self.create(&at("destination"), there(to, priority)).await?;
        let policy = done.outputs["policy"].as_str().unwrap().to_owned();
        self.create(&at("source"), here(to, priority, &policy)).await
    }

    /// Refused with this code, and nothing changes.
    async fn refused(&self, action: Action, address: &str, values: Value, code: &str) {
        let before = self.0.objects();
        let error = self.run(action, address, values).await.expect_err(address);
        assert_eq!(error.code, code, "{address}: {error}");
        assert_eq!(self.0.objects(), before, "{address}");
    }
}

const TO_TWO: &str = "azure.replication-destination.one.two";
const FROM_ONE: &str = "azure.replication-source.one.two";

#[tokio::test]
async fn policy_that_azure_allows_is_made() {
    let world = World::new().await;
    world.replicate("two", true).await.unwrap();
    world.replicate("four", false).await.unwrap();
}

#[tokio::test]
async fn both_accounts_keep_versions_and_the_source_has_a_change_feed() {
    for (name, without, code) in [
        ("one", "versioning", "BlobVersioningNotEnabled"),
        ("two", "versioning", "BlobVersioningNotEnabled"),
        ("one", "change-feed", "ChangeFeedNotEnabled"),
    ] {
        let world = World::new().await;
        let values = with(account(name), without, false.into());
        world.run(Action::Update, &format!("azure.storage-account.{name}"), values).await.unwrap();
        world.refused(Action::Create, TO_TWO, there("two", false), code).await;
    }
}

#[tokio::test]
async fn neither_can_be_switched_off_under_a_policy() {
    let world = World::new().await;
    world.replicate("two", false).await.unwrap();
    for (name, without) in [("one", "versioning"), ("two", "versioning"), ("one", "change-feed")] {
        let values = with(account(name), without, false.into());
        world
            .refused(Action::Update, &format!("azure.storage-account.{name}"), values, "InvalidRequest")
            .await;
    }
}

#[tokio::test]
async fn destination_is_written_first_and_gives_the_id() {
    let world = World::new().await;
    world.refused(Action::Create, FROM_ONE, here("two", false, "policy-1"), "InvalidRequest").await;
    let done = world.create(TO_TWO, there("two", false)).await.unwrap();
    let policy = done.outputs["policy"].as_str().unwrap();
    world.refused(Action::Create, FROM_ONE, here("two", false, "default"), "InvalidRequest").await;
    world.refused(Action::Create, FROM_ONE, here("two", true, policy), "InvalidRequest").await;
    let more =
        json!([{"source": "docs", "destination": "docs"}, {"source": "scans", "destination": "scans"}]);
    let values = with(here("two", false, policy), "rules", more);
    world.refused(Action::Create, FROM_ONE, values, "InvalidRequest").await;
    world.create(FROM_ONE, here("two", false, policy)).await.unwrap();
    // And it goes last.
    world.refused(Action::Delete, TO_TWO, there("two", false), "Conflict").await;
}

#[tokio::test]
async fn containers_exist_and_are_in_one_rule() {
    let world = World::new().await;
    for (rules, code) in [
        (json!([]), "InvalidRequest"),
        (json!([{"source": "docs", "destination": "nowhere"}]), "ContainerNotFound"),
        (
            json!([{"source": "docs", "destination": "docs"}, {"source": "docs", "destination": "scans"}]),
            "InvalidRequest",
        ),
        (
            json!([{"source": "docs", "destination": "docs"}, {"source": "scans", "destination": "docs"}]),
            "InvalidRequest",
        ),
    ] {
        world.refused(Action::Create, TO_TWO, with(there("two", false), "rules", rules), code).await;
    }
    // Another account copies to the container already.
    world.create(TO_TWO, there("two", false)).await.unwrap();
    world
        .run(
            Action::Update,
            "azure.storage-account.three",
            with(account("three"), "change-feed", true.into()),
        )
        .await
        .unwrap();
    let values = with(there("two", false), "source-account", "three".into());
    world.refused(Action::Create, "azure.replication-destination.three.two", values, "Conflict").await;
}

#[tokio::test]
async fn priority_is_within_one_continent_and_for_one_destination() {
    let world = World::new().await;
    world
        .refused(
            Action::Create,
            "azure.replication-destination.one.four",
            there("four", true),
            "InvalidRequest",
        )
        .await;
    world.replicate("two", true).await.unwrap();
    world
        .refused(
            Action::Create,
            "azure.replication-destination.one.three",
            there("three", true),
            "InvalidRequest",
        )
        .await;
    world.replicate("three", false).await.unwrap();
}

#[tokio::test]
async fn priority_moves_once_the_other_policy_has_given_it_up() {
    const TO_THREE: &str = "azure.replication-destination.one.three";
    let world = World::new().await;
    let done = world.create(TO_TWO, there("two", true)).await.unwrap();
    let policy = done.outputs["policy"].as_str().unwrap();
    world.create(FROM_ONE, here("two", true, policy)).await.unwrap();
    // At the destination alone it is not given up.
    world.run(Action::Update, TO_TWO, there("two", false)).await.unwrap();
    world.refused(Action::Create, TO_THREE, there("three", true), "InvalidRequest").await;
    world.run(Action::Update, FROM_ONE, here("two", false, policy)).await.unwrap();
    world.replicate("three", true).await.unwrap();
}

#[tokio::test]
async fn source_has_two_destinations() {
    let world = World::new().await;
    world.replicate("two", false).await.unwrap();
    world.replicate("three", false).await.unwrap();
    let error = world.replicate("four", false).await.unwrap_err();
    assert_eq!(error.code, "PolicyLimitExceeded", "{error}");
}

#[tokio::test]
async fn what_holds_data_is_never_deleted() {
    let world = World::new().await;
    world.refused(Action::Delete, "azure.storage-account.one", account("one"), "Guarded").await;
    let container =
        json!({"account": "one", "name": "docs", "region": "westeurope", "public-access": "None"});
    world.refused(Action::Delete, "azure.blob-container.files.docs.one", container.clone(), "Guarded").await;
    // Nor opened to everybody, or replaced by one of the same name.
    let open = with(container.clone(), "public-access", "Blob".into());
    world
        .refused(Action::Update, "azure.blob-container.files.docs.one", open, "PublicAccessNotPermitted")
        .await;
    world
        .refused(Action::Create, "azure.blob-container.files.docs.one", container, "ContainerAlreadyExists")
        .await;
    world
        .refused(Action::Create, "azure.storage-account.one", account("one"), "StorageAccountAlreadyExists")
        .await;
}
