//! The last look before a cloud is asked to do anything: names and documents are checked where they are used, whatever
//! plan, file or person they come from. Both clouds call it first, and make no call for what it refuses.
//!
//! What is checked is what can give rights away: whose role it is, who may be it and what it may do; to whose buckets
//! and with whose keys data is copied.

use std::collections::BTreeSet;

use holdfast_compiler::grant::{self, Foreign, ROLE_PREFIX, key_account};
use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::{Kind, Values};
use serde_json::Value;

use crate::cloud::{CloudError, Command};

/// What every refusal has as its code.
pub const CODE: &str = "Refused";

/// Whether all of a batch may be executed in an account. Batches live or die together, so the first refusal is
/// everybody's.
///
/// # Errors
/// What is wrong, in words, with a cure; the code is [`CODE`].
pub fn check(batch: &[Command], account: &str) -> Result<(), CloudError> {
    batch.iter().try_for_each(|command| one(command, account))
}

fn one(command: &Command, account: &str) -> Result<(), CloudError> {
    let check = Check { command, account };
    match command.address.kind() {
        Kind::Role => check.role(),
        Kind::Replication if command.action != Action::Delete => check.replication(),
        Kind::Bucket if command.action != Action::Delete => check.bucket(),
        // Names of buckets, zones and records are the policy's own words; a health check gives nobody anything.
        Kind::Replication | Kind::Bucket | Kind::HealthCheck | Kind::Record => Ok(()),
        kind @ (Kind::HostedZone | Kind::Service) => {
            check.refuse(&format!("Holdfast makes and changes no {kind}"))
        }
    }
}

/// A role on which others have put rights is not taken over.
///
/// # Errors
/// What they have put on it.
pub fn foreign(operation: &str, name: &str, foreign: &Foreign) -> Result<(), CloudError> {
    if *foreign == Foreign::default() {
        return Ok(());
    }
    let message = format!(
        "others have put rights on the role `{name}`: {}; remove them, or leave the role's `trust` and `policy` as they \
         are (`holdfast explain E0605`)",
        foreign.in_words()
    );
    Err(CloudError::new(operation, CODE, message))
}

struct Check<'a> {
    command: &'a Command,
    account: &'a str,
}

impl Check<'_> {
    fn operation(&self) -> String {
        format!("holdfast:{}-{}", self.command.action, self.command.address.kind())
    }

    fn refuse(&self, message: &str) -> Result<(), CloudError> {
        Err(CloudError::new(self.operation(), CODE, message))
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
        let wanted = self.command.values.get("name").and_then(Value::as_str);
        let there = self.command.object.as_ref().map(|object| object.id.as_str());
        if wanted.is_none() && there.is_none() {
            return self.refuse("a role without a name");
        }
        wanted.into_iter().chain(there).try_for_each(|name| self.name(name))?;
        if self.command.action == Action::Delete {
            return Ok(());
        }
        if let Some(found) = self.found().and_then(Foreign::of).filter(|_| self.gives_rights()) {
            foreign(&self.operation(), there.unwrap_or_default(), &found)?;
        }
        match self.command.values.get("trust") {
            Some(trust) if *trust != grant::trust(self.account) => {
                return self.refuse(&format!(
                    "the trust policy is not Holdfast's own, by which only S3 may use the role, for buckets of account \
                     {}: plan again with this version of Holdfast",
                    self.account
                ));
            }
            _ => {}
        }
        match self.command.values.get("policy") {
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
            || ["trust", "policy"].iter().any(|name| self.command.changed.contains(*name))
    }

    fn name(&self, name: &str) -> Result<(), CloudError> {
        let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        let named = self.command.named.role.as_deref() == Some(name);
        if (name.starts_with(ROLE_PREFIX) || named) && name.bytes().all(simple) {
            return Ok(());
        }
        self.refuse(&format!(
            "the role `{name}` is neither Holdfast's own (`{ROLE_PREFIX}…`) nor named in the policy: name it under \
             `existing`, or change it by hand"
        ))
    }

    fn replication(&self) -> Result<(), CloudError> {
        let role = self.get("role").and_then(Value::as_str).unwrap_or_default();
        let prefix = format!("arn:aws:iam::{}:role/", self.account);
        let Some(path) = role.strip_prefix(&prefix) else {
            return self.refuse(&format!("the role `{role}` is not one of account {}", self.account));
        };
        self.name(path.rsplit('/').next().unwrap_or_default())?;
        for rule in self.get("rules").and_then(Value::as_array).into_iter().flatten() {
            if let Some(other) = rule.get("account").filter(|account| **account != self.account) {
                return self.refuse(&format!(
                    "a rule copies to account {}, which the estate does not name: copy to a bucket of account {}",
                    other.as_str().unwrap_or("?"),
                    self.account
                ));
            }
            let destination = rule.get("destination").and_then(Value::as_str).unwrap_or_default();
            if !destination.starts_with("arn:aws:s3:::") {
                return self.refuse(&format!("a rule copies to `{destination}`, which is not a bucket"));
            }
            if let Some(key) = rule.get("replica-kms-key") {
                self.key(key)?;
            }
        }
        Ok(())
    }

    fn bucket(&self) -> Result<(), CloudError> {
        let writes = self.command.action != Action::Update
            || ["encryption", "kms-key", "bucket-key"]
                .iter()
                .any(|name| self.command.changed.contains(*name));
        match self.get("kms-key").filter(|key| writes && !key.is_null()) {
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
        if own || key_account(text).is_some_and(|account| allowed.contains(account)) {
            return Ok(());
        }
        self.refuse(&format!(
            "the key `{text}` belongs to an account that the policy does not name: name the key at its site (`kms-key`)"
        ))
    }
}
