//! The keys of sites: those that a policy names, and those that Holdfast makes.

use super::MadeKey;
use crate::diagnostic::{Diagnostic, choices, codes};
use crate::document::{self, Estate, KmsKey, Name, Replica, SiteKey, Step, Text};
use crate::provider::aws::kms;
use crate::provider::facts::KeyUse;
use crate::provider::region::Region;
use crate::source::Span;

/// The keys of a site.
pub(super) struct Keys {
    /// The key for data.
    pub(super) own: Option<KmsKey>,
    /// The key of the vault alone.
    pub(super) of_vault: Option<KmsKey>,
    /// Those of them that Holdfast makes.
    pub(super) made: Vec<MadeKey>,
}

/// Binds the keys of one site.
struct Binder<'a> {
    document: &'a Text,
    estate: &'a Estate,
    name: &'a Name,
    region: Region,
    /// The key that names the region.
    key: &'static str,
    made: Vec<MadeKey>,
}

pub(super) fn bind(
    document: &Text,
    estate: &Estate,
    (name, body): (&Name, &document::Site),
    region: Region,
    out: &mut Vec<Diagnostic>,
) -> Keys {
    let mut binder = Binder { document, estate, name, region, key: body.region_key(), made: Vec::new() };
    let own = match &body.kms_key {
        None => None,
        Some(SiteKey::Named(key)) => binder.key(key, KeyUse::Data, &["kms-key"], out),
        Some(SiteKey::Replica(replica)) => binder.replica(replica, out),
    };
    let of_vault = body.vault.as_ref().and_then(|vault| vault.kms_key.as_ref());
    let of_vault = of_vault.and_then(|key| binder.key(key, KeyUse::Vault, &["vault", "kms-key"], out));
    Keys { own, of_vault, made: binder.made }
}

impl Binder<'_> {
    fn span(&self, keys: &[&'static str]) -> Span {
        let site: [Step<'_>; 2] = ["sites".into(), self.name.as_str().into()];
        let keys = keys.iter().map(|key| (*key).into());
        self.document.span(&site.into_iter().chain(keys).collect::<Vec<Step<'_>>>())
    }

    fn key(
        &mut self,
        key: &KmsKey,
        of: KeyUse,
        at: &[&'static str],
        out: &mut Vec<Diagnostic>,
    ) -> Option<KmsKey> {
        if key.is_managed() {
            return self.made(of, at);
        }
        if kms::region(key.as_str()).is_some_and(|of_key| of_key != self.region.id) {
            out.push(
                Diagnostic::new(codes::FOREIGN_KEY, "the KMS key is in another region than the site")
                    .at(self.span(at), "in another region")
                    .at(self.span(&[self.key]), "the site's region")
                    .help(self.region.provider.storage.key_region),
            );
        }
        Some(key.clone())
    }

    fn made(&mut self, of: KeyUse, at: &[&'static str]) -> Option<KmsKey> {
        let is_replica =
            |key: &SiteKey| matches!(key, SiteKey::Replica(replica) if replica.replica_of == *self.name);
        let multi_region = of == KeyUse::Data
            && self.estate.sites.values().filter_map(|site| site.kms_key.as_ref()).any(is_replica);
        let key = (self.region.provider.storage.made_key)(&self.estate.name, self.name, of, multi_region)?;
        let span = self.span(at);
        self.made.push(MadeKey { key: key.clone(), of, multi_region, replica_of: None, span });
        Some(key)
    }

    /// A replica has the name of the key that it is a replica of.
    fn replica(&mut self, replica: &Replica, out: &mut Vec<Diagnostic>) -> Option<KmsKey> {
        let Replica { replica_of: primary } = replica;
        let (at, keys) = (self.span(&["kms-key", "replica-of"]), &self.estate.sites);
        let is_managed = |name: &Name| {
            let key = keys.get(name).and_then(|site| site.kms_key.as_ref());
            // All keys of one multi-Region key are in one account (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS").
            let account = |name: &Name| keys.get(name)?.account.as_ref().map(|account| account.id.clone());
            name != self.name
                && account(name) == account(self.name)
                && matches!(key, Some(SiteKey::Named(key)) if key.is_managed())
        };
        let Some(site) = keys.get(primary).filter(|_| is_managed(primary)) else {
            let managed = || keys.keys().filter(|name| is_managed(name)).map(Name::as_str);
            let message =
                format!("Holdfast makes no key at `{primary}` that `{}` could have a replica of", self.name);
            let help = match managed().next() {
                Some(_) => choices(out, primary.as_str(), managed),
                None => Some(format!("write `kms-key: managed` at `{primary}`, or here")),
            };
            out.push(
                Diagnostic::new(codes::NO_KEY_TO_REPLICATE, message)
                    .at(at, "no `managed` key there")
                    .maybe_help(help),
            );
            return None;
        };
        let region = site.region()?;
        let key = (region.provider.storage.made_key)(&self.estate.name, primary, KeyUse::Data, true)?;
        let replica_of = Some((primary.clone(), region));
        let of = KeyUse::Data;
        self.made.push(MadeKey { key: key.clone(), of, multi_region: true, replica_of, span: at });
        Some(key)
    }
}
