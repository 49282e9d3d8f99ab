//! Where the journal is stored.

use super::Site;
use super::sites::Sites;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{JournalCopy, JournalPlace, Name, S3Location, Text};
use crate::provider::aws::words::bucket_location_cure;
use crate::provider::region::Region;
use crate::source::Span;
use crate::units::Duration;

/// The default lease.
pub const LEASE: Duration = Duration::minutes(1);
/// The shortest lease. A run sends a heartbeat every third of it, and ordinary network delays must not break
/// it.
const SHORTEST: Duration = Duration::seconds(10);
/// The longest lease. A crashed run should not block the next one for longer.
const LONGEST: Duration = Duration::hours(1);

/// A bucket and a prefix in the form of the language.
const EXAMPLE: &str = "s3://acme-holdfast/journal";

/// Where the journal is stored.
#[derive(Debug)]
pub struct Journal {
    /// The site.
    pub site: Name,
    /// The place of the site's name.
    pub span: Span,
    /// The sites that hold a copy.
    pub copies: Vec<Name>,
    /// The buckets that Holdfast writes copies to, with their regions. Empty if the journal is a folder.
    pub copied_to: Vec<(S3Location, Region)>,
    /// The bucket and the prefix, with the bucket's region. `None`: a folder beside the policies.
    pub s3: Option<(S3Location, Region)>,
    /// How long a run may be silent before another run may take over.
    pub lease: Duration,
}

pub(super) fn bind(place: &JournalPlace, text: &Text, sites: &Sites, out: &mut Vec<Diagnostic>) -> Journal {
    let span = |key: &'static str| text.span(&["journal".into(), key.into()]);
    let site = sites.find(&place.site, span("site"), out);
    if let Some(s3) = &place.s3 {
        check_bucket(s3, span("s3"), out);
        elsewhere(sites, site, span("site"), out);
    }
    let mut copied_to: Vec<(S3Location, Region)> = Vec::new();
    for (nth, copy) in place.copies.iter().enumerate() {
        let span = |key: Option<&'static str>| {
            let path = ["journal".into(), "copies".into(), nth.into()];
            text.span(&path.into_iter().chain(key.map(Into::into)).collect::<Vec<_>>())
        };
        match (copy, &place.s3) {
            (JournalCopy::Site(name), None) => {
                sites.find(name, span(None), out);
            }
            (JournalCopy::Site(name), Some(s3)) => {
                sites.find(name, span(None), out);
                out.push(
                    Diagnostic::new(codes::MISSING_KEY, format!("the copy at `{name}` has no bucket"))
                        .at(span(None), "a journal in a bucket is copied to a bucket")
                        .help(format!(
                            "name it, such as `{{ site: {name}, s3: {} }}`",
                            s3.in_another_bucket(name.as_str())
                        )),
                );
            }
            (JournalCopy::Bucket(copy), None) => out.push(
                Diagnostic::new(codes::MISSING_KEY, "a copy in a bucket needs a journal in a bucket")
                    .at(span(Some("s3")), "the journal itself is a folder")
                    .help(format!(
                        "name the journal's bucket, such as `s3: {EXAMPLE}`, or only the site of the copy: `{}`",
                        copy.site
                    )),
            ),
            (JournalCopy::Bucket(copy), Some(s3)) => {
                let site = sites.find(&copy.site, span(Some("site")), out);
                check_bucket(&copy.s3, span(Some("s3")), out);
                elsewhere(sites, site, span(Some("site")), out);
                let others = std::iter::once(s3).chain(copied_to.iter().map(|(s3, _)| s3));
                if others.into_iter().any(|other| other.bucket() == copy.s3.bucket()) {
                    out.push(
                        Diagnostic::new(codes::BUCKET_TWICE, format!("`{}` is not a copy of the journal", copy.s3))
                            .at(span(Some("s3")), "this bucket already holds the journal or a copy of it")
                            .help("name a bucket of its own, in another region"),
                    );
                }
                copied_to.extend(site.map(|site| (copy.s3.clone(), site.region)));
            }
        }
    }
    let lease = place.lease.unwrap_or(LEASE);
    if !(SHORTEST..=LONGEST).contains(&lease) {
        out.push(
            Diagnostic::new(codes::OUT_OF_RANGE, format!("`lease` cannot be `{lease}`"))
                .at(span("lease"), "outside of 10s to 1h")
                .help("set 10s to 1h: a shorter lease mistakes a slow network for a crashed run, a longer one lets a crashed run block the next"),
        );
    }
    if place.s3.is_none() && place.lease.is_some() {
        out.push(
            Diagnostic::new(codes::MISSING_KEY, "`lease` needs `s3`")
                .at(span("lease"), "a folder needs no lease: its lock ends with the process")
                .help(format!(
                    "remove `lease`, or add the bucket of the team's journal, such as `s3: {EXAMPLE}`"
                )),
        );
    }
    let s3 = place.s3.clone().zip(site.map(|site| site.region));
    let copies = place.copies.iter().map(|copy| match copy {
        JournalCopy::Site(name) => name.clone(),
        JournalCopy::Bucket(copy) => copy.site.clone(),
    });
    let (site, copies) = (place.site.clone(), copies.collect());
    Journal { site, span: span("site"), copies, copied_to, s3, lease }
}

/// The journal is written with the credentials for the estate's account, whose buckets it expects.
fn elsewhere(sites: &Sites, site: Option<&Site>, span: Span, out: &mut Vec<Diagnostic>) {
    if let Some(site) = site.filter(|site| site.region.provider.name != S3Location::PROVIDER) {
        let message = format!("a bucket with the journal cannot be at `{}`", site.name);
        out.push(
            Diagnostic::new(codes::OTHER_PROVIDER, message)
                .at(span, format!("a site of `{}`", site.region.provider.name))
                .help(format!("{}; or remove `s3`", sites.instead(S3Location::PROVIDER, &site.name))),
        );
    }
    let Some(account) = site.and_then(|site| site.account.as_ref()) else { return };
    out.push(
        Diagnostic::new(codes::PRIMARY_ELSEWHERE, format!("the journal would be in account {}", account.id))
            .at(span, "a bucket with the journal")
            .at(account.span, "another account than the estate's")
            .help("choose a site in the estate's account"),
    );
}

fn check_bucket(s3: &S3Location, span: Span, out: &mut Vec<Diagnostic>) {
    if let Err(fault) = S3Location::parse(s3.as_str()) {
        out.push(
            Diagnostic::new(codes::BAD_BUCKET_NAME, "the journal cannot be stored in this bucket")
                .at(span, fault)
                .help(bucket_location_cure(s3.as_str())),
        );
    }
}
