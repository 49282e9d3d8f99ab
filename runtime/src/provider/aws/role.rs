//! Roles: one bulk read of all roles of the account, with their documents and tags.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, EntityType, RoleDetail, Tag};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::iam::grant::{FOREIGN, Foreign};
use holdfast_compiler::provider::aws::iam::role as kind;
use holdfast_compiler::resource::{Call, Kind, Values};
use serde_json::{Value, json};

use super::clients::{Clients, HOME};
use super::done;
use super::driver::{Look, objects};
use super::error::{Named, fault, unless};
use super::fields::{lacks, new_tags, required, tag_value, tags};
use super::guard;
use super::policy_document as document;
use super::retry::{NEW_ROLE, ROLE, Transient, retry};
use crate::cloud::{CloudError, Command, Done, GUARDED};

/// The name of the inline policy that Holdfast writes, whatever the role is for: another name would be foreign to roles that exist.
const POLICY: &str = "holdfast-replication";

pub(super) const READ: &Call = &kind::READ_ALL;

/// The wanted roles that exist.
pub(super) async fn observe(clients: &Clients, wanted: &BTreeSet<String>) -> Result<Vec<Object>, CloudError> {
    let mut objects = Vec::new();
    if wanted.is_empty() {
        return Ok(objects);
    }
    let mut marker = None;
    loop {
        let request = clients.iam.get_account_authorization_details().filter(EntityType::Role);
        let page = request.max_items(1000).set_marker(marker).send().await.named(READ)?;
        for role in page.role_detail_list() {
            if let Some(name) = role.role_name().filter(|name| wanted.contains(*name)) {
                objects.push(object(clients, name, role)?);
            }
        }
        marker = page.marker.filter(|marker| page.is_truncated && !marker.is_empty());
        if marker.is_none() {
            return Ok(objects);
        }
    }
}

fn object(clients: &Clients, name: &str, role: &RoleDetail) -> Result<Object, CloudError> {
    let parse = |text: &str| document::parse(READ, text);
    let trust = role.assume_role_policy_document().map(parse).transpose()?;
    let policy = role.role_policy_list().iter().find(|policy| policy.policy_name() == Some(POLICY));
    let policy = policy.and_then(|policy| policy.policy_document()).map(parse).transpose()?;
    let mut foreign = Foreign {
        inline_policies: inline(role.role_policy_list().iter().filter_map(|policy| policy.policy_name())),
        attached_policies: arns(role.attached_managed_policies()),
        boundary: boundary(clients, role.permissions_boundary()),
    };
    foreign.inline_policies.sort_unstable();
    foreign.attached_policies.sort_unstable();
    let tags = role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    let attributes = [
        (kind::NAME, json!(name)),
        (kind::TRUST, trust.unwrap_or_default()),
        (kind::POLICY, policy.unwrap_or_default()),
        (kind::TAGS, tag_value(tags)),
    ];
    let attributes = attributes.into_iter().chain(foreign.attribute().map(|found| (FOREIGN, found)));
    Ok(Object {
        kind: kind::KIND,
        id: name.to_owned(),
        attributes: attributes.map(|(name, value)| (name.to_owned(), value)).collect(),
        outputs: outputs(role.arn().unwrap_or_default()),
    })
}

/// The names of inline policies that Holdfast does not write.
fn inline<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.filter(|name| *name != POLICY).map(str::to_owned).collect()
}

fn arns(attached: &[AttachedPolicy]) -> Vec<String> {
    let arns = attached.iter().map(|policy| policy.policy_arn().or(policy.policy_name()).unwrap_or_default());
    arns.map(str::to_owned).collect()
}

/// The permissions boundary, if it is not the configured one.
fn boundary(clients: &Clients, found: Option<&AttachedPermissionsBoundary>) -> Option<String> {
    let arn = found?.permissions_boundary_arn().unwrap_or_default().to_owned();
    (clients.role_boundary.as_ref() != Some(&arn)).then_some(arn)
}

fn outputs(arn: &str) -> Values {
    Values::from([("arn".to_owned(), json!(arn))])
}

/// Create, update or delete a role.
pub(super) async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        (Action::Delete, Some(found)) => delete(clients, &found.id).await,
        (Action::Update, Some(found)) => update(clients, command, found).await,
        (Action::Create | Action::Replace, _) => create(clients, &command.values).await,
        _ => Err(lacks(&kind::PUT_TRUST, "object")),
    }
}

async fn create(clients: &Clients, values: &Values) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::CREATE;
    let name = required(values, kind::NAME, OPERATION)?;
    let trust = text(values, kind::TRUST, OPERATION)?;
    let tags = sdk_tags(tags(values), OPERATION)?;
    let answer = retry(ROLE, || async {
        let request = clients.iam.create_role().role_name(name).path("/");
        let request = request.assume_role_policy_document(&trust).set_tags(Some(tags.clone()));
        let request = request.set_permissions_boundary(clients.role_boundary.clone());
        request.send().await.named(OPERATION)
    });
    let arn = match unless(answer.await, &["EntityAlreadyExists"])? {
        Some(made) => made.role.map(|role| role.arn).unwrap_or_default(),
        // An earlier attempt whose response was lost, or a role created since the plan.
        None => adopt(clients, name, values).await?,
    };
    put_policy(clients, name, values, NEW_ROLE).await?;
    Ok(done(name, outputs(&arn)))
}

/// Adopt an existing role: write what differs, except its policy, and return its ARN.
async fn adopt(clients: &Clients, name: &str, values: &Values) -> Result<String, CloudError> {
    const OPERATION: &Call = &kind::GET;
    let found =
        retry(NEW_ROLE, || async { clients.iam.get_role().role_name(name).send().await.named(OPERATION) });
    let role = found
        .await?
        .role
        .ok_or_else(|| fault(OPERATION, "BadAnswer", "the response lacks the requested role"))?;
    let foreign =
        Foreign { boundary: boundary(clients, role.permissions_boundary()), ..others(clients, name).await? };
    guard::foreign(name, &foreign).map_err(|why| fault(OPERATION, GUARDED, why))?;
    let there = role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
    let there: BTreeMap<String, String> = there.collect();
    guard::owner(name, &there, &tags(values)).map_err(|why| fault(OPERATION, GUARDED, why))?;
    let trust = role.assume_role_policy_document.as_deref();
    let trust = trust.map(|text| document::parse(OPERATION, text)).transpose()?;
    if trust.as_ref() != values.get(kind::TRUST) {
        put_trust(clients, name, values, NEW_ROLE).await?;
    }
    let there = Values::from([(kind::TAGS.to_owned(), tag_value(there))]);
    let tags = sdk_tags(new_tags(values, Some(&there)), &kind::TAG)?;
    put_tags(clients, name, tags, NEW_ROLE).await?;
    Ok(role.arn)
}

/// The policies of a role that Holdfast did not write.
async fn others(clients: &Clients, name: &str) -> Result<Foreign, CloudError> {
    let mut foreign = Foreign::default();
    let mut marker: Option<String> = None;
    loop {
        let page = retry(NEW_ROLE, || async {
            let request = clients.iam.list_role_policies().role_name(name).set_marker(marker.clone());
            request.send().await.named(&kind::LIST_POLICIES)
        });
        let page = page.await?;
        foreign.inline_policies.extend(inline(page.policy_names().iter().map(String::as_str)));
        marker = page.marker.filter(|marker| page.is_truncated && !marker.is_empty());
        if marker.is_none() {
            break;
        }
    }
    loop {
        let page = retry(NEW_ROLE, || async {
            let request =
                clients.iam.list_attached_role_policies().role_name(name).set_marker(marker.clone());
            request.send().await.named(&kind::LIST_ATTACHED)
        });
        let page = page.await?;
        foreign.attached_policies.extend(arns(page.attached_policies()));
        marker = page.marker.filter(|marker| page.is_truncated && !marker.is_empty());
        if marker.is_none() {
            return Ok(foreign);
        }
    }
}

async fn update(clients: &Clients, command: &Command, found: &Object) -> Result<Done, CloudError> {
    let (name, values) = (found.id.as_str(), &command.values);
    if command.changed.contains(kind::TRUST) {
        put_trust(clients, name, values, ROLE).await?;
    }
    if command.changed.contains(kind::POLICY) {
        put_policy(clients, name, values, ROLE).await?;
    }
    if command.changed.contains(kind::TAGS) {
        let tags = new_tags(values, Some(&found.attributes));
        put_tags(clients, name, sdk_tags(tags, &kind::TAG)?, ROLE).await?;
    }
    Ok(done(name, found.outputs.clone()))
}

async fn delete(clients: &Clients, name: &str) -> Result<Done, CloudError> {
    let policy = retry(ROLE, || async {
        let request = clients.iam.delete_role_policy().role_name(name).policy_name(POLICY);
        request.send().await.named(&kind::DELETE_POLICY)
    });
    unless(policy.await, &["NoSuchEntity"])?;
    let role =
        retry(ROLE, || async { clients.iam.delete_role().role_name(name).send().await.named(&kind::DELETE) });
    unless(role.await, &["NoSuchEntity"])?;
    Ok(done(name, Values::new()))
}

async fn put_trust(
    clients: &Clients,
    name: &str,
    values: &Values,
    table: &[Transient],
) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_TRUST;
    let trust = text(values, kind::TRUST, OPERATION)?;
    retry(table, || async {
        let request = clients.iam.update_assume_role_policy().role_name(name);
        request.policy_document(&trust).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

async fn put_policy(
    clients: &Clients,
    name: &str,
    values: &Values,
    table: &[Transient],
) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_POLICY;
    let policy = text(values, kind::POLICY, OPERATION)?;
    retry(table, || async {
        let request = clients.iam.put_role_policy().role_name(name).policy_name(POLICY);
        request.policy_document(&policy).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

async fn put_tags(
    clients: &Clients,
    name: &str,
    tags: Vec<Tag>,
    table: &[Transient],
) -> Result<(), CloudError> {
    if tags.is_empty() {
        return Ok(());
    }
    retry(table, || async {
        let request = clients.iam.tag_role().role_name(name).set_tags(Some(tags.clone()));
        request.send().await.named(&kind::TAG)
    })
    .await
    .map(drop)
}

fn sdk_tags(tags: BTreeMap<String, String>, call: &Call) -> Result<Vec<Tag>, CloudError> {
    let tags = tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<Result<_, _>>().named(call)
}

/// A policy document as text.
fn text(values: &Values, name: &str, call: &Call) -> Result<String, CloudError> {
    let document = values.get(name).filter(|document| document.is_object());
    document.map(Value::to_string).ok_or_else(|| lacks(call, name))
}

/// The driver of roles.
pub(super) struct Driver;

#[async_trait]
impl super::driver::Driver for Driver {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    async fn observe(&self, look: &Look<'_>) -> Result<Observation, CloudError> {
        let names = look.names(kind::KIND, kind::NAME);
        look.clients.reach.ask(READ, HOME, observe(look.clients, &names)).await.map(objects)
    }

    fn check(&self, command: &Command, account: &str) -> Result<(), CloudError> {
        guard::role(command, account)
    }

    async fn one(&self, clients: &Clients, command: &Command) -> Result<Done, CloudError> {
        execute(clients, command).await
    }
}
