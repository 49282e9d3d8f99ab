//! The sites of the estate, and references to them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Site, Vault, keys};
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
            let region = body.region();
            if let Some(first) = regions.get(&region) {
                out.push(
                    Diagnostic::new(codes::SHARED_REGION, format!("two sites are in `{region}`"))
                        .at(place, "in the same region")
                        .at(*first, "as this site")
                        .help("keep one of them: a site is what fails as a whole, so each region has one"),
                );
            }
            regions.entry(region).or_insert(place);
            let keys = keys::bind(document, estate, (name, body), out);
            let vault = body.vault.as_ref().map(|vault| Vault {
                account: vault.account.as_ref().map(ToString::to_string),
                kms_key: keys.of_vault.clone(),
                span: document.span(&["sites".into(), name.as_str().into(), "vault".into()]),
            });
            let (kms_key, made_keys, shares) = (keys.own, keys.made, body.shares.clone());
            let site = Site { name: name.clone(), region, kms_key, made_keys, vault, shares };
            all.insert(name.clone(), site);
        }
        Self { all }
    }

    /// The names of their providers.
    pub(super) fn providers(&self) -> BTreeSet<&'static str> {
        self.all.values().map(|site| site.region.provider.name).collect()
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
