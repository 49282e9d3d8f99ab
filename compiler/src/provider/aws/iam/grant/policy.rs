//! Checks whether a policy document is one that `lower` could have written: its form, actions, resources and
//! conditions. Everything that is not known to be harmless is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Grant, On, Service, event_rules, owned_by, recovery_points};
use crate::provider::aws::s3::backfill;
use crate::provider::aws::{backup, events, kms, s3};
use crate::resource::Named;

/// Check a document of the role of a service. It may apply to buckets and vaults of `account`, to keys of that account and of those that
/// the policy names, and to copies at sites in other accounts, in the form that the compiler writes.
///
/// # Errors
/// The first fault, as text.
pub fn check(document: &Value, service: Service, account: &str, named: &Named) -> Result<(), String> {
    let Value::Object(parts) = document else { return Err("is not a policy document".to_owned()) };
    if let Some(other) = parts.keys().find(|name| !["Version", "Statement"].contains(&name.as_str())) {
        return Err(format!("has a `{other}`"));
    }
    if parts.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        return Err("is not of version 2012-10-17".to_owned());
    }
    let Some(Value::Array(statements)) = parts.get("Statement") else {
        return Err("has no list of statements".to_owned());
    };
    if statements.is_empty() {
        return Err("has no statements".to_owned());
    }
    statements.iter().enumerate().try_for_each(|(nth, statement)| {
        let place = |why: String| format!("has a statement (number {}) that {why}", nth + 1);
        Statement::new(statement, account, named).and_then(|one| one.check(service)).map_err(place)
    })
}

const ELEMENTS: [&str; 5] = ["Sid", "Effect", "Action", "Resource", "Condition"];

struct Statement<'a> {
    all: &'a Map<String, Value>,
    account: &'a str,
    named: &'a Named,
}

impl<'a> Statement<'a> {
    fn new(statement: &'a Value, account: &'a str, named: &'a Named) -> Result<Self, String> {
        let Value::Object(all) = statement else { return Err("is not an object".to_owned()) };
        if let Some(other) = all.keys().find(|name| !ELEMENTS.contains(&name.as_str())) {
            return Err(format!("has a `{other}`"));
        }
        Ok(Self { all, account, named })
    }

    fn check(&self, service: Service) -> Result<(), String> {
        if self.all.get("Effect").and_then(Value::as_str) != Some("Allow") {
            return Err("has an effect other than `Allow`".to_owned());
        }
        let id = self.all.get("Sid").and_then(Value::as_str).unwrap_or_default();
        let grant = Grant::of(id).filter(|grant| grant.service == service);
        let grant = grant.ok_or_else(|| format!("has the id `{id}`, which Holdfast does not use"))?;
        let actions = texts(self.all.get("Action")).ok_or("has no list of actions")?;
        if let Some(other) = actions.iter().find(|action| !grant.actions.contains(action)) {
            return Err(format!("allows `{other}`"));
        }
        let resources = texts(self.all.get("Resource")).ok_or("has no list of resources")?;
        if let Some(other) = resources.iter().find(|resource| !self.is_resource(grant, resource)) {
            return Err(format!("covers `{other}`"));
        }
        let condition = self.all.get("Condition").unwrap_or(&Value::Null);
        let any = resources.iter().any(|resource| resource.ends_with(":key/*"));
        match grant.on {
            On::Buckets | On::Objects | On::Reports if *condition == owned_by(self.account) => Ok(()),
            On::ObjectsElsewhere => {
                Conditions::new(condition)?.owned_by_one_of(&self.named.copied_to)?.nothing_else()
            }
            On::Buckets | On::Objects | On::Reports => {
                Err(format!("lacks the condition that the buckets belong to account {}", self.account))
            }
            On::Keys => {
                Conditions::new(condition)?.through_s3()?.for_buckets()?.named_if(any)?.nothing_else()
            }
            On::DescribedKeys => Conditions::new(condition)?.through_s3()?.named_if(any)?.nothing_else(),
            On::GrantedKeys => Conditions::new(condition)?.for_a_service()?.named_if(any)?.nothing_else(),
            On::VaultKeys if condition.is_null() && !any => Ok(()),
            On::VaultKeys => Conditions::new(condition)?.named_if(any)?.nothing_else(),
            On::Any | On::EventRules | On::Vaults | On::RecoveryPoints | On::Buses if condition.is_null() => {
                Ok(())
            }
            On::Any | On::EventRules | On::Vaults | On::RecoveryPoints | On::Buses => {
                Err("has a condition that Holdfast does not use".to_owned())
            }
        }
    }

    fn is_resource(&self, grant: &Grant, resource: &str) -> bool {
        match grant.on {
            On::Buckets => is_bucket(resource),
            On::Objects | On::ObjectsElsewhere => resource.strip_suffix("/*").is_some_and(is_bucket),
            On::Reports => {
                let reports =
                    resource.strip_suffix("/*").and_then(|rest| rest.strip_suffix(backfill::REPORT_PREFIX));
                reports.and_then(|rest| rest.strip_suffix('/')).is_some_and(is_bucket)
            }
            On::Any => resource == "*",
            On::EventRules => resource == event_rules(self.account),
            On::RecoveryPoints => resource == recovery_points(self.account),
            On::Vaults => {
                let mut accounts = self.named.copied_to.iter().map(String::as_str).chain([self.account]);
                accounts.any(|account| backup::is_vault(resource, account))
            }
            On::Buses => {
                events::bus_of(resource).is_some_and(|(region, of)| is_word(region) && of == self.account)
            }
            On::Keys | On::DescribedKeys | On::GrantedKeys | On::VaultKeys => {
                let own = kms::account(resource) == Some(self.account);
                let of = |accounts: &BTreeSet<String>| {
                    kms::account(resource).is_some_and(|one| accounts.contains(one))
                };
                // A key at a site is in its account.
                let site = of(&self.named.copied_to);
                let named = site || of(&self.named.accounts);
                // All keys of a region are restricted to certain aliases.
                let key = resource.splitn(6, ':').nth(5).and_then(|key| key.strip_prefix("key/"));
                match key {
                    Some("*") => own || site,
                    Some(key) => (own || named) && is_key(key) && kms::region(resource).is_some_and(is_word),
                    None => false,
                }
            }
        }
    }
}

/// The conditions of a statement about keys. Each check takes the conditions that it has seen.
struct Conditions<'a> {
    left: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Conditions<'a> {
    fn new(condition: &'a Value) -> Result<Self, String> {
        let Value::Object(operators) = condition else {
            return Err("covers keys without a condition".to_owned());
        };
        Ok(Self { left: operators.iter().map(|(operator, keys)| (operator.as_str(), keys)).collect() })
    }

    /// The values of the only key of an operator.
    fn take(&mut self, operator: &str, key: &str) -> Option<Vec<&'a str>> {
        let Value::Object(keys) = self.left.remove(operator)? else { return None };
        let value = keys.get(key).filter(|_| keys.len() == 1)?;
        let all = value.as_str().map_or_else(|| texts(Some(value)), |text| Some(vec![text]))?;
        (!all.is_empty()).then_some(all)
    }

    /// Only buckets of these accounts.
    fn owned_by_one_of(mut self, accounts: &BTreeSet<String>) -> Result<Self, String> {
        let owners = self.take("StringEquals", "s3:ResourceAccount");
        match owners.is_some_and(|owners| owners.iter().all(|owner| accounts.contains(*owner))) {
            true => Ok(self),
            false => {
                Err("lacks the condition that the buckets belong to accounts that the policy names"
                    .to_owned())
            }
        }
    }

    /// Only through S3, in named regions.
    fn through_s3(mut self) -> Result<Self, String> {
        let via = self.take("StringEquals", "kms:ViaService").is_some_and(|all| {
            all.iter().all(|service| {
                let region = service.strip_prefix("s3.").and_then(|rest| rest.strip_suffix(".amazonaws.com"));
                region.is_some_and(is_word)
            })
        });
        if via { Ok(self) } else { Err("lets keys be used other than through S3".to_owned()) }
    }

    /// Only for named buckets.
    fn for_buckets(mut self) -> Result<Self, String> {
        let buckets = self
            .take("StringLike", "kms:EncryptionContext:aws:s3:arn")
            .is_some_and(|all| all.iter().all(|arn| is_bucket(arn.strip_suffix("/*").unwrap_or(arn))));
        if buckets { Ok(self) } else { Err("lets keys be used other than for named buckets".to_owned()) }
    }

    /// Grants only for services of AWS.
    fn for_a_service(mut self) -> Result<Self, String> {
        let service = self.take("Bool", "kms:GrantIsForAWSResource").is_some_and(|all| all == ["true"]);
        if service { Ok(self) } else { Err("lets keys be granted to others than services of AWS".to_owned()) }
    }

    /// If the resources are all keys of a region, only those of named aliases.
    fn named_if(mut self, any: bool) -> Result<Self, String> {
        const OPERATOR: &str = "ForAnyValue:StringEquals";
        if !any && !self.left.contains_key(OPERATOR) {
            return Ok(self);
        }
        let aliases = self.take(OPERATOR, "kms:ResourceAliases");
        let good = aliases.is_some_and(|all| all.iter().all(|alias| is_alias(alias)));
        if good { Ok(self) } else { Err("covers all keys instead of those of named aliases".to_owned()) }
    }

    fn nothing_else(self) -> Result<(), String> {
        match self.left.is_empty() {
            true => Ok(()),
            false => Err("has a condition that Holdfast does not use".to_owned()),
        }
    }
}

/// Whether this is the ARN of a single bucket without wildcards (Amazon S3 User Guide, "General purpose
/// bucket naming rules").
fn is_bucket(arn: &str) -> bool {
    let name = s3::bucket_of(arn).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    (3..=63).contains(&name.len()) && name.bytes().all(fits)
}

fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(fits)
}

fn is_key(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_alias(alias: &str) -> bool {
    let name = alias.strip_prefix("alias/").unwrap_or_default();
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || [b'/', b'_', b'-'].contains(&byte))
}

/// The texts of a non-empty list of texts.
fn texts(value: Option<&Value>) -> Option<Vec<&str>> {
    let all: Option<Vec<&str>> = value?.as_array()?.iter().map(Value::as_str).collect();
    all.filter(|all| !all.is_empty())
}
