//! Backup plans. Sources: AWS Backup API Reference (`BackupRuleInput`, `Lifecycle`, `CopyAction`, `DeleteBackupPlan`); Developer
//! Guide, "AWS Backup quotas".

use std::collections::BTreeSet;

use holdfast_compiler::provider::aws::backup::plan::{self as kind, rule};
use holdfast_compiler::provider::aws::backup::{selection, vault, vault_arn, vault_of};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::{Value, json};

use super::backup_vault;
use super::values;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Plans in the embedded cloud.
pub(super) struct BackupPlan;

impl Embedded for BackupPlan {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, state: &mut State, _: &Values) -> (String, Values) {
        let id = state.next_id("plan");
        let outputs = values(json!({kind::ID: &id}));
        (id, outputs)
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let invalid = |why: &str| look.refuse("InvalidParameterValueException", why);
        let rules: Vec<&Value> = look.get(kind::RULES).as_array().into_iter().flatten().collect();
        if rules.is_empty() {
            return look.refuse("MissingParameterValueException", "a plan needs a rule");
        }
        if rules.len() > kind::MOST_RULES {
            return look.refuse("LimitExceededException", "a plan has at most 10 rules");
        }
        let mut names = BTreeSet::new();
        for one in rules {
            let get = |name: &str| one.get(name).unwrap_or(&Value::Null);
            let number = |name: &str| get(name).as_u64().unwrap_or_default();
            if !names.insert(get(rule::NAME).to_string()) {
                return invalid("two rules share a name");
            }
            let vault =
                backup_vault::id(look.text(kind::REGION), get(rule::VAULT).as_str().unwrap_or_default());
            if look.state.get(vault::KIND, &vault).is_none() {
                return look
                    .refuse("ResourceNotFoundException", format!("the vault `{vault}` does not exist"));
            }
            if number(rule::START) < 60 {
                return invalid("a start window has at least 60 minutes");
            }
            let days = |of: &Value| of.get(rule::DAYS).and_then(Value::as_u64).unwrap_or_default();
            if !(1..=36_500).contains(&days(one)) {
                return invalid("a backup is deleted after 1 to 36500 days");
            }
            if get(rule::CONTINUOUS) == &Value::Bool(true) && days(one) > 35 {
                return invalid("a continuous backup is kept for 1 to 35 days");
            }
            if !get(rule::SCHEDULE).as_str().is_some_and(is_cron) {
                return invalid("the schedule is not a cron expression");
            }
            let copies: Vec<&Value> = get(rule::COPIES).as_array().into_iter().flatten().collect();
            if copies.len() > kind::MOST_COPIES {
                return look.refuse("LimitExceededException", "a rule has at most 5 copies");
            }
            for copy in copies {
                let arn = copy.get(rule::COPY_VAULT).and_then(Value::as_str).unwrap_or_default();
                let there = vault_of(arn).map(|(region, name)| backup_vault::id(region, name));
                if there.as_ref().is_none_or(|id| look.state.get(vault::KIND, id).is_none()) {
                    return look
                        .refuse("ResourceNotFoundException", format!("the vault `{arn}` does not exist"));
                }
                if !lets_in(look, arn, there.as_deref().unwrap_or_default()) {
                    return look.refuse(
                        "AccessDeniedException",
                        format!(
                            "the vault `{arn}` in another account does not let this account copy into it"
                        ),
                    );
                }
                if !(1..=36_500).contains(&days(copy)) {
                    return invalid("a copy is deleted after 1 to 36500 days");
                }
            }
        }
        Ok(())
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        let mut selections = look.state.beginning(selection::KIND, String::new());
        let id = Value::from(look.object.id.as_str());
        match selections.any(|found| found.attributes.get(selection::PLAN) == Some(&id)) {
            true => {
                look.refuse("InvalidRequestException", "related backup plan selections must be deleted first")
            }
            false => Ok(()),
        }
    }
}

/// Whether a vault lets this account copy into it. AWS Backup finds that out with the first copy, which fails; the embedded cloud makes no
/// copies and says it here (AWS Backup Developer Guide, "Creating backup copies across AWS accounts").
fn lets_in(look: &Look<'_>, arn: &str, id: &str) -> bool {
    let own = look.state.account();
    let is_own = vault_of(arn).is_some_and(|(region, name)| vault_arn(region, own, name) == arn);
    let found = look.state.get(vault::KIND, id).map(|found| &found.attributes);
    let policy = found.and_then(|found| found.get(vault::ACCESS_POLICY));
    is_own || policy == Some(&vault::access_policy(Some(own)))
}

/// `cron(MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR)`, where exactly one field for days is `?` (Amazon EventBridge User Guide,
/// "Cron expressions reference").
fn is_cron(text: &str) -> bool {
    let fields = text.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')'));
    let fields: Vec<&str> = fields.unwrap_or_default().split(' ').collect();
    match fields.as_slice() {
        [minute, hour, day, _, weekday, _] => {
            let within = |text: &str, most: u8| text.parse::<u8>().is_ok_and(|number| number <= most);
            within(minute, 59) && within(hour, 23) && (*day == "?") != (*weekday == "?")
        }
        _ => false,
    }
}
