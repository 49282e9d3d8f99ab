//! The keys that Holdfast makes for what is encrypted at a site.

use serde_json::json;

use super::made;
use crate::document::{KmsKey, Name};
use crate::lower::context::{Context, ESTATE_TAG, KEY_TAG, SITE_TAG};
use crate::policy::{MadeKey, Site};
use crate::provider::aws::name::AWS;
use crate::provider::facts::KeyUse;
use crate::resource::{Address, Resource};
use crate::source::Span;

/// The address of the key that Holdfast makes for a use at a site.
pub(in crate::provider::aws) fn address(site: &Name, of: KeyUse) -> Address {
    let vault = Some("vault").filter(|_| of == KeyUse::Vault);
    Address::new(made::KIND, &std::iter::once(site.as_str()).chain(vault).collect::<Vec<_>>())
}

/// The address of a key of a site, if Holdfast makes it.
pub(in crate::provider::aws) fn made_address(site: &Site, key: Option<&KmsKey>) -> Option<Address> {
    made_key(site, key?).map(|made| address(&site.name, made.of))
}

fn made_key<'s>(site: &'s Site, key: &KmsKey) -> Option<&'s MadeKey> {
    site.made_keys.iter().find(|made| made.key == *key)
}

/// Add the resource of a key of a site, if Holdfast makes it, and of the key that it is a replica of.
pub(in crate::provider::aws) fn lower(
    context: &Context<'_>,
    site: &Site,
    key: Option<&KmsKey>,
    out: &mut Vec<Resource>,
) {
    let Some(made) = key.and_then(|key| made_key(site, key)) else { return };
    let at = Place {
        site: &site.name,
        account: site.own_account(),
        region: site.region.as_str(),
        of: made.of,
        key: &made.key,
        span: made.span,
    };
    match &made.replica_of {
        None => {
            let primary = at.resource(context, made.multi_region);
            out.push(primary.set(made::ROTATION, made::ROTATES_AFTER));
        }
        Some((primary, region)) => {
            let home = Place { site: primary, region: region.as_str(), ..at };
            let home = home.resource(context, true);
            let replica = at.resource(context, true).refer(made::REPLICA_OF, &home.address, made::ARN);
            // KMS rotates the primary key, and every replica with it (AWS KMS Developer Guide, "Rotate AWS KMS keys").
            out.push(home.set(made::ROTATION, made::ROTATES_AFTER));
            out.push(replica);
        }
    }
}

/// Where a key is.
#[derive(Clone, Copy)]
struct Place<'p> {
    site: &'p Name,
    /// Its account, if that is not the estate's.
    account: Option<&'p str>,
    region: &'p str,
    of: KeyUse,
    key: &'p KmsKey,
    span: Span,
}

impl Place<'_> {
    fn resource(&self, context: &Context<'_>, multi_region: bool) -> Resource {
        let estate = context.target.account(AWS);
        let account = self.account.unwrap_or(estate);
        // Only S3 encrypts for a role of the estate; backups are encrypted for the vault's own account.
        let writers = self.account.filter(|_| self.of == KeyUse::Data).map(|_| estate);
        let what = match self.of {
            KeyUse::Data => "data",
            KeyUse::Vault => "backups",
        };
        let tags = json!({
            ESTATE_TAG: context.policy.estate.as_str(),
            SITE_TAG: self.site.as_str(),
            KEY_TAG: what,
        });
        let purpose = format!("encrypts {what} at `{}`", self.site);
        let mut resource = Resource::new(address(self.site, self.of), purpose, self.span)
            .set(made::ALIAS, made::alias_arn(self.region, account, self.key.as_str()))
            .set(made::REGION, self.region)
            .set(made::STATE, super::key::ENABLED)
            .set(made::MULTI_REGION, multi_region)
            .set(made::POLICY, made::policy(account, writers, self.region))
            .set(made::TAGS, tags);
        resource.named.account = self.account.map(str::to_owned);
        resource.named.accounts.extend(writers.map(str::to_owned));
        resource
    }
}
