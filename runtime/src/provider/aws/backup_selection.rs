//! What backup plans select: a listing and a read for each plan. A change is a deletion and a creation.

use aws_sdk_backup::types::BackupSelection;
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::backup::selection as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, fault, unless};
use super::fields::{lacks, required, texts};
use super::guard;
use super::retry::{SELECTION, VAULT, retry};
use crate::cloud::{CloudError, Command, Done};

/// The selections of the wanted plans that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let (clients, plans) = (look.clients, look.backup_plans().await);
    let wanted = look.by_region(kind::KIND, kind::NAME, kind::REGION);
    let wanted = wanted.iter().flat_map(|(region, names)| names.iter().map(move |name| (name, region)));
    let reads: Vec<_> = wanted
        .map(|(name, region)| async move {
            let read = match plans.id(region, name) {
                Err(error) => Err(error),
                Ok(None) => Ok(None),
                Ok(Some(plan)) => {
                    clients.reach.ask(&kind::LIST, region, read(clients, region, name, &plan)).await
                }
            };
            (name, region, read)
        })
        .collect();
    look.seen(kind::KIND, kind::NAME, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

/// The selection of this name. Others of the same plan are not Holdfast's.
async fn read(clients: &Clients, region: &str, name: &str, plan: &str) -> Result<Option<Object>, CloudError> {
    let client = clients.backup(region);
    let mut all = list(clients, region, plan).await?.into_iter();
    let Some((_, id)) = all.find(|(other, _)| other == name) else { return Ok(None) };
    let request = client.get_backup_selection().backup_plan_id(plan).selection_id(&id);
    let answer = unless(request.send().await.named(&kind::GET), &["ResourceNotFoundException"])?;
    let Some(found) = answer.and_then(|answer| answer.backup_selection) else { return Ok(None) };
    Ok(Some(object((region, name, plan), id, &found)))
}

fn object((region, name, plan): (&str, &str, &str), id: String, found: &BackupSelection) -> Object {
    let attributes = [
        (kind::NAME, json!(name)),
        (kind::REGION, json!(region)),
        (kind::PLAN, json!(plan)),
        (kind::ROLE, json!(found.iam_role_arn())),
        (kind::RESOURCES, json!(found.resources())),
        (kind::MORE, more(found)),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Object { kind: kind::KIND, id, attributes, outputs: Values::new() }
}

/// All selections of a plan. What a survey compares is added: exceptions, and whether more than ARNs decides.
pub(super) async fn survey(clients: &Clients, region: &str, plan: &str) -> Result<Vec<Object>, CloudError> {
    let client = clients.backup(region);
    let mut all = Vec::new();
    for (name, id) in list(clients, region, plan).await? {
        let request = client.get_backup_selection().backup_plan_id(plan).selection_id(&id);
        let answer = unless(request.send().await.named(&kind::GET), &["ResourceNotFoundException"])?;
        let Some(found) = answer.and_then(|answer| answer.backup_selection) else { continue };
        let mut object = object((region, &name, plan), id, &found);
        object.attributes.insert(kind::EXCEPT.to_owned(), json!(found.not_resources()));
        object.attributes.insert(kind::CONDITIONAL.to_owned(), is_conditional(&found).into());
        all.push(object);
    }
    Ok(all)
}

/// The names and ids of all selections of a plan; none if the plan does not exist.
pub(super) async fn list(
    clients: &Clients,
    region: &str,
    plan: &str,
) -> Result<Vec<(String, String)>, CloudError> {
    let client = clients.backup(region);
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let request = client.list_backup_selections().backup_plan_id(plan).set_next_token(next.clone());
        let answer = unless(request.send().await.named(&kind::LIST), &["ResourceNotFoundException"])?;
        let Some(page) = answer else { return Ok(all) };
        let found = page.backup_selections_list.unwrap_or_default().into_iter();
        all.extend(found.filter_map(|one| Some((one.selection_name?, one.selection_id?))));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// Whether a selection depends on more than ARNs: on tags, or on conditions.
pub(super) fn is_conditional(found: &BackupSelection) -> bool {
    let conditions = found
        .conditions()
        .into_iter()
        .flat_map(|all| [&all.string_equals, &all.string_not_equals, &all.string_like, &all.string_not_like]);
    let mut conditions = conditions.filter_map(Option::as_ref);
    !found.list_of_tags().is_empty() || conditions.any(|list| !list.is_empty())
}

/// What a selection has that Holdfast does not write: tags, exceptions and conditions.
fn more(found: &BackupSelection) -> Value {
    let tags = found.list_of_tags().iter();
    let tags = tags.map(|tag| format!("tag {} = {}", tag.condition_key(), tag.condition_value()));
    let except = found.not_resources().iter().map(|arn| format!("not {arn}"));
    let conditions = found.conditions().into_iter().flat_map(|all| {
        let named = [
            ("equals", all.string_equals.as_ref()),
            ("not equals", all.string_not_equals.as_ref()),
            ("like", all.string_like.as_ref()),
            ("not like", all.string_not_like.as_ref()),
        ];
        named.into_iter().filter(|(_, list)| list.is_some_and(|list| !list.is_empty())).map(|(name, list)| {
            let keys = list.into_iter().flatten();
            let keys: Vec<String> = keys
                .map(|one| {
                    format!("{} {}", one.condition_key().unwrap_or("?"), one.condition_value().unwrap_or("?"))
                })
                .collect();
            format!("condition {name} {}", keys.join(", "))
        })
    });
    let all: Vec<String> = tags.chain(except).chain(conditions).collect();
    if all.is_empty() { Value::Null } else { json!(all) }
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let old =
        command.displaces.iter().chain(command.object.iter().filter(|_| command.action == Action::Delete));
    for found in old {
        delete(clients, found).await?;
    }
    match command.action {
        Action::Create | Action::Replace => create(clients, command).await,
        Action::Delete => Ok(done(command.object.as_ref().map_or("", |found| &found.id), Values::new())),
        Action::Update | Action::Keep => Err(lacks(&kind::CREATE, "action")),
    }
}

/// The token makes AWS Backup return the selection of an earlier attempt whose response was lost (AWS Backup API Reference,
/// `CreateBackupSelection`, `CreatorRequestId`).
async fn create(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::CREATE;
    let values = &command.values;
    let selection = BackupSelection::builder()
        .selection_name(required(values, kind::NAME, OPERATION)?)
        .iam_role_arn(required(values, kind::ROLE, OPERATION)?)
        .set_resources(Some(texts(values, kind::RESOURCES)))
        .build()
        .named(OPERATION)?;
    let plan = required(values, kind::PLAN, OPERATION)?;
    let client = clients.backup(required(values, kind::REGION, OPERATION)?);
    let answer = retry(SELECTION, || async {
        let request =
            client.create_backup_selection().backup_plan_id(plan).backup_selection(selection.clone());
        request.creator_request_id(&command.token).send().await.named(OPERATION)
    });
    let id = match unless(answer.await, &["AlreadyExistsException"])? {
        Some(made) => made.selection_id.unwrap_or_default(),
        // Of an earlier attempt whose answer was lost. If somebody else made it, the next plan shows what differs.
        None => {
            let (name, region) =
                (required(values, kind::NAME, OPERATION)?, required(values, kind::REGION, OPERATION)?);
            read(clients, region, name, plan).await?.map(|found| found.id).unwrap_or_default()
        }
    };
    if id.is_empty() {
        return Err(fault(OPERATION, "BadAnswer", "the response lacks the id of the selection"));
    }
    Ok(done(&id, Values::new()))
}

async fn delete(clients: &Clients, found: &Object) -> Result<(), CloudError> {
    let plan = required(&found.attributes, kind::PLAN, &kind::DELETE)?;
    let client = clients.backup(required(&found.attributes, kind::REGION, &kind::DELETE)?);
    let answer = retry(VAULT, || async {
        let request = client.delete_backup_selection().backup_plan_id(plan).selection_id(&found.id);
        request.send().await.named(&kind::DELETE)
    });
    unless(answer.await, &["ResourceNotFoundException"]).map(drop)
}

driver!(kind::KIND, observe, guard::selection, execute);
