//! Where the backups of a graph are kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::plan::{self, rule};
use super::{selection, vault, vault_of};
use crate::backups::BackupPlace;
use crate::graph::Graph;
use crate::provider::aws::s3;
use crate::resource::{Identity, Values, known};

/// The place of the backups of a bucket in a vault. `source` is the region of the bucket, and `cron` when they are due.
pub(in crate::provider::aws) fn place(
    (region, vault): (&str, &str),
    (resource, source): (&str, &str),
    cron: &str,
    days: u64,
) -> BackupPlace {
    let values = Values::from([
        (vault::NAME.to_owned(), Value::from(vault)),
        (vault::REGION.to_owned(), Value::from(region)),
    ]);
    BackupPlace {
        kind: vault::KIND,
        vault: Identity::of(vault::KIND, &values),
        resource: resource.to_owned(),
        source: source.to_owned(),
        schedule: cron.to_owned(),
        days,
    }
}

/// Every vault that a plan writes or copies to, with what the selection of the plan names.
pub(in crate::provider::aws) fn places(graph: &Graph) -> BTreeSet<BackupPlace> {
    let of =
        |kind| graph.iter().filter(move |one| one.address.kind() == kind).map(|one| known(&one.attributes));
    let text =
        |values: &Values, name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let days = |one: &Value| one.get(rule::DAYS).and_then(Value::as_u64).unwrap_or_default();
    let selected: BTreeMap<String, Vec<Value>> = of(selection::KIND)
        .map(|values| (text(&values, selection::NAME), items(values.get(selection::RESOURCES))))
        .collect();
    let mut places = BTreeSet::new();
    for plan in of(plan::KIND) {
        let resources =
            selected.get(&text(&plan, plan::NAME)).into_iter().flatten().filter_map(Value::as_str);
        for resource in resources {
            for one in items(plan.get(plan::RULES)) {
                let cron = one.get(rule::SCHEDULE).and_then(Value::as_str).unwrap_or_default();
                let home = one.get(rule::VAULT).and_then(Value::as_str).unwrap_or_default();
                let source = text(&plan, plan::REGION);
                places.insert(place((&source, home), (resource, &source), cron, days(&one)));
                for copy in items(one.get(rule::COPIES)) {
                    let arn = copy.get(rule::COPY_VAULT).and_then(Value::as_str).unwrap_or_default();
                    places.extend(
                        vault_of(arn).map(|vault| place(vault, (resource, &source), cron, days(&copy))),
                    );
                }
            }
        }
    }
    places
}

/// Those of a bucket in a region.
pub(in crate::provider::aws) fn places_of(
    graph: &Graph,
    bucket: &str,
    region: &str,
) -> BTreeSet<BackupPlace> {
    let resource = s3::arn(bucket);
    let mut all = places(graph);
    all.retain(|place| place.resource == resource && place.vault.get(vault::REGION) == Some(region));
    all
}
