//! What can give rights away, checked before AWS is asked: whose role it is, who may be it and what it may do; to whose
//! buckets and with whose keys data is copied. The embedded cloud asks the same.

use std::collections::BTreeSet;

use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::iam::grant::{self, Foreign, ROLE_PREFIX};
use holdfast_compiler::provider::aws::iam::{self, role};
use holdfast_compiler::provider::aws::kms;
use holdfast_compiler::provider::aws::s3::replication::{self, rule};
use holdfast_compiler::provider::aws::s3::{self, bucket};
use holdfast_compiler::resource::Values;
use serde_json::Value;

use crate::cloud::refuse;
use crate::cloud::{CloudError, Command};

/// A role: whose it is, who may be it, what it may do.
pub(super) fn role(command: &Command, account: &str) -> Result<(), CloudError> {
    Check { command, account }.role()
}

/// A replication: with whose role, to whose buckets, with whose keys.
pub(super) fn replication(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete { Ok(()) } else { Check { command, account }.replication() }
}

/// A bucket: with whose key it encrypts.
pub(super) fn bucket(command: &Command, account: &str) -> Result<(), CloudError> {
    if command.action == Action::Delete { Ok(()) } else { Check { command, account }.bucket() }
}

/// A role on which others have put rights is not taken over.
///
/// # Errors
/// What they have put on it.
pub(super) fn foreign(name: &str, foreign: &Foreign) -> Result<(), String> {
    if *foreign == Foreign::default() {
        return Ok(());
    }
    Err(format!(
        "the role `{name}` has rights that Holdfast did not grant: {}; remove them, or leave the role's `trust` and `policy` as they \
         are (`holdfast explain E0605`)",
        foreign.in_words()
    ))
}

struct Check<'a> {
    command: &'a Command,
    account: &'a str,
}

impl Check<'_> {
    fn refuse(&self, message: &str) -> Result<(), CloudError> {
        Err(refuse(self.command, message))
    }

    /// What will be there: what is wanted, and what is found where nothing is wanted.
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
            return self.refuse("a role without a name");
        }
        wanted.into_iter().chain(there).try_for_each(|name| self.name(name))?;
        if self.command.action == Action::Delete {
            return Ok(());
        }
        if let Some(found) = self.found().and_then(Foreign::of).filter(|_| self.gives_rights()) {
            foreign(there.unwrap_or_default(), &found).or_else(|why| self.refuse(&why))?;
        }
        match self.command.values.get(role::TRUST) {
            Some(trust) if *trust != grant::trust(self.account) => {
                return self.refuse(&format!(
                    "the trust policy is not Holdfast's own, by which only S3 may use the role, for buckets of account \
                     {}: plan again with this version of Holdfast",
                    self.account
                ));
            }
            _ => {}
        }
        match self.command.values.get(role::POLICY) {
            None => Ok(()),
            Some(policy) => {
                grant::policy(policy, self.account, &self.command.named.accounts).or_else(|why| {
                    self.refuse(&format!(
                        "the role's policy {why}: Holdfast gives a role the right to copy named buckets and nothing \
                         else; plan again with this version of Holdfast"
                    ))
                })
            }
        }
    }

    /// Whether the command writes who may be a role or what it may do.
    fn gives_rights(&self) -> bool {
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
            "the role `{name}` is neither Holdfast's own (`{ROLE_PREFIX}…`) nor named in the policy: name it under \
             `existing`, or change it by hand"
        ))
    }

    fn replication(&self) -> Result<(), CloudError> {
        let role = self.get(replication::ROLE).and_then(Value::as_str).unwrap_or_default();
        let prefix = iam::role_arn(self.account, "");
        let Some(path) = role.strip_prefix(&prefix) else {
            return self.refuse(&format!("the role `{role}` is not one of account {}", self.account));
        };
        self.name(path.rsplit('/').next().unwrap_or_default())?;
        for one in self.get(replication::RULES).and_then(Value::as_array).into_iter().flatten() {
            if let Some(other) = one.get(rule::ACCOUNT).filter(|account| **account != self.account) {
                return self.refuse(&format!(
                    "a rule copies to account {}, which the estate does not name: copy to a bucket of account {}",
                    other.as_str().unwrap_or("?"),
                    self.account
                ));
            }
            let destination = one.get(rule::DESTINATION).and_then(Value::as_str).unwrap_or_default();
            if s3::bucket_of(destination).is_none() {
                return self.refuse(&format!("a rule copies to `{destination}`, which is not a bucket"));
            }
            if let Some(key) = one.get(rule::REPLICA_KEY) {
                self.key(key)?;
            }
        }
        Ok(())
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

    /// A key of the account, or of one that the policy names. What is not an ARN is of the account.
    fn key(&self, key: &Value) -> Result<(), CloudError> {
        let text = key.as_str().unwrap_or_default();
        let allowed: BTreeSet<&str> =
            self.command.named.accounts.iter().map(String::as_str).chain([self.account]).collect();
        let own = !text.is_empty() && !text.contains(':');
        if own || kms::account(text).is_some_and(|account| allowed.contains(account)) {
            return Ok(());
        }
        self.refuse(&format!(
            "the key `{text}` belongs to an account that the policy does not name: name the key at its site (`kms-key`)"
        ))
    }
}
