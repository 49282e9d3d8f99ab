//! The names and ids of the backup plans of each region.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream, try_join};
use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::backup::{plan, selection};
use serde_json::json;

use super::clients::Clients;
use super::driver::{AT_A_TIME, Look};
use super::error::Named;
use super::retry::{VAULT, retry};
use super::{backup_plan, backup_rule as rule, backup_selection};
use crate::cloud::CloudError;

/// The most plans of a page (AWS Backup API Reference, `ListBackupPlans`).
const PAGE: i32 = 1000;

/// What each region said.
#[derive(Debug, Default)]
pub(super) struct BackupPlans(BTreeMap<String, Result<Plans, CloudError>>);

/// The names and ids of plans. Of several plans of one name, which only others can make, the one with the first id is found by it.
type Plans = BTreeSet<(String, String)>;

impl BackupPlans {
    /// List the plans of every region that a wanted plan or selection is in.
    pub(super) async fn list(look: &Look<'_>) -> Self {
        let mut regions = look.names(plan::KIND, plan::REGION);
        regions.extend(look.names(selection::KIND, selection::REGION));
        let lists: Vec<_> = regions
            .into_iter()
            .map(|region| async move {
                let all = look.clients.reach.ask(&plan::LIST, &region, all(look.clients, &region)).await;
                (region, all)
            })
            .collect();
        Self(stream::iter(lists).buffer_unordered(AT_A_TIME).collect().await)
    }

    /// The id of a plan, if it exists.
    pub(super) fn id(&self, region: &str, name: &str) -> Result<Option<String>, CloudError> {
        Ok(self.of(region)?.and_then(|all| named(all, name)).map(|(_, id)| id.clone()))
    }

    /// The plans in a region that the estate does not manage, each with its name and id. To a name that several plans have, the id is
    /// added.
    pub(super) fn of_others(
        &self,
        look: &Look<'_>,
        region: &str,
    ) -> Result<Vec<(String, String)>, CloudError> {
        let ours = look.by_region(plan::KIND, plan::NAME, plan::REGION).remove(region).unwrap_or_default();
        Ok(self.of(region)?.map(|all| without(all, &ours)).unwrap_or_default())
    }

    fn of(&self, region: &str) -> Result<Option<&Plans>, CloudError> {
        self.0.get(region).map(|all| all.as_ref().map_err(Clone::clone)).transpose()
    }
}

fn named<'a>(all: &'a Plans, name: &str) -> Option<&'a (String, String)> {
    all.iter().find(|(one, _)| one == name)
}

/// The plans besides those of the estate with these names.
fn without(all: &Plans, ours: &BTreeSet<String>) -> Vec<(String, String)> {
    let ours: Plans = ours.iter().filter_map(|name| named(all, name)).cloned().collect();
    let label = |name: &str, id: &str| match all.iter().filter(|(one, _)| one == name).count() {
        1 => name.to_owned(),
        _ => format!("{name} ({id})"),
    };
    all.difference(&ours).map(|(name, id)| (label(name, id), id.clone())).collect()
}

/// All plans of a region, with their rules and selections, each object like those of an observation but without tags.
pub(super) async fn survey(clients: &Clients, region: &str) -> Result<Vec<Object>, CloudError> {
    let plans = all(clients, region).await?;
    let reads = plans.iter().map(|(name, id)| async move {
        let (plan, selections) = try_join!(
            backup_plan::read_rules(clients, region, id),
            backup_selection::survey(clients, region, id)
        )?;
        let rules = plan.map(|plan| rule::to_value(plan.rules()));
        let attributes =
            [(plan::NAME, json!(name)), (plan::REGION, json!(region)), (plan::RULES, json!(rules))];
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let plan = Object { kind: plan::KIND, id: id.clone(), attributes, outputs: backup_plan::outputs(id) };
        Ok(std::iter::once(plan).chain(selections).collect::<Vec<_>>())
    });
    let read: Vec<Vec<Object>> =
        stream::iter(reads.collect::<Vec<_>>()).buffered(AT_A_TIME).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

/// The ids of the plans of a region, by name.
pub(super) async fn list(clients: &Clients, region: &str) -> Result<BTreeMap<String, String>, CloudError> {
    // Of several entries of one name the last one stays.
    Ok(all(clients, region).await?.into_iter().rev().collect())
}

async fn all(clients: &Clients, region: &str) -> Result<Plans, CloudError> {
    let client = clients.backup(region);
    let mut all = Plans::new();
    let mut next: Option<String> = None;
    loop {
        let page = retry(VAULT, || async {
            let request = client.list_backup_plans().max_results(PAGE).set_next_token(next.clone());
            request.send().await.named(&plan::LIST)
        });
        let page = page.await?;
        let found = page.backup_plans_list.unwrap_or_default().into_iter();
        all.extend(found.filter_map(|one| Some((one.backup_plan_name?, one.backup_plan_id?))));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plans_of_the_estate_are_left_out() {
        let pair = |(name, id): (&str, &str)| (name.to_owned(), id.to_owned());
        let all: Plans = [
            ("holdfast-acme-docs-1", "c"),
            ("holdfast-acme-docs-1", "d"),
            ("holdfast-other-docs-2", "e"),
            ("nightly", "a"),
            ("nightly", "b"),
        ]
        .map(pair)
        .into();
        let ours = BTreeSet::from(["holdfast-acme-docs-1", "holdfast-acme-gone-3"].map(str::to_owned));
        let theirs = [
            ("holdfast-acme-docs-1 (d)", "d"),
            ("holdfast-other-docs-2", "e"),
            ("nightly (a)", "a"),
            ("nightly (b)", "b"),
        ];
        assert_eq!(without(&all, &ours), theirs.map(pair));
        assert_eq!(named(&all, "nightly"), Some(&pair(("nightly", "a"))));
    }
}
