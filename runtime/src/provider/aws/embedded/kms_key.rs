//! KMS keys that Holdfast makes. Sources: AWS KMS API Reference (`CreateKey`, `CreateAlias`, `ReplicateKey`, `EnableKeyRotation`,
//! `PutKeyPolicy`); Developer Guide, "Multi-Region keys in AWS KMS".

use holdfast_compiler::provider::aws::iam::root_arn;
use holdfast_compiler::provider::aws::kms::{self, key, made as kind};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::{Value, json};

use super::{text, values};
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Keys in the embedded cloud.
pub(super) struct KmsKey;

impl Embedded for KmsKey {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, state: &mut State, wanted: &Values) -> (String, Values) {
        let alias = text(wanted, kind::ALIAS);
        let (region, account) = (text(wanted, kind::REGION), kms::account(&alias).unwrap_or_default());
        // A replica has the id of its primary key.
        let primary = text(wanted, kind::REPLICA_OF);
        let id = match primary.rsplit_once('/') {
            Some((_, id)) => id.to_owned(),
            None if wanted.get(kind::MULTI_REGION) == Some(&Value::Bool(true)) => {
                format!("mrk-{}", state.next_id("key"))
            }
            None => state.next_id("key"),
        };
        let outputs = values(json!({kind::ARN: kind::key_arn(&region, account, &id)}));
        (alias, outputs)
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("AlreadyExistsException", "an alias with this name already exists"))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let alias = look.text(kind::ALIAS);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
        let name = kind::alias_of(alias).unwrap_or_default();
        if name.is_empty() || name.len() > 256 || name.starts_with("alias/aws/") || !name.bytes().all(fits) {
            return look
                .refuse("InvalidAliasNameException", "an alias is `alias/` and letters, digits, /, _ or -");
        }
        if kms::region(alias) != Some(look.text(kind::REGION)) {
            return look.refuse("NotFoundException", "the alias is in another region than the key");
        }
        if look.get(kind::STATE) != key::ENABLED {
            return look.refuse("ValidationException", "a key is made enabled");
        }
        let primary = look.text(kind::REPLICA_OF);
        if !primary.is_empty() {
            replica(look, primary)?;
        }
        let days = look.get(kind::ROTATION);
        if !days.is_null() && !primary.is_empty() {
            return look.refuse("UnsupportedOperationException", "a replica is rotated with its primary key");
        }
        if !days.is_null() && !days.as_u64().is_some_and(|days| (90..=2_560).contains(&days)) {
            return look.refuse("ValidationException", "a rotation period has 90 to 2560 days");
        }
        match may_change(look.get(kind::POLICY), kms::account(alias).unwrap_or_default()) {
            true => Ok(()),
            false => look.refuse(
                "MalformedPolicyDocumentException",
                "the new key policy will not allow you to update the key policy in the future",
            ),
        }
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        look.refuse("AccessDeniedException", "the policy of the key denies its deletion")
    }
}

/// The primary key of a replica exists, can be used, is a multi-Region key, and is in another region.
fn replica(look: &Look<'_>, primary: &str) -> Checked {
    let found = look
        .state
        .beginning(kind::KIND, String::new())
        .find(|other| other.outputs.get(kind::ARN).is_some_and(|arn| arn == primary));
    let Some(found) = found else {
        return look.refuse("NotFoundException", format!("the key `{primary}` does not exist"));
    };
    let has = |name: &str, value: Value| found.attributes.get(name) == Some(&value);
    if !has(kind::MULTI_REGION, true.into()) || look.get(kind::MULTI_REGION) != true {
        return look.refuse("UnsupportedOperationException", "only a multi-Region key has replicas");
    }
    if !has(kind::STATE, key::ENABLED.into()) {
        return look.refuse("KMSInvalidStateException", "the primary key is not enabled");
    }
    if has(kind::REGION, look.get(kind::REGION).clone()) {
        return look.refuse("AlreadyExistsException", "the region has the primary key itself");
    }
    Ok(())
}

/// Whether the account can still change the policy.
fn may_change(policy: &Value, account: &str) -> bool {
    let statements = policy.get("Statement").and_then(Value::as_array).into_iter().flatten();
    let root = root_arn(account);
    statements.into_iter().any(|one| {
        one.get("Effect").is_some_and(|effect| effect == "Allow")
            && one.get("Action").is_some_and(|action| action == "kms:*")
            && one.pointer("/Principal/AWS").is_some_and(|who| *who == root)
    })
}
