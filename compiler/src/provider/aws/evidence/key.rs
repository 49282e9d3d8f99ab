//! Whether the KMS keys that a copy needs can be used. S3 accepts a replication configuration with any key, and copies nothing
//! if the key cannot be used (Amazon S3 User Guide, "Amazon S3 replication failure reasons": `DstKmsKeyNotFound`,
//! `DstKmsKeyInvalidState`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Finding, backups, bucket_at, copy::under_kms, find_bucket, leaves_key};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{Encryption, KmsKey, Name};
use crate::objectives::view::View;
use crate::policy::{Bucket, DataSet, Site};
use crate::provider::aws::backup::{vault, vault_address};
use crate::provider::aws::keys::vault_key;
use crate::provider::aws::kms::lower::made_address;
use crate::provider::aws::kms::{self, key, made};
use crate::provider::aws::s3::{bucket, replication};
use crate::provider::evidence::Obstacle;
use crate::resource::{Address, Attribute, Identity, Kind};
use crate::source::Span;

/// What the keys of the primary bucket and of a copy mean for the copy.
pub(super) fn findings(view: &View<'_, '_>, data: &Name, set: &DataSet, copy: &Bucket) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        [&set.primary, copy].into_iter().filter_map(|at| named(view, data, at)).collect();
    found.extend(unmanaged(view, data, set));
    found
}

/// The key of a site, of those that the replication of the data set looks at.
fn named(view: &View<'_, '_>, data: &Name, at: &Bucket) -> Option<Finding> {
    let address = view.address(replication::KIND, &[data.as_str()]);
    let key = at.site.kms_key.as_ref()?;
    match fault(view, &address, key, &at.site)? {
        // The plan makes it, or makes it usable again: only today nothing is copied ([`stops_today`]).
        Ok(_) if made::is_made(key) => None,
        Ok(why) => Some(Finding::Stops(format!("the key `{key}` {why}, so S3 copies nothing with it"))),
        Err(why) => Some(Finding::Unclear(format!("the key `{key}` cannot be seen: {why}"))),
    }
}

/// Why a copy gets nothing until a plan has made the keys, or has made them usable again.
pub(super) fn stops_today(view: &View<'_, '_>, data: &Name, ends: [&Bucket; 2]) -> Option<String> {
    ends.into_iter().find_map(|at| {
        let key = at.site.kms_key.as_ref()?;
        // What encrypts with another key until the apply does not need this one today.
        let used = find_bucket(view, data, at)?.attributes.get(bucket::KMS_KEY)?.as_str()?;
        if !used.ends_with(key.as_str()) {
            return None;
        }
        let why = made_fault(view, &made_address(&at.site, Some(key))?)?.ok()?;
        Some(format!("the key `{key}` {why}, so S3 copies nothing with it"))
    })
}

/// Why a key of a site that a resource uses cannot be used; an error if it cannot be seen.
pub(super) fn fault<'a>(
    view: &View<'a, '_>,
    by: &Address,
    key: &KmsKey,
    site: &Site,
) -> Option<Result<String, &'a str>> {
    let (key, region) = match made_address(site, Some(key)) {
        Some(made) => return made_fault(view, &made),
        None => (key.as_str(), site.region.as_str()),
    };
    let is_it = |(kind, identity): &&(Kind, Identity)| {
        let arn = identity.get(key::ARN).unwrap_or_default();
        let of_region = || kms::region(arn) == Some(region);
        *kind == key::KIND && (arn == key || arn.ends_with(&format!(":{key}")) && of_region())
    };
    let (_, identity) = (view.live.declared)(by)?.looks.keys().find(is_it)?;
    let found = match view.look(key::KIND, &identity.values()) {
        Err(why) => return Some(Err(why)),
        Ok(None) => return Some(Ok(format!("does not exist in {region}"))),
        Ok(Some(found)) => &found.attributes,
    };
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or("unknown");
    let why = match () {
        () if text(key::STATE) != key::ENABLED => format!("is in the state {}", text(key::STATE)),
        () if text(key::REGION) != region => format!("is in {}, not in {region}", text(key::REGION)),
        () if text(key::SPEC) != key::SYMMETRIC || text(key::USAGE) != key::ENCRYPTS => {
            "is not a symmetric key for encryption".to_owned()
        }
        () => return None,
    };
    Some(Ok(why))
}

/// Why a vault to which the policy gives no key has another one than the account's own for AWS Backup, which nobody can delete; an
/// error if that cannot be seen.
pub(super) fn not_the_default<'a>(view: &View<'a, '_>, vault: &Address) -> Option<Result<String, &'a str>> {
    let used = (view.live.find)(vault)?.attributes.get(vault::KMS_KEY)?.as_str()?;
    let (_, identity) = (view.live.declared)(vault)?.looks.keys().find(|(kind, _)| *kind == key::KIND)?;
    match view.look(key::KIND, &identity.values()) {
        Err(why) => Some(Err(why)),
        Ok(Some(found)) if found.attributes.get(key::KEY).and_then(Value::as_str) == Some(used) => None,
        Ok(_) => Some(Ok(format!(
            "it is encrypted with the key `{used}`, and the policy asks for the account's own for AWS Backup"
        ))),
    }
}

/// The same for a key that Holdfast makes.
fn made_fault<'a>(view: &View<'a, '_>, address: &Address) -> Option<Result<String, &'a str>> {
    let Some(found) = (view.live.find)(address) else {
        let unseen =
            (view.live.declared)(address).and_then(|key| (view.live.unseen)(address.kind(), &key.identity()));
        return Some(unseen.map_or_else(|| Ok("does not exist yet".to_owned()), Err));
    };
    let state = found.attributes.get(made::STATE).and_then(Value::as_str).unwrap_or("unknown");
    if state != key::ENABLED {
        return Some(Ok(format!("is in the state {state}")));
    }
    let same = |name: &str| match (view.live.declared)(address).and_then(|it| it.attributes.get(name)) {
        Some(Attribute::Known(wanted)) => found.attributes.get(name) == Some(wanted),
        _ => true,
    };
    // Who may use it is not known then.
    (!same(made::POLICY)).then(|| Ok("has another policy than Holdfast gave it".to_owned()))
}

/// Keys that cannot be used, where a bucket or a vault would begin to use them: S3 accepts any, and every write fails from then on.
/// What uses a key already is left to the objectives, so that a key that somebody disables holds up no other repair. And vaults with
/// another key than the default one that the policy asks for: no apply can change that.
pub(super) fn obstacles(view: &View<'_, '_>, data: &Name, set: &DataSet) -> Vec<Obstacle> {
    let buckets = std::iter::once(&set.primary).chain(&set.copies);
    let buckets = buckets.filter_map(|at| {
        let address = bucket_at(view, data, at);
        let used = find_bucket(view, data, at).and_then(|found| found.attributes.get(bucket::KMS_KEY));
        let wanted = (view.live.declared)(&address)?.attributes.get(bucket::KMS_KEY)?;
        let begins = !matches!(wanted, Attribute::Known(wanted) if used == Some(wanted));
        begins.then_some((address, &at.site, at.site.kms_key.as_ref()?, at.span))
    });
    let vaults = backups::vaults(view, set);
    let named = vaults.iter().filter_map(|(site, lock, span)| {
        let address = vault_address(&site.name, *lock);
        let begins = (view.live.find)(&address).is_none();
        begins.then_some((address, *site, site.vault_key().filter(|_| vault_key(site).is_some())?, *span))
    });
    let mut seen = BTreeSet::new();
    let others = vaults.iter().filter(|(site, ..)| vault_key(site).is_none()).filter_map(|(site, lock, span)| {
        let address = vault_address(&site.name, *lock);
        let why = not_the_default(view, &address)?.ok().filter(|_| seen.insert(address.clone()))?;
        let found = Diagnostic::new(codes::LOCKED_FOR_GOOD, format!("{address} cannot be used: {why}"));
        Some(Obstacle {
            address,
            found: found.at(*span, "would be kept there"),
            cure: format!(
                "name a key of yours at the site `{}` with `vault: {{ kms-key: … }}`: another key is another vault. Or remove this one \
                 by hand once it holds nothing any more",
                site.name
            ),
            may_adopt: false,
            may_wait: true,
        })
    });
    let others: Vec<Obstacle> = others.collect();
    let obstacle = |(address, site, key, span): (Address, &Site, &KmsKey, Span)| {
        if made::is_made(key) {
            return None;
        }
        let why = fault(view, &address, key, site)?.ok()?;
        Some(Obstacle {
            address,
            found: Diagnostic::new(codes::UNUSABLE_KEY, format!("the KMS key `{key}` {why}"))
                .at(span, "would be encrypted with it"),
            cure: format!(
                "name a key that can be used at the site `{}`, or write `kms-key: managed` there",
                site.name
            ),
            may_adopt: false,
            may_wait: false,
        })
    };
    buckets.chain(named).filter_map(obstacle).chain(others).collect()
}

/// A primary bucket whose encryption the policy leaves alone, and which encrypts with KMS: neither the rule nor the role are
/// for its key.
fn unmanaged(view: &View<'_, '_>, data: &Name, set: &DataSet) -> Option<Finding> {
    let found = find_bucket(view, data, &set.primary).filter(|found| under_kms(found))?;
    if !leaves_key(view.service, data, &set.primary) {
        return None;
    }
    let key =
        found.attributes.get(bucket::KMS_KEY).and_then(Value::as_str).unwrap_or("its account's default key");
    let name = &set.primary.name;
    Some(match set.encryption.value {
        Encryption::Aes256 => Finding::Stops(format!(
            "the bucket `{name}` encrypts with KMS, which the policy leaves as it is, and the policy's rule does not select \
             such objects: set `encrypt: aws:kms`"
        )),
        Encryption::Kms => Finding::Unclear(format!(
            "the policy leaves the key of the bucket `{name}` as it is ({key}), and the role may have no right on it"
        )),
    })
}
