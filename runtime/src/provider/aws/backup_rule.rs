//! The rules of a backup plan, as attributes and in the form of the SDK.

use std::collections::BTreeMap;

use aws_sdk_backup::types::{BackupPlanInput, BackupRule, BackupRuleInput, CopyAction, Lifecycle};
use holdfast_compiler::provider::aws::backup::plan::{self as kind, rule};
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Map, Value, json};

use super::error::{Named, fault};
use super::fields::{lacks, required};
use crate::cloud::CloudError;

/// The rules as an attribute. What a policy cannot express is shown too, so that its removal is visible.
pub(super) fn to_value(rules: &[BackupRule]) -> Value {
    Value::Array(rules.iter().map(one).collect())
}

fn one(found: &BackupRule) -> Value {
    let days = |lifecycle: Option<&Lifecycle>| lifecycle.and_then(Lifecycle::delete_after_days);
    let copies = found.copy_actions().iter().map(|copy| {
        let mut value = json!({
            rule::COPY_VAULT: copy.destination_backup_vault_arn(),
            rule::DAYS: days(copy.lifecycle()),
        });
        cold(copy.lifecycle(), &mut value);
        value
    });
    let mut value = json!({
        rule::NAME: found.rule_name(),
        rule::VAULT: found.target_backup_vault_name(),
        rule::SCHEDULE: found.schedule_expression(),
        rule::ZONE: found.schedule_expression_timezone().unwrap_or(kind::UTC),
        rule::START: found.start_window_minutes(),
        rule::COMPLETE: found.completion_window_minutes(),
        rule::DAYS: days(found.lifecycle()),
        rule::COPIES: copies.collect::<Vec<_>>(),
    });
    cold(found.lifecycle(), &mut value);
    if found.enable_continuous_backup() == Some(true) {
        put(&mut value, rule::CONTINUOUS, true.into());
    }
    if let Some(vault) = found.target_logically_air_gapped_backup_vault_arn() {
        put(&mut value, "air-gapped-vault", vault.into());
    }
    if found.recovery_point_tags().is_some_and(|tags| !tags.is_empty()) {
        put(
            &mut value,
            "tags-of-backups",
            json!(found.recovery_point_tags().into_iter().flatten().collect::<BTreeMap<_, _>>()),
        );
    }
    for (name, count) in [("index", found.index_actions().len()), ("scan", found.scan_actions().len())] {
        if count > 0 {
            put(&mut value, name, true.into());
        }
    }
    value
}

fn cold(lifecycle: Option<&Lifecycle>, value: &mut Value) {
    if let Some(days) = lifecycle.and_then(Lifecycle::move_to_cold_storage_after_days) {
        put(value, "cold-after-days", days.into());
    }
}

fn put(value: &mut Value, name: &str, part: Value) {
    if let Value::Object(map) = value {
        map.insert(name.to_owned(), part);
    }
}

/// The plan of these attributes.
pub(super) fn plan(values: &Values, call: &Call) -> Result<BackupPlanInput, CloudError> {
    let rules = values.get(kind::RULES).and_then(Value::as_array).ok_or_else(|| lacks(call, kind::RULES))?;
    let rules = rules.iter().map(|rule| from_value(rule, call)).collect::<Result<Vec<_>, _>>()?;
    let plan = BackupPlanInput::builder().backup_plan_name(required(values, kind::NAME, call)?);
    plan.set_rules(Some(rules)).build().named(call)
}

fn from_value(value: &Value, call: &Call) -> Result<BackupRuleInput, CloudError> {
    let Value::Object(map) = value else { return Err(lacks(call, "rule")) };
    if let Some(other) = map.keys().find(|key| !rule::ALL.contains(&key.as_str())) {
        return Err(fault(
            call,
            "IncompleteStep",
            format!("a rule has a `{other}`, which Holdfast does not write"),
        ));
    }
    let text = |name: &str| {
        map.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| lacks(call, name))
    };
    let minutes = |name: &str| map.get(name).and_then(Value::as_i64).ok_or_else(|| lacks(call, name));
    let copies = map.get(rule::COPIES).and_then(Value::as_array).ok_or_else(|| lacks(call, rule::COPIES))?;
    let copies = copies.iter().map(|copy| {
        let Value::Object(copy) = copy else { return Err(lacks(call, rule::COPIES)) };
        let vault = copy
            .get(rule::COPY_VAULT)
            .and_then(Value::as_str)
            .ok_or_else(|| lacks(call, rule::COPY_VAULT))?;
        let action = CopyAction::builder().destination_backup_vault_arn(vault);
        action.lifecycle(lifecycle(copy, call)?).build().named(call)
    });
    BackupRuleInput::builder()
        .rule_name(text(rule::NAME)?)
        .target_backup_vault_name(text(rule::VAULT)?)
        .schedule_expression(text(rule::SCHEDULE)?)
        .schedule_expression_timezone(text(rule::ZONE)?)
        .start_window_minutes(minutes(rule::START)?)
        .completion_window_minutes(minutes(rule::COMPLETE)?)
        .lifecycle(lifecycle(map, call)?)
        .set_enable_continuous_backup(map.get(rule::CONTINUOUS).and_then(Value::as_bool))
        .set_copy_actions(Some(copies.collect::<Result<Vec<_>, _>>()?))
        .build()
        .named(call)
}

fn lifecycle(of: &Map<String, Value>, call: &Call) -> Result<Lifecycle, CloudError> {
    let days = of.get(rule::DAYS).and_then(Value::as_i64).ok_or_else(|| lacks(call, rule::DAYS))?;
    Ok(Lifecycle::builder().delete_after_days(days).build())
}
