//! Who is told when scheduled backups fail: every vault tells of objects, and a rule in each region of a vault of jobs.
//!
//! A vault in another account tells nobody: its topic would have to be in that account. A copy to it that fails is a job where the data
//! is, and the rule there tells of it.

use serde_json::{Value, json};

use super::{notifications, vault};
use crate::lower::context::{Context, ESTATE_TAG};
use crate::policy::{Severity, Told};
use crate::provider::aws::events::{LONGEST_NAME, rule};
use crate::provider::aws::named::generated;
use crate::provider::aws::sns;
use crate::resource::{Address, Attribute, Resource};
use crate::source::Span;

/// Lowers who is told about the vaults that are lowered.
pub(in crate::provider::aws) fn lower(context: &Context<'_>, out: &mut Vec<Resource>) {
    let Some(alarms) = &context.policy.alarms else { return };
    let vaults = out
        .iter()
        .filter(|resource| resource.address.kind() == vault::KIND && resource.named.account.is_none());
    let vaults: Vec<(Address, String, String, Span)> = vaults
        .map(|vault| {
            (vault.address.clone(), text(vault, vault::NAME), text(vault, vault::REGION), vault.origin)
        })
        .collect();
    for (address, name, region, span) in vaults {
        let topic = sns::lower::lower(context, alarms, Severity::Critical, &region, out);
        let path = address.name();
        let path: Vec<&str> = path.split('.').collect();
        let purpose = format!("tells what fails in the vault `{name}`");
        let told = Resource::new(Address::new(notifications::KIND, &path), purpose, span)
            .set(notifications::VAULT, name)
            .set(notifications::REGION, region.as_str())
            .set(notifications::TOPIC, topic.arn.as_str())
            .set(notifications::EVENTS, json!(notifications::TOLD))
            .after(&address)
            .after(&topic.address);
        out.push(told);
        out.push(jobs(context, &region, &topic).after(&topic.address));
    }
}

/// The rule about the jobs of AWS Backup in a region, whoever has started them.
fn jobs(context: &Context<'_>, region: &str, topic: &sns::lower::Topic<'_>) -> Resource {
    let estate = context.policy.estate.as_str();
    let name = generated(&[estate, "backup-jobs", region], "", LONGEST_NAME);
    let address = Address::new(rule::KIND, &["backup-jobs", region]);
    let purpose = format!("tells when a backup, a copy or a restore fails in {region}");
    Resource::new(address, purpose, topic.told.span)
        .set(rule::NAME, name)
        .set(rule::REGION, region)
        .set(rule::DESCRIPTION, format!("{}: {SAYS}.", topic.told.level_in_words()))
        .set(rule::PATTERN, pattern())
        .set(rule::SCHEDULE, Value::Null)
        .set(rule::STATE, rule::ENABLED)
        .set(rule::TARGETS, json!([topic.arn]))
        .set(rule::ROLE, Value::Null)
        .set(rule::MESSAGE, message(topic.told))
        .set(rule::TAGS, json!({ESTATE_TAG: estate}))
}

const SAYS: &str = "a backup, a copy of one, or a restore failed";

/// Jobs that ended otherwise than well. A backup and a copy say so in `state`, a restore in `status` (AWS Backup Developer Guide,
/// "Monitoring AWS Backup events using Amazon EventBridge"; AWS Backup API Reference, `BackupJob`, `CopyJob`, `RestoreJobsListMember`).
fn pattern() -> Value {
    let bad = json!(["ABORTED", "EXPIRED", "FAILED", "PARTIAL"]);
    json!({
        "source": ["aws.backup"],
        "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
        "detail": {"$or": [{"state": bad}, {"status": bad}]},
    })
}

/// The event with the level of the incident (Amazon EventBridge User Guide, "Amazon EventBridge input transformation": the variable
/// stands in a template of JSON without quotes).
fn message(told: &Told) -> String {
    let level = json!(told.level_in_words());
    format!("{{\"level\": {level}, \"says\": \"{SAYS}\", \"event\": <aws.events.event.json>}}")
}

fn text(resource: &Resource, name: &str) -> String {
    match resource.attributes.get(name) {
        Some(Attribute::Known(value)) => value.as_str().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}
