//! What a replication policy says, wherever it stands: as Azure has it, and as attributes.

use azure_core::http::Method;
use holdfast_compiler::provider::azure::storage::destination::LIST;
use holdfast_compiler::provider::azure::storage::replication::{METRICS, PRIORITY, RULES, rule};
use holdfast_compiler::resource::{Call, Values};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::client::arm::{Again, Arm, Place};
use super::client::models::at;
use super::client::models::policy::{Filters, Policy, Properties, Rule, Switch};
use super::fields::{flag, lacks};
use super::places::Places;
use crate::cloud::CloudError;

/// The id under which a destination takes a policy that has none yet.
pub(super) const NEW: &str = "default";

/// The place of a policy at an account.
///
/// # Errors
/// The account was not seen.
pub(super) fn place(call: &Call, places: &Places, account: &str, policy: &str) -> Result<Place, CloudError> {
    Ok(at(&places.id(call, account)?, &format!("/objectReplicationPolicies/{policy}")))
}

/// All policies at an account.
///
/// # Errors
/// The answer was an error, or there is none.
pub(super) async fn list(arm: &Arm, places: &Places, account: &str) -> Result<Vec<Properties>, CloudError> {
    let place = at(&places.id(&LIST, account)?, "/objectReplicationPolicies");
    let all: Vec<Policy> = arm.list(&LIST, &place).await?.unwrap_or_default();
    Ok(all.into_iter().map(|policy| policy.properties).collect())
}

/// The policy from one account to another one, of those at an account.
pub(super) fn find<'p>(all: &'p [Properties], from: &str, to: &str) -> Option<&'p Properties> {
    all.iter().find(|one| name(&one.source_account) == from && name(&one.destination_account) == to)
}

/// The name of an account that is named by its resource id, or by its name where other tenants are allowed.
fn name(account: &str) -> &str {
    account.rsplit('/').next().unwrap_or(account)
}

/// The attributes that a policy has at either account.
pub(super) fn attributes(policy: &Properties) -> [(&'static str, Value); 3] {
    let on = |switch: Option<Switch>| json!(switch.is_some_and(|switch| switch.enabled));
    let mut rules: Vec<&Rule> = policy.rules.iter().collect();
    rules.sort_by_key(|rule| (&rule.source_container, &rule.destination_container));
    let rules: Vec<Value> =
        rules.into_iter().map(|rule| rule_value(rule, policy.enabled_time.as_deref())).collect();
    [(RULES, Value::Array(rules)), (PRIORITY, on(policy.priority_replication)), (METRICS, on(policy.metrics))]
}

/// A rule that copies less than a container has more keys, so it is never the one of a policy.
fn rule_value(one: &Rule, enabled: Option<&str>) -> Value {
    let mut value = Map::new();
    value.insert(rule::SOURCE.to_owned(), json!(one.source_container));
    value.insert(rule::DESTINATION.to_owned(), json!(one.destination_container));
    if let Some(filters) = &one.filters {
        if !filters.prefix_match.is_empty() {
            value.insert("only".to_owned(), json!(filters.prefix_match));
        }
        if let Some(after) = filters.min_creation_time.as_deref().filter(|after| is_later(after, enabled)) {
            value.insert("after".to_owned(), json!(after));
        }
    }
    Value::Object(value)
}

/// Whether blobs that were written since a policy copies are left out. One without a time is not in force at that account: the other
/// account's says it.
fn is_later(after: &str, enabled: Option<&str>) -> bool {
    let Some(enabled) = enabled else { return false };
    let time = |text: &str| text.parse::<Timestamp>().ok();
    match (time(after), time(enabled)) {
        (Some(after), Some(enabled)) => after > enabled,
        // Unreadable: not known to copy everything.
        _ => true,
    }
}

/// What stays of the filters of a rule when it is written again. A time that leaves out nothing that was written since the policy copies is not
/// managed, so it stays: with an early one Azure copies older blobs too, and without it no longer. Source: Azure Blob Storage
/// documentation, "Object replication for block blobs", replication rules.
fn kept(rule: &Rule, enabled: Option<&str>) -> Option<Filters> {
    let since = rule.filters.as_ref()?.min_creation_time.as_ref()?;
    let stays = !is_later(since, enabled);
    stays.then(|| Filters { min_creation_time: Some(since.clone()), ..Filters::default() })
}

/// Whether what a policy says depends on since when it copies, and it does not say that: the policy at its source does.
pub(super) fn lacks_time(policy: &Properties) -> bool {
    let has_time =
        |rule: &Rule| rule.filters.as_ref().is_some_and(|filters| filters.min_creation_time.is_some());
    policy.enabled_time.is_none() && policy.rules.iter().any(has_time)
}

/// What the attributes of a command say. `known` are the policies that stand there already: the first one has the ids of the rules, and
/// each rule keeps the filters of the first one that has some.
///
/// # Errors
/// The rules cannot be read.
pub(super) fn wanted<'p>(
    call: &Call,
    places: &Places,
    ends: [&str; 2],
    values: &Values,
    known: &[&'p Properties],
) -> Result<Policy, CloudError> {
    let [source_account, destination_account] = ends.map(|account| places.id(call, account));
    let rules = values.get(RULES).and_then(Value::as_array).ok_or_else(|| lacks(call, RULES))?;
    let rules = rules.iter().map(|one| {
        let get = |key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
        let (source, destination) = (get(rule::SOURCE), get(rule::DESTINATION));
        let (source_container, destination_container) =
            source.zip(destination).ok_or_else(|| lacks(call, RULES))?;
        let is_same = |rule: &&Rule| {
            rule.source_container == source_container && rule.destination_container == destination_container
        };
        let of = |policy: &'p Properties| policy.rules.iter().find(is_same);
        let rule_id = known.first().copied().and_then(|policy| of(policy)?.rule_id.clone());
        let mut all = known.iter().copied();
        let filters = all.find_map(|policy| kept(of(policy)?, policy.enabled_time.as_deref()));
        Ok(Rule { rule_id, source_container, destination_container, filters })
    });
    let switch = |name: &str| flag(values, name).map(|enabled| Switch { enabled });
    Ok(Policy {
        properties: Properties {
            source_account: source_account?,
            destination_account: destination_account?,
            rules: rules.collect::<Result<_, CloudError>>()?,
            metrics: switch(METRICS),
            priority_replication: switch(PRIORITY),
            ..Properties::default()
        },
    })
}

/// Write a policy at one of its accounts.
///
/// # Errors
/// It was refused, or there is no answer.
pub(super) async fn put(
    arm: &Arm,
    call: &Call,
    place: &Place,
    policy: &Policy,
    again: Again,
) -> Result<Properties, CloudError> {
    let answer: Policy = arm.write(call, Method::Put, place, policy, again).await?;
    Ok(answer.properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule_with(filters: Filters) -> Rule {
        Rule {
            rule_id: None,
            source_container: "a".to_owned(),
            destination_container: "b".to_owned(),
            filters: Some(filters),
        }
    }

    #[test]
    fn rule_that_copies_less_is_another_rule() {
        let all = json!({"source": "a", "destination": "b"});
        let since = |time: &str| Filters { min_creation_time: Some(time.to_owned()), ..Filters::default() };
        let enabled = Some("2026-11-01T00:00:00.5Z");
        for (filters, same) in [
            (Filters::default(), true),
            (since("1601-01-01T00:00:00Z"), true),
            (since("2026-11-01T00:00:00Z"), true),
            (since("2099-01-01T00:00:00Z"), false),
            (since("soon"), false),
            (Filters { prefix_match: vec!["logs/".to_owned()], ..Filters::default() }, false),
        ] {
            let rule = rule_with(filters.clone());
            assert_eq!(rule_value(&rule, enabled) == all, same, "{filters:?}");
            // What makes it another rule is not written again, and a time that leaves nothing out stays.
            let time = filters.min_creation_time.filter(|_| same);
            assert_eq!(kept(&rule, enabled).and_then(|kept| kept.min_creation_time), time, "{rule:?}");
        }
    }

    #[test]
    fn account_is_named_by_its_id_or_its_name() {
        let policy = |account: &str| Properties {
            source_account: account.to_owned(),
            destination_account: "two".to_owned(),
            ..Properties::default()
        };
        for account in
            ["one", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/one"]
        {
            assert!(find(&[policy(account)], "one", "two").is_some());
            assert!(find(&[policy(account)], "two", "one").is_none());
        }
    }
}
