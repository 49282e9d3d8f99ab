//! The sites of the estate, and references to them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Site, SiteAccount, Vault, keys};
use crate::diagnostic::{Diagnostic, choices, codes};
use crate::document::{self, Estate, Name, Text};
use crate::provider::region::Region;
use crate::source::Span;

/// The sites of an estate by name.
pub(super) struct Sites {
    all: BTreeMap<Name, Site>,
}

impl Sites {
    pub(super) fn new(document: &Text, estate: &Estate, out: &mut Vec<Diagnostic>) -> Self {
        let mut regions: BTreeMap<Region, Span> = BTreeMap::new();
        let mut all = BTreeMap::new();
        let place = |name: &Name| document.key_span(&["sites".into(), name.as_str().into()]);
        let mut sites: Vec<_> = estate.sites.iter().map(|(name, body)| (place(name), name, body)).collect();
        // In the order of the text, so that the second of two sites in one region is reported.
        sites.sort_by_key(|(place, ..)| *place);
        for (place, name, body) in sites {
            let Some(region) = body.region() else { continue };
            if let Some(first) = regions.get(&region) {
                out.push(
                    Diagnostic::new(codes::SHARED_REGION, format!("two sites are in `{region}`"))
                        .at(place, "in the same region")
                        .at(*first, "as this site")
                        .help("keep one of them: a site is what fails as a whole, so each region has one"),
                );
            }
            regions.entry(region).or_insert(place);
            let keys = keys::bind(document, estate, (name, body), region, out);
            let vault = body.vault.as_ref().map(|vault| Vault {
                account: vault.account.as_ref().map(ToString::to_string),
                kms_key: keys.of_vault.clone(),
                span: document.span(&["sites".into(), name.as_str().into(), "vault".into()]),
            });
            let account = body.account.as_ref().and_then(|body| account(document, estate, (name, body), out));
            if let (Some(account), Some(vault)) = (&account, &vault)
                && vault.account.as_ref().is_some_and(|other| *other != account.id)
            {
                let message = format!("the vault at `{name}` is in another account than the site");
                out.push(
                    Diagnostic::new(codes::PRIMARY_ELSEWHERE, message)
                        .at(vault.span, "another account")
                        .at(account.span, "the account of the site")
                        .help("remove `account` from the `vault`: everything at a site is in one account"),
                );
            }
            let (kms_key, made_keys, shares) = (keys.own, keys.made, body.shares.clone());
            let (name, within) = (name.clone(), body.within());
            let site =
                Site { name: name.clone(), region, within, account, kms_key, made_keys, vault, shares };
            all.insert(name, site);
        }
        Self { all }
    }

    /// Their names and regions.
    pub(super) fn regions(&self) -> BTreeMap<Name, Region> {
        self.all.iter().map(|(name, site)| (name.clone(), site.region)).collect()
    }

    /// What they share, each with those that share it.
    pub(super) fn shared(&self) -> BTreeMap<Name, BTreeSet<Name>> {
        let mut shared: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for (name, site) in &self.all {
            for what in &site.shares {
                shared.entry(what.clone()).or_default().insert(name.clone());
            }
        }
        shared
    }

    /// The names of their providers.
    pub(super) fn providers(&self) -> BTreeSet<&'static str> {
        self.all.values().map(|site| site.region.provider.name).collect()
    }

    /// The sites in accounts other than the estate's.
    pub(super) fn elsewhere(&self) -> BTreeMap<Region, SiteAccount> {
        self.all.values().filter_map(|site| Some((site.region, site.account.clone()?))).collect()
    }

    /// What to do about a site of another provider: which sites of this one could be named instead.
    pub(super) fn instead(&self, provider: &str, but: &Name) -> String {
        let mut all =
            self.all.values().filter(|site| site.region.provider.name == provider && site.name != *but);
        match all.next() {
            None => format!("declare a site of `{provider}`, and name it instead"),
            Some(first) => {
                let more = all.next().map(|second| format!(" or `{}`", second.name)).unwrap_or_default();
                format!("name a site of `{provider}` instead, such as `{}`{more}", first.name)
            }
        }
    }

    pub(super) fn get(&self, name: &Name) -> Option<&Site> {
        self.all.get(name)
    }

    /// The site of a name. Reports a finding if there is none.
    pub(super) fn find(&self, name: &Name, span: Span, out: &mut Vec<Diagnostic>) -> Option<&Site> {
        self.find_unless(name, |_| false, "", span, out)
    }

    /// The site of a name, where some sites cannot be named again. Reports a finding if there is none. `more` is
    /// what a site that is declared first needs besides.
    pub(super) fn find_unless(
        &self,
        name: &Name,
        taken: impl Fn(&Name) -> bool,
        more: &str,
        span: Span,
        out: &mut Vec<Diagnostic>,
    ) -> Option<&Site> {
        let site = self.all.get(name);
        if site.is_none() {
            let free = || self.all.keys().filter(|site| !taken(site)).map(Name::as_str);
            let help = match free().next() {
                Some(_) => choices(out, name.as_str(), free),
                None => Some(format!("remove it, or declare `{name}` in `sites` of the estate{more}")),
            };
            let message = format!("the estate has no site `{name}`");
            out.push(Diagnostic::new(codes::UNKNOWN_SITE, message).at(span, "unknown site").maybe_help(help));
        }
        site
    }

    /// The sites of a service: the primary, then the standbys. `None` for unknown ones.
    pub(super) fn of_service(
        &self,
        document: &Text,
        service: &document::Service,
        out: &mut Vec<Diagnostic>,
    ) -> Vec<Option<Site>> {
        let mut mentioned: BTreeMap<&Name, Span> = BTreeMap::new();
        let standby = service.standby.iter().enumerate();
        let standby = standby.map(|(nth, name)| (name, document.span(&["standby".into(), nth.into()])));
        let primary = (&service.primary, document.span(&["primary".into()]));
        let mut sites = Vec::new();
        for (name, span) in std::iter::once(primary).chain(standby) {
            if let Some(first) = mentioned.get(name) {
                out.push(
                    Diagnostic::new(codes::REPEATED_SITE, format!("`{name}` cannot be its own standby"))
                        .at(span, "the same site")
                        .at(*first, "already here")
                        .help("name another site, or remove it"),
                );
                continue;
            }
            mentioned.insert(name, span);
            let taken = |other: &Name| *other == service.primary || service.standby.contains(other);
            sites.push(self.find_unless(name, taken, "", span, out).cloned());
        }
        sites
    }
}

/// The account of a site, if it is not the estate's. Whether it is can only be said if the estate names its own.
fn account(
    document: &Text,
    estate: &Estate,
    (name, body): (&Name, &document::SiteAccount),
    out: &mut Vec<Diagnostic>,
) -> Option<SiteAccount> {
    let span = document.span(&["sites".into(), name.as_str().into(), "account".into()]);
    match &estate.account {
        None => out.push(
            Diagnostic::new(codes::ACCOUNT_UNSAID, "the estate does not say which account is its own")
                .at(span, format!("`{name}` is in another account"))
                .help("state the estate's `account`: what is copied to another account is let in from that one only"),
        ),
        Some(own) if own.as_str() == body.id.as_str() => return None,
        Some(_) => {}
    }
    Some(SiteAccount {
        id: body.id.to_string(),
        role: body.role.to_string(),
        external_id: body.external_id.as_ref().map(ToString::to_string),
        span,
    })
}
