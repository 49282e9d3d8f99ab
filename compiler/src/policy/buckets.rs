//! Checks of buckets: the names of copies, and no bucket with two purposes.

use std::collections::BTreeMap;

use super::{Bucket, Service, Site, StoreName};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Name;
use crate::source::Span;

/// The default name of a copy: the name of the primary bucket with the region. It uses the region instead of the
/// site's name, so that renaming a site moves no data.
pub(super) fn name_at(
    primary: &StoreName,
    site: &Site,
    span: Span,
    out: &mut Vec<Diagnostic>,
) -> Option<StoreName> {
    let names = &site.region.provider.storage.copy_names;
    let name = made_name(primary.as_str(), site);
    let limited = (names.limited)(&name);
    let length = limited.len();
    if length > names.longest {
        out.push(
            Diagnostic::new(
                codes::BAD_BUCKET_NAME,
                format!("`{limited}` would be too long for {}", names.what),
            )
            .at(span, format!("the copy's name would have {length} characters"))
            .help(format!(
                "name {}: `{{ site: {}, {} }}`",
                names.what.replacen("a ", "the ", 1),
                site.name,
                names.instead
            )),
        );
        return None;
    }
    // The name is valid: only the region is new.
    Some(StoreName::new(name))
}

fn made_name(primary: &str, site: &Site) -> String {
    (site.region.provider.storage.copy_names.made)(primary, site.region.as_str())
}

/// Every bucket belongs to one data set in one role. Otherwise two resources would overwrite each other's
/// settings.
pub(super) fn used_once(services: &BTreeMap<Name, Service>, out: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, &Bucket> = BTreeMap::new();
    let mut sets: Vec<_> = services.values().flat_map(|service| service.data.values()).collect();
    sets.sort_by_key(|set| set.primary.span);
    for set in sets {
        let primary = set.primary.name.as_str();
        let twice = first.contains_key(primary);
        // Default names derived from a primary bucket that is used twice also clash; report only the cause.
        let own =
            set.copies.iter().filter(|copy| !twice || made_name(primary, &copy.site) != copy.name.as_str());
        for bucket in std::iter::once(&set.primary).chain(own) {
            let name = bucket.name.as_str();
            let other = *first.entry(name).or_insert(bucket);
            if !std::ptr::eq(other, bucket) {
                out.push(
                    Diagnostic::new(codes::BUCKET_TWICE, format!("the bucket `{name}` is used twice"))
                        .at(bucket.span, "again here")
                        .at(other.span, "already used here")
                        .help(
                            "bucket names are unique across all regions: give each data set and copy its own",
                        ),
                );
            }
        }
    }
}
