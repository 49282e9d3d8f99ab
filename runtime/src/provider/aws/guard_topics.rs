//! Checks of what gets messages, before AWS is called: who may publish to a topic, and that whatever publishes does so to topics that
//! Holdfast makes in the account. The embedded cloud makes the same checks.

use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::backup::notifications as a_notification;
use holdfast_compiler::provider::aws::cloudwatch::alarm as an_alarm;
use holdfast_compiler::provider::aws::events::{bus_of, rule as a_rule};
use holdfast_compiler::provider::aws::iam::grant::ROLE_PREFIX;
use holdfast_compiler::provider::aws::s3::replication_events as of_replications;
use holdfast_compiler::provider::aws::sns::{self, subscription as a_subscription, topic as a_topic};

use super::fields::{text, texts, with_found};
use super::guard;
use crate::cloud::{CloudError, Command, refuse};

/// Check a topic: its name and its policy.
pub(super) fn topic(command: &Command, account: &str) -> Result<(), CloudError> {
    let values = with_found(command);
    let get = |name: &str| text(&values, name).unwrap_or_default();
    let region = get(a_topic::REGION);
    let arn = sns::topic_arn(region, account, get(a_topic::NAME));
    if !sns::is_made(&arn, region, account) {
        return Err(refuse(command, format!("`{arn}` is not a topic that Holdfast makes")));
    }
    match values.get(a_topic::POLICY).filter(|_| command.action != Action::Delete) {
        Some(policy) if *policy == a_topic::policy(account, &arn) => Ok(()),
        None => Ok(()),
        Some(_) => Err(refuse(command, "the policy of the topic is not the one that Holdfast writes")),
    }
}

/// Check a subscription: its topic and its protocol.
pub(super) fn subscription(command: &Command, account: &str) -> Result<(), CloudError> {
    let values = with_found(command);
    let get = |name: &str| text(&values, name).unwrap_or_default();
    if !["email", "https"].contains(&get(a_subscription::PROTOCOL)) {
        return Err(refuse(command, "a contact is told by mail or HTTPS"));
    }
    made(command, get(a_subscription::TOPIC), get(a_subscription::REGION), account)
}

/// Check an alarm: what it tells.
pub(super) fn alarm(command: &Command, account: &str) -> Result<(), CloudError> {
    let values = with_found(command);
    named(command, text(&values, an_alarm::NAME))?;
    if command.action == Action::Delete {
        return Ok(());
    }
    let region = text(&values, an_alarm::REGION).unwrap_or_default();
    let actions = [an_alarm::ACTIONS, an_alarm::OK_ACTIONS, an_alarm::UNKNOWN_ACTIONS];
    let arns = actions.iter().filter_map(|name| values.get(*name)?.as_array()).flatten();
    arns.map(|arn| arn.as_str().unwrap_or_default()).try_for_each(|arn| made(command, arn, region, account))
}

/// Check what a vault tells.
pub(super) fn notifications(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete {
        return Ok(());
    }
    let values = with_found(command);
    let get = |name: &str| text(&values, name).unwrap_or_default();
    made(command, get(a_notification::TOPIC), get(a_notification::REGION), account)
}

/// Check where the events of a replication go.
pub(super) fn replication_events(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete {
        return Ok(());
    }
    let values = with_found(command);
    let get = |name: &str| text(&values, name).unwrap_or_default();
    made(command, get(of_replications::TOPIC), get(of_replications::REGION), account)
}

/// Check a rule: where its events go.
pub(super) fn rule(command: &Command, account: &str) -> Result<(), CloudError> {
    let values = with_found(command);
    named(command, text(&values, a_rule::NAME))?;
    if command.action == Action::Delete {
        return Ok(());
    }
    guard::rule(command, account)?;
    let region = text(&values, a_rule::REGION).unwrap_or_default();
    // An event bus of the account, in another region.
    let is_bus = |arn: &str| bus_of(arn).is_some_and(|(of, owner)| of != region && owner == account);
    let targets = texts(&values, a_rule::TARGETS);
    targets.iter().filter(|arn| !is_bus(arn)).try_for_each(|arn| made(command, arn, region, account))
}

/// Refuse what has another name than Holdfast gives.
fn named(command: &Command, name: Option<&str>) -> Result<(), CloudError> {
    match name.is_some_and(|name| name.starts_with(ROLE_PREFIX)) {
        true => Ok(()),
        false => Err(refuse(command, format!("`{}` is not one that Holdfast makes", name.unwrap_or("?")))),
    }
}

/// Refuse a topic that Holdfast does not make in this account and region.
fn made(command: &Command, arn: &str, region: &str, account: &str) -> Result<(), CloudError> {
    if sns::is_made(arn, region, account) {
        return Ok(());
    }
    Err(refuse(
        command,
        format!("`{arn}` is not a topic that Holdfast makes in {region} of account {account}"),
    ))
}
