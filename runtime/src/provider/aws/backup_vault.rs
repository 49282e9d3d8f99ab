//! Backup vaults: one listing for each region, and two reads for each wanted vault.

use std::collections::BTreeMap;

use aws_sdk_backup::primitives::DateTimeFormat;
use aws_sdk_backup::types::BackupVaultListMember;
use futures::{StreamExt, stream, try_join};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::backup::{vault as kind, vault_arn};
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, fault, unless};
use super::fields::{lacks, new_tags, required, tag_value, tags, text};
use super::guard;
use super::policy_document as document;
use super::retry::{NEW_VAULT, VAULT, retry};
use crate::cloud::{CloudError, Command, Done, GUARDED};

/// The most vaults of a page (AWS Backup API Reference, `ListBackupVaults`).
const PAGE: i32 = 1000;

/// The wanted vaults that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let wanted = look.by_region(kind::KIND, kind::NAME, kind::REGION);
    let reads = wanted.iter().map(|(region, names)| async move {
        let listed = look.clients.reach.ask(&kind::LIST, region, list(look.clients, region)).await;
        let reads = names.iter().map(|name| {
            let listed = listed.clone().map(|all| all.get(name).cloned());
            async move {
                let read = match listed {
                    Err(error) => Err(error),
                    Ok(None) => Ok(None),
                    Ok(Some(found)) => {
                        let read = read(look.clients, region, name, found);
                        look.clients.reach.ask(&kind::GET_TAGS, region, read).await.map(Some)
                    }
                };
                (name, region, read)
            }
        });
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect::<Vec<_>>().await
    });
    let read: Vec<Vec<_>> =
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    look.seen(kind::KIND, kind::NAME, read.into_iter().flatten().collect())
}

/// All vaults of a region, each with its name, its key and its lock.
pub(super) async fn survey(clients: &Clients, region: &str) -> Result<Vec<Object>, CloudError> {
    let objects = list(clients, region).await?.into_iter().map(|(name, found)| {
        let attributes = [
            (kind::NAME, json!(name)),
            (kind::REGION, json!(region)),
            (kind::KMS_KEY, json!(found.encryption_key_arn().filter(|key| !key.is_empty()))),
            (kind::LOCK, lock(&found)),
        ];
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Object { kind: kind::KIND, id: id(region, &name), attributes, outputs: Values::new() }
    });
    Ok(objects.collect())
}

pub(super) type Vaults = BTreeMap<String, BackupVaultListMember>;

pub(super) async fn list(clients: &Clients, region: &str) -> Result<Vaults, CloudError> {
    let client = clients.backup(region);
    let mut all = Vaults::new();
    let mut next: Option<String> = None;
    loop {
        let page = retry(VAULT, || async {
            let request = client.list_backup_vaults().max_results(PAGE).set_next_token(next.clone());
            request.send().await.named(&kind::LIST)
        });
        let page = page.await?;
        let vaults = page.backup_vault_list.unwrap_or_default().into_iter();
        all.extend(vaults.filter_map(|vault| Some((vault.backup_vault_name.clone()?, vault))));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

async fn read(
    clients: &Clients,
    region: &str,
    name: &str,
    found: BackupVaultListMember,
) -> Result<Object, CloudError> {
    let arn = found.backup_vault_arn().unwrap_or_default();
    let (policy, tags) = try_join!(policy(clients, region, name), tags_of(clients, region, arn))?;
    let attributes = [
        (kind::NAME, json!(name)),
        (kind::REGION, json!(region)),
        (kind::KMS_KEY, json!(found.encryption_key_arn().filter(|key| !key.is_empty()))),
        (kind::ACCESS_POLICY, policy),
        (kind::LOCK, lock(&found)),
        (kind::TAGS, tags),
    ];
    // A date that cannot be written is seen as an empty one, not as none.
    let date = found.lock_date().map(|date| {
        let text = date.fmt(DateTimeFormat::DateTime).unwrap_or_default();
        text.split('T').next().unwrap_or_default().to_owned()
    });
    let seen = [
        (kind::LOCK_DATE, date.map(Value::from)),
        (kind::MIN_DAYS, found.min_retention_days().map(Value::from)),
        (kind::MAX_DAYS, found.max_retention_days().map(Value::from)),
    ];
    let seen = seen.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let attributes = attributes.into_iter().chain(seen);
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Object { kind: kind::KIND, id: id(region, name), attributes, outputs: Values::new() })
}

/// A lock with a date becomes one that nobody can remove (AWS Backup API Reference, `BackupVaultListMember`, `LockDate`).
fn lock(found: &BackupVaultListMember) -> Value {
    match (found.locked(), found.lock_date()) {
        (Some(true), Some(_)) => kind::COMPLIANCE.into(),
        (Some(true), None) => kind::GOVERNANCE.into(),
        _ => Value::Null,
    }
}

/// Names are unique in a region only.
fn id(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

/// The ARN of a vault, in the account of its region.
fn arn(clients: &Clients, region: &str, name: &str) -> String {
    vault_arn(region, clients.account_of(region).unwrap_or(clients.owner()), name)
}

async fn policy(clients: &Clients, region: &str, name: &str) -> Result<Value, CloudError> {
    let client = clients.backup(region);
    let answer = client.get_backup_vault_access_policy().backup_vault_name(name).send().await;
    let answer = unless(answer.named(&kind::GET_POLICY), &["ResourceNotFoundException"])?;
    let found = answer.and_then(|answer| answer.policy).filter(|policy| !policy.is_empty());
    Ok(found.map(|text| document::plain(&kind::GET_POLICY, &text)).transpose()?.unwrap_or_default())
}

/// The tags of a vault or a plan.
pub(super) async fn tags_of(clients: &Clients, region: &str, arn: &str) -> Result<Value, CloudError> {
    let client = clients.backup(region);
    let mut all = BTreeMap::new();
    let mut next: Option<String> = None;
    loop {
        let request = client.list_tags().resource_arn(arn).set_next_token(next.clone());
        let page = request.send().await.named(&kind::GET_TAGS)?;
        all.extend(page.tags.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(tag_value(all));
        }
    }
}

/// Add tags to a vault or a plan.
pub(super) async fn tag(
    clients: &Clients,
    region: &str,
    arn: &str,
    tags: BTreeMap<String, String>,
) -> Result<(), CloudError> {
    if tags.is_empty() {
        return Ok(());
    }
    let client = clients.backup(region);
    retry(VAULT, || async {
        let request =
            client.tag_resource().resource_arn(arn).set_tags(Some(tags.clone().into_iter().collect()));
        request.send().await.named(&kind::TAG)
    })
    .await
    .map(drop)
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        (Action::Create, _) => create(clients, command).await,
        (Action::Update, Some(found)) => update(clients, command, found).await,
        (Action::Delete, Some(found)) => delete(clients, found).await,
        _ => Err(fault(&kind::DELETE, "Refused", "a vault holds backups: Holdfast never replaces it")),
    }
}

async fn create(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let values = &command.values;
    let name = required(values, kind::NAME, &kind::CREATE)?;
    let region = required(values, kind::REGION, &kind::CREATE)?;
    let client = clients.backup(region);
    let answer = retry(VAULT, || async {
        let request = client.create_backup_vault().backup_vault_name(name).creator_request_id(&command.token);
        let request = request.set_encryption_key_arn(text(values, kind::KMS_KEY).map(str::to_owned));
        let request = request.set_backup_vault_tags(Some(tags(values).into_iter().collect()));
        request.send().await.named(&kind::CREATE)
    });
    if unless(answer.await, &["AlreadyExistsException"])?.is_none() {
        // An earlier attempt whose response was lost, or a vault created since the plan.
        adopt(clients, values, region, name).await?;
    }
    put_policy(clients, values, region, name).await?;
    if values.get(kind::LOCK).is_some_and(Value::is_string) {
        put_lock(clients, values, region, name).await?;
    }
    Ok(done(&id(region, name), Values::new()))
}

/// Check a vault that exists already, and set its tags.
async fn adopt(clients: &Clients, values: &Values, region: &str, name: &str) -> Result<(), CloudError> {
    let arn = arn(clients, region, name);
    let there = Values::from([(kind::TAGS.to_owned(), tags_of(clients, region, &arn).await?)]);
    guard::owner(name, &tags(&there), &tags(values)).map_err(|why| fault(&kind::GET_TAGS, GUARDED, why))?;
    tag(clients, region, &arn, new_tags(values, Some(&there))).await
}

async fn update(clients: &Clients, command: &Command, found: &Object) -> Result<Done, CloudError> {
    let values = &command.values;
    let name = required(values, kind::NAME, &kind::PUT_POLICY)?;
    let region = required(values, kind::REGION, &kind::PUT_POLICY)?;
    if command.changed.contains(kind::ACCESS_POLICY) {
        put_policy(clients, values, region, name).await?;
    }
    if command.changed.contains(kind::LOCK) {
        put_lock(clients, values, region, name).await?;
    }
    if command.changed.contains(kind::TAGS) {
        let arn = arn(clients, region, name);
        tag(clients, region, &arn, new_tags(values, Some(&found.attributes))).await?;
    }
    Ok(done(&found.id, Values::new()))
}

async fn put_policy(clients: &Clients, values: &Values, region: &str, name: &str) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_POLICY;
    let policy = values.get(kind::ACCESS_POLICY).filter(|document| document.is_object());
    let policy = policy.ok_or_else(|| lacks(OPERATION, kind::ACCESS_POLICY))?.to_string();
    let client = clients.backup(region);
    retry(NEW_VAULT, || async {
        let request = client.put_backup_vault_access_policy().backup_vault_name(name).policy(&policy);
        request.send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

/// Lock a vault. A number of days until it cannot be removed makes it a compliance lock.
async fn put_lock(clients: &Clients, values: &Values, region: &str, name: &str) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_LOCK;
    let grace = match required(values, kind::LOCK, OPERATION)? {
        kind::COMPLIANCE => Some(kind::GRACE_DAYS.cast_signed()),
        kind::GOVERNANCE => None,
        _ => return Err(lacks(OPERATION, kind::LOCK)),
    };
    let client = clients.backup(region);
    retry(NEW_VAULT, || async {
        let request = client.put_backup_vault_lock_configuration().backup_vault_name(name);
        let request = request.min_retention_days(1).set_changeable_for_days(grace);
        request.send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

/// AWS Backup deletes only empty vaults.
async fn delete(clients: &Clients, found: &Object) -> Result<Done, CloudError> {
    let name = required(&found.attributes, kind::NAME, &kind::DELETE)?;
    let client = clients.backup(required(&found.attributes, kind::REGION, &kind::DELETE)?);
    let answer = retry(VAULT, || async {
        client.delete_backup_vault().backup_vault_name(name).send().await.named(&kind::DELETE)
    });
    unless(answer.await, &["ResourceNotFoundException"])?;
    Ok(done(&found.id, Values::new()))
}

driver!(kind::KIND, observe, guard::vault, execute);
