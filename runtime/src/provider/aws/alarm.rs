//! Alarms: listed by their names, up to 100 a call, and a read of the tags of each that exists.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, MetricAlarm, StandardUnit, Statistic, Tag,
};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::cloudwatch::alarm as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Map, Value, json};

use super::clients::Clients;
use super::done;
use super::driver::{AT_A_TIME, Look, driver};
use super::error::{Named, unless};
use super::fields::{flag, lacks, new_tags, number, required, tag_value, tags, text, texts, with_found};
use super::guard_topics;
use super::retry::{ALARM, retry};
use crate::cloud::{CloudError, Command, Done};

/// The wanted alarms that exist. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let clients = look.clients;
    let wanted = look.by_region(kind::KIND, kind::NAME, kind::REGION);
    let lists: Vec<_> = wanted
        .iter()
        .flat_map(|(region, names)| {
            let names: Vec<&String> = names.iter().collect();
            let parts: Vec<Vec<&String>> = names.chunks(kind::MOST_NAMES).map(<[_]>::to_vec).collect();
            parts.into_iter().map(move |names| (region, names))
        })
        .map(|(region, names)| async move {
            let found = clients.reach.ask(&kind::LIST, region, list(clients, region, &names)).await;
            let each = names.into_iter().map(|name| {
                let found = found.as_ref().map(|all| all.get(name).cloned()).map_err(Clone::clone);
                (name, region, found)
            });
            each.collect::<Vec<_>>()
        })
        .collect();
    let lists: Vec<Vec<_>> = stream::iter(lists).buffer_unordered(AT_A_TIME).collect().await;
    look.seen(kind::KIND, kind::NAME, lists.into_iter().flatten().collect())
}

/// The alarms of a region with these names.
async fn list(
    clients: &Clients,
    region: &str,
    names: &[&String],
) -> Result<BTreeMap<String, Object>, CloudError> {
    let client = clients.cloudwatch(region);
    let names: Vec<String> = names.iter().map(|name| (*name).clone()).collect();
    let mut found: Vec<MetricAlarm> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let request = client.describe_alarms().set_alarm_names(Some(names.clone()));
        let request = request.alarm_types(AlarmType::MetricAlarm).set_next_token(next.clone());
        let page = request.send().await.named(&kind::LIST)?;
        found.extend(page.metric_alarms.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            break;
        }
    }
    let reads = found.into_iter().map(|alarm| async move {
        let name = alarm.alarm_name().unwrap_or_default().to_owned();
        let arn = kind::arn(region, clients.owner(), &name);
        let client = clients.cloudwatch(region);
        let answer = client.list_tags_for_resource().resource_arn(&arn).send().await.named(&kind::GET_TAGS);
        // Somebody may have removed it since.
        let Some(found) = unless(answer, &["ResourceNotFoundException", "ResourceNotFound"])? else {
            return Ok(None);
        };
        let tags = found.tags().iter();
        let tags = tags.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        Ok(Some((name, object(region, &arn, &alarm, tag_value(tags)))))
    });
    let read: Vec<Result<Option<(String, Object)>, CloudError>> =
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    read.into_iter().filter_map(Result::transpose).collect()
}

fn object(region: &str, arn: &str, alarm: &MetricAlarm, tags: Value) -> Object {
    let mut dimensions: Map<String, Value> = alarm
        .dimensions()
        .iter()
        .filter_map(|one| Some((one.name()?.to_owned(), json!(one.value()?))))
        .collect();
    let of_check = (dimensions.len() == 1).then(|| dimensions.remove(kind::OF_HEALTH_CHECK)).flatten();
    let dimensions = if of_check.is_some() { Value::Null } else { Value::Object(dimensions) };
    let figures = alarm.evaluation_periods();
    let attributes = [
        (kind::NAME, json!(alarm.alarm_name())),
        (kind::REGION, json!(region)),
        (kind::DESCRIPTION, json!(alarm.alarm_description())),
        (kind::NAMESPACE, json!(alarm.namespace())),
        (kind::METRIC, json!(alarm.metric_name())),
        (kind::DIMENSIONS, dimensions),
        (kind::HEALTH_CHECK, of_check.unwrap_or(Value::Null)),
        (kind::STATISTIC, json!(alarm.statistic().map(Statistic::as_str))),
        (kind::UNIT, json!(alarm.unit().map(StandardUnit::as_str))),
        (kind::PERIOD, json!(alarm.period())),
        (kind::FIGURES, json!(figures)),
        // All of them is what CloudWatch takes if nothing is said.
        (kind::OF_THEM, json!(alarm.datapoints_to_alarm().filter(|some| Some(*some) != figures))),
        (kind::THRESHOLD, json!(alarm.threshold().map(whole))),
        (kind::COMPARISON, json!(alarm.comparison_operator().map(ComparisonOperator::as_str))),
        // `missing` is what CloudWatch takes if nothing is said.
        (kind::MISSING, json!(alarm.treat_missing_data().unwrap_or("missing"))),
        (kind::ENABLED, json!(alarm.actions_enabled().unwrap_or(true))),
        (kind::ACTIONS, json!(alarm.alarm_actions())),
        (kind::OK_ACTIONS, json!(alarm.ok_actions())),
        (kind::UNKNOWN_ACTIONS, json!(alarm.insufficient_data_actions())),
        (kind::TAGS, tags),
    ];
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Object { kind: kind::KIND, id: arn.to_owned(), attributes, outputs: Values::new() }
}

/// A number as the compiler writes it: without a fraction if it has none.
fn whole(number: f64) -> Value {
    format!("{number}").parse::<u64>().map_or_else(|_| json!(number), Value::from)
}

async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    match (command.action, &command.object) {
        (Action::Create, _) => put(clients, command).await,
        (Action::Update, Some(found)) => {
            if command.changed.iter().any(|name| name != kind::TAGS) {
                put(clients, command).await?;
            }
            if command.changed.contains(kind::TAGS) {
                let region = required(&command.values, kind::REGION, &kind::TAG)?;
                let tags = sdk_tags(new_tags(&command.values, Some(&found.attributes)));
                retry(ALARM, || async {
                    let request = clients.cloudwatch(region).tag_resource().resource_arn(&found.id);
                    request.set_tags(Some(tags.clone())).send().await.named(&kind::TAG)
                })
                .await?;
            }
            Ok(done(&found.id, Values::new()))
        }
        (Action::Delete, Some(found)) => {
            let region = required(&found.attributes, kind::REGION, &kind::DELETE)?;
            let name = required(&found.attributes, kind::NAME, &kind::DELETE)?;
            let answer = retry(ALARM, || async {
                clients.cloudwatch(region).delete_alarms().alarm_names(name).send().await.named(&kind::DELETE)
            });
            unless(answer.await, &["ResourceNotFound"])?;
            Ok(done(&found.id, Values::new()))
        }
        _ => Err(lacks(&kind::PUT, "object")),
    }
}

/// Write the whole alarm. Tags count only for a new one.
async fn put(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    const CALL: &Call = &kind::PUT;
    let values = &with_found(command);
    let (name, region) = (required(values, kind::NAME, CALL)?, required(values, kind::REGION, CALL)?);
    let threshold = values.get(kind::THRESHOLD).and_then(Value::as_f64);
    let of_check = text(values, kind::HEALTH_CHECK).map(|id| (kind::OF_HEALTH_CHECK, id));
    let dimensions = values.get(kind::DIMENSIONS).and_then(Value::as_object).into_iter().flatten();
    let dimensions = dimensions.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let dimensions: Vec<Dimension> = dimensions
        .chain(of_check)
        .map(|(name, value)| Dimension::builder().name(name).value(value).build())
        .collect();
    let tags = sdk_tags(tags(values));
    retry(ALARM, || async {
        let request = clients
            .cloudwatch(region)
            .put_metric_alarm()
            .alarm_name(name)
            .set_alarm_description(text(values, kind::DESCRIPTION).map(str::to_owned))
            .set_namespace(text(values, kind::NAMESPACE).map(str::to_owned))
            .set_metric_name(text(values, kind::METRIC).map(str::to_owned))
            .set_dimensions(Some(dimensions.clone()))
            .set_statistic(text(values, kind::STATISTIC).map(Statistic::from))
            .set_unit(text(values, kind::UNIT).map(StandardUnit::from))
            .set_period(number(values, kind::PERIOD))
            .set_evaluation_periods(number(values, kind::FIGURES))
            .set_datapoints_to_alarm(number(values, kind::OF_THEM))
            .set_threshold(threshold)
            .set_comparison_operator(text(values, kind::COMPARISON).map(ComparisonOperator::from))
            .set_treat_missing_data(text(values, kind::MISSING).map(str::to_owned))
            .set_actions_enabled(flag(values, kind::ENABLED))
            .set_alarm_actions(Some(texts(values, kind::ACTIONS)))
            .set_ok_actions(Some(texts(values, kind::OK_ACTIONS)))
            .set_insufficient_data_actions(Some(texts(values, kind::UNKNOWN_ACTIONS)));
        let new = (command.action == Action::Create).then(|| tags.clone());
        request.set_tags(new).send().await.named(CALL)
    })
    .await?;
    Ok(done(&kind::arn(region, clients.owner(), name), Values::new()))
}

fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

driver!(kind::KIND, observe, guard_topics::alarm, execute);
