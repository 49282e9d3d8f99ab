//! Checks of everything that can grant rights, before AWS is called: who owns a role, who may assume it and what it
//! allows; to whose buckets and with whose keys data is replicated. The embedded cloud makes the same checks.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_compiler::lower::context::{ESTATE_TAG, SERVICE_TAG};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::backup::{self, plan, selection, vault};
use holdfast_compiler::provider::aws::events::rule as event_rule;
use holdfast_compiler::provider::aws::iam::grant::{self, Foreign, ROLE_PREFIX, Service};
use holdfast_compiler::provider::aws::iam::{self, role};
use holdfast_compiler::provider::aws::kms::{self, made};
use holdfast_compiler::provider::aws::s3::replication::{self, rule};
use holdfast_compiler::provider::aws::s3::{self, backfill, bucket, bucket_policy};
use holdfast_compiler::resource::Values;
use serde_json::Value;

use crate::cloud::refuse;
use crate::cloud::{CloudError, Command};

/// Check a role: its name, its trust policy and its policy.
pub(super) fn role(command: &Command, account: &str) -> Result<(), CloudError> {
    Check { command, account }.role()
}

/// Check a replication: its role, its destination buckets and its keys.
pub(super) fn replication(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete { Ok(()) } else { Check { command, account }.replication() }
}

/// Check the policy of a bucket: whom it lets in.
pub(super) fn bucket_policy(command: &Command, account: &str) -> Result<(), CloudError> {
    Check { command, account }.bucket_policy()
}

/// Check a bucket: its encryption key.
pub(super) fn bucket(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete { Ok(()) } else { Check { command, account }.bucket() }
}

/// Check a vault: its key and its access policy.
pub(super) fn vault(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete { Ok(()) } else { Check { command, account }.vault() }
}

/// Check a key that Holdfast makes: its name and its policy.
pub(super) fn kms_key(command: &Command, account: &str) -> Result<(), CloudError> {
    Check { command, account }.kms_key()
}

/// Check a backup plan: the vaults that it copies to.
pub(super) fn plan(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete { Ok(()) } else { Check { command, account }.plan() }
}

/// Check a selection: its role, and that it selects one bucket.
pub(super) fn selection(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete { Ok(()) } else { Check { command, account }.selection() }
}

/// Check a job that copies older objects: its role.
pub(super) fn backfill(command: &Command, account: &str) -> Result<(), CloudError> {
    Check { command, account }.acts_with(backfill::ROLE)
}

/// Check a rule of EventBridge: its role, if it has one.
pub(super) fn rule(command: &Command, account: &str) -> Result<(), CloudError> {
    let check = Check { command, account };
    match check.get(event_rule::ROLE).is_some_and(|role| !role.is_null()) {
        true if command.action != Action::Delete => check.acts_with(event_rule::ROLE),
        _ => Ok(()),
    }
}

/// Refuse to adopt a role to which others have added rights.
///
/// # Errors
/// The rights that they have added.
pub(super) fn foreign(name: &str, foreign: &Foreign) -> Result<(), String> {
    if *foreign == Foreign::default() {
        return Ok(());
    }
    Err(format!(
        "the role `{name}` has rights that Holdfast did not grant: {}; remove them, or list `trust` and `policy` under the \
         role's `leave` (`holdfast explain E0605`)",
        foreign.in_words()
    ))
}

/// Refuse to adopt an object that was made for another estate or service since the plan was made.
///
/// # Errors
/// The owner that its tag names.
pub(super) fn owner(
    name: &str,
    found: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Result<(), String> {
    for key in [ESTATE_TAG, SERVICE_TAG] {
        if let (Some(owner), Some(ours)) = (found.get(key), wanted.get(key))
            && owner != ours
        {
            return Err(format!(
                "`{name}` appeared after the plan was made and belongs to somebody else: its tag `{key}` is `{owner}`; plan \
                 again"
            ));
        }
    }
    Ok(())
}

struct Check<'a> {
    command: &'a Command,
    account: &'a str,
}

impl Check<'_> {
    fn refuse(&self, message: &str) -> Result<(), CloudError> {
        Err(refuse(self.command, message))
    }

    /// The value of an attribute after the command: the desired one, or the observed one if it is not managed.
    fn get(&self, name: &str) -> Option<&Value> {
        let found = || self.command.object.as_ref().and_then(|object| object.attributes.get(name));
        self.command.values.get(name).or_else(found)
    }

    fn found(&self) -> Option<&Values> {
        self.command.object.as_ref().map(|object| &object.attributes)
    }

    fn role(&self) -> Result<(), CloudError> {
        let wanted = self.command.values.get(role::NAME).and_then(Value::as_str);
        let there = self.command.object.as_ref().map(|object| object.id.as_str());
        if wanted.is_none() && there.is_none() {
            return self.refuse("the role has no name");
        }
        wanted.into_iter().chain(there).try_for_each(|name| self.name(name))?;
        if self.command.action == Action::Delete {
            return Ok(());
        }
        if let Some(found) = self.found().and_then(Foreign::of).filter(|_| self.grants_rights()) {
            foreign(there.unwrap_or_default(), &found).or_else(|why| self.refuse(&why))?;
        }
        match self.command.values.get(role::TRUST) {
            Some(trust) if Service::of(trust, self.account).is_none() => {
                return self.refuse(&format!(
                    "the trust policy is not one that Holdfast writes, which lets S3 or AWS Backup (only for resources of account {}), S3 Batch \
                     Operations or EventBridge assume the role: plan again with this version of Holdfast",
                    self.account
                ));
            }
            _ => {}
        }
        let trust = self.get(role::TRUST).and_then(|trust| Service::of(trust, self.account));
        match self.command.values.get(role::POLICY) {
            None => Ok(()),
            Some(policy) => {
                let service = trust.unwrap_or(Service::S3);
                grant::policy(policy, service, self.account, &self.command.named).or_else(|why| {
                    self.refuse(&format!(
                        "the role's policy {why}: Holdfast only grants a role the right to replicate or back up the named buckets, or to send events between regions; \
                         plan again with this version of Holdfast"
                    ))
                })
            }
        }
    }

    /// Whether the command writes the trust policy or the policy of a role.
    fn grants_rights(&self) -> bool {
        self.command.action != Action::Update
            || [role::TRUST, role::POLICY].iter().any(|name| self.command.changed.contains(*name))
    }

    fn name(&self, name: &str) -> Result<(), CloudError> {
        let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        let named = self.command.named.acts_as.as_deref() == Some(name);
        if (name.starts_with(ROLE_PREFIX) || named) && name.bytes().all(simple) {
            return Ok(());
        }
        self.refuse(&format!(
            "the role `{name}` was not created by Holdfast (`{ROLE_PREFIX}…`) and the policy does not name it: name it \
             under `existing`, or change it by hand"
        ))
    }

    fn replication(&self) -> Result<(), CloudError> {
        self.acts_with(replication::ROLE)?;
        for one in self.get(replication::RULES).and_then(Value::as_array).into_iter().flatten() {
            let named = |account: &Value| {
                account.as_str().is_some_and(|account| {
                    account == self.account || self.command.named.copied_to.contains(account)
                })
            };
            if let Some(other) = one.get(rule::ACCOUNT).filter(|account| !named(account)) {
                return self.refuse(&format!(
                    "a rule replicates to account {}, which the estate does not name: replicate to a bucket of account {}",
                    other.as_str().unwrap_or("?"),
                    self.account
                ));
            }
            let destination = one.get(rule::DESTINATION).and_then(Value::as_str).unwrap_or_default();
            if s3::bucket_of(destination).is_none() {
                return self.refuse(&format!("a rule replicates to `{destination}`, which is not a bucket"));
            }
            if let Some(key) = one.get(rule::REPLICA_KEY) {
                self.key(key)?;
            }
        }
        Ok(())
    }

    /// Check that the object acts with a role of the account that Holdfast created, or that the policy names.
    fn acts_with(&self, attribute: &str) -> Result<(), CloudError> {
        let role = self.get(attribute).and_then(Value::as_str).unwrap_or_default();
        let prefix = iam::role_arn(self.account, "");
        let Some(path) = role.strip_prefix(&prefix) else {
            return self.refuse(&format!("the role `{role}` does not belong to account {}", self.account));
        };
        self.name(path.rsplit('/').next().unwrap_or_default())
    }

    /// Only roles that replicate, of the account that the policy names.
    fn bucket_policy(&self) -> Result<(), CloudError> {
        let opens = self.command.values.get(bucket_policy::OPEN).filter(|opens| !opens.is_null());
        let Some(opens) = opens.filter(|_| self.command.action != Action::Delete) else { return Ok(()) };
        let Some(roles) = bucket_policy::roles(opens).filter(|roles| !roles.is_empty()) else {
            return self.refuse("the policy of the bucket would let in somebody else than a role");
        };
        for role in roles {
            let mut accounts = self.command.named.accounts.iter();
            let name = accounts.find_map(|account| role.strip_prefix(&iam::role_arn(account, "")));
            match name {
                Some(name) => self.name(name.rsplit('/').next().unwrap_or_default())?,
                None => {
                    return self.refuse(&format!(
                        "the policy of the bucket would let in `{role}`, which is not of an account that the policy names"
                    ));
                }
            }
        }
        Ok(())
    }

    fn vault(&self) -> Result<(), CloudError> {
        match self.get(vault::ACCESS_POLICY) {
            Some(policy) if !self.is_policy_of_vault(policy) => {
                return self.refuse("the access policy of the vault is not the one that Holdfast writes");
            }
            _ => {}
        }
        let lock = self.get(vault::LOCK).filter(|lock| !lock.is_null());
        if lock.is_some_and(|lock| lock != vault::COMPLIANCE && lock != vault::GOVERNANCE) {
            return self.refuse("there is no such lock");
        }
        match self.command.values.get(vault::KMS_KEY).filter(|key| !key.is_null()) {
            Some(key) => self.key(key),
            None => Ok(()),
        }
    }

    /// Whether a policy is the one for a vault of the account, or of another account that an account which the policy names copies to.
    fn is_policy_of_vault(&self, policy: &Value) -> bool {
        let named = &self.command.named;
        let mut writers = named.accounts.iter().filter(|writers| *writers != self.account);
        match &named.account {
            None => *policy == vault::access_policy(None),
            Some(_) => writers.any(|writers| *policy == vault::access_policy(Some(writers))),
        }
    }

    fn kms_key(&self) -> Result<(), CloudError> {
        let alias = self.get(made::ALIAS).and_then(Value::as_str).unwrap_or_default();
        if !made::is_made_alias(alias) || kms::account(alias) != Some(self.account) {
            return self.refuse(&format!(
                "`{alias}` is not the alias of a key that Holdfast makes in account {}",
                self.account
            ));
        }
        match self.get(made::POLICY) {
            Some(policy) if !self.is_policy_of_key(policy, alias) => {
                self.refuse("the policy of the key is not the one that Holdfast writes")
            }
            _ => Ok(()),
        }
    }

    /// Whether a policy is the one for a key of the account, or of another account whose copies the estate's account encrypts.
    fn is_policy_of_key(&self, policy: &Value, alias: &str) -> bool {
        let named = &self.command.named;
        let writers = named.accounts.first().filter(|_| named.account.is_some()).map(String::as_str);
        *policy == made::policy(self.account, writers, kms::region(alias).unwrap_or_default())
    }

    fn plan(&self) -> Result<(), CloudError> {
        let copies = |rule: &'_ Value| {
            rule.get(plan::rule::COPIES).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        for copy in self.get(plan::RULES).and_then(Value::as_array).into_iter().flatten().flat_map(copies) {
            let arn = copy.get(plan::rule::COPY_VAULT).and_then(Value::as_str).unwrap_or_default();
            let copied_to = self.command.named.copied_to.iter().map(String::as_str);
            if !copied_to.chain([self.account]).any(|account| backup::is_vault(arn, account)) {
                return self.refuse(&format!(
                    "a rule copies backups to `{arn}`, which is not a vault of account {}, or of one that a site names",
                    self.account
                ));
            }
        }
        Ok(())
    }

    fn selection(&self) -> Result<(), CloudError> {
        self.acts_with(selection::ROLE)?;
        let resources = self.get(selection::RESOURCES).and_then(Value::as_array);
        let is_bucket = |arn: &Value| {
            arn.as_str().is_some_and(|arn| s3::bucket_of(arn).is_some_and(|name| !name.contains('*')))
        };
        match resources.is_some_and(|all| all.len() == 1 && all.iter().all(is_bucket)) {
            true => Ok(()),
            false => self.refuse("a selection does not name exactly one bucket"),
        }
    }

    fn bucket(&self) -> Result<(), CloudError> {
        let writes = self.command.action != Action::Update
            || [bucket::ENCRYPTION, bucket::KMS_KEY, bucket::BUCKET_KEY]
                .iter()
                .any(|name| self.command.changed.contains(*name));
        match self.get(bucket::KMS_KEY).filter(|key| writes && !key.is_null()) {
            Some(key) => self.key(key),
            None => Ok(()),
        }
    }

    /// Check that a key belongs to the account, or to one that the policy names. A key id or alias that is not an ARN
    /// belongs to the account.
    fn key(&self, key: &Value) -> Result<(), CloudError> {
        let text = key.as_str().unwrap_or_default();
        let named = &self.command.named;
        let allowed = named.accounts.iter().chain(&named.copied_to).map(String::as_str);
        let allowed: BTreeSet<&str> = allowed.chain([self.account]).collect();
        let own = !text.is_empty() && !text.contains(':');
        if own || kms::account(text).is_some_and(|account| allowed.contains(account)) {
            return Ok(());
        }
        self.refuse(&format!(
            "the key `{text}` belongs to an account that the policy does not name: name the key at its site (`kms-key`)"
        ))
    }
}
