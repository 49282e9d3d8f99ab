//! What belongs to another provider than the site that it is said of, or cannot be had there.

use super::binder::Binder;
use super::{Setting, Site};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Encryption, Name, Store, Strategy};
use crate::provider::facts::Word;
use crate::source::Span;

/// A key and its place in the text.
pub(super) struct Place {
    /// The key.
    pub(super) key: &'static str,
    /// Its value.
    pub(super) span: Span,
}

/// A key of one provider at a site of another one.
pub(super) fn key(place: &Place, store: &Store, site: &Site, out: &mut Vec<Diagnostic>) {
    let (own, key) = (site.region.provider.name, place.key);
    let message = format!("a `{key}` cannot be at `{}`, which is a site of `{own}`", site.name);
    out.push(
        Diagnostic::new(codes::OTHER_PROVIDER, message)
            .at(place.span, format!("is a place of `{}`", store.provider))
            .help(format!("write `{}` here, as for every site of `{own}`", site.region.provider.storage.key)),
    );
}

impl Binder<'_> {
    /// A copy or a backup at a site of another provider than the data.
    pub(super) fn across(
        &self,
        data: &Name,
        (site, span): (&Site, Span),
        home: &Site,
        out: &mut Vec<Diagnostic>,
    ) {
        let (own, other) = (home.region.provider.name, site.region.provider.name);
        let message = format!("`{data}` is at `{own}` and cannot be copied to `{}`", site.name);
        let near = self.sites.instead(own, &home.name);
        out.push(Diagnostic::new(codes::OTHER_PROVIDER, message).at(span, format!("a site of `{other}`")).help(format!(
            "{near}: no service of either provider copies to the other; what has to be at both is two data sets, and what writes it \
             has to write both"
        )));
    }

    /// Words about a data set that the provider of the primary site refuses.
    pub(super) fn refused(
        &self,
        name: &Name,
        body: &document::Data,
        encryption: &Setting<Encryption>,
        span: impl Fn(&'static str) -> Span,
        out: &mut Vec<Diagnostic>,
    ) {
        let Some(site) = self.sites.get(&self.service.primary) else { return };
        let schedule = body.backups.iter().position(|backup| backup.strategy != Strategy::RealTime);
        let schedule = schedule.map(|nth| {
            let path = ["data".into(), name.as_str().into(), "backups".into(), nth.into(), "strategy".into()];
            self.document.span(&path)
        });
        let key = (encryption.value == Encryption::Kms).then(|| {
            let own = body.encrypt.is_some().then(|| span("encrypt"));
            own.or_else(|| encryption.origin.span()).unwrap_or_else(|| span("backups"))
        });
        let of = |said: bool, key: &'static str| said.then(|| span(key));
        let words = [
            (Word::Schedule, "a scheduled backup", schedule),
            (Word::AccountKey, "the encryption `aws:kms`", key),
            (Word::KeptVersions, "`keep-versions`", of(body.keep_versions.is_some(), "keep-versions")),
            (Word::LockedVersions, "`lock`", of(body.lock.is_some(), "lock")),
            (Word::TwoWay, "`two-way`", of(body.two_way, "two-way")),
            (Word::BackfillJob, "`backfill`", of(body.backfill.is_some(), "backfill")),
        ];
        for (word, what, place) in words {
            let Some((place, refused)) = place.zip((site.region.provider.refuses)(word)) else { continue };
            out.push(
                Diagnostic::new(
                    codes::NOT_AT_PROVIDER,
                    format!("`{name}` cannot have {what} at `{}`", site.name),
                )
                .at(place, refused.why)
                .help(refused.cure),
            );
        }
    }
}
