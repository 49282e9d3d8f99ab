//! Who is told of the objects that a replication does not copy.

use serde_json::{Value, json};

use super::lower::bucket_address;
use super::replication_events as events;
use crate::document::Name;
use crate::lower::context::Context;
use crate::policy::{DataSet, Severity};
use crate::provider::aws::sns;
use crate::resource::Resource;

/// Lowers where the events of the replication of a data set go.
///
/// The severity is that of a warning: S3 sends a message for each object, which may be millions, and that there are such objects at all is
/// what the critical alarms on the metrics of the replication say, once.
pub(in crate::provider::aws) fn lower(
    context: &Context<'_>,
    name: &Name,
    set: &DataSet,
    out: &mut Vec<Resource>,
) {
    let Some(alarms) = context.policy.alarms.as_ref().filter(|_| !set.copies.is_empty()) else { return };
    let region = set.primary.site.region.as_str();
    let topic = sns::lower::lower(context, alarms, Severity::Warning, region, out);
    let purpose = format!("tells which objects of data `{name}` are not copied in time");
    let told = Resource::new(context.address(events::KIND, &[name.as_str()]), purpose, set.backups)
        .set(events::BUCKET, set.primary.name.as_str())
        .set(events::REGION, region)
        .set(events::TOPIC, topic.arn.as_str())
        .set(events::EVENTS, json!(events::TOLD))
        .set(events::FILTER, Value::Null)
        .after(&bucket_address(context, name, &set.primary))
        // S3 sends a message to the topic before it takes the document.
        .after(&topic.address);
    out.push(told);
}
