//! Backup plans: one listing for each region, shared with the selections, and two reads for each wanted plan.

use aws_sdk_backup::types::BackupPlan;
use futures::{StreamExt, stream, try_join};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::backup::{plan as kind, plan_arn};
use holdfast_compiler::resource::Values;
use serde_json::json;

use super::backup_plans;
use super::backup_rule as rule;
use super::backup_vault::{tag, tags_of};
use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, fault, unless};
use super::fields::{lacks, new_tags, required, tags};
use super::guard;
use super::retry::{EMPTY_PLAN, VAULT, retry};
use crate::cloud::{CloudError, Command, Done, GUARDED};

/// The error for a plan that exists already. The API reference says both that a repeated token returns the plan and that a plan
/// that exists is this error (`CreateBackupPlan`).
const EXISTS: &str = "AlreadyExistsException";

/// The wanted plans that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let (clients, plans) = (look.clients, look.backup_plans().await);
    let wanted = look.by_region(kind::KIND, kind::NAME, kind::REGION);
    let wanted = wanted.iter().flat_map(|(region, names)| names.iter().map(move |name| (name, region)));
    let reads: Vec<_> = wanted
        .map(|(name, region)| async move {
            let read = match plans.id(region, name) {
                Err(error) => Err(error),
                Ok(None) => Ok(None),
                Ok(Some(id)) => clients.reach.ask(&kind::GET, region, read(clients, region, name, &id)).await,
            };
            (name, region, read)
        })
        .collect();
    look.seen(kind::KIND, kind::NAME, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

async fn read(clients: &Clients, region: &str, name: &str, id: &str) -> Result<Option<Object>, CloudError> {
    let arn = plan_arn(region, clients.owner(), id);
    let (plan, tags) = try_join!(read_rules(clients, region, id), tags_of(clients, region, &arn))?;
    let Some(plan) = plan else { return Ok(None) };
    let attributes = [
        (kind::NAME, json!(name)),
        (kind::REGION, json!(region)),
        (kind::RULES, rule::to_value(plan.rules())),
        (kind::TAGS, tags),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Some(Object { kind: kind::KIND, id: id.to_owned(), attributes, outputs: outputs(id) }))
}

/// A plan with its rules, if it exists.
pub(super) async fn read_rules(
    clients: &Clients,
    region: &str,
    id: &str,
) -> Result<Option<BackupPlan>, CloudError> {
    let answer = clients.backup(region).get_backup_plan().backup_plan_id(id).send().await;
    let answer = unless(answer.named(&kind::GET), &["ResourceNotFoundException"])?;
    Ok(answer.and_then(|answer| answer.backup_plan))
}

pub(super) fn outputs(id: &str) -> Values {
    Values::from([(kind::ID.to_owned(), json!(id))])
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        (Action::Create, _) => create(clients, command).await,
        (Action::Update, Some(found)) => update(clients, command, found).await,
        (Action::Delete, Some(found)) => delete(clients, found).await,
        _ => Err(lacks(&kind::UPDATE, "object")),
    }
}

/// The token makes AWS Backup return the plan of an earlier attempt whose response was lost (AWS Backup API Reference,
/// `CreateBackupPlan`, `CreatorRequestId`).
async fn create(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let values = &command.values;
    let plan = rule::plan(values, &kind::CREATE)?;
    let client = clients.backup(required(values, kind::REGION, &kind::CREATE)?);
    let answer = retry(VAULT, || async {
        let request =
            client.create_backup_plan().backup_plan(plan.clone()).creator_request_id(&command.token);
        let request = request.set_backup_plan_tags(Some(tags(values).into_iter().collect()));
        request.send().await.named(&kind::CREATE)
    });
    let id = match unless(answer.await, &[EXISTS])? {
        Some(made) => made.backup_plan_id.unwrap_or_default(),
        None => adopt(clients, values).await?,
    };
    if id.is_empty() {
        return Err(fault(&kind::CREATE, "BadAnswer", "the response lacks the id of the plan"));
    }
    Ok(done(&id, outputs(&id)))
}

/// The plan of this name that exists already: of an earlier attempt whose answer was lost, or made since the plan.
async fn adopt(clients: &Clients, values: &Values) -> Result<String, CloudError> {
    let name = required(values, kind::NAME, &kind::CREATE)?;
    let region = required(values, kind::REGION, &kind::CREATE)?;
    let found = backup_plans::list(clients, region).await?.remove(name);
    let missing =
        || fault(&kind::CREATE, EXISTS, "another backup plan with these rules exists under another name");
    let id = found.ok_or_else(missing)?;
    let there = tags_of(clients, region, &plan_arn(region, clients.owner(), &id)).await?;
    let there = Values::from([(kind::TAGS.to_owned(), there)]);
    guard::owner(name, &tags(&there), &tags(values)).map_err(|why| fault(&kind::GET_TAGS, GUARDED, why))?;
    Ok(id)
}

async fn update(clients: &Clients, command: &Command, found: &Object) -> Result<Done, CloudError> {
    let (values, id) = (&command.values, found.id.as_str());
    let region = required(values, kind::REGION, &kind::UPDATE)?;
    if command.changed.contains(kind::RULES) {
        let plan = rule::plan(values, &kind::UPDATE)?;
        let client = clients.backup(region);
        retry(VAULT, || async {
            let request = client.update_backup_plan().backup_plan_id(id).backup_plan(plan.clone());
            request.send().await.named(&kind::UPDATE)
        })
        .await?;
    }
    if command.changed.contains(kind::TAGS) {
        let arn = plan_arn(region, clients.owner(), id);
        tag(clients, region, &arn, new_tags(values, Some(&found.attributes))).await?;
    }
    Ok(done(id, outputs(id)))
}

async fn delete(clients: &Clients, found: &Object) -> Result<Done, CloudError> {
    let client = clients.backup(required(&found.attributes, kind::REGION, &kind::DELETE)?);
    let answer = retry(EMPTY_PLAN, || async {
        client.delete_backup_plan().backup_plan_id(&found.id).send().await.named(&kind::DELETE)
    });
    unless(answer.await, &["ResourceNotFoundException"])?;
    Ok(done(&found.id, Values::new()))
}

driver!(kind::KIND, observe, guard::plan, execute);
