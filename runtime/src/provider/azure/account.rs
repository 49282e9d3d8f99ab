//! Storage accounts: the account and its blob service.

use std::collections::BTreeMap;

use async_trait::async_trait;
use azure_core::http::Method;
use holdfast_compiler::lower::context::{ESTATE_TAG, SERVICE_TAG};
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::azure::storage::account as kind;
use holdfast_compiler::resource::{Call, Identity, Kind, Values};
use serde_json::{Value, json};

use super::changes::{Readable, Todo, confirm, is_as_wanted, unchanged};
use super::client::arm::{Again, Arm};
use super::client::error::{CHANGED, fault};
use super::client::models::account::{Account, Changes, New, Properties, Sku};
use super::client::models::blobs::{Blobs, ChangeFeed, Retention};
use super::client::models::{account_id, at};
use super::driver::{Look, Sight};
use super::fields::{flag, lacks, required, text, texts, values};
use super::places::Places;
use crate::cloud::{CloudError, Command, Done, refuse};

/// How a new account keeps its data: three times, in three zones of its region. Every region that a site can be in has zones. An account
/// that exists is left as it is. Source: Azure Storage documentation, "Azure Storage redundancy".
const REDUNDANCY: &str = "Standard_ZRS";
/// General purpose v2, which object replication requires.
const GENERAL_PURPOSE: &str = "StorageV2";
/// The blob service of an account.
const BLOBS: &str = "/blobServices/default";

pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn read(&self, look: &Look<'_>, identity: &Identity) -> Result<Sight<Object>, CloudError> {
        let name = identity.get(kind::NAME).ok_or_else(|| lacks(&kind::GET, kind::NAME))?;
        let account = match look.account(name).await? {
            Sight::Seen(account) => account,
            Sight::Absent => return Ok(Sight::Absent),
            Sight::Unseen(error) => return Ok(Sight::Unseen(error)),
        };
        let blobs = blobs(look.arm, &account_id(&account.group, name)).await?;
        let object = |blobs| object(&account.answer, &account.group, &blobs);
        Ok(blobs.map(object).map_or(Sight::Absent, Sight::Seen))
    }

    fn check(&self, command: &Command) -> Result<(), CloudError> {
        for (name, safe) in
            [(kind::SECURE_TRANSFER, true), (kind::PUBLIC_BLOBS, false), (kind::CROSS_TENANT, false)]
        {
            if flag(&command.values, name).is_some_and(|wanted| wanted != safe) {
                return Err(refuse(command, format!("no policy sets `{name}` to {}", !safe)));
            }
        }
        Ok(())
    }

    async fn one(&self, arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
        match command.action {
            Action::Create => create(arm, places, command).await,
            Action::Update => update(arm, places, command).await,
            Action::Delete | Action::Keep | Action::Replace => {
                Err(refuse(command, "Holdfast never deletes a storage account"))
            }
        }
    }
}

async fn blobs(arm: &Arm, account: &str) -> Result<Option<Blobs>, CloudError> {
    arm.get(&kind::GET_BLOBS, &at(account, BLOBS)).await
}

/// An account to look at again.
struct Known<'a> {
    arm: &'a Arm,
    group: &'a str,
    name: &'a str,
}

#[async_trait]
impl Readable for Known<'_> {
    async fn read(&self) -> Result<Option<Object>, CloudError> {
        let id = account_id(self.group, self.name);
        let found = self.arm.get::<Account>(&kind::GET, &at(&id, "")).await?;
        let Some(account) = found else { return Ok(None) };
        Ok(blobs(self.arm, &id).await?.map(|blobs| object(&account, self.group, &blobs)))
    }
}

/// What Azure does not say is null, which is never what a policy asks for.
fn object(account: &Account, group: &str, blobs: &Blobs) -> Object {
    let (of_account, of_blobs) = (&account.properties, &blobs.properties);
    let kept = of_blobs.delete_retention_policy.as_ref().filter(|policy| policy.enabled);
    let feed = of_blobs.change_feed.as_ref().is_some_and(|feed| feed.enabled);
    let attributes = values([
        (kind::NAME, json!(account.name)),
        (kind::REGION, json!(account.location.replace(' ', "").to_lowercase())),
        (kind::GROUP, json!(group)),
        (kind::VERSIONING, json!(of_blobs.is_versioning_enabled == Some(true))),
        (kind::CHANGE_FEED, json!(feed)),
        (kind::SECURE_TRANSFER, json!(of_account.supports_https_traffic_only)),
        (kind::MIN_TLS, json!(of_account.minimum_tls_version)),
        (kind::PUBLIC_BLOBS, json!(of_account.allow_blob_public_access)),
        (kind::CROSS_TENANT, json!(of_account.allow_cross_tenant_replication)),
        (kind::SOFT_DELETE, json!(kept.and_then(|policy| policy.days))),
        (kind::TAGS, json!(account.tags)),
    ]);
    Object { kind: kind::KIND, id: account.name.clone(), attributes, outputs: Values::new() }
}

fn done(name: &str) -> Done {
    Done { id: name.to_owned(), outputs: Values::new() }
}

/// Writing an account that exists would change it, so the name is looked at first. Nobody else's account of that name is in the group: it
/// is refused by Azure, because names are unique in all of Azure.
async fn create(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::CREATE;
    let wanted = &command.values;
    let name = required(wanted, kind::NAME, CALL)?;
    let group = required(wanted, kind::GROUP, CALL)?;
    let id = account_id(group, name);
    if let Some(found) = arm.get::<Account>(&kind::GET, &at(&id, "")).await? {
        return Err(appeared(&found, &texts(wanted, kind::TAGS)));
    }
    let new = New {
        sku: Sku { name: REDUNDANCY },
        kind: GENERAL_PURPOSE,
        location: required(wanted, kind::REGION, CALL)?.to_owned(),
        tags: texts(wanted, kind::TAGS),
        properties: properties(wanted, |_| true),
    };
    let _: Account = arm.write(CALL, Method::Put, &at(&id, ""), &new, Again::Yes).await?;
    places.note(name, group);
    set_blobs(arm, &id, wanted, |_| true).await?;
    confirm(CALL, kind::KIND, wanted, &Known { arm, group, name }).await?;
    Ok(done(name))
}

/// The account that appeared since the plan was made.
fn appeared(found: &Account, wanted: &BTreeMap<String, String>) -> CloudError {
    let owner = |key: &str| found.tags.get(key).filter(|owner| wanted.get(key) != Some(*owner));
    let whose = match owner(ESTATE_TAG).or_else(|| owner(SERVICE_TAG)) {
        Some(owner) => format!(" and belongs to `{owner}`"),
        None => String::new(),
    };
    let message = format!("`{}` appeared after the plan was made{whose}; plan again", found.name);
    fault(&kind::CREATE, "StorageAccountAlreadyExists", message)
}

async fn update(arm: &Arm, places: &Places, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::UPDATE;
    let wanted = &command.values;
    let name = required(wanted, kind::NAME, CALL)?;
    let id = places.id(CALL, name)?;
    let group = required(wanted, kind::GROUP, CALL)?;
    let known = Known { arm, group, name };
    let now = known.read().await?;
    if unchanged(CALL, command, now.as_ref())? == Todo::Nothing {
        return Ok(done(name));
    }
    // What somebody made stricter since the plan was made stays so.
    let is_enough =
        |name: &str| now.as_ref().is_some_and(|now| is_as_wanted(kind::KIND, &now.attributes, wanted, name));
    let changed = |attribute: &str| command.changed.contains(attribute) && !is_enough(attribute);
    let mut changes = Changes { tags: None, properties: properties(wanted, changed) };
    if changed(kind::TAGS) {
        // Azure replaces all tags. Those of others stay.
        let mut tags = now.as_ref().map(|now| texts(&now.attributes, kind::TAGS)).unwrap_or_default();
        tags.extend(texts(wanted, kind::TAGS));
        changes.tags = Some(tags);
    }
    if changes.tags.is_some() || changes.properties != Properties::default() {
        let _: Account = arm.write(CALL, Method::Patch, &at(&id, ""), &changes, Again::Yes).await?;
    }
    set_blobs(arm, &id, wanted, changed).await?;
    confirm(CALL, kind::KIND, wanted, &known).await?;
    Ok(done(name))
}

/// The settings of the account, those that are to be written.
fn properties(wanted: &Values, written: impl Fn(&str) -> bool) -> Properties {
    let flag = |name: &str| flag(wanted, name).filter(|_| written(name));
    Properties {
        supports_https_traffic_only: flag(kind::SECURE_TRANSFER),
        minimum_tls_version: text(wanted, kind::MIN_TLS).filter(|_| written(kind::MIN_TLS)),
        allow_blob_public_access: flag(kind::PUBLIC_BLOBS),
        allow_cross_tenant_replication: flag(kind::CROSS_TENANT),
    }
}

/// Write the settings of the blob service, which is one document. What is not managed in it stays.
async fn set_blobs(
    arm: &Arm,
    account: &str,
    wanted: &Values,
    written: impl Fn(&str) -> bool,
) -> Result<(), CloudError> {
    const CALL: &Call = &kind::SET_BLOBS;
    let names = [kind::VERSIONING, kind::CHANGE_FEED, kind::SOFT_DELETE];
    if !names.iter().any(|name| wanted.contains_key(*name) && written(name)) {
        return Ok(());
    }
    let gone = || fault(CALL, CHANGED, "the storage account was deleted meanwhile; plan again");
    let mut blobs = blobs(arm, account).await?.ok_or_else(gone)?;
    let now = &mut blobs.properties;
    if let Some(on) = flag(wanted, kind::VERSIONING) {
        now.is_versioning_enabled = Some(on);
    }
    if let Some(enabled) = flag(wanted, kind::CHANGE_FEED) {
        let kept = now.change_feed.take().filter(|_| enabled).unwrap_or_default();
        now.change_feed = Some(ChangeFeed { enabled, ..kept });
    }
    match wanted.get(kind::SOFT_DELETE) {
        Some(Value::Null) => now.delete_retention_policy = Some(Retention::default()),
        Some(days) => {
            let least = days.as_u64().ok_or_else(|| lacks(CALL, kind::SOFT_DELETE))?;
            let kept = now.delete_retention_policy.take().unwrap_or_default();
            // More days than the policy asks for stay.
            let days = kept.days.filter(|_| kept.enabled).max(Some(least));
            now.delete_retention_policy = Some(Retention { enabled: true, days, ..kept });
        }
        None => {}
    }
    let _: Blobs = arm.write(CALL, Method::Put, &at(account, BLOBS), &blobs, Again::Yes).await?;
    Ok(())
}
