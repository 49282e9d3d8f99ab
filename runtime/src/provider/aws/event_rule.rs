//! Rules of EventBridge on the default bus: three reads for each wanted rule.

use aws_sdk_eventbridge::types::{InputTransformer, RuleState, Tag, Target};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::events::{rule as kind, rule_arn};
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, fault, unless};
use super::fields::{lacks, new_tags, required, tag_value, tags, text, texts, with_found};
use super::guard_topics;
use super::retry::{NEW_RULE, RULE, retry};
use crate::cloud::{CloudError, Command, Done};

/// The code for a rule that does not exist.
const ABSENT: &[&str] = &["ResourceNotFoundException"];

/// The wanted rules that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let clients = look.clients;
    let wanted = look.by_region(kind::KIND, kind::NAME, kind::REGION);
    let wanted = wanted.iter().flat_map(|(region, names)| names.iter().map(move |name| (name, region)));
    let reads: Vec<_> = wanted
        .map(|(name, region)| async move {
            (name, region, clients.reach.ask(&kind::GET, region, read(clients, region, name)).await)
        })
        .collect();
    look.seen(kind::KIND, kind::NAME, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

async fn read(clients: &Clients, region: &str, name: &str) -> Result<Option<Object>, CloudError> {
    let client = clients.eventbridge(region);
    let answer = client.describe_rule().name(name).send().await.named(&kind::GET);
    let Some(rule) = unless(answer, ABSENT)? else { return Ok(None) };
    let targets = targets(clients, region, name).await?;
    let arn = rule_arn(region, clients.owner(), name);
    let found = client.list_tags_for_resource().resource_arn(&arn).send().await.named(&kind::GET_TAGS)?;
    let tags = found.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    let unreadable = |error: serde_json::Error| fault(&kind::GET, "BadAnswer", format!("a pattern: {error}"));
    let pattern = rule.event_pattern().map(serde_json::from_str::<Value>).transpose().map_err(unreadable)?;
    let messages = targets.iter().filter_map(|target| target.input_transformer());
    let message = messages.map(InputTransformer::input_template).next();
    let attributes = [
        (kind::NAME, json!(name)),
        (kind::REGION, json!(region)),
        (kind::DESCRIPTION, json!(rule.description())),
        (kind::PATTERN, json!(pattern)),
        (kind::SCHEDULE, json!(rule.schedule_expression())),
        (kind::STATE, json!(rule.state().map(RuleState::as_str))),
        (kind::TARGETS, json!(targets.iter().map(Target::arn).collect::<Vec<_>>())),
        (kind::ROLE, json!(targets.iter().find_map(Target::role_arn))),
        (kind::MESSAGE, json!(message)),
        (kind::TAGS, tag_value(tags)),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Some(Object { kind: kind::KIND, id: arn, attributes, outputs: Values::new() }))
}

/// What gets the events of a rule.
async fn targets(clients: &Clients, region: &str, name: &str) -> Result<Vec<Target>, CloudError> {
    let client = clients.eventbridge(region);
    let mut all = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let request = client.list_targets_by_rule().rule(name).set_next_token(next.clone());
        let answer = unless(request.send().await.named(&kind::GET_TARGETS), ABSENT)?;
        let Some(page) = answer else { return Ok(all) };
        all.extend(page.targets.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let values = &with_found(command);
    match (command.action, &command.object) {
        (Action::Create, _) => {
            put(clients, values, true).await?;
            put_targets(clients, values).await
        }
        (Action::Update, Some(found)) => {
            let is_changed = |names: &[&str]| names.iter().any(|name| command.changed.contains(*name));
            if is_changed(&[kind::DESCRIPTION, kind::PATTERN, kind::SCHEDULE, kind::STATE]) {
                put(clients, values, false).await?;
            }
            if is_changed(&[kind::TARGETS, kind::MESSAGE, kind::ROLE]) {
                remove_others(clients, values).await?;
                put_targets(clients, values).await?;
            }
            if is_changed(&[kind::TAGS]) {
                let region = required(values, kind::REGION, &kind::TAG)?;
                let tags = sdk_tags(new_tags(values, Some(&found.attributes)), &kind::TAG)?;
                retry(RULE, || async {
                    let request = clients.eventbridge(region).tag_resource().resource_arn(&found.id);
                    request.set_tags(Some(tags.clone())).send().await.named(&kind::TAG)
                })
                .await?;
            }
            Ok(done(&found.id, Values::new()))
        }
        (Action::Delete, Some(found)) => delete(clients, found).await,
        _ => Err(lacks(&kind::PUT, "object")),
    }
}

/// Write the rule. Tags count only for a new one.
async fn put(clients: &Clients, values: &Values, is_new: bool) -> Result<(), CloudError> {
    const CALL: &Call = &kind::PUT;
    let (name, region) = (required(values, kind::NAME, CALL)?, required(values, kind::REGION, CALL)?);
    let pattern = values.get(kind::PATTERN).filter(|pattern| !pattern.is_null()).map(Value::to_string);
    let tags = is_new.then(|| sdk_tags(tags(values), CALL)).transpose()?;
    retry(RULE, || async {
        let request = clients.eventbridge(region).put_rule().name(name);
        let request = request
            .set_event_pattern(pattern.clone())
            .set_schedule_expression(text(values, kind::SCHEDULE).map(str::to_owned))
            .set_state(text(values, kind::STATE).map(RuleState::from))
            .set_description(text(values, kind::DESCRIPTION).map(str::to_owned))
            .set_tags(tags.clone());
        request.send().await.named(CALL)
    })
    .await
    .map(drop)
}

/// Write the targets. EventBridge answers 200 also if it takes none of them.
async fn put_targets(clients: &Clients, values: &Values) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT_TARGETS;
    let (name, region) = (required(values, kind::NAME, CALL)?, required(values, kind::REGION, CALL)?);
    let message = text(values, kind::MESSAGE);
    let message = message.map(|text| InputTransformer::builder().input_template(text).build().named(CALL));
    let message = message.transpose()?;
    let targets: Vec<Target> = texts(values, kind::TARGETS)
        .into_iter()
        .enumerate()
        .map(|(nth, arn)| {
            let target = Target::builder().id(target_id(nth)).arn(arn);
            let target = target.set_role_arn(text(values, kind::ROLE).map(str::to_owned));
            target.set_input_transformer(message.clone()).build().named(CALL)
        })
        .collect::<Result<_, _>>()?;
    if targets.is_empty() {
        return Ok(done(&rule_arn(region, clients.owner(), name), Values::new()));
    }
    let answer = retry(NEW_RULE, || async {
        let request = clients.eventbridge(region).put_targets().rule(name);
        request.set_targets(Some(targets.clone())).send().await.named(CALL)
    })
    .await?;
    if let Some(failed) = answer.failed_entries().first() {
        let code = failed.error_code().unwrap_or("Failed");
        return Err(fault(CALL, code, failed.error_message().unwrap_or("the target was refused")));
    }
    Ok(done(&rule_arn(region, clients.owner(), name), Values::new()))
}

fn target_id(nth: usize) -> String {
    if nth == 0 { kind::TARGET_ID.to_owned() } else { format!("{}-{}", kind::TARGET_ID, nth + 1) }
}

/// Remove the targets that are not wanted under the ids that Holdfast gives.
async fn remove_others(clients: &Clients, values: &Values) -> Result<(), CloudError> {
    const CALL: &Call = &kind::REMOVE_TARGETS;
    let (name, region) = (required(values, kind::NAME, CALL)?, required(values, kind::REGION, CALL)?);
    let kept: Vec<String> = (0..texts(values, kind::TARGETS).len()).map(target_id).collect();
    let there = targets(clients, region, name).await?;
    let others = there.iter().map(|target| target.id().to_owned()).filter(|id| !kept.contains(id)).collect();
    remove(clients, region, name, others).await
}

async fn remove(clients: &Clients, region: &str, name: &str, ids: Vec<String>) -> Result<(), CloudError> {
    if ids.is_empty() {
        return Ok(());
    }
    let answer = retry(RULE, || async {
        let request = clients.eventbridge(region).remove_targets().rule(name);
        request.set_ids(Some(ids.clone())).send().await.named(&kind::REMOVE_TARGETS)
    });
    unless(answer.await, ABSENT).map(drop)
}

async fn delete(clients: &Clients, found: &Object) -> Result<Done, CloudError> {
    let name = required(&found.attributes, kind::NAME, &kind::DELETE)?;
    let region = required(&found.attributes, kind::REGION, &kind::DELETE)?;
    let there = targets(clients, region, name).await?;
    let ids = there.iter().map(|target| target.id().to_owned()).collect();
    remove(clients, region, name, ids).await?;
    let answer = retry(RULE, || async {
        clients.eventbridge(region).delete_rule().name(name).send().await.named(&kind::DELETE)
    });
    unless(answer.await, ABSENT)?;
    Ok(done(&found.id, Values::new()))
}

fn sdk_tags(tags: impl IntoIterator<Item = (String, String)>, call: &Call) -> Result<Vec<Tag>, CloudError> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build().named(call)).collect()
}

driver!(kind::KIND, observe, guard_topics::rule, execute);
