//! The changes of records that an evacuation makes, as an engine sends them: those of the plan, neither more nor less.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Action, Plan, Step};
use crate::provider::aws::route53::record;
use crate::resource::{Attribute, Values};

/// The changes for one entry of traffic: one request, in which all of them are made or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// The id of the hosted zone.
    pub zone_id: String,
    /// The changes, what is deleted first, with the names of the API as Step Functions writes them.
    pub changes: Vec<Value>,
    /// The names of the records.
    pub names: BTreeSet<String>,
    /// Their types.
    pub types: BTreeSet<String>,
    /// What is done to them.
    pub actions: BTreeSet<&'static str>,
}

/// The changes of an evacuation, by `SERVICE.TRAFFIC`.
///
/// # Errors
/// The plan also changes something that is not a record, or a record that Holdfast does not write, or leaves something out.
pub(super) fn moves(plan: &Plan) -> Result<BTreeMap<String, Moves>, Vec<Diagnostic>> {
    let (mut all, mut others): (BTreeMap<String, Moves>, Vec<String>) = (BTreeMap::new(), Vec::new());
    for step in plan.pending() {
        let moves = all.entry(step.address.entry()).or_default();
        if step.address.kind() != record::KIND || add(plan, step, moves).is_none() {
            others.push(format!("`{}`", step.address));
        }
    }
    others.extend(plan.waiting.iter().map(|waiting| format!("`{}`", waiting.address)));
    if others.is_empty() {
        for moves in all.values_mut() {
            // Records that swap their failover roles conflict with each other until one is gone.
            moves.changes.sort_by_key(|change| change.get("Action").is_none_or(|action| action != "DELETE"));
        }
        return Ok(all);
    }
    let count = others.len();
    others.truncate(3);
    let more =
        if count > others.len() { format!(" and {} more", count - others.len()) } else { String::new() };
    let message = format!(
        "the evacuation changes more than records, which the engine would not do: {}{more}",
        others.join(", ")
    );
    let cure = "apply the policies first, so that only the evacuation is left to do, and export then";
    Err(vec![Diagnostic::new(codes::EXPORT_UNAPPLIED, message).help(cure)])
}

/// Adds the changes of a step. `None`: one of its values is not known, or it is a record of another kind.
fn add(plan: &Plan, step: &Step, moves: &mut Moves) -> Option<()> {
    let wanted = resolved(plan, step)?;
    let found = step.object.as_ref().map(|object| &object.attributes);
    let subject = if wanted.is_empty() { found? } else { &wanted };
    for displaced in &step.displaces {
        push(moves, "DELETE", &displaced.attributes)?;
    }
    match step.action {
        Action::Create | Action::Replace => push(moves, "CREATE", subject)?,
        Action::Update => push(moves, "UPSERT", subject)?,
        Action::Delete => push(moves, "DELETE", subject)?,
        Action::Keep => {}
    }
    moves.zone_id = text(subject, record::ZONE_ID)?.to_owned();
    Some(())
}

/// The desired values, with the outputs of what exists.
fn resolved(plan: &Plan, step: &Step) -> Option<Values> {
    let value = |attribute: &Attribute| match attribute {
        Attribute::Known(value) => Some(value.clone()),
        Attribute::Output { of, name } => {
            let other = plan.steps.iter().find(|other| other.address == *of)?;
            other.object.as_ref()?.outputs.get(name).filter(|value| !value.is_null()).cloned()
        }
    };
    step.attributes.iter().map(|(name, attribute)| Some((name.clone(), value(attribute)?))).collect()
}

fn push(moves: &mut Moves, action: &'static str, values: &Values) -> Option<()> {
    let set = record_set(values)?;
    moves.names.insert(text(values, record::NAME)?.to_owned());
    moves.types.insert(text(values, record::TYPE)?.to_owned());
    moves.actions.insert(action);
    moves.changes.push(json!({"Action": action, "ResourceRecordSet": set}));
    Some(())
}

/// A record set. Step Functions names members as the AWS SDK for Java does: `Ttl` for `TTL`, `DnsName` for `DNSName` (AWS Step Functions
/// Developer Guide, "Learning to use AWS service SDK integrations": parameters in `PascalCase`).
fn record_set(values: &Values) -> Option<Value> {
    if !matches!(text(values, record::ROUTING)?, record::SIMPLE | record::FAILS_OVER) {
        return None;
    }
    let mut set = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            set.insert(name.to_owned(), value);
        }
    };
    put("Name", Some(text(values, record::NAME)?.into()));
    put("Type", Some(text(values, record::TYPE)?.into()));
    put("SetIdentifier", text(values, record::SET_IDENTIFIER).map(Value::from));
    put("Failover", text(values, record::FAILOVER).map(Value::from));
    put("HealthCheckId", text(values, record::HEALTH_CHECK).map(Value::from));
    match text(values, record::ALIAS_NAME) {
        Some(target) => put(
            "AliasTarget",
            Some(json!({
                "DnsName": target,
                "HostedZoneId": text(values, record::ALIAS_ZONE_ID)?,
                "EvaluateTargetHealth": values.get(record::EVALUATE).and_then(Value::as_bool).unwrap_or(false),
            })),
        ),
        None => {
            put("Ttl", Some(values.get(record::TTL)?.clone()));
            let all = values.get(record::VALUES)?.as_array()?.iter();
            put("ResourceRecords", Some(all.map(|value| json!({"Value": value})).collect()));
        }
    }
    Some(Value::Object(set))
}

fn text<'v>(values: &'v Values, name: &str) -> Option<&'v str> {
    values.get(name).and_then(Value::as_str)
}
