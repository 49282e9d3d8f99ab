//! In which resource group each storage account is. A policy between two accounts, and a container, name accounts only.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use holdfast_compiler::resource::Call;

use super::client::error::fault;
use super::client::models::account_id;
use crate::cloud::CloudError;

/// The resource ids of the groups, by the name of the account, as they were seen or made.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<BTreeMap<String, String>>);

impl Places {
    /// Note where an account is.
    pub(super) fn note(&self, account: &str, group: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(account.to_owned(), group.to_owned());
    }

    /// The resource id of an account.
    ///
    /// # Errors
    /// Nobody has seen it.
    pub(super) fn id(&self, call: &Call, account: &str) -> Result<String, CloudError> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let group = all.get(account).ok_or_else(|| {
            let message =
                format!("the storage account `{account}` was not seen, so its resource group is unknown");
            fault(call, "ParentResourceNotFound", message)
        })?;
        Ok(account_id(group, account))
    }
}
