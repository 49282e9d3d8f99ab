//! What the embedded cloud refuses of Azure: each rule of Azure that a wrong program would break, and that nothing changes then.

mod applied;
mod arm;
mod faults;
mod operations;
mod roles;
mod sign_in;
mod stricter;
mod traffic;
mod unseen;

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
    world.refused(Action::Update, "azure.blob-container.files.docs.one", open, "Refused").await;
    world
        .refused(Action::Create, "azure.blob-container.files.docs.one", container, "ContainerAlreadyExists")
        .await;
    world
        .refused(Action::Create, "azure.storage-account.one", account("one"), "StorageAccountAlreadyExists")
        .await;
}

const GROUP: &str = "/subscriptions/s/resourceGroups/g";
const PROFILE: &str = "azure.traffic-profile.shop.web";

fn profile() -> Value {
    json!({
        "name": "acme-shop", "resource-group": GROUP, "routing": "Priority", "status": "Enabled", "ttl": 60,
        "protocol": "HTTPS", "port": 443, "path": "/healthz", "interval": 10, "timeout": 9, "tolerated-failures": 2,
        "tags": {},
    })
}

fn endpoint(site: &str, target: &str, priority: u64) -> Value {
    json!({
        "profile": "acme-shop", "name": site,
        "profile-id": format!("{GROUP}/providers/Microsoft.Network/trafficManagerProfiles/acme-shop"),
        "target": target, "priority": priority, "status": "Enabled", "always-serve": "Disabled",
    })
}

fn of_site(site: &str) -> String {
    format!("azure.traffic-endpoint.shop.web.{site}")
}

#[tokio::test]
async fn profile_is_probed_as_azure_allows() {
    let world = World::new().await;
    for (name, value) in [
        ("name", json!("acme_shop")),
        ("name", json!("a".repeat(64))),
        ("resource-group", json!("")),
        ("protocol", json!("UDP")),
        ("path", Value::Null),
        ("path", json!("healthz")),
        ("port", json!(0)),
        ("interval", json!(20)),
        ("timeout", json!(4)),
        ("timeout", json!(10)),
        ("tolerated-failures", json!(10)),
        ("ttl", json!(2_147_483_648_u64)),
        ("status-codes", json!(["200"])),
        ("status-codes", json!(["399-200"])),
        ("status-codes", json!(vec!["200-299"; 9])),
    ] {
        world.refused(Action::Create, PROFILE, with(profile(), name, value), "BadRequest").await;
    }
    // A connection has no path.
    let connects = with(profile(), "protocol", "TCP".into());
    world.refused(Action::Create, PROFILE, connects.clone(), "BadRequest").await;
    let connects = with(with(connects, "path", Value::Null), "timeout", 5.into());
    world.create(PROFILE, connects).await.unwrap();
    // With an interval of 30 s a request may take one second more.
    let slow = with(with(profile(), "interval", 30.into()), "timeout", 10.into());
    world.run(Action::Update, PROFILE, slow).await.unwrap();
    world.refused(Action::Create, PROFILE, profile(), "Conflict").await;
}

#[tokio::test]
async fn endpoints_of_a_profile_fit_together() {
    let world = World::new().await;
    let (us, nl) = (of_site("virginia"), of_site("amsterdam"));
    world
        .refused(Action::Create, &us, endpoint("virginia", "us.acme.example", 1), "ParentResourceNotFound")
        .await;
    world.create(PROFILE, profile()).await.unwrap();
    world.create(&us, endpoint("virginia", "us.acme.example", 1)).await.unwrap();
    for (target, priority) in [
        ("nl.acme.example", 1),
        ("nl.acme.example", 0),
        ("nl.acme.example", 1_001),
        ("us.acme.example", 2),
        ("20.50.2.10", 2),
        ("192.0.2.10", 2),
        ("localhost", 2),
        ("acme-other.trafficmanager.net", 2),
    ] {
        world.refused(Action::Create, &nl, endpoint("amsterdam", target, priority), "BadRequest").await;
    }
    world.create(&nl, endpoint("amsterdam", "nl.acme.example", 2)).await.unwrap();
    // One alone cannot take the other's priority; and a profile goes last.
    world.refused(Action::Update, &nl, endpoint("amsterdam", "nl.acme.example", 1), "InvalidInput").await;
    world.refused(Action::Delete, PROFILE, profile(), "Guarded").await;
    for (site, target, priority) in [(&us, "us", 1), (&nl, "nl", 2)] {
        let name = site.rsplit('.').next().unwrap();
        let values = endpoint(name, &format!("{target}.acme.example"), priority);
        world.run(Action::Delete, site, values).await.unwrap();
    }
    world.run(Action::Delete, PROFILE, profile()).await.unwrap();
}

#[tokio::test]
async fn addresses_are_public_and_of_one_kind() {
    let world = World::new().await;
    world.create(PROFILE, profile()).await.unwrap();
    for target in ["10.0.0.1", "192.0.2.10", "2001:db8::1", "127.0.0.1"] {
        world
            .refused(Action::Create, &of_site("virginia"), endpoint("virginia", target, 1), "BadRequest")
            .await;
    }
    world.create(&of_site("virginia"), endpoint("virginia", "52.94.76.10", 1)).await.unwrap();
    world
        .refused(
            Action::Create,
            &of_site("amsterdam"),
            endpoint("amsterdam", "2603:1020::10", 2),
            "BadRequest",
        )
        .await;
}
