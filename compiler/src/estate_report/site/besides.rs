//! What else the loss of a site means: who waits, what is kept there, and whether it was ever tried.

use super::Lost;
use crate::document::{Disruption, Name};
use crate::estate_report::context::{bound, links};
use crate::estate_report::drills;
use crate::report::{ListStyle, Phrase, Section, Severity};

/// Services that run elsewhere and need one that stops.
pub(super) fn dependents(lost: &Lost<'_, '_>, section: &mut Section) {
    let stops = |name: &Name| lost.loss.is_some_and(|loss| loss.services.contains_key(name));
    let mut items = Vec::new();
    for service in lost.context.plan.services() {
        let needs: Vec<&Name> = service.depends_on.keys().filter(|name| stops(name)).collect();
        if !stops(&service.name) && !needs.is_empty() {
            let text = Phrase::new()
                .link("service", service.name.as_str(), service.name.as_str())
                .text(" runs elsewhere, and works only when this is back: ");
            let bounds = needs.iter().filter_map(|name| lost.loss?.services.get(*name));
            let latest = bounds.map(|one| &one.rto).max_by_key(|bound| bound.rank());
            let within = latest.map(|latest| format!(", within: {}", bound(latest))).unwrap_or_default();
            items.push(text.phrase(links("service", needs)).text(format!("{within}.")));
        }
    }
    if !items.is_empty() {
        section.say(Phrase::new().strong("Who waits"));
        section.list(ListStyle::Bullets, items);
    }
}

/// What else is at the sites.
pub(super) fn stored(lost: &Lost<'_, '_>, section: &mut Section) {
    let is_lost = |site: &Name| lost.sites.contains(site);
    let stops = |name: &Name| lost.loss.is_some_and(|loss| loss.services.contains_key(name));
    let mut items: Vec<Phrase> = Vec::new();
    for service in lost.context.plan.services() {
        let name = &service.name;
        if !stops(name) && service.sites.iter().skip(1).any(|site| is_lost(&site.name)) {
            items.push(
                format!("{name} loses a standby: until it is back, the loss of another site hits harder.")
                    .into(),
            );
        }
        for (data, set) in &service.data {
            let copy = set.copies.iter().any(|copy| is_lost(&copy.site.name));
            let backup = set.schedules.iter().flat_map(|rule| &rule.to).any(|(site, _)| is_lost(&site.name));
            let what = match (copy, backup) {
                (true, true) => "the copy and the backups",
                (true, false) => "the copy",
                (false, true) => "the backups",
                (false, false) => continue,
            };
            items.push(format!("{name} loses {what} of {data} that are kept here.").into());
        }
    }
    let policy = lost.context.policy();
    if let Some(body) = lost.context.plan.body() {
        for channel in body.communication.channels.iter().filter(|one| one.site.as_ref().is_some_and(is_lost))
        {
            items.push(
                format!(
                    "The channel {} depends on it: {} cannot be told there.",
                    channel.name,
                    lost.context.hidden(&channel.audience)
                )
                .into(),
            );
        }
        let provider = body.access.as_ref().and_then(|access| access.identity_provider.as_ref());
        if provider.is_some_and(is_lost) {
            items.push(
                "The identity provider runs here: only those with break-glass credentials can sign in."
                    .into(),
            );
        }
    }
    if let Some(journal) = &policy.journal {
        let kept = std::iter::once(&journal.site).chain(&journal.copies);
        let (gone, left): (Vec<&Name>, Vec<&Name>) = kept.partition(|site| is_lost(site));
        if !gone.is_empty() {
            let left: Vec<&str> = left.into_iter().map(Name::as_str).collect();
            let left = if left.is_empty() { "nowhere".to_owned() } else { left.join(", ") };
            items.push(format!("The journal of Holdfast is kept here; it is left at: {left}.").into());
        }
    }
    if !items.is_empty() {
        section.say(Phrase::new().strong("What else is lost until the site is back"));
        section.list(ListStyle::Bullets, items);
    }
}

/// Whether the loss of these sites was ever tried.
pub(super) fn tried(lost: &Lost<'_, '_>, section: &mut Section) {
    let is_of = |drill: &&crate::policy::Drill| {
        drill.disruption == Disruption::SiteLoss
            && drill.site.as_ref().is_some_and(|site| lost.sites.contains(site))
    };
    let all: Vec<Phrase> = lost
        .context
        .policy()
        .drills
        .values()
        .filter(is_of)
        .map(|drill| drills::in_words(lost.context, drill))
        .collect();
    if all.is_empty() {
        if lost.loss.is_some() {
            section.note(
                Severity::Warning,
                match lost.sites.len() {
                    1 => "No drill exercises the loss of this site. What was never tried is a guess.",
                    _ => {
                        "No drill exercises the loss of one of these sites. What was never tried is a guess."
                    }
                },
            );
        }
        return;
    }
    section.say(Phrase::new().strong("When it was last tried"));
    section.list(ListStyle::Bullets, all);
}
