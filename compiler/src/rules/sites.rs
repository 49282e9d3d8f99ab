//! What is lost together with a site.
//!
//! Sources: AWS whitepaper "AWS Fault Isolation Boundaries", appendix A (identity); NIST SP 800-34 rev. 1
//! §3.6 (a copy of the plan and its records at the alternate site); NIST SP 800-53 rev. 5 CP-6(1), CP-7(1)
//! (separation of sites).

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, codes};
use crate::document::Name;
use crate::policy::{Policy, Service};
use crate::units::Date;

/// The services whose primary is this site.
fn services_at<'p>(policy: &'p Policy, site: &'p Name) -> impl Iterator<Item = &'p Service> {
    policy
        .services
        .values()
        .filter(move |service| service.sites.first().is_some_and(|home| home.name == *site))
}

/// Services as part of a sentence: `payments` and 3 others.
fn named(services: &[&Service]) -> String {
    match services {
        [] => String::new(),
        [only] => format!("`{}`", only.name),
        [first, second] => format!("`{}` and `{}`", first.name, second.name),
        [first, rest @ ..] => format!("`{}` and {} others", first.name, rest.len()),
    }
}

/// SS09: nobody can sign in if the identity provider is lost with the service.
pub(super) fn identity_at_site(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(plan) = &policy.continuity else { return };
    let Some(access) = &plan.body.access else { return };
    let Some(site) = access.identity_provider.as_ref().filter(|_| access.break_glass.is_empty()) else {
        return;
    };
    let services: Vec<&Service> = services_at(policy, site).collect();
    if !services.is_empty() {
        let message = format!("without `{site}` nobody can sign in to recover {}", named(&services));
        out.push(
            Diagnostic::new(codes::IDENTITY_AT_SITE, message)
                .at(plan.span(&["access".into(), "identity-provider".into()]), "is lost with the site")
                .maybe_help(plan.contacts.keys().next().map(|contact| {
                    format!(
                        "name contacts with credentials that work without it, such as `break-glass: [{contact}]`"
                    )
                })),
        );
    }
}

/// SS12: the journal is lost together with the services it describes.
pub(super) fn journal_at_site(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let Some(journal) = &policy.journal else { return };
    let services: Vec<&Service> = services_at(policy, &journal.site).collect();
    if !services.is_empty() && journal.copies.iter().all(|copy| *copy == journal.site) {
        let message = format!("the journal is lost with {}", named(&services));
        let sites = policy.services.values().flat_map(|service| &service.sites);
        let elsewhere = sites.map(|site| &site.name).find(|site| **site != journal.site);
        out.push(
            Diagnostic::new(codes::JOURNAL_AT_SITE, message)
                .at(journal.span, "the only site that stores it")
                .help(match (&journal.s3, elsewhere) {
                    (Some((s3, _)), Some(site)) => format!(
                        "store it at another site, or name a copy there, such as `copies: [{{ site: {site}, s3: {} }}]`",
                        s3.in_another_bucket(site.as_str())
                    ),
                    (None, Some(site)) => {
                        format!("store it at another site, or name the sites of its copies, such as `copies: [{site}]`")
                    }
                    (_, None) => "declare another site, and store it there".to_owned(),
                }),
        );
    }
}

/// SS14: the primary and every standby can be lost together.
pub(super) fn shared_fate(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for service in policy.services.values() {
        let Some((primary, standbys)) = service.sites.split_first() else { continue };
        if standbys.is_empty() {
            continue;
        }
        let mut shared: BTreeSet<String> = primary
            .shares
            .iter()
            .filter(|what| standbys.iter().all(|site| site.shares.contains(what)))
            .map(|what| format!("`{what}`"))
            .collect();
        let own = primary.kms_key.as_ref();
        if standbys.iter().all(|site| primary.region.provider.one_key(site.kms_key.as_ref(), own)) {
            shared.insert("one multi-region key".to_owned());
        }
        if !shared.is_empty() {
            let what: Vec<String> = shared.into_iter().collect();
            let message = format!("`{}` and all its standbys share {}", primary.name, what.join(", "));
            out.push(
                Diagnostic::new(codes::SHARED_FATE, message)
                    .at(service.standby_span, "lost with the primary")
                    .help("add a standby that does not share it"),
            );
        }
    }
}
