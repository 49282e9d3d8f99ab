//! Where the journal is stored.

use super::sites::Sites;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{JournalPlace, Name, S3Location, Text};
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

/// Where the journal is stored.
#[derive(Debug)]
pub struct Journal {
    /// The site.
    pub site: Name,
    /// The place of the site's name.
    pub span: Span,
    /// The sites that hold a copy.
    pub copies: Vec<Name>,
    /// The bucket and the prefix, with the bucket's region. `None`: a folder beside the policies.
    pub s3: Option<(S3Location, Region)>,
    /// How long a run may be silent before another run may take over.
    pub lease: Duration,
}

pub(super) fn bind(place: &JournalPlace, text: &Text, sites: &Sites, out: &mut Vec<Diagnostic>) -> Journal {
    let span = |key: &'static str| text.span(&["journal".into(), key.into()]);
    let site = sites.find(&place.site, span("site"), out);
    for (nth, copy) in place.copies.iter().enumerate() {
        sites.find(copy, text.span(&["journal".into(), "copies".into(), nth.into()]), out);
    }
    if let Some(Err(fault)) = place.s3.as_ref().map(|s3| S3Location::parse(s3.as_str())) {
        out.push(
            Diagnostic::new(codes::BAD_BUCKET_NAME, "the journal cannot be stored in this bucket")
                .at(span("s3"), fault)
                .help("see \"General purpose bucket naming rules\" of Amazon S3"),
        );
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
                .help("remove it, or add the team's journal: `s3: s3://BUCKET/PREFIX`"),
        );
    }
    let s3 = place.s3.clone().zip(site.map(|site| site.region));
    Journal { site: place.site.clone(), span: span("site"), copies: place.copies.clone(), s3, lease }
}
