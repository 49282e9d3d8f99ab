//! The ids of the backup plans of each region, by name.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use holdfast_compiler::provider::aws::backup::{plan, selection};
use holdfast_compiler::provider::aws::iam::grant::ROLE_PREFIX;

use super::clients::Clients;
use super::driver::{AT_A_TIME, Look};
use super::error::Named;
use super::retry::{VAULT, retry};
use crate::cloud::CloudError;

/// The most plans of a page (AWS Backup API Reference, `ListBackupPlans`).
const PAGE: i32 = 1000;

/// What each region said.
#[derive(Debug, Default)]
pub(super) struct BackupPlans(BTreeMap<String, Result<Ids, CloudError>>);

/// Ids by name. Of several plans of one name, which only others can make, the one with the first id.
pub(super) type Ids = BTreeMap<String, String>;

impl BackupPlans {
    /// List the plans of every region that a wanted plan or selection is in.
    pub(super) async fn list(look: &Look<'_>) -> Self {
        let mut regions = look.names(plan::KIND, plan::REGION);
        regions.extend(look.names(selection::KIND, selection::REGION));
        let lists: Vec<_> = regions
            .into_iter()
            .map(|region| async move {
                let all = look.clients.reach.ask(&plan::LIST, &region, list(look.clients, &region)).await;
                (region, all)
            })
            .collect();
        Self(stream::iter(lists).buffer_unordered(AT_A_TIME).collect().await)
    }

    /// The id of a plan, if it exists.
    pub(super) fn id(&self, region: &str, name: &str) -> Result<Option<String>, CloudError> {
        match self.0.get(region) {
            Some(Ok(ids)) => Ok(ids.get(name).cloned()),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        }
    }
}

impl BackupPlans {
    /// The names and ids of the plans in a region that Holdfast has not made, by their names.
    pub(super) fn of_others(&self, region: &str) -> Result<Vec<(String, String)>, CloudError> {
        let ids = match self.0.get(region) {
            Some(Ok(ids)) => ids,
            Some(Err(error)) => return Err(error.clone()),
            None => return Ok(Vec::new()),
        };
        let theirs = ids.iter().filter(|(name, _)| !name.starts_with(ROLE_PREFIX));
        Ok(theirs.map(|(name, id)| (name.clone(), id.clone())).collect())
    }
}

/// The ids of the plans of a region.
pub(super) async fn list(clients: &Clients, region: &str) -> Result<Ids, CloudError> {
    let client = clients.backup(region);
    let mut all = Ids::new();
    let mut next: Option<String> = None;
    loop {
        let page = retry(VAULT, || async {
            let request = client.list_backup_plans().max_results(PAGE).set_next_token(next.clone());
            request.send().await.named(&plan::LIST)
        });
        let page = page.await?;
        for found in page.backup_plans_list.unwrap_or_default() {
            let (Some(name), Some(id)) = (found.backup_plan_name, found.backup_plan_id) else { continue };
            let first = all.entry(name).or_insert_with(|| id.clone());
            if id < *first {
                *first = id;
            }
        }
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}
