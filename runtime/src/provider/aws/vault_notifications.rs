//! What vaults tell of: a listing of the vaults of each region, and a read for each that exists.

use aws_sdk_backup::types::BackupVaultEvent;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::backup::{notifications as kind, vault};
use holdfast_compiler::resource::{Call, Values};
use serde_json::json;

use super::backup_vault;
use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{lacks, required, texts, with_found};
use super::guard_topics;
use super::retry::{NEW_VAULT, VAULT, retry};
use crate::cloud::{CloudError, Command, Done};

/// The code for a vault that tells nothing.
const ABSENT: &[&str] = &["ResourceNotFoundException"];

/// What the wanted vaults tell of. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let clients = look.clients;
    let wanted = look.by_region(kind::KIND, kind::VAULT, kind::REGION);
    let reads = wanted.iter().map(|(region, names)| async move {
        // Of a vault that does not exist, AWS Backup says that a permission is missing.
        let vaults = backup_vault::list(clients, region);
        let there = clients.reach.ask(&vault::LIST, region, vaults).await;
        let reads = names.iter().map(|name| {
            let there = there.as_ref().map(|all| all.contains_key(name)).map_err(Clone::clone);
            async move {
                let read = match there {
                    Err(error) => Err(error),
                    Ok(false) => Ok(None),
                    Ok(true) => clients.reach.ask(&kind::GET, region, read(clients, region, name)).await,
                };
                (name, region, read)
            }
        });
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect::<Vec<_>>().await
    });
    let read: Vec<Vec<_>> =
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    look.seen(kind::KIND, kind::VAULT, read.into_iter().flatten().collect())
}

async fn read(clients: &Clients, region: &str, name: &str) -> Result<Option<Object>, CloudError> {
    let answer = clients.backup(region).get_backup_vault_notifications().backup_vault_name(name);
    let Some(found) = unless(answer.send().await.named(&kind::GET), ABSENT)? else { return Ok(None) };
    let events: Vec<&str> = found.backup_vault_events().iter().map(BackupVaultEvent::as_str).collect();
    let attributes = [
        (kind::VAULT, json!(name)),
        (kind::REGION, json!(region)),
        (kind::TOPIC, json!(found.sns_topic_arn())),
        (kind::EVENTS, json!(events)),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Some(Object { kind: kind::KIND, id: id(region, name), attributes, outputs: Values::new() }))
}

/// Names are unique in a region only.
fn id(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        (Action::Create | Action::Update, _) => put(clients, &with_found(command)).await,
        (Action::Delete, Some(found)) => {
            let name = required(&found.attributes, kind::VAULT, &kind::DELETE)?;
            let client = clients.backup(required(&found.attributes, kind::REGION, &kind::DELETE)?);
            let answer = retry(VAULT, || async {
                let request = client.delete_backup_vault_notifications().backup_vault_name(name);
                request.send().await.named(&kind::DELETE)
            });
            unless(answer.await, ABSENT)?;
            Ok(done(&found.id, Values::new()))
        }
        _ => Err(lacks(&kind::PUT, "object")),
    }
}

async fn put(clients: &Clients, values: &Values) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT;
    let (name, region) = (required(values, kind::VAULT, CALL)?, required(values, kind::REGION, CALL)?);
    let topic = required(values, kind::TOPIC, CALL)?;
    let events: Vec<BackupVaultEvent> =
        texts(values, kind::EVENTS).iter().map(|event| BackupVaultEvent::from(event.as_str())).collect();
    retry(NEW_VAULT, || async {
        let request = clients.backup(region).put_backup_vault_notifications().backup_vault_name(name);
        let request = request.sns_topic_arn(topic).set_backup_vault_events(Some(events.clone()));
        request.send().await.named(CALL)
    })
    .await?;
    Ok(done(&id(region, name), Values::new()))
}

driver!(kind::KIND, observe, guard_topics::notifications, execute);
